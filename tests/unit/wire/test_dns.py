"""DNS messages: what another reader reads too, and hostile ones."""

from __future__ import annotations

import sys
from types import FrameType

import dns.flags
import dns.inet
import dns.message
import dns.name
import dns.rdata
import dns.rdtypes.svcbbase
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.dns import RECORDS_MAX, Message, Question, Resource, parse_message
from traffic_analyzer.wire.svcb import EchConfig, ServiceBinding

from .dns_messages import messages
from .dns_writer import header, name, parameter, pointer, question, record

_OWNER = pointer(12)
_OPT = record(b"\0", 41, b"", class_=1232, ttl_s=0)


# What another reader reads too.


def _labels(text: str) -> dns.name.Name:
    return dns.name.from_text(text + ".")  # without the dot, "@" would be the root


def _assert_data_is(data: object, expected: dns.rdata.Rdata) -> None:
    if expected.rdtype in (1, 28):
        assert data == expected.to_wire()
    elif expected.rdtype in (5, 2, 12, 39):
        assert isinstance(data, str)
        assert _labels(data).labels == expected.target.labels
    elif expected.rdtype in (64, 65):
        assert isinstance(data, ServiceBinding)
        assert (data.priority, _labels(data.target).labels) == (expected.priority, expected.target.labels)
        parameters, keys = expected.params, dns.rdtypes.svcbbase.ParamKey
        assert data.alpn == (parameters[keys.ALPN].ids if keys.ALPN in parameters else ())
        for key, found in ((keys.IPV4HINT, data.ipv4_hints), (keys.IPV6HINT, data.ipv6_hints)):
            written = parameters[key].addresses if key in parameters else ()
            assert found == tuple(dns.inet.inet_pton(dns.inet.af_for_address(text), text) for text in written)
        assert data.ech == ((EchConfig(9, "public.example"),) if keys.ECH in parameters else ())
    elif expected.rdtype == 16:
        assert data == expected.to_wire()
    else:
        assert isinstance(data, bytes)


@given(messages())
def test_a_message_is_what_another_reader_reads(written: dns.message.Message) -> None:
    wire = written.to_wire(max_size=65_535)
    expected = dns.message.from_wire(wire, one_rr_per_rrset=True)
    found = parse_message(wire)
    assert found[:5] == (
        expected.id,
        expected.flags & dns.flags.QR != 0,
        expected.opcode(),
        expected.rcode(),
        expected.flags & dns.flags.TC != 0,
    )
    assert found.edns_payload_bytes == (expected.payload if expected.edns >= 0 else None)
    assert found.is_complete
    (asked,) = found.questions
    assert (_labels(asked.name).labels, asked.type, asked.class_) == (
        expected.question[0].name.labels,
        expected.question[0].rdtype,
        1,
    )
    assert len(found.answers) == len(expected.answer)
    for record_, rrset in zip(found.answers, expected.answer, strict=True):
        assert _labels(record_.name).labels == rrset.name.labels
        assert (record_.type, record_.class_, record_.ttl_s) == (rrset.rdtype, rrset.rdclass, rrset.ttl)
        _assert_data_is(record_.data, rrset[0])


# By hand.


def test_a_query() -> None:
    data = header(1, flags=0x0100, additional=1) + question("www.example.org", 28) + _OPT
    assert parse_message(data) == Message(7, False, 0, 0, False, (Question("www.example.org", 28, 1),), (), 1232, True)


_ANSWER = (
    header(1, 3)
    + question("www.example.org")
    + record(_OWNER, 5, b"\3cdn" + pointer(16))
    + record(pointer(45), 1, b"\xc0\0\2\1", ttl_s=5)
    + record(pointer(45), 28, b"\x20\1" + bytes(14), ttl_s=0)
)
_RECORDS = (
    Resource("www.example.org", 5, 1, 60, "cdn.example.org"),
    Resource("cdn.example.org", 1, 1, 5, b"\xc0\0\2\1"),
    Resource("cdn.example.org", 28, 1, 0, b"\x20\1" + bytes(14)),
)


def test_an_answer() -> None:
    assert parse_message(_ANSWER) == Message(
        7, True, 0, 0, False, (Question("www.example.org", 1, 1),), _RECORDS, None, True
    )


