"""A table of homes: what role each interface has, where to attach, what is passed by, what counts once."""

from __future__ import annotations

import pytest

from traffic_analyzer.kernel.survey import Survey
from traffic_analyzer.kernel.topology import Topology
from traffic_analyzer.records import Role

from .homes import PLAIN, PORTS, PPPOE, SWCONFIG, TAGGED, VLAN_AWARE, flowtable, router, survey

LAN, WAN, HOST = Role.LAN, Role.WAN, Role.HOST


def _wans(topology: Topology) -> set[str]:
    return {name for name in topology.links if topology.roles[name] is WAN}


@pytest.mark.parametrize(
    ("table", "pppoe", "outward", "wans"),
    [
        (PLAIN, (), ["wan"], {"wan"}),
        (PLAIN, (), [], set()),
        (PPPOE, ("wan",), ["pppoe-wan"], {"pppoe-wan", "wan"}),
        (PPPOE, ("wan",), ["wan"], {"pppoe-wan", "wan"}),  # the session is not up, or another one is used
        (TAGGED, ("wan.7",), ["pppoe-wan"], {"pppoe-wan", "wan.7", "wan"}),
        (PORTS + "wwan0\nwan", (), ["wan", "wwan0"], {"wan", "wwan0"}),
        (PLAIN + "\n6in4-wan sit", (), ["wan", "6in4-wan"], {"wan", "6in4-wan"}),
        (PORTS + "br-wan bridge\neth1 master=br-wan\neth2 master=br-wan", (), ["br-wan"], {"br-wan", "eth1", "eth2"}),
        ("eth0\neth0.10 vlan lower=eth0", (), ["eth0"], {"eth0"}),  # clients on a VLAN of the uplink's cable
        (PLAIN + "\nwg0 wireguard", (), ["wan", "wg0"], {"wan", "wg0"}),  # all traffic goes through a VPN
        (PLAIN, (), ["gone0", "wan"], {"wan"}),
    ],
)
def test_uplinks(table: str, pppoe: tuple[str, ...], outward: list[str], wans: set[str]) -> None:
    found = router(survey(table, pppoe=pppoe), *outward)
    assert _wans(found) == wans
    assert {found.roles[name] for name in found.links} <= {LAN, WAN}


def test_a_machine_that_does_not_forward_is_the_client() -> None:
    assert set(Topology(survey(PLAIN), False, ["wan"]).roles.values()) == {HOST}


def test_a_role_that_is_given_wins_and_goes_for_what_lies_below() -> None:
    found = router(survey(PPPOE, pppoe=["wan"]), "pppoe-wan", given={"br-lan": WAN, "lan2": LAN, "pppoe-wan": HOST})
    assert found.roles["br-lan"] is found.roles["lan1"] is found.roles["phy0-ap0"] is WAN
    assert found.roles["lan2"] is LAN
    assert found.roles["pppoe-wan"] is found.roles["wan"] is HOST


def test_a_device_that_is_newer_than_the_survey_has_a_role() -> None:
    assert router(Survey(), "eth1").role("eth1") is WAN and router(Survey(), "eth1").role("eth2") is LAN
    assert Topology(Survey()).role("eth1") is HOST
    assert router(Survey(), "eth1", given={"eth1": LAN}).role("eth1") is LAN


_BOTH = {"br-lan", "wan"}
_IN_PORTS = {"lan1", "lan2", "phy0-ap0"}


