"""The ledger adds up, against an interface and programs that are simulated: every packet has a time at each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.ledger import ITEMS, Gap, Ledger, Sample
from traffic_analyzer.records import (
    Batch,
    CounterRecord,
    Direction,
    Generation,
    Interface,
    LinkCounters,
    Traffic,
)

from .interface_world import EARLY_MS, NOTHING, Packet, World, alike, bridge, steady, total
from .traffic import MINUTE

_IN, _OUT = Direction.INGRESS, Direction.EGRESS
_FEWER = settings(max_examples=50)  # of each of many kinds

_KINDS = {  # kind as told: in buffers and with how many bytes more, as they are, by direction
    "veth": {_IN: (True, 0), _OUT: (True, 0)},
    "tun": {_IN: (True, 0), _OUT: (True, 0)},
    "bridge": {_IN: (True, -14), _OUT: (True, 0)},
    "vlan": {_IN: (True, -14), _OUT: (True, 0)},
    "": {_IN: (False, 0), _OUT: (False, 0)},
}
_OTHERS = {"fcs": ("", False, 4), "software": ("", True, 0), "strips": ("", True, -14), "tagged": ("veth", True, -4)}


def _packets(first_s: float, last_s: float, **fate: bool) -> st.SearchStrategy[list[Packet]]:
    """Up to 40 between two times, each at the other counter before the last of them is read."""
    return st.lists(
        st.builds(
            lambda at_s, delay_ms, size, segments: Packet(at_s * 1000, delay_ms, size * segments, segments, **fate),
            st.floats(first_s, last_s), st.sampled_from([0.0, 0.001, 1.0, 20.0, EARLY_MS - 0.01]),
            st.integers(54, 1514), st.sampled_from([1, 1, 1, 2, 45]),
        ), max_size=24,
    )  # fmt: skip


#: How long before a turn the counters are read early and before it, and after it, in ms.
_JITTER = st.lists(
    st.tuples(st.floats(0, 100), st.sampled_from([0.0, 0.01, 3.0]), st.sampled_from([0.0, 0.01, 3.0])),
    min_size=1, max_size=5,
)  # fmt: skip


def _cycle(jitter: list[tuple[float, float, float]]) -> Iterator[tuple[float, float, float]]:
    while True:
        yield from jitter


def _known(kind: str, direction: Direction, packets: list[Packet], **changed: object) -> World:
    in_buffers, extra = _KINDS[kind][direction]
    return World(direction, kind, in_buffers, extra, packets, **changed)  # type: ignore[arg-type]


_EVERY = [(kind, direction) for kind in _KINDS for direction in Direction]


@pytest.mark.parametrize(("kind", "direction"), _EVERY)
@_FEWER
@given(packets=_packets(-0.5, 9.9), jitter=_JITTER)
def test_without_a_gap_nothing_is_unseen_whatever_the_timing(
    kind: str, direction: Direction, packets: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    world = _known(kind, direction, packets, is_taught=False)
    world.run(13, _cycle(jitter))
    for items in world.moved:
        assert items.get("unseen", NOTHING) == items.get("uncounted", NOTHING) == NOTHING
    assert world.gaps == []


@pytest.mark.parametrize("direction", list(Direction))
@given(packets=_packets(0, 9.0), jitter=_JITTER, queue_ms=st.floats(0, 990))
def test_a_queue_may_hold_packets_for_nearly_a_turn(
    direction: Direction, packets: list[Packet], jitter: list[tuple[float, float, float]], queue_ms: float
) -> None:
    if direction is _OUT:
        packets = [packet._replace(delay_ms=queue_ms) for packet in packets]
    world = _known("veth", direction, packets, is_taught=False)
    world.run(12, _cycle(jitter))
    assert all(items.get("unseen", NOTHING) == NOTHING for items in world.moved)
    assert world.sum("uncounted") == NOTHING


@pytest.mark.parametrize(("kind", "direction"), _EVERY)
@_FEWER
@given(around=_packets(2.1, 7), gap=_packets(3.2, 6.9, is_seen=False), jitter=_JITTER)
def test_after_a_rest_unseen_is_what_was_sent_in_the_gap(
    kind: str, direction: Direction, around: list[Packet], gap: list[Packet],
    jitter: list[tuple[float, float, float]],
) -> None:  # fmt: skip
    world = _known(kind, direction, around + gap)
    world.run(11, _cycle(jitter))
    start = world.link_at(2100 - 1)
    expected = total(p.buffer if world.in_buffers else p.wire for p in gap)
    assert (world.sum("unseen"), world.sum("uncounted")) == (expected, NOTHING)
    assert sum(found.packets for found in world.gaps) >= expected.packets
    moved = world.link_at(99_999)
    assert world.sum("interface") == Traffic(moved.bytes - start.bytes, moved.packets - start.packets)


@pytest.mark.parametrize("direction", list(Direction))
@given(around=_packets(2.1, 7), dropped=_packets(3.2, 6.9, is_counted=False), jitter=_JITTER)
def test_what_a_queue_drops_is_uncounted(
    direction: Direction, around: list[Packet], dropped: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    world = _known("veth", direction, around + dropped)
    world.run(11, _cycle(jitter))
    assert (world.sum("uncounted"), world.sum("unseen")) == (total(p.buffer for p in dropped), NOTHING)
    assert world.sum("interface") == total(p.buffer for p in around)


@given(
    around=_packets(2.1, 9), gap=_packets(3.2, 8.9, is_seen=False), dropped=_packets(3.2, 8.9, is_counted=False),
    jitter=_JITTER,
)  # fmt: skip
def test_gaps_and_drops_together_are_right_in_sum(
    around: list[Packet], gap: list[Packet], dropped: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    world = _known("veth", _OUT, around + gap + dropped)
    world.run(13, _cycle(jitter))
    missing, lost = total(p.buffer for p in gap), total(p.buffer for p in dropped)
    unseen, uncounted = world.sum("unseen"), world.sum("uncounted")
    assert unseen.packets - uncounted.packets == missing.packets - lost.packets
    assert 0 <= unseen.packets <= missing.packets and 0 <= uncounted.packets <= lost.packets
    assert world.sum("interface") == total(p.buffer for p in around + gap)


@pytest.mark.parametrize("way", _OTHERS)
@pytest.mark.parametrize("direction", list(Direction))
@_FEWER
@given(
    first=_packets(2.1, 3).filter(bool), around=_packets(6.1, 9), gap=_packets(6.2, 8.9, is_seen=False),
    jitter=_JITTER,
)  # fmt: skip
def test_other_headers_and_units_are_learnt_between_two_rests(
    way: str, direction: Direction, first: list[Packet], around: list[Packet], gap: list[Packet],
    jitter: list[tuple[float, float, float]],
) -> None:  # fmt: skip
    kind, in_buffers, extra = _OTHERS[way]
    first.append(Packet(2500, 0, 3000, 2))  # tells units apart
    world = World(direction, kind, in_buffers, extra, first + around + gap, is_taught=False)
    world.run(13, _cycle(jitter))
    assert world.sum("unseen", since=6) == total(p.buffer if in_buffers else p.wire for p in gap)
    assert world.sum("unseen") == world.sum("unseen", since=6)
    assert world.sum("uncounted") == NOTHING
    moved = world.link_at(99_999)
    assert world.sum("interface") == Traffic(moved.bytes - world.before.bytes, moved.packets - world.before.packets)


@given(packets=_packets(2.1, 7), more=st.lists(st.integers(-4, 4), min_size=40, max_size=40), jitter=_JITTER)
def test_headers_that_only_some_packets_have_are_never_unseen(
    packets: list[Packet], more: list[int], jitter: list[tuple[float, float, float]]
) -> None:
    mixed = [packet._replace(more=extra) for packet, extra in zip(packets, more, strict=False)]
    world = _known("veth", _IN, mixed)
    world.run(11, _cycle(jitter))
    assert all(items.get("unseen", NOTHING) == items.get("uncounted", NOTHING) == NOTHING for items in world.moved)
    counted = world.sum("interface")
    assert counted == total(Traffic(p.size + p.more, 1) for p in mixed)


@pytest.mark.parametrize(("kind", "direction"), _EVERY)
@_FEWER
@given(packets=_packets(0, 9.9), reset_s=st.floats(0.5, 9.5), jitter=_JITTER, before=st.sampled_from([0, 10**6]))
def test_counters_that_begin_anew_leave_no_gap(
    kind: str, direction: Direction, packets: list[Packet], reset_s: float, before: int,
    jitter: list[tuple[float, float, float]],
) -> None:  # fmt: skip
    ours = [p for p in packets if not -EARLY_MS < p.at_ms - reset_s * 1000 <= 0]  # not under way just then
    world = _known(kind, direction, ours, reset_ms=reset_s * 1000, before=Traffic(10**12, 10**9 + before),
                   is_taught=False)  # fmt: skip
    world.run(13, _cycle(jitter))
    assert all(items.get("unseen", NOTHING) == items.get("uncounted", NOTHING) == NOTHING for items in world.moved)


@pytest.mark.parametrize("direction", list(Direction))
@given(packets=_packets(6, 9), jitter=_JITTER, lag_ms=st.sampled_from([5000, 3000, 5500]))
def test_counters_that_come_late_are_made_good(
    direction: Direction, packets: list[Packet], jitter: list[tuple[float, float, float]], lag_ms: int
) -> None:
    """Once a first reading was up to date, and if they are again within ten seconds."""
    world = _known("veth", direction, packets, lag_ms=lag_ms)
    world.run(20, _cycle(jitter))
    assert all(items.get("unseen", NOTHING).packets == 0 for items in world.moved)
    assert world.sum("unseen") == world.sum("uncounted") == NOTHING
    assert world.sum("interface") == total(p.buffer for p in packets)


@given(packets=_packets(6, 30), jitter=_JITTER)
def test_counters_that_are_never_up_to_date_are_right_in_sum(
    packets: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    world = _known("veth", _IN, packets, lag_ms=5000)
    world.run(40, _cycle(jitter))
    assert world.sum("unseen").packets == world.sum("uncounted").packets
    assert world.sum("interface") == total(p.buffer for p in packets)


@pytest.mark.parametrize("direction", list(Direction))
def test_a_gap_under_load_is_found_at_once_and_is_never_too_much(direction: Direction) -> None:
    """Though the interface never rests: the bounds are those of the packets that pass while counters are read."""
    lost = [p._replace(is_seen=False) if 10_000 <= p.at_ms < 12_500 else p for p in steady(25, pps=100)]
    world = _known("veth", direction, lost)
    world.run(25, _cycle([(40.0, 1.0, 1.0)]))
    assert world.sum("unseen").packets <= 250
    assert sum(items["unseen"].packets for items in world.moved if "unseen" in items) > 225
    assert {gap.is_silent for gap in world.gaps[:2]} == {True}
    assert world.sum("uncounted") == NOTHING
    first = next(turn for turn, items in enumerate(world.moved) if items["unseen"].packets)
    assert first == 10  # the turn in which it began


def test_differences_that_cancelled_long_ago_do_not_come_back() -> None:
    """One that turned up late and took back what was booked for it is over, and a later gap is a gap."""
    late = Packet(20_000, 0, 100)
    world = World(_IN, "veth", True, 0, [
        *(Packet(2_500, 9_000, 100) for _ in range(5)),  # in the programs nine seconds later
        *(late._replace(is_seen=False) for _ in range(5)),
    ])  # fmt: skip
    world.run(25, _cycle([(0.0, 0.0, 0.0)]))
    assert (world.sum("unseen"), world.sum("uncounted")) == (Traffic(500, 5), NOTHING)


def test_bytes_of_another_header_are_not_part_of_a_gap_under_load() -> None:
    """It counts four bytes more for each packet, and never rests."""
    lost = [p._replace(is_seen=False) if 60_000 <= p.at_ms < 61_000 else p for p in steady(90, pps=50)]
    world = World(_OUT, "", False, 4, lost)
    world.run(90, _cycle([(40.0, 1.0, 1.0)]))
    unseen = world.sum("unseen")
    assert 40 <= unseen.packets <= 50
    assert 900 <= unseen.bytes / unseen.packets <= 1_200  # not of all ninety seconds
    assert world.sum("uncounted") == NOTHING


def test_silence_of_the_programs_is_told_apart() -> None:
    world = _known("veth", _IN, [Packet(at, 0, 100, is_seen=at < 4000) for at in range(2500, 6000, 100)])
    world.run(8, _cycle([(0.0, 0.0, 0.0)]))
    assert world.gaps == [Gap("eth0", 0, 10, True)] * 2


def test_every_item_is_shown_once_in_each_part_of_an_hour() -> None:
    world = _known("veth", _IN, [], is_taught=False)
    world.run(2000, _cycle([(0.0, 0.0, 0.0)]))
    shown = Counter(frozenset(items) for items in world.moved)
    parts = len({(MINUTE + turn // 60 * 60) // 900 for turn in range(1, 2001)})
    assert shown == {frozenset(ITEMS): parts, frozenset({"interface", "unseen"}): 2000 - parts}


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_counters_that_cannot_be_read_are_taken_from_the_programs(missing: int) -> None:
    ledger, batch = Ledger(), Batch("one", 0)
    said = {"eth0": LinkCounters(Traffic(7, 7), Traffic(7, 7))}
    sample = Sample(*({} if at == missing else said for at in range(3)))
    seen = [CounterRecord(7, 0, name, 1000, 3) for name in ("seen", "buffers")]
    interface = Interface("eth0", 7, True)
    assert ledger.reconcile(batch, Generation("one", 0, [], seen), MINUTE, 0, [interface], sample) == []
    booked = {(key.direction, key.counter): traffic for key, traffic in batch.counters.items() if traffic.packets}
    assert booked == {(0, "interface"): Traffic(1000, 3)}


def test_an_interface_that_was_left_begins_anew() -> None:
    """What passed while it was not attached to is not asked about."""
    ledger = Ledger()
    interface = Interface("eth0", 7, True, kind="veth")

    def turn(now_s: int, packets: int) -> Traffic:
        batch = Batch("one", now_s)
        said = {"eth0": LinkCounters(Traffic(100 * packets, packets), NOTHING)}
        nothing = Generation("one", 0, [], [])
        ledger.reconcile(batch, nothing, MINUTE, now_s * 10**9, [interface], Sample(said, said, said))
        return next(traffic for key, traffic in batch.counters.items() if key.counter == "unseen" and not key.direction)

    assert [turn(1, 10), turn(2, 10), turn(3, 12)] == [NOTHING, NOTHING, Traffic(200, 2)]
    ledger.reconcile(Batch("one", 3), Generation("one", 0, [], []), MINUTE, 3 * 10**9, [], Sample({}, {}, {}))
    assert [turn(4, 50), turn(5, 51)] == [NOTHING, Traffic(100, 1)]


def test_all_that_an_interface_counted_since_it_came_is_asked_about() -> None:
    """Made anew while the collector runs, it passed five packets before it was attached to; one that stood for long
    before it was wanted is another thing."""
    ledger, missing = Ledger(), {}
    new, old = Interface("eth1", 8, True, kind="veth"), Interface("eth0", 7, True, kind="veth")
    counters = [CounterRecord(8, 0, name, 200, 2) for name in ("seen", "buffers")]
    for turn, packets in enumerate((None, 5, 7, 7)):
        said = {"eth0": LinkCounters(Traffic(10**9, 10**6), NOTHING)}
        if packets is not None:
            said["eth1"] = LinkCounters(Traffic(100 * packets, packets), NOTHING)
        batch, now_ns = Batch("one", turn), turn * 20 * 10**9
        generation = Generation("one", turn, [], counters if turn == 2 else [])
        watched = [new, old] if turn >= 2 else []
        ledger.reconcile(batch, generation, MINUTE, now_ns, watched, Sample(said, said, said))
        for key, traffic in batch.counters.items():
            if key.counter == "unseen" and not key.direction:
                missing[key.iface] = total([missing.get(key.iface, NOTHING), traffic])
    assert missing == {"eth1": Traffic(500, 5), "eth0": NOTHING}


@pytest.mark.parametrize("said", [{}, {"eth0": LinkCounters(Traffic(10**9, 10**6), NOTHING)}])
def test_the_last_of_an_interface_that_was_left_is_in_the_equation(said: dict[str, LinkCounters]) -> None:
    """Its counters are gone, or those of another one that has its name now."""
    ledger = Ledger()
    interface = Interface("eth0", 7, True, kind="bridge")
    before = {"eth0": LinkCounters(Traffic(100, 1), NOTHING)}
    ledger.reconcile(Batch("one", 0), Generation("one", 0, [], []), MINUTE, 0, [interface], Sample(*[before] * 3))
    counters = [CounterRecord(7, 0, "seen", 3066, 3), CounterRecord(7, 0, "buffers", 3000, 2)]
    batch = Batch("one", 1)
    gone = Generation("one", 1, [], counters)
    assert ledger.reconcile(batch, gone, MINUTE, 10**9, [], Sample(said, said, said), [interface]) == []
    assert {key.counter: traffic for key, traffic in batch.counters.items()} == {
        "interface": Traffic(2972, 2), "headers": Traffic(94, 1)
    }  # fmt: skip
    batch = Batch("one", 2)
    ledger.reconcile(batch, Generation("one", 2, [], []), MINUTE, 2 * 10**9, [], Sample(said, said, said), [interface])
    assert not batch.counters


@pytest.mark.parametrize("kind", ["veth", "tun", ""])
@pytest.mark.parametrize("in_buffers", [True, False])
@_FEWER
@given(packets=_packets(2.1, 7), jitter=_JITTER)
def test_while_the_units_are_not_known_nothing_is_unseen(
    kind: str, in_buffers: bool, packets: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    """A device that does not segment by itself counts frames, another of its kind super-packets."""
    world = World(_OUT, kind, in_buffers, 0, packets, is_taught=False)
    world.run(11, _cycle(jitter))
    assert all(items.get("unseen", NOTHING) == items.get("uncounted", NOTHING) == NOTHING for items in world.moved)
    moved = world.link_at(99_999)
    assert world.sum("interface") == Traffic(moved.bytes - world.before.bytes, moved.packets - world.before.packets)


@given(packets=_packets(2.1, 7), gap=_packets(3.2, 6.9, is_seen=False), jitter=_JITTER)
def test_while_the_units_are_not_known_a_gap_is_never_too_large(
    packets: list[Packet], gap: list[Packet], jitter: list[tuple[float, float, float]]
) -> None:
    world = World(_OUT, "veth", False, 0, packets + gap, is_taught=False)
    world.run(11, _cycle(jitter))
    assert 0 <= world.sum("unseen").packets <= total(p.wire for p in gap).packets
    assert world.sum("uncounted") == NOTHING


def test_what_passes_below_a_bridge_is_unseen_there() -> None:
    ports = {"lan1": (Traffic(700, 7), Traffic(300, 3)), "lan2": (Traffic(100, 1), Traffic(200, 2))}
    seen = {_IN: alike(Traffic(200, 2)), _OUT: alike(Traffic(100, 1))}
    assert bridge(ports, seen) == {"rx": Traffic(600, 6), "tx": Traffic(400, 4)}


def test_what_a_bridge_sends_to_a_group_leaves_by_each_port() -> None:
    """Two of its own, and one that came in by the first port: to the others."""
    one, two = Traffic(100, 1), Traffic(200, 2)
    ports = {"lan1": (one, two), "lan2": (NOTHING, Traffic(300, 3)), "lan3": (NOTHING, Traffic(300, 3))}
    seen = {_IN: alike(one, group=one), _OUT: alike(two, group=two)}
    assert bridge(ports, seen) == {"rx": NOTHING, "tx": NOTHING}


def test_a_port_that_never_sent_anything_gets_no_copies() -> None:
    ledger, silent = Ledger(), LinkCounters(NOTHING, NOTHING)
    interface = Interface("br-lan", 7, True, kind="bridge", bottom=(("lan1", "veth"), ("lan2", "veth")))
    group = Traffic(100, 1)
    counters = [CounterRecord(7, int(_OUT), name, *group) for name in ("seen", "buffers", "group")]
    unseen = []
    for turn, sent in enumerate((5, 6, 6)):
        read = {"lan1": LinkCounters(NOTHING, Traffic(100 * sent, sent)), "lan2": silent}
        batch = Batch("one", turn)
        generation = Generation("one", turn, [], counters if turn == 1 else [])
        ledger.reconcile(batch, generation, MINUTE, turn * 10**9, [interface], Sample(read, read, read))
        unseen += [traffic for key, traffic in batch.counters.items() if key.counter in ("unseen", "uncounted")]
    assert set(unseen) == {NOTHING}


def test_a_device_that_counts_messages_of_its_own_is_not_compared() -> None:
    ledger = Ledger()
    interface = Interface("wg0", 7, False, kind="wireguard")
    for turn in range(3):
        read = {"wg0": LinkCounters(Traffic(5_000 * turn, 50 * turn), Traffic(0, 0))}
        batch = Batch("one", turn)
        counters = [CounterRecord(7, 0, name, 100, 1) for name in ("seen", "buffers")]
        ledger.reconcile(batch, Generation("one", turn, [], counters), MINUTE, turn * 10**9, [interface],
                         Sample(read, read, read))  # fmt: skip
        items = {key.counter: traffic for key, traffic in batch.counters.items() if key.direction == _IN}
        assert items["interface"] == Traffic(100, 1) and items["unseen"] == NOTHING
