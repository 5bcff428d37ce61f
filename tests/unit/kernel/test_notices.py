"""What is said of a home's network, and that each thing said has a sentence."""

from __future__ import annotations

from dataclasses import replace

from traffic_analyzer.kernel.notices import notices
from traffic_analyzer.kernel.topology import Topology
from traffic_analyzer.records import Notice, Role

from .homes import PLAIN, SWCONFIG, VLAN_AWARE, flowtable, router, survey


def _codes(found: list[Notice]) -> set[str]:
    return {notice.code for notice in found}


def test_a_plain_router() -> None:
    assert notices(router(survey(PLAIN), "wan"), ["br-lan", "wan"]) == [
        Notice("bridge-local", "br-lan", "lan1, lan2, phy0-ap0")
    ]


def test_offload_in_software_and_in_hardware() -> None:
    found = notices(router(survey(PLAIN, flowtable("lan1", "wan")), "wan"), ["br-lan", "wan"])
    assert Notice("offload-software", "inet fw4 ft", "lan1, wan") in found
    assert Notice("passes-below", "br-lan", "lan1") in found
    found = notices(router(survey(PLAIN, flowtable("lan1", "wan", hardware=True)), "wan"), ["lan1", "lan2", "wan"])
    assert found == [
        Notice("offload-hardware", "inet fw4 ft", "lan1, wan"), Notice("switch-local", "br-lan", "lan1, lan2")
    ]  # fmt: skip


def test_a_flowtable_of_no_device_hides_nothing() -> None:
    assert _codes(notices(router(survey("eth0\neth1", flowtable()), "eth1"), ["eth0", "eth1"])) == set()


def test_flowtables_that_cannot_be_told() -> None:
    unknown = replace(survey("eth0\neth1"), flowtables_unknown="nft: not permitted")
    assert notices(router(unknown, "eth1"), ["eth0"]) == [Notice("offload-unknown", "nft", "nft: not permitted")]


def test_a_vlan_of_a_bridge_and_a_bridge_of_one_port() -> None:
    found = router(survey(VLAN_AWARE + "\nbr-one bridge\neth5 master=br-one"), "wan")
    assert [n.subject for n in notices(found, ["br-lan.10", "br-one"]) if n.code == "bridge-local"] == ["br-lan"]
    assert "bridge-local" not in _codes(notices(found, ["wan"]))


def test_shared_merging_and_no_uplink() -> None:
    stick = router(survey(SWCONFIG), "eth0.2")
    assert Notice("shared", "eth0") in notices(stick, ["eth0"], {"br-lan", "eth0.2"})
    assert "shared" not in _codes(notices(stick, ["eth0.2"], {"br-lan", "eth0.2"}))
    merging = router(survey("br0 bridge\neth0 master=br0 lro\neth1 lro"), "eth9")
    assert notices(merging, ["br0"]) == [Notice("lro", "eth0")]
    assert _codes(notices(router(survey("eth0")), ["eth0"])) == {"no-wan"}
    assert _codes(notices(router(survey("eth0"), given={"eth0": Role.WAN}), ["eth0"])) == set()


def test_a_laptop_hears_of_its_own_interface_only() -> None:
    found = survey(PLAIN.replace("wan dsa", "wan dsa lro"), flowtable("lan1"))
    assert notices(Topology(found, False, ["wan"]), ["wan"]) == [Notice("lro", "wan")]
