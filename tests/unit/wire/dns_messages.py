"""Random valid DNS messages, of another library."""

from __future__ import annotations

import dns.edns
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.svcbbase
import dns.rrset
from hypothesis import strategies as st

from .dns_writer import ech_config, ech_config_list

_LABEL = st.one_of(
    st.sampled_from([b"www", b"Example", b"com", b"cdn", b"_https", b"xn--mnchen-3ya"]),
    st.binary(min_size=1, max_size=12),
)
_NAME = st.lists(_LABEL, max_size=5).map(lambda labels: dns.name.Name([*labels, b""]))
_V4 = st.ip_addresses(v=4).map(str)
_V6 = st.ip_addresses(v=6).map(str)


@st.composite
def _binding(draw: st.DrawFn) -> dns.rdata.Rdata:
    kind = draw(st.sampled_from(["HTTPS", "SVCB"]))
    priority = draw(st.integers(0, 65_535))
    parameters: dict[dns.rdtypes.svcbbase.ParamKey, dns.rdtypes.svcbbase.Param] = {}
    if priority:
        base = dns.rdtypes.svcbbase
        if draw(st.booleans()):
            parameters[base.ParamKey.ALPN] = base.ALPNParam(draw(st.sampled_from([[b"h2"], [b"h3", b"h2"]])))
        if draw(st.booleans()):
            parameters[base.ParamKey.PORT] = base.PortParam(8443)
        if draw(st.booleans()):
            parameters[base.ParamKey.IPV4HINT] = base.IPv4HintParam(draw(st.lists(_V4, min_size=1, max_size=3)))
        if draw(st.booleans()):
            parameters[base.ParamKey.ECH] = base.ECHParam(ech_config_list(ech_config(b"public.example", 9)))
        if draw(st.booleans()):
            parameters[base.ParamKey.IPV6HINT] = base.IPv6HintParam(draw(st.lists(_V6, min_size=1, max_size=3)))
    rdtype = dns.rdatatype.from_text(kind)
    return dns.rdata.get_rdata_class(dns.rdataclass.IN, rdtype)(
        dns.rdataclass.IN, rdtype, priority, draw(_NAME), parameters
    )


def _of(kind: str, *fields: st.SearchStrategy[object]) -> st.SearchStrategy[dns.rdata.Rdata]:
    rdtype = dns.rdatatype.from_text(kind)
    make = dns.rdata.get_rdata_class(dns.rdataclass.IN, rdtype)
    return st.tuples(*fields).map(lambda values: make(dns.rdataclass.IN, rdtype, *values))


_U16, _U32 = st.integers(0, 65_535), st.integers(0, (1 << 32) - 1)
_RDATA = st.one_of(
    _of("A", _V4),
    _of("AAAA", _V6),
    *(_of(kind, _NAME) for kind in ("CNAME", "NS", "PTR", "DNAME")),
    _of("MX", _U16, _NAME),
    _of("SRV", _U16, _U16, _U16, _NAME),
    _of("TXT", st.lists(st.binary(max_size=30), min_size=1, max_size=3)),
    _of("SOA", _NAME, _NAME, _U32, _U32, _U32, _U32, _U32),
    _binding(),
)


@st.composite
def messages(draw: st.DrawFn) -> dns.message.Message:
    """Messages with one question, as another library writes them."""
    message = dns.message.Message(id=draw(_U16))
    message.flags = draw(st.integers(0, 0xFFFF)) & ~0x78FF
    message.set_opcode(draw(st.sampled_from([0, 0, 0, 2, 4])))
    names = draw(st.lists(_NAME, min_size=1, max_size=3))
    owner = st.one_of(st.sampled_from(names), _NAME)
    message.question.append(dns.rrset.RRset(draw(owner), 1, draw(st.sampled_from([1, 28, 65, 255]))))
    for section in (message.answer, message.answer, message.authority, message.additional):
        for data in draw(st.lists(_RDATA, max_size=4)):
            rrset = dns.rrset.RRset(draw(owner), data.rdclass, data.rdtype)
            rrset.add(data, draw(st.integers(0, (1 << 31) - 1)))
            section.append(rrset)
    if draw(st.booleans()):
        message.use_edns(0, payload=draw(st.integers(512, 65_535)), options=[dns.edns.GenericOption(10, b"12345678")])
        message.set_rcode(draw(st.integers(0, 4095)))
    else:
        message.set_rcode(draw(st.integers(0, 15)))
    return message
