"""Both forms of ``nft list flowtables``, as its versions write them, and what is none of it."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from traffic_analyzer.kernel import flowtables
from traffic_analyzer.kernel.flowtables import Flowtable, merged, parse_json, parse_text

_METAINFO = {"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}}


def _json(**facts: object) -> str:
    ft = {"family": "inet", "name": "ft", "table": "fw4", "handle": 12, "hook": "ingress", "prio": 0} | facts
    return json.dumps({"nftables": [_METAINFO, {"flowtable": ft}]})


#: nftables 1.0.6 (Debian 12): device names as they are.
_TEXT_1_0_6 = """table inet fw4 {
\tflowtable ft {
\t\thook ingress priority filter
\t\tdevices = { br-lan, pppoe-wan }
\t}
}
"""
#: As later versions may print it, hardware offload and counters included; not recorded.
_TEXT_1_1_1 = """table inet fw4 {
\tflowtable ft {
\t\thook ingress priority filter
\t\tdevices = { "lan1", "lan2", "wan" }
\t\tflags offload
\t\tcounter
\t}
}
"""
#: Two families, one flowtable without devices, everything on one line in the last (as ``;`` separates too).
_TEXT_SEVERAL = """table ip t {
\tflowtable f {
\t\thook ingress priority filter + 5
\t}
}
table inet "my table" {
\tflowtable "f 2" {
\t\thook ingress priority -10
\t\tdevices = { "a,b", c }
\t}
}
table ip6 t { flowtable f { hook ingress priority 0; devices = { eth0 }; flags offload; } }
"""


@pytest.mark.parametrize(
    ("facts", "devices", "is_hardware"),
    [
        ({"dev": "eth0"}, ("eth0",), False),
        ({"dev": ["br-lan", "wan"]}, ("br-lan", "wan"), False),
        ({}, (), False),
        ({"dev": ["lan1", 5, None]}, ("lan1",), False),
        ({"dev": "eth0", "flags": "offload"}, ("eth0",), True),
        ({"dev": "eth0", "flags": ["offload", "counter"]}, ("eth0",), True),
        ({"dev": "eth0", "flags": ["counter"]}, ("eth0",), False),
    ],
)
def test_json(facts: dict[str, object], devices: tuple[str, ...], is_hardware: bool) -> None:
    assert parse_json(_json(**facts)) == [Flowtable("inet", "fw4", "ft", devices, is_hardware)]


def test_json_without_flowtables() -> None:
    assert parse_json(json.dumps({"nftables": [_METAINFO]})) == []
    assert parse_json(json.dumps({"nftables": [_METAINFO, 5, {"flowtable": "x"}, {"flowtable": {}}]})) == [
        Flowtable("", "", "", (), False)
    ]


@pytest.mark.parametrize("text", ["", "Error: syntax error", "[]", "{}", '{"nftables": {}}', "null"])
def test_what_is_no_json_of_nft(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_text() -> None:
    assert parse_text(_TEXT_1_0_6) == [Flowtable("inet", "fw4", "ft", ("br-lan", "pppoe-wan"), False)]
    assert parse_text(_TEXT_1_1_1) == [Flowtable("inet", "fw4", "ft", ("lan1", "lan2", "wan"), True)]
    assert parse_text(_TEXT_SEVERAL) == [
        Flowtable("ip", "t", "f", (), False),
        Flowtable("inet", "my table", "f 2", ("a,b", "c"), False),
        Flowtable("ip6", "t", "f", ("eth0",), True),
    ]


def test_a_list_of_devices_may_be_broken_into_lines() -> None:
    text = _TEXT_1_1_1.replace('"lan1", "lan2", ', '"lan1",\n\t\t\t     "lan2",\n\t\t\t     ')
    assert parse_text(text) == parse_text(_TEXT_1_1_1)


def test_flags_of_others_are_not_taken() -> None:
    chain = "\tchain c {\n\t\ttype filter hook ingress device \"eth0\" priority 0; flags offload;\n\t}\n"
    text = "table netdev n {\n\tflags dormant\n" + chain + "}\n" + _TEXT_1_0_6
    assert parse_text(text) == parse_text(_TEXT_1_0_6)


@pytest.mark.parametrize("at", range(0, len(_TEXT_SEVERAL), 7))
def test_every_truncation_ends(at: int) -> None:
    for text in (_TEXT_SEVERAL[:at], _TEXT_SEVERAL[at:]):
        assert len(parse_text(text)) <= 3


def test_hardware_offload_is_seen_in_the_text_only() -> None:
    from_json = parse_json(_json(dev=["lan1", "lan2", "wan"]))
    assert [table.is_hardware for table in merged(from_json, parse_text(_TEXT_1_1_1))] == [True]
    assert merged(from_json, parse_text(_TEXT_1_0_6)) == from_json
    assert merged(from_json, parse_text(_TEXT_1_1_1.replace("fw4", "other"))) == from_json
    assert merged([], parse_text(_TEXT_1_1_1)) == []


def test_lists() -> None:
    table = Flowtable("inet", "fw4", "ft", ("lan*", "wan", "x"), False)
    assert [name for name in ("lan1", "lan", "la", "wan", "wan2", "x", "") if table.lists(name)] == [
        "lan1", "lan", "wan", "x",
    ]  # fmt: skip
    assert table.title == "inet fw4 ft"


def test_asked_of_the_real_nft() -> None:
    """There may be no flowtable, but it is understood to the end."""
    if os.geteuid() or not shutil.which("nft", path="/usr/sbin:/sbin"):
        pytest.skip("needs root and nft")
    found, unknown = flowtables.read()
    assert unknown == ""
    assert all(isinstance(table, Flowtable) for table in found)
