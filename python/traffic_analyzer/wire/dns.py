"""DNS messages (RFC 1035 4): their questions and answers, as far as they can be read."""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from ..errors import WireError
from .dns_stream import DnsStream as DnsStream
from .names import Names, read_name, skip_name
from .svcb import ServiceBinding, parse_service_binding

A: Final = 1
NS: Final = 2
CNAME: Final = 5
PTR: Final = 12
AAAA: Final = 28
DNAME: Final = 39
OPT: Final = 41
SVCB: Final = 64
HTTPS: Final = 65
IN: Final = 1
_READ = frozenset({A, NS, CNAME, PTR, AAAA, DNAME, SVCB, HTTPS})  # whose data is read
QUERY = 0  #: the opcode

RECORDS_MAX = 512  #: that are read of a section; a message from a resolver has some ten

_HEADER = struct.Struct("!6H")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_IS_RESPONSE, _IS_TRUNCATED = 0x8000, 0x0200
_CLASS = 0x7FFF  # the bit above it says something else in multicast DNS (RFC 6762 5.4, 10.2)
_TTL_SIGN = 0x80000000


class Question(NamedTuple):
    """What is asked for."""

    name: str  #: presentation format, see :mod:`.names`; so are all names here
    type: int  #: IANA number
    class_: int  #: as read, with the top bit of multicast DNS


class Resource(NamedTuple):
    """A record."""

    name: str
    type: int  #: IANA number
    class_: int  #: as read, with the top bit of multicast DNS
    ttl_s: int  #: 0 where the top bit was set (RFC 2181 8)
    #: Class IN: A and AAAA 4 and 16 bytes, CNAME, DNAME, NS and PTR a name, SVCB and HTTPS a binding. All others: the
    #: bytes as they came, in which names may be compressed; fewer, where the message ends before them.
    data: bytes | str | ServiceBinding


class Message(NamedTuple):
    """What could be read of a message."""

    id: int
    is_response: bool
    opcode: int
    rcode: int  #: with the upper bits that EDNS adds (RFC 6891 6.1.3)
    is_truncated: bool  #: the sender left records out (TC)
    questions: tuple[Question, ...]
    answers: tuple[Resource, ...]  #: the answer section
    edns_payload_bytes: int | None  #: as read; None without EDNS, or where it could not be reached
    is_complete: bool  #: all records that the header counts were read
    additional: tuple[Resource, ...] = ()  #: the additional section, where it was asked for


def parse_message(data: bytes, with_additional: bool = False) -> Message:
    """The message at the beginning of ``data``, with all that stands before the first malformed or missing byte.

    :param with_additional: keep the additional section too
    :raises WireError: the header, or the first question that it counts, cannot be read
    """
    if len(data) < _HEADER.size:
        raise WireError(f"header: {len(data)} bytes")
    identifier, flags, question_count, answer_count, authority_count, additional_count = _HEADER.unpack_from(data)
    names: Names = {}
    questions: list[Question] = []
    answers: list[Resource] = []
    additional: list[Resource] = []
    edns: list[tuple[int, int]] = []
    is_complete = True
    try:
        at = _read_questions(data, question_count, names, questions)
        at = _read_answers(data, at, answer_count, names, answers)
        if with_additional:
            _read_answers(data, _skip_records(data, at, authority_count), additional_count, names, additional)
        if authority_count or additional_count:
            _read_edns(data, at, authority_count, additional_count, edns)
    except (WireError, struct.error) as error:
        if question_count and not questions:
            raise WireError(f"first question: {error}") from None
        is_complete = False
    payload_bytes, upper_rcode = edns[0] if edns else (None, 0)
    return Message(
        identifier,
        flags & _IS_RESPONSE != 0,
        flags >> 11 & 0xF,
        upper_rcode << 4 | flags & 0xF,
        flags & _IS_TRUNCATED != 0,
        tuple(questions),
        tuple(answers),
        payload_bytes,
        is_complete,
        tuple(additional),
    )


def _read_questions(data: bytes, count: int, names: Names, questions: list[Question]) -> int:
    at = _HEADER.size
    for _ in range(min(count, RECORDS_MAX)):
        name, at = read_name(data, at, names)
        type_, class_ = _QUESTION.unpack_from(data, at)
        at += 4
        questions.append(Question(name, type_, class_))
    _check_count(count)
    return at


def _read_answers(data: bytes, at: int, count: int, names: Names, answers: list[Resource]) -> int:
    for _ in range(min(count, RECORDS_MAX)):
        name, at = read_name(data, at, names)
        type_, class_, ttl_s, length = _RECORD.unpack_from(data, at)
        at += 10
        end = at + length
        is_read = class_ & _CLASS == IN and type_ in _READ
        if end > len(data) and is_read:
            raise WireError(f"record data up to {end}")
        value = _read_data(data, at, end, type_, names) if is_read else data[at:end]
        answers.append(Resource(name, type_, class_, 0 if ttl_s & _TTL_SIGN else ttl_s, value))
        if end > len(data):
            raise WireError(f"record data up to {end}")
        at = end
    _check_count(count)
    return at


def _read_data(data: bytes, at: int, end: int, type_: int, names: Names) -> bytes | str | ServiceBinding:
    if type_ in (A, AAAA):
        if end - at != (4 if type_ == A else 16):
            raise WireError(f"address of {end - at} bytes")
        return data[at:end]
    if type_ in (CNAME, PTR, NS, DNAME):
        name, behind = read_name(data, at, names)
        if behind != end:
            raise WireError(f"name up to {behind} in record data up to {end}")
        return name
    return parse_service_binding(data, at, end, names)


def _skip_records(data: bytes, at: int, count: int) -> int:
    _check_count(count)
    for _ in range(count):
        at = skip_name(data, at)
        at += 10 + _RECORD.unpack_from(data, at)[3]
    return at


def _read_edns(data: bytes, at: int, skipped: int, count: int, edns: list[tuple[int, int]]) -> None:
    """Adds payload size and upper response code of each OPT record behind the ``skipped`` records (RFC 6891 6.1)."""
    for index in range(min(skipped + count, RECORDS_MAX)):
        is_root = data[at : at + 1] == b"\0"
        at = skip_name(data, at)
        type_, class_, ttl_s, length = _RECORD.unpack_from(data, at)
        at += 10 + length
        if at > len(data):
            raise WireError(f"record data up to {at}")
        if type_ == OPT and is_root and index >= skipped:
            edns.append((class_, ttl_s >> 24))
    _check_count(skipped + count)


def _check_count(count: int) -> None:
    if count > RECORDS_MAX:
        raise WireError(f"{count} records in a section")
