"""One query a report: what is in the window, on the interfaces asked for, and what is missing from it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import StoreError, UsageError
from traffic_analyzer.records import DeviceName
from traffic_analyzer.reports import registry
from traffic_analyzer.reports.registry import REPORTS, Completeness
from traffic_analyzer.reports.selection import Selection

from ..traffic import MAC, MINUTE, batch, counter_key, flow_key, home, question_key, server_name_key, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return stored(tmp_path / "traffic.db", home(MINUTE))


def _column(result: registry.Result, name: str) -> list[object]:
    at = [column.name for column in result.report.columns].index(name)
    return [row[at] for row in result.rows]


@pytest.mark.parametrize("name", ["top-ip", "top-lan", "top-flow", "top-domain", "attribution-coverage", "top-device"])
def test_rows_sum_to_what_was_counted(path: Path, name: str) -> None:
    result = registry.run(path, name, _WINDOW)
    assert (sum(_column(result, "bytes")), sum(_column(result, "packets"))) == (1_550, 31)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["top-ip", "top-lan"])
def test_shares_count_rows_beyond_the_limit(tmp_path: Path, name: str) -> None:
    flows = {flow_key(f"10.0.0.{n}", f"203.0.113.{n}"): (n, 1) for n in range(1, 31)}
    path = stored(tmp_path / "many.db", batch(flows))
    whole = registry.run(path, name, Selection(MINUTE, MINUTE + 60, limit=100))
    assert sum(_column(whole, "share")) == pytest.approx(1)  # type: ignore[arg-type]
    three = registry.run(path, name, Selection(MINUTE, MINUTE + 60, limit=3))
    assert three.rows == whole.rows[:3]
    assert _column(three, "share")[0] == pytest.approx(30 / 465)
    assert len(registry.run(path, name, _WINDOW).rows) == REPORTS[name].default_limit == 20


def test_a_share_of_nothing_is_nothing(tmp_path: Path) -> None:
    path = stored(tmp_path / "empty.db", batch({flow_key(): (0, 1)}))
    assert _column(registry.run(path, "top-ip", _WINDOW), "share") == [None]


@pytest.mark.parametrize(("ifaces", "bytes_"), [(("eth0",), 1_100), (("br-lan",), 450), (("eth0", "br-lan"), 1_550)])
def test_only_the_interfaces_asked_for(path: Path, ifaces: tuple[str, ...], bytes_: int) -> None:
    for name in ("top-ip", "top-lan", "top-flow"):
        result = registry.run(path, name, Selection(MINUTE, MINUTE + 60, ifaces))
        assert sum(_column(result, "bytes")) == bytes_  # type: ignore[arg-type]
    assert set(_column(registry.run(path, "collector-health", result.selection), "iface")) == set(ifaces)
    assert result.completeness.seen_bytes == {1_100: 2_000, 450: 450, 1_550: 2_450}[bytes_]


_FLOWS = {
    flow_key("10.0.0.1", device=MAC, domain="one.example", label="exact", evidence="tls"): (1, 1),
    flow_key("2001:db8::1", device=MAC, domain="www.one.example", label="exact", evidence="dns"): (2, 1),
    flow_key("10.0.0.2", domain="two.example", label="ambiguous", evidence="dns"): (4, 1),
    flow_key("10.0.0.3", domain=r"a\.one.example", label="hidden", evidence="ech"): (8, 1),
    flow_key("10.0.0.3", domain="anyone.example"): (16, 1),
    flow_key("10.0.0.4"): (32, 1),
}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same devices and names in all tables; counts are the bytes."""
    of = {key: (key.device, key.client, sums[0]) for key, sums in _FLOWS.items()}
    questions = {question_key(k.domain)._replace(device=mac, client=ip): n for k, (mac, ip, n) in of.items()}
    hellos = {server_name_key(k.domain)._replace(device=mac, client=ip): n for k, (mac, ip, n) in of.items()}
    path = tmp_path_factory.mktemp("clients") / "traffic.db"
    return stored(path, batch(_FLOWS, questions=questions, server_names=hellos))


_SUMMED = {"top-ip": "bytes", "top-lan": "bytes", "top-flow": "bytes", "top-domain": "bytes", "top-dns": "count",
           "top-sni": "count", "attribution-coverage": "bytes"}  # fmt: skip