@pytest.mark.parametrize(
    ("table", "pppoe", "listed", "outward", "addressed", "points"),
    [
        # a router, by each form of the flowtable
        (PLAIN, (), [], ["wan"], _BOTH, _BOTH),
        (PLAIN, (), ["br-lan", "wan"], ["wan"], _BOTH, _BOTH),
        (PLAIN, (), ["lan1", "lan2", "wan"], ["wan"], _BOTH, {"wan"} | _IN_PORTS),
        (PLAIN, (), ["br-lan", "lan1", "wan"], ["wan"], _BOTH, {"wan"} | _IN_PORTS),
        (PLAIN, (), ["lan*", "wan"], ["wan"], _BOTH, {"wan"} | _IN_PORTS),
        # PPPoE, bare and on a VLAN
        (PPPOE, ("wan",), [], ["pppoe-wan"], {"br-lan", "pppoe-wan"}, {"br-lan", "pppoe-wan"}),
        (PPPOE, ("wan",), ["br-lan", "pppoe-wan"], ["pppoe-wan"], {"br-lan"}, {"br-lan", "pppoe-wan"}),
        (PPPOE, ("wan",), ["br-lan", "wan"], ["pppoe-wan"], {"br-lan"}, {"br-lan", "pppoe-wan", "wan"}),
        (TAGGED, ("wan.7",), ["br-lan", "wan"], ["pppoe-wan"], {"br-lan"}, {"br-lan", "pppoe-wan", "wan"}),
        (TAGGED, ("wan.7",), ["lan1", "wan.7"], ["pppoe-wan"], {"br-lan"}, {"pppoe-wan", "wan.7"} | _IN_PORTS),
        # a VLAN-aware bridge: its ports serve both networks
        (VLAN_AWARE, (), [], ["wan"], {"br-lan.10", "br-lan.20", "wan"}, {"br-lan.10", "br-lan.20", "wan"}),
        (VLAN_AWARE, (), ["lan1", "lan2", "wan"], ["wan"], {"br-lan.10", "br-lan.20", "wan"}, {"wan"} | _IN_PORTS),
        # one Ethernet device for both sides: nothing below tells them apart
        (SWCONFIG, (), [], ["eth0.2"], {"br-lan", "eth0.2"}, {"br-lan", "eth0.2"}),
        (SWCONFIG, (), ["eth0"], ["eth0.2"], {"br-lan", "eth0.2"}, {"br-lan", "eth0.2"}),
        ("eth0\neth0.10 vlan lower=eth0", (), [], ["eth0"], {"eth0", "eth0.10"}, {"eth0", "eth0.10"}),
        # several uplinks, a guest network, a VPN for clients, one for all
        (PORTS + "wan\nwwan0", (), [], ["wan", "wwan0"], _BOTH, {"br-lan", "wan", "wwan0"}),
        (PLAIN + "\nbr-guest bridge\nphy0-ap1 master=br-guest\nwg0 wireguard", (), [], ["wan"],
         _BOTH | {"br-guest", "wg0"}, _BOTH | {"br-guest", "wg0"}),
        # an uplink without addresses, a LAN that is down, a port with an address, a link that cannot be read
        (PLAIN, (), [], ["wan"], {"br-lan"}, _BOTH),
        (PLAIN + "\nbr-guest bridge down", (), [], ["wan"], _BOTH | {"br-guest"}, _BOTH),
        (PLAIN, (), [], ["wan"], _BOTH | {"lan1", "lo"}, _BOTH),
        (PLAIN + "\ncan0 can", (), [], ["wan"], _BOTH | {"can0"}, _BOTH),
        (PLAIN + "\nred vrf\neth5 master=red", (), [], ["wan"], _BOTH | {"red", "eth5"}, _BOTH | {"eth5"}),
        # a machine with containers
        ("eth0\ndocker0 bridge\nveth1 veth master=docker0\nveth2 veth master=docker0", (), [], ["eth0"],
         {"eth0", "docker0"}, {"eth0", "docker0"}),
    ],
)  # fmt: skip
def test_attach_points_of_a_router(
    table: str, pppoe: tuple[str, ...], listed: list[str], outward: list[str], addressed: set[str], points: set[str]
) -> None:
    found = router(survey(table, *([flowtable(*listed)] if listed else []), pppoe=pppoe), *outward)
    chosen = found.attach_points(addressed)
    assert set(chosen) == points and len(chosen) == len(points)


def test_below_pppoe_the_uplink_counts_and_the_session_tells_where_it_came_in() -> None:
    found = router(survey(TAGGED, flowtable("br-lan", "wan"), pppoe=("wan.7",)), "pppoe-wan")
    assert found.primaries(found.attach_points({"br-lan"})) == {"br-lan", "wan"}
    assert {name for name in found.links if found.hides_origin(name)} == {"wan", "wan.7"}
    assert found.bottom("pppoe-wan") == (("wan", "dsa"),) and found.bottom("wan") == ()


def test_attach_points_of_a_laptop() -> None:
    found = survey("eth0\nwlan0\ntun0 tun\nvirbr0 bridge")
    assert Topology(found, False, ["wlan0", "tun0", "gone0"]).attach_points({"eth0", "wlan0", "tun0", "virbr0"}) == [
        "wlan0", "tun0",
    ]  # fmt: skip
    assert Topology(found, False, []).attach_points({"eth0"}) == []