def test_a_message_that_breaks_off_keeps_what_stands_before() -> None:
    first_question, records = 12 + 21, [12 + 21 + 18, 12 + 21 + 18 + 16, len(_ANSWER)]
    for end in range(len(_ANSWER)):
        if end < first_question:
            with pytest.raises(WireError):
                parse_message(_ANSWER[:end])
            continue
        found = parse_message(_ANSWER[:end])
        assert found.answers == _RECORDS[: sum(end >= behind for behind in records)]
        assert found.questions == (Question("www.example.org", 1, 1),)
        assert not found.is_complete


def test_bytes_behind_a_message_change_nothing() -> None:
    assert parse_message(_ANSWER + b"\xff" * 40) == parse_message(_ANSWER)


@pytest.mark.parametrize("top_bit_ttl_s", [0x80000000, 0xFFFFFFFF])
def test_a_time_with_the_top_bit_is_none(top_bit_ttl_s: int) -> None:
    data = (
        header(1, 2) + question("a") + record(_OWNER, 1, b"abcd", top_bit_ttl_s) + record(_OWNER, 1, b"abcd", 1 << 30)
    )
    assert [answer.ttl_s for answer in parse_message(data).answers] == [0, 1 << 30]


def test_truncated_by_the_sender() -> None:
    found = parse_message(header(1, flags=0x8380) + question("a"))
    assert (found.is_truncated, found.is_complete) == (True, True)


def test_no_question() -> None:
    found = parse_message(header(0, 1) + record(name("a.local"), 1, b"abcd", class_=0x8001))
    assert found.questions == ()
    assert found.answers == (Resource("a.local", 1, 0x8001, 60, b"abcd"),)
    assert parse_message(header()).is_complete


def test_two_questions() -> None:
    data = header(2, flags=0x0100) + question("a.example") + b"\1b" + pointer(14) + b"\0\x1c\x80\1"
    found = parse_message(data)
    assert found.questions == (Question("a.example", 1, 1), Question("b.example", 28, 0x8001))
    broken = parse_message(data[:-1])
    assert (broken.questions, broken.is_complete) == (found.questions[:1], False)


def test_an_update() -> None:
    """RFC 2136 2.4.1: a prerequisite of class ANY has no data, whatever its type."""
    data = header(1, 1, flags=0x2800) + question("example.org", 6) + record(_OWNER, 1, b"", 0, class_=255)
    found = parse_message(data)
    assert (found.opcode, found.is_complete) == (5, True)
    assert found.answers == (Resource("example.org", 1, 255, 0, b""),)


def test_a_class_that_is_not_the_internet_keeps_its_bytes() -> None:
    data = header(1, 2) + question("version.bind", 16, 3) + record(_OWNER, 5, b"\xff", class_=3)
    data += record(_OWNER, 65, b"", class_=3)
    assert [answer.data for answer in parse_message(data).answers] == [b"\xff", b""]


def test_a_type_that_is_not_known_keeps_its_bytes() -> None:
    data = header(1, 1) + question("a") + record(_OWNER, 65_280, b"\xc0\xff")
    assert parse_message(data).answers[0].data == b"\xc0\xff"


@pytest.mark.parametrize(
    "data",
    [
        record(_OWNER, 1, b"abc"),
        record(_OWNER, 1, b"abcde"),
        record(_OWNER, 28, b"abcd"),
        record(_OWNER, 1, b"abcd", length=5),
        record(_OWNER, 1, b"abcd", length=65_535),
        record(_OWNER, 5, b""),
        record(_OWNER, 5, b"\1a\0", length=2),
        record(_OWNER, 5, b"\1a\0\0"),
        record(_OWNER, 5, b"\1a\xc0"),
        record(_OWNER, 65, b"\0\1"),
        record(_OWNER, 65, b"\0\1\0" + parameter(4, b"abc")),
        record(_OWNER, 64, b"\0\1\1a\0", length=4),
        record(pointer(1000), 1, b"abcd"),
        record(b"\x40a\0", 1, b"abcd"),
    ],
)
def test_a_malformed_record_ends_the_reading(data: bytes) -> None:
    good = record(_OWNER, 1, b"\xc0\0\2\1")
    found = parse_message(header(1, 3, additional=1) + question("a") + good + data + good + _OPT)
    assert found.answers == (Resource("a", 1, 1, 60, b"\xc0\0\2\1"),)
    assert (found.is_complete, found.edns_payload_bytes) == (False, None)


# EDNS