@pytest.mark.parametrize("name", _SUMMED)
@pytest.mark.parametrize(
    ("asked", "total"),
    [
        ({}, 63),
        ({"devices": ("02:aa:bb:cc:dd:01",)}, 3),
        ({"devices": ("02-AA-BB-CC-DD-01",)}, 3),
        ({"devices": ("2001:DB8:0::1",)}, 2),
        ({"devices": ("10.0.0.2", "02:aa:bb:cc:dd:01")}, 7),
        ({"devices": ("10.9.9.9",)}, 0),
        ({"devices": ("10.0.0.1",)}, 1),
        ({"domains": ("one.example",)}, 3),
        ({"domains": ("ONE.Example.",)}, 3),
        ({"domains": ("www.one.example",)}, 2),
        ({"domains": ("example",)}, 31),
        ({"domains": ("two.example", "anyone.example")}, 20),
        ({"domains": (r"a\.one.example",)}, 8),
        ({"domains": ("e",)}, 0),
        ({"domains": ("%.example", "_ne.example")}, 0),
        ({"domains": ("one.example",), "devices": ("10.0.0.1",)}, 1),
    ],
    ids=str,
)
def test_only_the_clients_and_names_asked_for(clients: Path, name: str, asked: dict[str, Any], total: int) -> None:
    result = registry.run(clients, name, Selection(MINUTE, MINUTE + 60, **asked))
    assert sum(_column(result, _SUMMED[name])) == total  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["top-domain", "top-dns", "top-sni"])
def test_names_are_put_together_by_site(clients: Path, name: str) -> None:
    result = registry.run(clients, name, Selection(MINUTE, MINUTE + 60, by="site"))
    first = result.report.columns[0].name
    sums: dict[object, int] = {}
    for site, count in zip(_column(result, first), _column(result, _SUMMED[name]), strict=True):
        sums[site] = sums.get(site, 0) + count  # type: ignore[operator]
    hidden = r"hidden by ECH (a\.one.example)" if name == "top-domain" else r"a\.one.example"
    assert sums == {"one.example": 3, "two.example": 4, hidden: 8, "anyone.example": 16, "": 32}


def test_the_selection_of_the_answer_is_what_was_looked_for(clients: Path) -> None:
    asked = Selection(MINUTE, MINUTE + 60, devices=("02-AA-BB-CC-DD-01", "02:aa:bb:cc:dd:01"), domains=("Example.",))
    found = registry.run(clients, "top-domain", asked).selection
    assert (found.devices, found.domains) == (("02:aa:bb:cc:dd:01",), ("example",))


def test_an_interface_that_was_never_counted_is_a_mistake(path: Path) -> None:
    with pytest.raises(UsageError, match="--iface eth9: never counted in this database; it knows br-lan, eth0$"):
        registry.run(path, "top-ip", Selection(MINUTE, MINUTE + 60, ("eth0", "eth9")))


def test_an_unknown_report(path: Path) -> None:
    with pytest.raises(UsageError, match="no report top-secret: choose from top-device, device-detail, top-ip"):
        registry.run(path, "top-secret", _WINDOW)


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize(
    ("since", "until", "is_in"),
    [(0, 1, True), (0, 60, True), (-60, 1, True), (-60, 0, False), (1, 60, False), (60, 120, False), (0, 0, False)],
)
def test_the_window_begins_with_its_first_second_and_ends_before_its_last(
    path: Path, name: str, since: int, until: int, is_in: bool
) -> None:
    domains = ("example",) if REPORTS[name].needs_domain else ()
    devices = (MAC, "laptop") if REPORTS[name].needs_device else ()
    result = registry.run(path, name, Selection(MINUTE + since, MINUTE + until, devices=devices, domains=domains))
    for part in result.parts or (result,):
        is_always = part.report.name == "names"
        is_never = part.report.name == "resolvers"
        assert bool(part.rows) is (is_in or is_always) and not is_never or not part.rows and is_never
        assert part.completeness == result.completeness
    assert bool(result.completeness.seen_packets) is is_in


