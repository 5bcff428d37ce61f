"""Whose bytes a name explains: messages in, the name of each flow out."""

from __future__ import annotations

from typing import Any

import pytest

from traffic_analyzer.attribution.attribute import Attribution, Limits
from traffic_analyzer.attribution.devices import ends
from traffic_analyzer.attribution.names import UNKNOWN, Name
from traffic_analyzer.records import Direction, Evidence, FlowRecord, Head, HeadKind, Interface, Label, Role
from traffic_analyzer.wire import dns
from traffic_analyzer.wire.http import RequestHead
from traffic_analyzer.wire.svcb import EchConfig, ServiceBinding
from traffic_analyzer.wire.tls import ClientHello

from ..traffic import MAC, MAC_BYTES, interface, packed

_S = 10**9
_LAN = interface("br-lan", Role.LAN, ifindex=3, addresses=("192.168.1.1",), networks=(("192.168.1.1", 24),))
_CLIENT, _ROUTER, _REMOTE, _REMOTE_6 = "192.168.1.20", "192.168.1.1", "203.0.113.7", "2001:db8::7"
_CLIENT_6, _OTHER, _OTHER_MAC = "2001:db8:1::20", "192.168.1.30", bytes.fromhex("02aabbccdd02")
_IN, _OUT = Direction.INGRESS, Direction.EGRESS


def _head(kind: HeadKind, at_s: float, **changed: Any) -> Head:
    """From the client, of a kind, on its way to the router."""
    packet = {"src": _CLIENT, "src_port": 40000, "dst": _ROUTER, "dst_port": 53, "direction": _IN,
              "mac": MAC_BYTES, "l4_proto": 17} | changed  # fmt: skip
    return Head(
        _LAN.ifindex, packet["direction"], packet["l4_proto"], packed(packet["src"]), packet["src_port"],
        packed(packet["dst"]), packet["dst_port"], packet["mac"], int(at_s * _S), kind, 0, 0, 0, b"",
    )  # fmt: skip


def _answered(at_s: float, **changed: Any) -> Head:
    """From the router, on its way to the client."""
    back = {"src": _ROUTER, "src_port": 53, "dst": _CLIENT, "dst_port": 40000, "direction": _OUT}
    return _head(HeadKind.DNS, at_s, **(back | changed))


def _message(qname: str, *answers: dns.Resource, number: int = 7, is_response: bool = True, qtype: int = dns.A,
             class_: int = dns.IN, opcode: int = 0) -> dns.Message:  # fmt: skip
    return dns.Message(
        number, is_response, opcode, 0, False, (dns.Question(qname, qtype, class_),), answers, None, True
    )


def _a(name: str, address: str = _REMOTE, ttl_s: int = 60) -> dns.Resource:
    return dns.Resource(name, dns.AAAA if ":" in address else dns.A, dns.IN, ttl_s, packed(address))


def _flow(at_s: float, remote: str = _REMOTE, **changed: Any) -> FlowRecord:
    """Sent by the client."""
    src = _CLIENT_6 if ":" in remote else _CLIENT
    packet = {"src": src, "src_port": 50000, "mac": MAC_BYTES, "opened": False} | changed
    return FlowRecord(
        _LAN.ifindex, _IN, 6, packed(packet["src"]), packet["src_port"], packed(remote), 443, packet["mac"], 100, 1,
        int(at_s * _S), packet["opened"],
    )  # fmt: skip


