"""Rates of the last ten minutes add up to what was booked, and to no more memory than is meant."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.live import DEVICES_MAX, SPAN_S, Live
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.records import OTHER, Batch, FlowRecord, Generation, Role
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.wire.quic_crypto import PythonCipher

from .traffic import MAC_BYTES, MINUTE, batch, flow_key, interface, packed, stored

_NS = 10**9
_BOOT_S = 1_000  # when the first slot of a test begins
_OFFSET_S = MINUTE - _BOOT_S


class _Clocks:
    """Told by the test: seconds of the boot clock, and how much later the wall clock is."""

    def __init__(self) -> None:
        self.boot_s, self.offset_s = float(_BOOT_S), float(_OFFSET_S)

    def __call__(self) -> tuple[int, float]:
        return round(self.boot_s * _NS), self.boot_s + self.offset_s


class _Turns:
    """Turns of the maps, one after the other."""

    def __init__(self, interval_s: int = 1, names: Mapping[str, str] | None = None) -> None:
        self.clocks, self.asked = _Clocks(), list[list[str]]()
        self._names = names or {}
        self.live = Live(interval_s, self.clocks, lambda *span: [(span[0], 7_200), (span[1], 3_600)], self._called)

    def _called(self, devices: Collection[str]) -> Mapping[str, str]:
        self.asked.append(list(devices))
        return {device: self._names[device] for device in devices if device in self._names}

    def turn(self, made: Batch | None = None, seconds: float = 1) -> None:
        before_ns, _ = self.clocks()
        self.clocks.boot_s += seconds
        now_ns, unix_s = self.clocks()
        self.live.add(made or batch(), before_ns, now_ns, unix_s)

    def devices(self) -> dict[str, dict[str, Any]]:
        return {row["device"]: row for row in self.live.answer(0)["devices"]}

    def slots(self, since: int = 0) -> dict[str, list[Any]]:
        return self.live.answer(since)["slots"]


def _of(**rx_bytes: int) -> Batch:
    """Downloads by device."""
    return batch({flow_key(device=device): (bytes_, 1) for device, bytes_ in rx_bytes.items()})


def test_nothing_yet() -> None:
    turns = _Turns()
    answer = turns.live.answer(7)
    assert answer.pop("offsets")[0][0] == MINUTE
    assert answer == {
        "now_unix_s": MINUTE, "interval_s": 1, "span_s": 600, "sequence": 0, "devices": [],
        "slots": {"sequence": [], "until_unix_s": [], "seconds": [], "rx_bytes": [], "tx_bytes": []},
    }  # fmt: skip


def test_a_slot_is_what_a_turn_held() -> None:
    turns = _Turns(names={"one": "<b>"})
    both = {flow_key(device="one"): (500, 1), flow_key(device="one", is_tx=True): (70, 1)}
    both[flow_key(device="two")] = (5, 1)
    turns.turn(batch(both | {flow_key(device="two", again=True): (9_999, 1)}))
    turns.turn(_of(two=20), 0.25)
    turns.clocks.boot_s += 0.5
    answer = turns.live.answer(0)
    assert (answer["now_unix_s"], answer["sequence"]) == (MINUTE + 1.75, _BOOT_S + 2)
    assert answer["slots"] == {
        "sequence": [_BOOT_S + 1, _BOOT_S + 2], "until_unix_s": [MINUTE + 1, MINUTE + 1.25], "seconds": [1, 0.25],
        "rx_bytes": [505, 20], "tx_bytes": [70, 0],
    }  # fmt: skip
    one, two = answer["devices"]
    assert one.pop("history")[-1] == 456 and two.pop("history")[-1] == 20
    assert one == {"device": "one", "name": "<b>", "rx_bytes_s": 400, "tx_bytes_s": 56, "rx_bytes": 500, "tx_bytes": 70}
    assert two == {"device": "two", "name": "two", "rx_bytes_s": 20, "tx_bytes_s": 0, "rx_bytes": 25, "tx_bytes": 0}
    assert turns.asked == [["one", "two"]]


def test_only_what_is_new_is_told() -> None:
    turns = _Turns()
    for _ in range(5):
        turns.turn(_of(one=1))
    newest = turns.live.answer(0)["sequence"]
    told = [turns.slots(since)["sequence"] for since in (newest, newest - 1, newest - 4, newest - 400)]
    assert told == [[], [newest], [*range(newest - 3, newest + 1)], [*range(newest - 4, newest + 1)]]
    for stranger in (0, -3, newest + 1):  # of a boot before, say
        assert len(turns.slots(stranger)["sequence"]) == 5


def test_a_restart_goes_on_counting() -> None:
    before = _Turns()
    for _ in range(20):
        before.turn()
    known = before.live.answer(0)["sequence"]
    after = _Turns()
    after.clocks.boot_s = before.clocks.boot_s + 1
    after.turn()
    assert after.slots(known)["sequence"] == [known + 2]


def test_the_span_ends_and_silent_devices_go() -> None:
    turns = _Turns()
    turns.turn(_of(one=1_000, two=7))
    for _ in range(SPAN_S - 1):
        turns.turn(_of(two=1))
    assert (len(turns.slots()["sequence"]), turns.devices()["one"]["rx_bytes"]) == (SPAN_S, 1_000)
    turns.turn()
    assert (len(turns.slots()["sequence"]), list(turns.devices())) == (SPAN_S, ["two"])
    assert list(turns.live._devices) == ["two"]
    assert turns.devices()["two"]["rx_bytes"] == sum(turns.slots()["rx_bytes"]) == SPAN_S - 1
    turns.turn(seconds=3 * SPAN_S)  # it slept
    assert (turns.slots()["seconds"], turns.devices()) == ([3 * SPAN_S], {})


@pytest.mark.parametrize(("interval_s", "slots"), [(1, 600), (7, 90), (45, 20), (60, 10)])
def test_there_are_no_more_slots_than_a_span_has(interval_s: int, slots: int) -> None:
    turns = _Turns(interval_s)
    for minute in range(12):
        for second in (*range(interval_s, 60, interval_s), 60):
            turns.turn(_of(one=1), MINUTE + minute * 60 + second - sum(turns.clocks()[1:]))
    kept = turns.slots()
    assert len(kept["sequence"]) == slots == sum(kept["rx_bytes"])
    assert sum(kept["seconds"]) == pytest.approx(SPAN_S)
    for _ in range(3 * slots):  # quicker than it was said
        turns.turn(_of(one=1), 0.01)
    assert len(turns.slots()["sequence"]) == slots == turns.devices()["one"]["rx_bytes"]


def test_rates_are_of_the_last_five_seconds_and_history_of_ten_each() -> None:
    turns = _Turns()
    turns.clocks.boot_s = 1_200.0
    for second in range(33):
        turns.turn(_of(one=100 if second < 30 else 1_000))
    (row,) = turns.live.answer(0)["devices"]
    assert (row["rx_bytes_s"], row["tx_bytes_s"], row["rx_bytes"]) == (640, 0, 6_000)
    assert row["history"] == [0] * 56 + [100, 100, 100, 1_000]


def test_a_slot_of_a_minute_is_spread_over_it() -> None:
    turns = _Turns(60)
    turns.clocks.boot_s = 1_230.0
    turns.turn(_of(one=6_000), 60)
    turns.turn(_of(one=600), 60)
    (row,) = turns.live.answer(0)["devices"]
    assert row["rx_bytes_s"] == 10
    assert row["history"] == [0] * 48 + [100] * 6 + [10] * 6


_BYTES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2**40))


@given(st.lists(st.tuples(st.floats(0.05, 200), _BYTES), max_size=40))
def test_history_and_devices_hold_what_slots_hold(made: list[tuple[float, dict[str, int]]]) -> None:
    turns = _Turns()
    for seconds, of in made:
        turns.turn(_of(**of), seconds)
    slots, devices = turns.slots(), turns.live.answer(0)["devices"]
    assert sum(row["rx_bytes"] for row in devices) == sum(slots["rx_bytes"])
    assert all(turns.clocks()[1] - SPAN_S - 0.01 < until for until in slots["until_unix_s"])
    if devices and sum(slots["seconds"]) < SPAN_S - 20:
        last_s = turns.clocks.boot_s % 10 or 10
        drawn = sum(sum(row["history"][:-1]) * 10 + row["history"][-1] * last_s for row in devices)
        assert drawn == pytest.approx(sum(slots["rx_bytes"]), abs=600 * len(devices))


def test_a_clock_that_is_set_moves_all_that_is_told() -> None:
    turns = _Turns()
    turns.clocks.offset_s = -float(_BOOT_S)  # as if 1970 had begun
    turns.turn(_of(one=1))
    turns.clocks.offset_s = float(_OFFSET_S)
    turns.turn(_of(one=2))
    turns.clocks.offset_s -= 5_000
    answer = turns.live.answer(0)  # a step that no turn has followed yet
    assert answer["slots"]["until_unix_s"] == [MINUTE + 1, MINUTE + 2]
    assert (answer["now_unix_s"], answer["slots"]["seconds"]) == (MINUTE + 2, [1, 1])
    assert answer["offsets"][0][0] == MINUTE


def test_the_smallest_devices_are_put_together() -> None:
    turns = _Turns()
    many = {f"d{number:03}": 1_000 + number for number in range(5 * DEVICES_MAX)}
    turns.turn(_of(**many))
    for _ in range(3):
        turns.turn(_of(**dict.fromkeys(many, 1_000), **{OTHER: 5}))
    devices = turns.live.answer(0)["devices"]
    assert len(devices) == DEVICES_MAX
    assert [row["device"] for row in devices[:-1]] == sorted(many, reverse=True)[: DEVICES_MAX - 1]
    assert (devices[-1]["device"], devices[-1]["name"]) == (OTHER, OTHER)
    for kind in "rx_bytes", "tx_bytes":
        assert sum(row[kind] for row in devices) == sum(turns.slots()[kind])
    assert OTHER not in turns.asked[0]


def test_as_many_as_are_told_need_no_rest() -> None:
    turns = _Turns()
    turns.turn(_of(**{f"d{number:03}": 10 for number in range(DEVICES_MAX)}))
    assert OTHER not in turns.devices()
    turns.turn(_of(**{OTHER: 1}))
    assert (len(turns.devices()), turns.devices()[OTHER]["rx_bytes"]) == (DEVICES_MAX, 11)


def test_a_flood_of_devices_displaces_no_larger_one() -> None:
    turns = _Turns()
    turns.turn(_of(**{f"home{number}": 10_000 for number in range(20)}))
    for second in range(8):
        turns.turn(_of(**{f"made{second}-{number}": 100 for number in range(1_000)}))
    turns.turn(_of(late=200))  # each of the others is less
    devices = turns.live.answer(0)["devices"]
    assert len(devices) == DEVICES_MAX
    assert {row["device"] for row in devices[:21]} == {*(f"home{number}" for number in range(20)), "late"}
    assert sum(row["rx_bytes"] for row in devices) == 20 * 10_000 + 8 * 100_000 + 200
    assert len(turns.live._devices) <= 2 * DEVICES_MAX


def test_offsets_are_those_of_what_is_told() -> None:
    turns = _Turns()
    for _ in range(10):
        turns.turn(seconds=30)
    turns.clocks.boot_s += 2
    assert turns.live.answer(0)["offsets"] == [[MINUTE, 7_200], [MINUTE + 302, 3_600]]


_INTERFACES = {
    3: interface("br-lan", Role.LAN, ifindex=3, networks=(("192.168.1.1", 24),)),
    4: interface("guest", Role.LAN, ifindex=4, networks=(("192.168.2.1", 24),)),
    5: interface("wan", Role.WAN, ifindex=5, addresses=("203.0.113.9",)),
}
_COUNTED = {ifindex: on.role for ifindex, on in _INTERFACES.items()}


def _generation(number: int) -> Generation:
    """A client's upload and download through the uplink, what it sends to the guests, and what is this machine's."""
    client, guest, own = (packed(a) for a in ("192.168.1.5", "192.168.2.7", "203.0.113.9"))
    far, other = packed("198.51.100.1"), bytes.fromhex("02aabbccdd77")
    amount = 100 * (number + 1)
    return Generation("one", number, [
        FlowRecord(3, 0, 6, client, 1, far, 443, MAC_BYTES, amount + 1, 1),
        FlowRecord(5, 1, 6, own, 1, far, 443, bytes(6), amount + 1, 1, ingress_ifindex=3),
        FlowRecord(5, 0, 6, far, 443, own, 1, bytes(6), amount + 2, 1),
        FlowRecord(3, 1, 6, far, 443, client, 1, MAC_BYTES, amount + 2, 1, ingress_ifindex=5),
        FlowRecord(3, 0, 6, client, 2, guest, 80, MAC_BYTES, amount + 4, 1),
        FlowRecord(4, 1, 6, client, 2, guest, 80, other, amount + 4, 1, ingress_ifindex=3),
        FlowRecord(5, 1, 17, own, 5, packed("198.51.100.2"), 53, bytes(6), amount + 8, 1),
    ], [])  # fmt: skip


def test_sums_are_those_of_the_reports(tmp_path: Path) -> None:
    turns, pipeline, batches = _Turns(20), Pipeline(PythonCipher()), []
    for number in range(6):
        boot_s = _BOOT_S + 20 * (number + 1)
        made = pipeline.book(
            _generation(number), MINUTE + number // 3 * 60, boot_s * _NS, _INTERFACES, _COUNTED, 100
        )
        batches.append(made)
        turns.turn(made, 20)
    path, slots = stored(tmp_path / "traffic.db", *batches), turns.slots()
    for minute in range(2):
        live = Counter[str]()
        rows = zip(slots["until_unix_s"], slots["seconds"], slots["rx_bytes"], slots["tx_bytes"], strict=True)
        for until_unix_s, seconds, rx_bytes, tx_bytes in rows:
            if (until_unix_s - seconds / 2 - MINUTE) // 60 == minute:
                live.update(rx_bytes=rx_bytes, tx_bytes=tx_bytes)
        window = MINUTE + minute * 60, MINUTE + minute * 60 + 60
        report = run(path, "top-device", Selection(*window))
        names = [column.name for column in report.report.columns]
        shown = [dict(zip(names, row, strict=True)) for row in report.rows]
        assert live == {way: sum(row[way] for row in shown) for way in ("rx_bytes", "tx_bytes")}
        assert live.total() > 0
    told = {device: (row["rx_bytes"], row["tx_bytes"]) for device, row in turns.devices().items()}
    both = run(path, "top-device", Selection(MINUTE, MINUTE + 120))
    assert told == {row[2]: (row[4], row[5]) for row in both.rows}
    assert len(told) == 2


def test_who_asks_sees_whole_turns_only() -> None:
    turns, stop, wrong = _Turns(), threading.Event(), list[object]()

    def ask() -> None:
        while not stop.is_set():
            answer = turns.live.answer(0)
            if sum(answer["slots"]["rx_bytes"]) != sum(row["rx_bytes"] for row in answer["devices"]):
                wrong.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(400):
        turns.turn(_of(**{f"d{number % 150}": 10, f"e{number % 7}": number}))
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not wrong