def test_edns_behind_records_that_are_not_kept() -> None:
    data = header(1, 1, 2, 3) + question("a") + record(_OWNER, 1, b"abcd")
    data += record(name("x.y"), 2, b"\1z\0") + record(b"\1z\xc0\x0c", 6, bytes(30)) + record(_OWNER, 1, b"efgh")
    found = parse_message(data + _OPT + record(_OWNER, 250, b"abc"))
    assert (len(found.answers), found.edns_payload_bytes, found.is_complete) == (1, 1232, True)
    for end in range(len(data), len(data + _OPT) + 13):
        cut = parse_message((data + _OPT + record(_OWNER, 250, b"abc"))[:end])
        assert cut.answers == found.answers
        assert cut.edns_payload_bytes == (1232 if end >= len(data + _OPT) else None)
        assert not cut.is_complete


def test_the_upper_bits_of_the_response_code() -> None:
    data = header(1, additional=1) + question("a") + record(b"\0", 41, b"", ttl_s=0x01000000, class_=4096)
    assert parse_message(data).rcode == 16


def test_the_additional_section_where_it_is_asked_for() -> None:
    data = header(1, 1, 2, 3) + question("a") + record(_OWNER, 1, b"abcd")
    data += record(name("x.y"), 2, b"\1z\0") + record(_OWNER, 1, b"efgh")
    added = record(b"\1b" + pointer(12), 28, bytes(16), class_=0x8001), _OPT, record(_OWNER, 1, b"ijkl")
    whole = data + b"".join(added)
    found = parse_message(whole, with_additional=True)
    assert found._replace(additional=()) == parse_message(whole)
    assert found.edns_payload_bytes == 1232
    assert found.additional == (
        Resource("b.a", 28, 0x8001, 60, bytes(16)), Resource("", 41, 1232, 0, b""), Resource("a", 1, 1, 60, b"ijkl"),
    )  # fmt: skip
    for end in range(len(data), len(whole)):
        cut = parse_message(whole[:end], with_additional=True)
        assert cut.additional == found.additional[: len(cut.additional)] and not cut.is_complete
        assert len(cut.additional) == sum(end >= len(data + b"".join(added[: count + 1])) for count in range(3))
    flood = parse_message(header(1, 0, 60_000, 1) + question("a") + record(_OWNER, 1, b"abcd") * 4_000, True)
    assert (flood.additional, flood.is_complete) == ((), False)


@pytest.mark.parametrize(
    ("counts", "records"),
    [
        ((1, 0, 1, 0), _OPT),  # in the authority section
        ((1, 1, 0, 0), _OPT),  # in the answer section
        ((1, 0, 0, 1), record(_OWNER, 41, b"", class_=1232)),  # of another owner
    ],
)
def test_no_edns_elsewhere(counts: tuple[int, int, int, int], records: bytes) -> None:
    found = parse_message(header(*counts) + question("a") + records)
    assert (found.edns_payload_bytes, found.is_complete) == (None, True)


def test_the_first_of_two_edns_records() -> None:
    data = header(1, additional=2) + question("a") + _OPT + record(b"\0", 41, b"", class_=512)
    assert parse_message(data).edns_payload_bytes == 1232


# Hostile


@pytest.mark.parametrize("length", range(12))
def test_less_than_a_header(length: int) -> None:
    with pytest.raises(WireError, match="header"):
        parse_message(bytes(length))