@pytest.mark.parametrize("second", [0, 30, 59])
def test_looking_back_covers_that_many_minutes_and_the_running_one(second: int) -> None:
    since, until = registry.lookback(MINUTE + second, 2)
    minutes = range(MINUTE - 300, MINUTE + 300, 60)
    assert [m for m in minutes if since <= m < until] == [MINUTE - 120, MINUTE - 60, MINUTE]


def test_completeness_is_the_sum_of_the_counters(path: Path) -> None:
    found = registry.run(path, "top-ip", _WINDOW).completeness
    assert found == Completeness(2_450, 59, 60, 1, 840, 27)
    assert found.seen_bytes == 1_550 + found.non_ip_bytes + found.not_booked_bytes


def test_completeness_tells_of_what_was_unseen_and_what_does_not_add_up(tmp_path: Path) -> None:
    counters = {
        counter_key("seen"): (1_000, 10), counter_key("exact"): (500, 5), counter_key("hidden"): (100, 1),
        counter_key("ambiguous"): (50, 1), counter_key("unknown"): (30, 1), counter_key("non_ip"): (20, 1),
        counter_key("not_booked"): (200, 1), counter_key("unseen"): (1_000, 7), counter_key("interface"): (9, 9),
        counter_key("headers"): (9, 9), counter_key("uncounted"): (9, 9),
    }  # fmt: skip
    found = registry.run(stored(tmp_path / "traffic.db", batch(counters=counters)), "top-ip", _WINDOW).completeness
    assert found == Completeness(1_000, 10, 20, 1, 200, 1, 1_000, 7, 100, 0)
    assert found.share == 0.4
    assert Completeness(0, 0, 0, 0, 0, 0).share is None


def test_what_is_counted_again_counts_where_an_interface_is_named(tmp_path: Path) -> None:
    lan: dict[str, Any] = {"iface": "br-lan", "device": MAC}
    wan: dict[str, Any] = {"iface": "eth1", "device": MAC, "again": True}
    own = flow_key(iface="eth1", device="this machine")
    flows = {flow_key(**lan): (100, 1), flow_key(**wan): (100, 1), own: (7, 1)}
    questions = {question_key(**lan): 3, question_key(**wan): 3}
    hellos = {server_name_key(**lan): 2, server_name_key(**wan): 2}
    counters = {
        counter_key("seen", iface="br-lan"): (100, 1), counter_key("exact", iface="br-lan"): (100, 1),
        counter_key("seen", iface="eth1"): (107, 2), counter_key("exact", iface="eth1"): (107, 2),
        counter_key("again", iface="eth1"): (100, 1),
    }  # fmt: skip
    path = stored(tmp_path / "traffic.db", batch(flows, counters, questions=questions, server_names=hellos))
    for ifaces, bytes_, asked, said, seen in (
        ((), 107, 3, 2, 107), (("br-lan",), 100, 3, 2, 100), (("eth1",), 107, 3, 2, 107),
        (("br-lan", "eth1"), 207, 6, 4, 207),
    ):  # fmt: skip
        window = Selection(MINUTE, MINUTE + 60, ifaces)
        for name in ("top-ip", "top-lan", "top-flow", "top-domain", "top-device", "attribution-coverage"):
            assert sum(_column(registry.run(path, name, window), "bytes")) == bytes_  # type: ignore[arg-type]
        assert _column(registry.run(path, "top-dns", window), "count") == [asked]
        result = registry.run(path, "top-sni", window)
        assert _column(result, "count") == [said]
        assert result.completeness.seen_bytes == seen and result.completeness.difference_bytes == 0


_HOSTILE = "<img src=x>\x1b[2J\n, --device"


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four devices: two of one name, one that calls itself by others' addresses and words, one without a MAC."""
    other, liar = "00:16:3e:00:00:01", "00:16:3e:00:00:66"
    flows = {
        flow_key("10.0.0.1", device=MAC): (1, 1), flow_key("10.0.0.2", device=other): (2, 1),
        flow_key("10.0.0.66", device=liar): (4, 1), flow_key("10.0.0.4"): (8, 1),
        flow_key("10.0.0.254", device="this machine"): (16, 1), flow_key("10.9.0.7", device="10.9.0.0/24"): (32, 1),
    }  # fmt: skip
    names = [
        DeviceName(MAC, 0, "MÜLLER's Büro-PC"), DeviceName(MAC, 4, "Laptop"), DeviceName(other, 2, "LAPTOP"),
        *(DeviceName(liar, 4, name) for name in (_HOSTILE, MAC, "10.0.0.1", "this machine", "10.9.0.0/24")),
    ]
    return stored(tmp_path_factory.mktemp("named") / "traffic.db", batch(flows, device_names=names))


