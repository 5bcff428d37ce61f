"""Addresses and keys that an answer gives for the name that was asked for."""

from __future__ import annotations

import itertools

import pytest

from traffic_analyzer.wire.dns import Message, Question, Resource, parse_message
from traffic_analyzer.wire.dns_chain import addresses, ech_configs
from traffic_analyzer.wire.svcb import EchConfig, ServiceBinding

from .dns_writer import header, name, pointer, question, record

_A1, _A2, _AAAA = b"\xc0\0\2\1", b"\xc0\0\2\2", b"\x20\1" + bytes(14)
_KEY, _OTHER_KEY = EchConfig(1, "public.example"), EchConfig(2, "other.example")


def _answer(*answers: Resource, asked: str = "www.example.org", **changed: object) -> Message:
    message = Message(7, True, 0, 0, False, (Question(asked, 1, 1),), answers, None, True)
    return message._replace(**changed)


def _a(owner: str, address: bytes = _A1, ttl_s: int = 60, class_: int = 1) -> Resource:
    return Resource(owner, 1 if len(address) == 4 else 28, class_, ttl_s, address)


def _cname(owner: str, target: str, ttl_s: int = 60) -> Resource:
    return Resource(owner, 5, 1, ttl_s, target)


def _https(owner: str, binding: ServiceBinding, ttl_s: int = 60, type_: int = 65) -> Resource:
    return Resource(owner, type_, 1, ttl_s, binding)


def test_records_of_the_name_itself() -> None:
    answer = _answer(_a("www.example.org"), _a("www.example.org", _AAAA, 0), _a("www.example.org", _A2, 7))
    assert addresses(answer) == [(_A1, 60), (_AAAA, 0), (_A2, 7)]


def test_a_chain_in_any_order() -> None:
    chain = [
        _cname("www.example.org", "a.cdn.example", 300),
        _cname("a.cdn.example", "b.cdn.example", 20),
        _a("b.cdn.example", _A1, 60),
        _a("b.cdn.example", _A2, 10),
    ]
    for answers in itertools.permutations(chain):
        assert sorted(addresses(_answer(*answers))) == [(_A1, 20), (_A2, 10)]


def test_letters_of_either_case_are_the_same() -> None:
    answers = _cname("wWw.eXample.org", "A.Cdn.Example"), _a("a.cDN.example")
    assert addresses(_answer(*answers, asked="WWW.example.ORG")) == [(_A1, 60)]


def test_only_ascii_letters_have_case() -> None:
    message = _answer(_a(r"\196.example"), asked=r"\228.example")
    assert addresses(message) == []


def test_an_owner_that_is_not_on_the_chain_is_not_taken() -> None:
    answers = (
        _a("bank.example", _A2),
        _cname("other.example", "www.example.org"),
        _cname("www.example.org", "cdn.example"),
        _a("cdn.example", _A1),
        _a("example.org", _A2),
        _https("bank.example", ServiceBinding(1, "", ipv4_hints=(_A2,), ech=(_OTHER_KEY,))),
    )
    assert addresses(_answer(*answers)) == [(_A1, 60)]
    assert ech_configs(_answer(*answers)) == ()


@pytest.mark.parametrize(
    "loop",
    [
        [_cname("www.example.org", "www.example.org")],
        [_cname("www.example.org", "a.example"), _cname("a.example", "www.example.org")],
        [_cname("www.example.org", "a.example"), _cname("a.example", "b.example"), _cname("b.example", "a.example")],
        [_https("www.example.org", ServiceBinding(0, "www.example.org"))],
    ],
)
def test_a_loop_ends(loop: list[Resource]) -> None:
    assert addresses(_answer(*loop)) == []
    assert addresses(_answer(*loop, _a("www.example.org", ttl_s=5))) == [(_A1, 5)]