@pytest.mark.parametrize("counts", [(65_535, 0, 0, 0), (1, 0, 0, 0), (65_535,) * 4])
def test_a_header_that_counts_questions_which_are_not_there(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(WireError, match="first question"):
        parse_message(header(*counts))


def test_a_header_that_counts_records_which_are_not_there() -> None:
    for counts in ((1, 65_535, 0, 0), (1, 0, 65_535, 0), (1, 0, 0, 65_535)):
        found = parse_message(header(*counts) + question("a"))
        assert (found.questions, found.answers, found.is_complete) == ((Question("a", 1, 1),), (), False)


def _lines_run(data: bytes) -> tuple[Message | None, int]:
    """What is made of a message, and how many lines that takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:  # noqa: ARG001  # as sys.settrace calls it
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        message = parse_message(data)
    except WireError:
        message = None
    finally:
        sys.settrace(before)
    return message, count


_LINES_A_HOP_MAX = 12  # from one label or pointer to the next
_HOPS_MAX = RECORDS_MAX * 2 * 2 * 127  # names of owner and data, with 127 labels and as many pointers


def test_records_of_a_section_are_bounded() -> None:
    rest = record(_OWNER, 1, b"abcd") * 4_090
    found, lines = _lines_run((header(1, 4_090) + question("a") + rest)[:65_535])
    assert found is not None
    assert (len(found.answers), found.is_complete) == (RECORDS_MAX, False)
    assert lines < 40 * RECORDS_MAX
    found, lines = _lines_run(header(1, 0, 0, 4_090) + question("a") + rest)
    assert found is not None
    assert (found.answers, found.is_complete) == ((), False)
    assert lines < 40 * RECORDS_MAX


def test_questions_are_bounded() -> None:
    found, lines = _lines_run((header(65_535, 1) + question("") * 13_000)[:65_535])
    assert found is not None
    assert (len(found.questions), found.is_complete) == (RECORDS_MAX, False)
    assert lines < 40 * RECORDS_MAX


def _ladder(hops: int) -> tuple[bytes, int]:
    """A message's beginning with pointers that lead to each other down to the root, and the place of the first."""
    start = header(1, 5_000) + question("")
    place = len(start) + 11
    steps = b"\0" + b"".join(pointer(place if not hop else place - 1 + 2 * hop) for hop in range(hops))
    return start + record(b"\0", 16, steps), place + 1


@pytest.mark.parametrize(("hop", "answers"), [(125, RECORDS_MAX), (126, 1), (2_999, 1)])
def test_chains_of_pointers_are_bounded(hop: int, answers: int) -> None:
    start, first = _ladder(3_000)
    fillers = (
        record(pointer(first + 2 * (hop - n % 100)), 5, pointer(first + 2 * (hop - n % 99))) for n in range(4_000)
    )
    found, lines = _lines_run((start + b"".join(fillers))[:65_535])
    assert found is not None
    assert len(found.answers) == answers
    assert {answer.name for answer in found.answers} == {""}
    assert lines < _LINES_A_HOP_MAX * _HOPS_MAX // 2


def test_names_of_many_labels_are_bounded() -> None:
    start = header(1, 5_000) + b"\1a" * 126 + b"\0\0\1\0\1"
    fillers = (
        record(b"\1b" + pointer(14 + 2 * (n % 125)), 5, b"\1c" + pointer(14 + 2 * (n % 60))) for n in range(3_400)
    )
    found, lines = _lines_run((start + b"".join(fillers))[:65_535])
    assert found is not None
    assert len(found.answers) == RECORDS_MAX
    assert found.answers[0] == Resource("b." + ".".join("a" * 125), 5, 1, 60, "c." + ".".join("a" * 125))
    assert lines < _LINES_A_HOP_MAX * _HOPS_MAX // 2


def test_a_loop_in_a_later_record_ends_the_reading() -> None:
    good = record(_OWNER, 1, b"abcd")
    data = header(1, 2) + question("a") + good
    for loop in (pointer(len(data)), b"\1a" + pointer(len(data)), pointer(len(data) + 2) + pointer(len(data))):
        found = parse_message(data + record(loop, 1, b"abcd"))
        assert (len(found.answers), found.is_complete) == (1, False)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for candidate in (data, header(1, 2, 1, 1) + data, header(1, 3) + question("a.example") + data):
        try:
            found = parse_message(candidate)
        except WireError:
            continue
        assert len(found.questions) <= int.from_bytes(candidate[4:6], "big")
        assert len(found.answers) <= int.from_bytes(candidate[6:8], "big")


@given(st.integers(0, len(_ANSWER) - 1), st.integers(0, 255))
def test_one_byte_changed(place: int, byte: int) -> None:
    data = _ANSWER[:place] + bytes([byte]) + _ANSWER[place + 1 :]
    try:
        found = parse_message(data)
    except WireError:
        return
    for answer in found.answers:
        if answer.class_ & 0x7FFF == 1 and answer.type in (1, 28):
            assert len(answer.data) == (4 if answer.type == 1 else 16)


def test_a_record_whose_data_is_not_read_is_known_by_its_head() -> None:
    asked = question("site.example", 16)
    text, address = record(_OWNER, 16, b"\x08abcdefgh"), record(_OWNER, 1, bytes(4))
    cut = parse_message((header(1, 1) + asked + text)[:-4])
    (answer,) = cut.answers
    assert (answer.name, answer.type, answer.data, cut.is_complete) == ("site.example", 16, b"\x08abcd", False)
    cut = parse_message((header(1, 1) + asked + address)[:-1])
    assert cut.answers == () and not cut.is_complete