@pytest.mark.parametrize(
    ("device", "bytes_"),
    [
        ("Müller's Büro-PC", 1), ("MÜLLER'S BÜRO-PC", 1), ("müller's büro-pc", 1), ("laptop", 3), ("lApToP", 3),
        (MAC, 1), (MAC.upper(), 1), ("10.0.0.1", 1), ("10.0.0.4", 8), ("this machine", 16), ("This Machine", 16),
        ("10.9.0.0/24", 32), ("10.9.0.7", 32), (_HOSTILE, 4), (_HOSTILE.upper(), 4), ("10.0.0.99", 0),
        ("00:16:3e:ff:ff:ff", 0),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_device_is_found_by_address_and_by_name(named: Path, device: str, bytes_: int) -> None:
    result = registry.run(named, "top-ip", Selection(MINUTE, MINUTE + 60, devices=(device,)))
    assert sum(_column(result, "bytes")) == bytes_  # type: ignore[arg-type]


def test_several_devices_are_added_up(named: Path) -> None:
    result = registry.run(named, "top-ip", Selection(MINUTE, MINUTE + 60, devices=("laptop", MAC, "this machine")))
    assert _column(result, "bytes") == [19]


@pytest.mark.parametrize("device", ["lap", "laptop ", "%", "L_ptop", "x" * 2000, "10.9.0.0/25"], ids=ascii)
def test_a_name_that_nobody_goes_by_is_a_mistake(named: Path, device: str) -> None:
    with pytest.raises(UsageError, match="^--device .*: no device of that name; .*top-device.* lists them$") as caught:
        registry.run(named, "top-ip", Selection(MINUTE, MINUTE + 60, devices=("laptop", device)))
    assert len(str(caught.value)) < 150


def test_lists_are_tuples_ipv4_first(tmp_path: Path) -> None:
    addresses = ("2001:db8::1", "10.0.0.9", "fe80::1", "10.0.0.1")
    flows = {flow_key(a, device=MAC, client_port=port): (1, 1) for a in addresses for port in (1, 2)}
    result = registry.run(stored(tmp_path / "traffic.db", batch(flows)), "top-device", _WINDOW)
    assert _column(result, "addresses") == [("10.0.0.1", "10.0.0.9", "2001:db8::1", "fe80::1")]


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_equal_rows_keep_one_order(tmp_path_factory: pytest.TempPathFactory, shuffle: random.Random) -> None:
    keys = [flow_key(f"10.0.0.{n}", f"203.0.113.{n}", client_port=port) for n in range(5) for port in (1, 2)]
    shuffle.shuffle(keys)
    path = stored(tmp_path_factory.mktemp("order") / "traffic.db", batch(dict.fromkeys(keys, (10, 1))))
    assert _column(registry.run(path, "top-ip", _WINDOW), "remote_ip") == [f"203.0.113.{n}" for n in range(5)]
    assert _column(registry.run(path, "top-lan", _WINDOW), "local_ip") == [f"10.0.0.{n}" for n in range(5)]
    flows = registry.run(path, "top-flow", _WINDOW)
    assert list(zip(_column(flows, "src_ip"), _column(flows, "dst_port"), strict=True)) == [
        (f"203.0.113.{n}", port) for n in range(5) for port in (1, 2)
    ]


def test_a_damaged_database_is_an_error_of_the_store(tmp_path: Path) -> None:
    flows = {flow_key(f"10.0.{n >> 8}.{n & 255}"): (n, 1) for n in range(3000)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    size = path.stat().st_size
    with path.open("r+b") as file:  # the head is whole, the leaves of the trees are not
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    with pytest.raises(StoreError, match=f"^--db {path}: .*malformed"):
        registry.run(path, "top-ip", _WINDOW)
