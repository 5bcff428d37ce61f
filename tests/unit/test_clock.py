"""Rows are stamped by the boot clock until the wall clock can be right; when it is set they move, and none is lost."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer import clock as clocks
from traffic_analyzer.clock import BOOT_TIMES_END_UNIX_S, Clock, Step, can_be_right, is_boot_time, now_unix_s

from .machine import Machine

_S = 10**9
_HOUR_S, _DAY_S, _YEAR_S = 3600, 86_400, 31_556_952
_NOW_S = int(datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp())
_MINUTE_S = _NOW_S // 60 * 60
_BUILT_S = int(datetime(2025, 6, 1, tzinfo=UTC).timestamp())
_WRONG_S = (0.0, 59.0, 1e6, float(_BUILT_S), float(_BUILT_S + 3 * _DAY_S), 4e9)


def test_it_tells_the_time_of_any_moment() -> None:
    clock = Clock(5 * _S, _NOW_S)
    assert clock.unix_s(5 * _S) == _NOW_S
    assert clock.unix_s(65 * _S) == _NOW_S + 60
    assert clock.unix_s(0) == _NOW_S - 5


@pytest.mark.parametrize("wrong_s", _WRONG_S)
def test_a_time_that_cannot_be_is_not_told(wrong_s: float) -> None:
    clock = Clock(5 * _S, wrong_s)
    assert not clock.is_set and clock.unix_s(65 * _S) == 65
    for other_s in _WRONG_S:
        assert clock.step(66 * _S, other_s) is None
        assert clock.unix_s(66 * _S) == 66


def _following(boot_s: int, unix_s: float) -> Clock:
    """A clock that has moved what earlier runs left, which is nothing."""
    clock = Clock(boot_s * _S, unix_s)
    assert clock.step(boot_s * _S, unix_s) is not None
    clock.taken(boot_s * _S, unix_s)
    return clock


def test_small_differences_are_followed_at_once() -> None:
    clock = _following(0, _NOW_S)
    for second in range(1, 100):  # slewed by half a second each second
        assert clock.step(second * _S, _NOW_S + 1.5 * second) is None
    assert clock.unix_s(99 * _S) == pytest.approx(_NOW_S + 1.5 * 99)


@pytest.mark.parametrize(("by_s", "is_step"), [(29.9, False), (-29.9, False), (30, True), (-30, True), (45, True)])
def test_a_step_is_told_until_it_is_taken(by_s: float, is_step: bool) -> None:
    clock = _following(0, _NOW_S)
    for _ in range(2):
        found = clock.step(_S, _NOW_S + 1 + by_s)
        assert (found is not None) is is_step
        assert clock.unix_s(_S) == pytest.approx(_NOW_S + 1 + (0 if is_step else by_s))
    clock.taken(_S, _NOW_S + 1 + by_s)
    assert clock.unix_s(_S) == pytest.approx(_NOW_S + 1 + by_s)
    assert clock.step(2 * _S, _NOW_S + 2 + by_s) is None


@pytest.mark.parametrize(
    ("second", "by_s", "shift_s"),
    [(30, 60, 60), (30, 119, 120), (30, 3599.9, 3600), (0.05, 3599.9, 3540), (30, -60, -60), (30, -61, -60),
     (30, -89, -60), (30, -3600.1, -3600), (0.05, -3600.1, -3660), (45, -31, 0 - 60), (50, 119, 120), (0, 90.5, 60)],
)  # fmt: skip
def test_a_shift_is_in_whole_minutes_and_nothing_comes_to_lie_in_the_future(
    second: float, by_s: float, shift_s: int
) -> None:
    began_unix_s = _NOW_S // 60 * 60 + second
    found = _following(0, began_unix_s).step(0, began_unix_s + by_s)
    assert found is not None and found.shift_s == shift_s
    assert began_unix_s // 60 * 60 + found.shift_s <= began_unix_s + by_s


@pytest.mark.parametrize("wrong_s", _WRONG_S)
def test_a_router_without_a_battery_moves_all_of_its_boot(wrong_s: float) -> None:
    router = Machine(wrong_s, boot_s=20)
    router.go(26 * _HOUR_S, 10)  # NTP is long in coming
    assert not router.clock.is_set and router.steps == []
    assert set(router.rows) == set(range(0, 26 * _HOUR_S + 60, 60))
    total, router.wall_s = router.total, float(_NOW_S)
    router.go(10)
    assert router.clock.is_set and len(router.steps) == 1
    assert router.total == total + 10
    assert min(router.rows) >= _NOW_S - 26 * _HOUR_S - 120 and max(router.rows) <= router.wall_s


def test_what_earlier_runs_of_the_boot_counted_moves_too() -> None:
    router = Machine(0)
    router.go(100)
    router.start()
    router.go(100)
    router.wall_s = float(_NOW_S)
    router.start()  # and that is the first that knows the time
    assert router.clock.is_set and min(router.rows) < _DAY_S
    router.go(1)
    assert router.total == 201 and min(router.rows) > _NOW_S - 300 and max(router.rows) <= router.wall_s


def test_what_is_moved_moves_later_where_it_cannot_be_now() -> None:
    clock = Clock(1000 * _S, 0)
    for second in range(1001, 1100):
        found = clock.step(second * _S, _NOW_S + second)
        assert found is not None and found.since_unix_s < 0 and found.until_unix_s > second
        assert not clock.is_set and clock.unix_s(second * _S) == second
    clock.taken(1099 * _S, _NOW_S + 1099)
    assert clock.is_set and clock.unix_s(1100 * _S) == _NOW_S + 1100


def test_a_set_clock_is_believed_while_the_rows_of_before_cannot_move() -> None:
    clock = Clock(1000 * _S, _NOW_S)
    assert clock.step(1001 * _S, _NOW_S + 3601) is not None  # set again in the meantime
    clock.taken(1001 * _S, _NOW_S + 3601)
    assert clock.unix_s(1001 * _S) == _NOW_S + 1
    found = clock.step(1002 * _S, _NOW_S + 3602)
    assert found == Step(_MINUTE_S, _MINUTE_S + 120, _HOUR_S)


def test_a_clock_that_was_right_once_moves_the_rows_of_before() -> None:
    clock = Clock(1000 * _S, _NOW_S)
    found = clock.step(1001 * _S, 0)
    assert found is not None and found.shift_s == pytest.approx(_NOW_S - 1000, abs=60)
    clock.taken(1001 * _S, 0)
    assert clock.unix_s(1002 * _S) == _NOW_S + 2 and clock.step(1002 * _S, 1) is None


def test_what_came_from_the_boot_clock_moves_again_with_the_next_step() -> None:
    router = Machine(0, boot_s=20)
    router.go(3 * _HOUR_S)
    router.wall_s = float(_NOW_S)
    router.go(60)
    router.wall_s += _DAY_S
    router.go(60)
    assert router.steps[1].since_unix_s <= _NOW_S - 3 * _HOUR_S
    assert min(router.rows) >= _NOW_S + _DAY_S - 3 * _HOUR_S - 200 and max(router.rows) <= router.wall_s


def test_a_minute_that_a_slew_leads_back_to_moves_with_the_next_step() -> None:
    clock = _following(0, _MINUTE_S + 5)
    assert clock.step(_S, _MINUTE_S - 10) is None  # rows are of the minute before now
    found = clock.step(2 * _S, _MINUTE_S - 9 + _HOUR_S)
    assert found is not None and found.since_unix_s == _MINUTE_S - 60


def test_boots_whose_clock_was_never_set_end_where_the_next_begins() -> None:
    router = Machine(0, boot_s=30)
    for length_s in (300, 4000, 70):
        router.go(length_s)
        router.reboot(100)
    router.go(600)
    total = router.total
    assert max(minute for minute, row in router.rows.items() if row[0][0] < router.boot) == -60
    router.wall_s = float(_NOW_S)
    router.go(1)
    assert router.total == total + 1
    boots = [boot for minute in sorted(router.rows) for boot in sorted({boot for boot, _ in router.rows[minute]})]
    assert boots == sorted(boots) and set(boots) == {0, 1, 2, 3}
    began_s = _NOW_S - 601
    assert began_s - 121 <= max(minute for minute, row in router.rows.items() if row[0][0] == 2) <= began_s
    assert min(router.rows) >= began_s - 300 - 4000 - 70 - 4 * 60


def test_true_rows_of_before_this_program_stay() -> None:
    router = Machine(0)
    router.rows[_BUILT_S] = [(-1, 0.0)]
    router.go(10)
    router.reboot(0)
    router.wall_s = float(_NOW_S)
    router.go(10)
    assert router.rows[_BUILT_S] == [(-1, 0.0)]


def test_the_build_date_of_a_router_may_be_a_time_that_can_be() -> None:
    """It says January, and November it is: the boot interval goes along, all of it."""
    january = datetime(2026, 1, 10, tzinfo=UTC).timestamp()
    router = Machine(january)
    router.go(9 * _HOUR_S, 10)
    total, router.wall_s = router.total, float(_NOW_S)
    router.go(5)
    assert router.total == total + 5
    assert min(router.rows) >= _NOW_S - 9 * _HOUR_S - 120 and max(router.rows) <= router.wall_s


def test_of_a_long_run_the_last_two_hours_go_along() -> None:
    router = Machine(_NOW_S)
    router.go(27 * _HOUR_S, 10)
    total = router.total
    router.wall_s += _DAY_S
    router.go(10, 10)
    assert router.total == total + 1
    stayed = sum(len(row) for minute, row in router.rows.items() if minute < _NOW_S + 27 * _HOUR_S)
    assert stayed == pytest.approx(25 * 360, abs=13)


def test_nothing_of_a_long_run_is_left_in_the_future() -> None:
    router = Machine(_NOW_S)
    router.go(27 * _HOUR_S, 10)
    total = router.total
    router.wall_s -= 6 * _HOUR_S
    router.go(10, 10)
    assert router.total == total + 1 and max(router.rows) <= router.wall_s


def test_what_earlier_runs_stored_does_not_move() -> None:
    router = Machine(_NOW_S)
    router.go(100)
    router.wall_s += _HOUR_S
    router.go(1)
    assert router.steps[0].until_unix_s < _DAY_S
    assert router.steps[1].since_unix_s == _MINUTE_S


@pytest.mark.parametrize("by_s", [_HOUR_S, -_HOUR_S, 50 * _YEAR_S, -50 * _YEAR_S])
def test_back_and_forth(by_s: int) -> None:
    router = Machine(_NOW_S)
    router.go(300)
    router.wall_s += by_s
    router.go(300)
    router.wall_s -= by_s
    router.go(300)
    assert router.total == 900
    assert max(router.rows) <= router.wall_s
    assert min(router.rows) >= _MINUTE_S - 120
    if abs(by_s) > _YEAR_S:  # it cannot be right: it was not followed
        assert len(router.steps) == 1


def test_put_back_within_a_day_no_hour_comes_twice() -> None:
    """Summer time that somebody sets by hand: an hour of the wall clock comes twice, and rows keep apart."""
    router = Machine(_NOW_S)
    router.go(10 * _HOUR_S)
    router.wall_s -= _HOUR_S
    router.go(2 * _HOUR_S)
    counts = Counter({minute: len(row) for minute, row in router.rows.items()})
    assert max(counts.values()) <= 60 and counts.total() == 12 * _HOUR_S


_sane = st.floats(_NOW_S - 30 * _DAY_S, _NOW_S + 30 * _DAY_S)
_insane = st.sampled_from(_WRONG_S)
_waits = st.sampled_from([1, 50, 200, 700])


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(_sane, _insane),
    st.lists(
        st.one_of(
            st.tuples(st.just("set"), st.one_of(_sane, _insane)),
            st.tuples(st.just("by"), st.one_of(st.floats(-90, 90), st.floats(-3 * _HOUR_S, 3 * _HOUR_S))),
            st.tuples(st.just("slew"), st.floats(-25, 25)),
            st.tuples(st.just("suspend"), st.integers(0, _DAY_S // 8)),
            st.tuples(st.just("go"), _waits),
        ), max_size=8,
    ),
)  # fmt: skip
def test_whatever_is_set_nothing_is_lost_or_doubled(start_s: float, acts: list[tuple[str, float]]) -> None:
    """In one run of less than a day everything moves as a whole: apart by minutes stays apart."""
    machine = Machine(start_s)
    total = 0
    for act, value in [*acts, ("go", 2)]:
        if act == "set":
            machine.wall_s = value
        elif act in ("by", "slew"):
            machine.wall_s += value
        elif act == "suspend":
            machine.pass_(value)
        else:
            machine.go(int(value))
            total += int(value)
        now_s = machine.clock.unix_s(machine.boot_ns)
        assert machine.total == total
        assert not machine.rows or max(machine.rows) <= now_s + 60  # a minute that a small step back led out of
        if not machine.clock.is_set:
            assert {is_boot_time(minute) for minute in machine.rows} <= {True}
            assert max(machine.rows, default=0) <= machine.boot_s
            assert machine.steps == []
    minutes_off = 1 + len(acts)  # each step rounds, each slew moves the edge of a minute
    for minute, row in machine.rows.items():
        spans = [boot_s for _, boot_s in row]
        assert max(spans) - min(spans) <= 60 * minutes_off
        assert abs(minute + 30 - machine.clock.unix_s(round(row[0][1] * _S))) <= 60 * minutes_off
    if can_be_right(machine.wall_s):
        assert machine.clock.is_set and machine.clock.unix_s(machine.boot_ns) == pytest.approx(machine.wall_s)
        assert not any(is_boot_time(minute) for minute in machine.rows)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("go"), _waits), st.tuples(st.just("wrong"), _insane),
            st.tuples(st.just("right"), st.floats(-10, 10)), st.tuples(st.just("suspend"), st.integers(0, 9_000)),
            st.tuples(st.just("restart"), st.just(0.0)), st.tuples(st.just("reboot"), _insane),
            st.tuples(st.just("reboot-right"), st.just(0.0)),
        ), max_size=14,
    ),
)  # fmt: skip
def test_over_boots_and_restarts_rows_come_to_their_true_time(acts: list[tuple[str, float]]) -> None:
    """The wall clock is wrong, or right but for seconds. True rows never meet, and are at their time to the minute."""
    true_s = float(_NOW_S)  # when the machine was last started
    machine = Machine(0, boot_s=0.5)
    began = {0: true_s}
    was_set: set[int] = set()
    for act, value in [*acts, ("right", 0.0), ("go", 2)]:
        now_s = began[machine.boot] + machine.boot_s
        if act == "go":
            machine.go(int(value))
        elif act == "wrong":
            machine.wall_s = value
        elif act == "right":
            machine.wall_s = now_s + value
        elif act == "suspend":
            machine.pass_(value)
        elif act == "restart":
            machine.start()
            was_set.discard(machine.boot)  # what this run books may stay without a time
        else:
            began[machine.boot + 1] = now_s + 200  # it was off
            machine.reboot(value if act == "reboot" else now_s + 200.5)
        if act == "go" and machine.clock.is_set:
            was_set.add(machine.boot)
        now_s = began[machine.boot] + machine.boot_s
        assert all(is_boot_time(minute) or minute <= now_s + 60 for minute in machine.rows)
        assert all(minute <= machine.boot_s for minute in machine.rows if is_boot_time(minute))
    by_boot: defaultdict[int, list[int]] = defaultdict(list)
    for minute, row in machine.rows.items():
        places = [began[boot] + boot_s for boot, boot_s in row]
        for (boot, _), place_s in zip(row, places, strict=True):
            by_boot[boot].append(minute)
            late_s = minute + 30 - place_s
            if boot in was_set:
                assert abs(late_s) <= 120
            else:
                assert late_s >= -120  # the latest that they can have been
        known = [place_s for (boot, _), place_s in zip(row, places, strict=True) if boot in was_set]
        assert not known or max(known) - min(known) <= 120
    boots = sorted(by_boot)
    for earlier, later in zip(boots, boots[1:], strict=False):
        assert max(by_boot[earlier]) <= min(by_boot[later]) + 60
    assert machine.total == sum(int(value) for act, value in acts if act == "go") + 2
    assert not any(is_boot_time(minute) for minute in machine.rows)


@pytest.mark.parametrize(
    ("boot_s", "unix_s", "now_s"),
    [(600, 0, 600), (600, 1e6, 600), (600, _BUILT_S, 600), (600, 4e9, 600), (600, _NOW_S + 0.9, _NOW_S)],
)
def test_now_is_what_rows_are_stamped_by_now(boot_s: int, unix_s: float, now_s: int) -> None:
    assert now_unix_s(boot_s * _S + 5, unix_s) == now_s
    assert int(Clock(boot_s * _S + 5, unix_s).unix_s(boot_s * _S + 5)) == now_s
    assert is_boot_time(now_s) is not can_be_right(unix_s)


def test_an_uptime_is_never_taken_for_a_date() -> None:
    assert is_boot_time(-_YEAR_S) and is_boot_time(20 * _YEAR_S) and not is_boot_time(_BUILT_S)
    assert BOOT_TIMES_END_UNIX_S % 60 == 0 and not can_be_right(BOOT_TIMES_END_UNIX_S)


def test_the_clocks_of_this_machine_are_read() -> None:
    boot_ns, unix_s = clocks.read()
    assert 0 <= time.clock_gettime_ns(time.CLOCK_BOOTTIME) - boot_ns < 5 * _S and abs(time.time() - unix_s) < 5
    assert len(clocks.boot_id()) == 36 and clocks.boot_id() == clocks.boot_id()