def test_an_address_on_two_ways_lasts_as_long_as_either() -> None:
    answers = (
        _cname("www.example.org", "a.example", 5),
        _cname("www.example.org", "b.example", 50),
        _a("a.example", _A1, 100),
        _a("b.example", _A1, 100),
    )
    assert addresses(_answer(*answers)) == [(_A1, 50)]
    assert addresses(_answer(*reversed(answers))) == [(_A1, 50)]


def test_a_time_with_the_top_bit_counts_as_none() -> None:
    data = header(1, 2) + question("www.example.org") + record(pointer(12), 5, name("b.example"), ttl_s=0x80000001)
    assert addresses(parse_message(data + record(name("b.example"), 1, _A1, ttl_s=60))) == [(_A1, 0)]


@pytest.mark.parametrize("type_", [64, 65])
def test_hints_and_keys(type_: int) -> None:
    binding = ServiceBinding(1, "", (b"h3",), (_A1, _A2), (_AAAA,), (_KEY,))
    answer = _answer(
        _cname("www.example.org", "cdn.example", 30),
        _https("cdn.example", binding, 40, type_),
        _https("cdn.example", ServiceBinding(2, "elsewhere.example", ipv4_hints=(_A2,), ech=(_OTHER_KEY,)), 20, type_),
    )
    assert addresses(answer) == [(_A1, 30), (_A2, 30), (_AAAA, 30)]
    assert ech_configs(answer) == (_KEY, _OTHER_KEY)


def test_an_alias_by_a_binding() -> None:
    answer = _answer(
        _https("www.example.org", ServiceBinding(0, "Svc.example"), 9),
        _https("svc.example", ServiceBinding(1, "", ipv4_hints=(_A1,), ech=(_KEY,)), 60),
        _a("svc.example", _AAAA, 60),
    )
    assert addresses(answer) == [(_A1, 9), (_AAAA, 9)]
    assert ech_configs(answer) == (_KEY,)


def test_an_alias_to_nothing() -> None:
    """RFC 9460 2.5.1: the service does not exist."""
    assert addresses(_answer(_https("www.example.org", ServiceBinding(0, "")), _a(""))) == []


def test_a_binding_that_names_another_host_is_no_alias() -> None:
    assert addresses(_answer(_https("www.example.org", ServiceBinding(1, "svc.example")), _a("svc.example"))) == []


def test_types_that_hold_names_are_no_alias() -> None:
    for type_ in (2, 12, 39):
        assert addresses(_answer(Resource("www.example.org", type_, 1, 60, "a.example"), _a("a.example"))) == []


def test_bytes_of_another_type_are_no_address() -> None:
    assert addresses(_answer(Resource("www.example.org", 16, 1, 60, b"\3abc"))) == []


def test_another_class_is_no_address() -> None:
    assert addresses(_answer(_a("www.example.org", class_=3))) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"is_response": False},
        {"opcode": 5},
        {"rcode": 3},
        {"questions": ()},
        {"questions": (Question("www.example.org", 1, 1), Question("b.example", 1, 1))},
    ],
)
def test_what_answers_no_single_question_without_error(changed: dict[str, object]) -> None:
    answers = _a("www.example.org"), _https("www.example.org", ServiceBinding(1, "", ech=(_KEY,)))
    assert addresses(_answer(*answers)) == [(_A1, 60)]
    assert ech_configs(_answer(*answers)) == (_KEY,)
    assert addresses(_answer(*answers, **changed)) == []
    assert ech_configs(_answer(*answers, **changed)) == ()


def test_a_cut_or_truncated_answer_holds_as_far_as_it_goes() -> None:
    assert addresses(_answer(_a("www.example.org"), is_complete=False, is_truncated=True)) == [(_A1, 60)]


def test_a_long_chain_is_followed_to_its_end() -> None:
    links = [_cname(f"n{number}", f"n{number + 1}", 1000 - number) for number in range(400)]
    message = _answer(_a("n400", ttl_s=5000), *reversed(links), asked="n0")
    assert addresses(message) == [(_A1, 601)]