@pytest.mark.parametrize(
    ("table", "listed", "name", "passed"),
    [
        (PLAIN, [], "br-lan", ()),
        (PLAIN, ["br-lan", "wan"], "br-lan", ()),
        (PLAIN, ["lan1", "lan2", "wan"], "br-lan", ("lan1", "lan2")),
        (PLAIN, ["br-lan", "lan2", "wan"], "br-lan", ("lan2",)),
        (PLAIN, ["lan1", "lan2", "wan"], "lan1", ()),
        (PLAIN, ["lan1", "lan2", "wan"], "phy0-ap0", ()),
        (VLAN_AWARE, ["lan1", "lan2", "wan"], "br-lan.10", ("lan1", "lan2")),
        (TAGGED, ["br-lan", "wan"], "pppoe-wan", ("wan",)),
        (TAGGED, ["br-lan", "wan"], "wan", ()),
        (TAGGED, ["br-lan", "wan"], "no-such", ()),
    ],
)
def test_what_a_flowtable_takes_past_a_device(table: str, listed: list[str], name: str, passed: tuple[str]) -> None:
    assert router(survey(table, flowtable(*listed), pppoe=["wan.7"]), "pppoe-wan").passed_by(name) == passed


@pytest.mark.parametrize(
    ("attached", "primaries"),
    [
        (["br-lan", "wan"], {"br-lan", "wan"}),
        (["br-lan", "lan1", "wan"], {"br-lan", "wan"}),  # a part of it
        (["br-lan", "lan1", "lan2", "phy0-ap0"], {"lan1", "lan2", "phy0-ap0"}),  # all of it
        (["br-lan.10", "lan1", "lan2", "phy0-ap0"], {"lan1", "lan2", "phy0-ap0"}),
        (["br-lan.10", "br-lan.20"], {"br-lan.10", "br-lan.20"}),
        (["br-lan.10", "br-lan", "lan1"], {"br-lan"}),
        (["br-lan.10", "lan1"], {"br-lan.10"}),
        (["pppoe-wan", "wan"], {"wan"}),
        (["pppoe-wan", "wan.7"], {"wan.7"}),
        (["no-such", "lan1"], {"no-such", "lan1"}),
        ([], set()),
    ],
)
def test_of_layers_one_counts(attached: list[str], primaries: set[str]) -> None:
    table = VLAN_AWARE + "\nwan.7 vlan lower=wan\npppoe-wan ppp"
    assert router(survey(table, pppoe=["wan.7"]), "pppoe-wan").primaries(attached) == primaries


def test_of_layers_with_two_roles_the_upper_one_counts() -> None:
    found = router(survey("eth0\neth0.10 vlan lower=eth0"), "eth0")
    assert found.primaries(["eth0", "eth0.10"]) == {"eth0.10"}
    assert set(found.counted(["eth0", "eth0.10"])) == {found.links["eth0.10"].ifindex}


def test_devices_above_covered_ones_are_counted_too() -> None:
    found = router(survey(VLAN_AWARE + "\npppoe-wan ppp", pppoe=["wan"]), "pppoe-wan")

    def counted(*attached: str) -> dict[str, Role]:
        names = {link.ifindex: name for name, link in found.links.items()}
        return {names[ifindex]: role for ifindex, role in found.counted(attached).items()}

    assert counted("br-lan.10", "wan") == {"br-lan.10": LAN, "wan": WAN, "pppoe-wan": WAN}
    ports = {"lan1", "lan2", "phy0-ap0"}
    assert set(counted(*ports)) == ports | {"br-lan", "br-lan.10", "br-lan.20"}
    assert set(counted("lan1", "lan2")) == {"lan1", "lan2"}
    assert set(counted("br-lan")) == {"br-lan", "br-lan.10", "br-lan.20"}
    assert set(counted("br-lan", "lan1")) == {"br-lan", "br-lan.10", "br-lan.20"}
    assert counted() == {}


def test_a_circle_ends() -> None:
    found = router(survey("a vlan lower=b\nb vlan lower=a\nc bridge master=c", flowtable("a")))
    assert found.below("a") == ("b",) and found.below("c") == ()
    assert found.counted(["a"]).keys() == {found.links["a"].ifindex, found.links["b"].ifindex}
    assert found.primaries(["c"]) == {"c"} and found.attach_points({"a", "b", "c"})


def test_links_of_another_kind_are_none_below() -> None:
    pair = "veth0 veth lower=veth1\nveth1 veth lower=veth0"
    found = router(survey(f"eth0\nlan1 dsa lower=eth0\n{pair}\ngre1 gre lower=eth0"))
    assert [found.below(name) for name in found.links] == [()] * 6