class _Told:
    """An attribution that is told things on br-lan."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.attribution = Attribution(limits or Limits())

    def ask(self, qname: str, at_s: float = 0, number: int = 7, qtype: int = dns.A, **changed: Any) -> Any:
        asked = _message(qname, number=number, is_response=False, qtype=qtype)
        return self.attribution.hear_dns(_head(HeadKind.DNS, at_s, **changed), _LAN, asked)

    def answer(self, message: dns.Message, at_s: float = 0, **changed: Any) -> None:
        assert self.attribution.hear_dns(_answered(at_s, **changed), _LAN, message) is None

    def resolve(self, qname: str, *answers: dns.Resource, at_s: float = 0, qtype: int = dns.A) -> None:
        self.ask(qname, at_s, qtype=qtype)
        self.answer(_message(qname, *(answers or (_a(qname),)), qtype=qtype), at_s)

    def show(self, message: Any, at_s: float, kind: HeadKind = HeadKind.TLS, **changed: Any) -> Any:
        shown = {"dst": _REMOTE, "dst_port": 443, "src_port": 50000, "l4_proto": 6} | changed
        return self.attribution.hear_name(_head(kind, at_s, **shown), _LAN, message)

    def name(self, flow: FlowRecord, until_s: float | None = None, on: Interface = _LAN) -> Name:
        now_boot_ns = flow.first_boot_ns if until_s is None else int(until_s * _S)
        found = ends(flow, on)
        if flow.opened:
            self.attribution.reopen(flow.ifindex, flow.l4_proto, found, flow.first_boot_ns)
        return self.attribution.name(flow.ifindex, flow.l4_proto, found, flow.first_boot_ns, now_boot_ns)


def _hello(name: str | None, ech_config_id: int | None = None) -> ClientHello:
    return ClientHello(name, (), ech_config_id, False, False, 300)


def _exact(name: str, evidence: Evidence = Evidence.DNS) -> Name:
    return Name(name, Label.EXACT, evidence)


def test_an_answer_that_was_asked_for_names_a_flow() -> None:
    told = _Told()
    asked = told.ask("Site.Example")
    assert (asked.iface, asked.qname, asked.qtype, asked.found.device) == ("br-lan", "site.example", dns.A, MAC)
    told.answer(_message("sITE.eXAMPLE", _a("site.EXAMPLE")))
    assert told.name(_flow(1)) == _exact("site.example")
    assert (told.attribution.answers, told.attribution.unasked) == ({"br-lan": 1}, {})


def test_the_device_is_one_for_all_its_addresses() -> None:
    told = _Told()
    told.resolve("site.example", _a("site.example", _REMOTE_6), qtype=dns.AAAA)  # asked over IPv4
    assert told.name(_flow(1, _REMOTE_6)) == _exact("site.example")
    assert told.name(_flow(1, _REMOTE_6, src=_CLIENT_6, src_port=1, mac=_OTHER_MAC)).label is Label.AMBIGUOUS


@pytest.mark.parametrize(
    "changed",
    [{"number": 8}, {"qname": "other.example"}, {"qtype": dns.AAAA}],
)  # fmt: skip
def test_no_name_without_its_question(changed: dict[str, Any]) -> None:
    told = _Told()
    told.ask("site.example")
    qname = changed.pop("qname", "site.example")
    told.answer(_message(qname, _a(qname), **changed))
    assert told.name(_flow(1)) == UNKNOWN
    assert told.attribution.unasked == {"br-lan": 1}


@pytest.mark.parametrize("changed", [{"dst": _OTHER, "mac": _OTHER_MAC}, {"dst_port": 40001}, {"src": "192.168.1.2"},
                                     {"mac": _OTHER_MAC}, {"l4_proto": 6}])  # fmt: skip
def test_no_name_from_elsewhere(changed: dict[str, Any]) -> None:
    told = _Told()
    told.ask("site.example")
    told.answer(_message("site.example", _a("site.example")), **changed)
    assert told.name(_flow(1)) == UNKNOWN


def test_a_forged_answer_from_the_lan_names_nothing() -> None:
    """With the router's address, the right id and the right name, but it comes in where the router's would go out."""
    told = _Told()
    told.ask("site.example")
    told.answer(_message("site.example", _a("site.example", "192.0.2.66")), direction=_IN, mac=_OTHER_MAC)
    told.answer(_message("site.example", _a("site.example")))
    assert told.name(_flow(1, "192.0.2.66")) == UNKNOWN
    assert told.name(_flow(1)) == _exact("site.example")


def test_records_of_other_names_are_not_taken() -> None:
    told = _Told()
    told.resolve("site.example", _a("bank.example", "192.0.2.9"), _a("site.example"))
    assert told.name(_flow(1, "192.0.2.9")) == UNKNOWN


def test_the_name_is_the_one_asked_for() -> None:
    told = _Told()
    alias = dns.Resource("site.example", dns.CNAME, dns.IN, 300, "edge.cdn.example")
    told.resolve("site.example", alias, _a("edge.cdn.example"))
    assert told.name(_flow(1)) == _exact("site.example")


@pytest.mark.parametrize("message", [
    _message("site.example", _a("site.example"), class_=3), _message("site.example", _a("site.example"), opcode=5),
    _message("site.example", _a("site.example"))._replace(questions=()),
])  # fmt: skip
def test_what_is_no_plain_answer_names_nothing(message: dns.Message) -> None:
    told = _Told()
    told.ask("site.example")
    told.answer(message)
    assert told.name(_flow(1)) == UNKNOWN


def test_the_cap_shortens_what_the_answer_says() -> None:
    told = _Told(Limits(dns_ttl_cap_s=30))
    told.resolve("site.example", _a("site.example", ttl_s=3600))
    assert told.name(_flow(29)) == _exact("site.example")
    assert told.name(_flow(31, src_port=1)) == UNKNOWN


def test_a_running_flow_keeps_its_name() -> None:
    told = _Told()
    told.resolve("site.example", _a("site.example", ttl_s=10))
    assert told.name(_flow(1)) == _exact("site.example")
    told.resolve("other.example", at_s=5)
    told.attribution.expire(100 * _S)
    assert told.name(_flow(101)) == _exact("site.example")
    assert told.name(_flow(101, src_port=1)) == UNKNOWN


def test_a_running_flow_is_not_named_by_a_later_answer() -> None:
    told = _Told()
    assert told.name(_flow(1)) == UNKNOWN
    told.resolve("site.example", at_s=2)
    assert told.name(_flow(3)) == UNKNOWN
    assert told.name(_flow(3, src_port=1)) == _exact("site.example")


def test_a_flow_that_was_silent_for_long_is_another() -> None:
    told = _Told(Limits(flow_idle_s=20))
    told.resolve("site.example", _a("site.example", ttl_s=10))
    for at_s in (1, 20, 40):
        assert told.name(_flow(at_s)) == _exact("site.example")
    assert told.name(_flow(61)) == UNKNOWN


def test_a_connection_opened_anew_is_another() -> None:
    told = _Told()
    told.resolve("site.example", _a("site.example", ttl_s=10))
    assert told.name(_flow(1)) == _exact("site.example")
    assert told.name(_flow(15, opened=True)) == UNKNOWN
    told.show(_hello("shown.example"), 20.2)
    assert told.name(_flow(20, opened=True), 21) == _exact("shown.example", Evidence.TLS)


@pytest.mark.parametrize(
    ("kind", "message", "evidence"),
    [(HeadKind.TLS, _hello("Shown.Example."), Evidence.TLS), (HeadKind.QUIC, _hello("shown.example"), Evidence.QUIC),
     (HeadKind.HTTP, RequestHead("GET", "shown.example"), Evidence.HTTP)],
)  # fmt: skip
def test_what_is_read_on_a_flow_names_it(kind: HeadKind, message: Any, evidence: Evidence) -> None:
    told = _Told()
    told.resolve("asked.example")
    shown = told.show(message, 1, kind)
    assert told.name(_flow(0.5)) == _exact("shown.example", evidence)
    assert (shown and shown.server_name) == (None if kind is HeadKind.HTTP else "shown.example")
    assert told.name(_flow(2, src_port=1)) == Name("asked.example", Label.AMBIGUOUS, Evidence.DNS)


def test_a_better_name_comes_while_the_flow_runs() -> None:
    told = _Told()
    assert told.name(_flow(0)) == UNKNOWN
    told.show(_hello("shown.example"), 1)
    assert told.name(_flow(2)) == _exact("shown.example", Evidence.TLS)


def test_a_client_hello_without_a_name_leaves_the_flow_as_it_is() -> None:
    told = _Told()
    told.resolve("asked.example")
    assert told.show(_hello(None), 1) is None
    assert told.name(_flow(0.5)) == _exact("asked.example")


def _ech_record(name: str, public_name: str, config_id: int) -> dns.Resource:
    binding = ServiceBinding(1, "", (), (), (), (EchConfig(config_id, public_name),))
    return dns.Resource(name, dns.HTTPS, dns.IN, 60, binding)


def test_real_ech_hides_the_site() -> None:
    told = _Told()
    told.resolve("secret.example", _ech_record("secret.example", "Public.Example", 9), qtype=dns.HTTPS)
    told.resolve("secret.example")
    shown = told.show(_hello("public.example", 9), 1)
    hidden = Name("public.example", Label.HIDDEN, Evidence.ECH)
    assert (shown.server_name, shown.evidence) == ("public.example", Evidence.ECH)
    assert told.name(_flow(0.5)) == hidden
    assert told.name(_flow(2, src_port=1)) == _exact("secret.example")


def test_grease_changes_nothing() -> None:
    told = _Told()
    told.resolve("secret.example", _ech_record("secret.example", "public.example", 9), qtype=dns.HTTPS)
    for port, name, config_id in ((1, "secret.example", 9), (2, "public.example", 10), (3, "other.example", 9)):
        told.show(_hello(name, config_id), 1, src_port=port)
        assert told.name(_flow(1, src_port=port)) == _exact(name, Evidence.TLS)


def test_ech_of_an_answer_nobody_asked_for_hides_nothing() -> None:
    told = _Told()
    told.answer(_message("bank.example", _ech_record("bank.example", "site.example", 9), qtype=dns.HTTPS))
    told.show(_hello("site.example", 9), 1)
    assert told.name(_flow(1)) == _exact("site.example", Evidence.TLS)


def test_a_server_in_the_lan_is_neither_asked_nor_answering() -> None:
    told = _Told()
    question = _message("site.example", is_response=False)
    assert told.attribution.hear_dns(_answered(0, src_port=40000, dst_port=53), _LAN, question) is None
    told.answer(_message("site.example", _a("site.example")), direction=_IN, src=_CLIENT, dst=_REMOTE)
    assert not told.attribution.unasked


def test_this_machine_is_one_device_with_all_its_addresses() -> None:
    eth0 = interface("eth0", Role.HOST, ifindex=3, addresses=(_CLIENT, _CLIENT_6))
    told = _Told()
    asked = _head(HeadKind.DNS, 0, direction=_OUT, dst="198.51.100.53")
    told.attribution.hear_dns(asked, eth0, _message("site.example", is_response=False, qtype=dns.AAAA))
    answer = _message("site.example", _a("site.example", _REMOTE_6), qtype=dns.AAAA)
    told.attribution.hear_dns(_answered(0, direction=_IN, src="198.51.100.53"), eth0, answer)
    assert told.name(_flow(1, _REMOTE_6)._replace(direction=_OUT), on=eth0) == _exact("site.example")


def test_running_flows_are_bounded_and_what_goes_is_counted() -> None:
    told = _Told(Limits(flows=5))
    told.resolve("site.example", _a("site.example", ttl_s=5))
    for port in range(9):
        assert told.name(_flow(1, src_port=port)) == _exact("site.example")
    assert told.attribution.overflow == 4
    assert told.name(_flow(20, src_port=8)) == _exact("site.example")
    assert told.name(_flow(20, src_port=1)) == UNKNOWN
