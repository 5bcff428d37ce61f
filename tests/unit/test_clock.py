"""Rows are stamped by the boot clock and a difference; a wall clock that is set moves them, and never to the future."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.clock import Clock, Step

_S = 10**9
_HOUR_S, _YEAR_S = 3600, 31_556_952
_NOW_S = int(datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC).timestamp())
_MINUTE_S = _NOW_S // 60 * 60


class _Run:
    """A clock that is asked each second, and the packets that were booked, by minute; the rows move as it says."""

    def __init__(self, unix_s: float, boot_s: float = 1000) -> None:
        self.boot_s, self.off_s = boot_s, unix_s - boot_s
        self.clock = Clock(int(boot_s * _S), unix_s)
        self.rows: Counter[int] = Counter()
        self.steps: list[Step] = []

    @property
    def wall_s(self) -> float:
        return self.boot_s + self.off_s

    @property
    def boot_ns(self) -> int:
        return round(self.boot_s * _S)

    def go(self, seconds: int) -> None:
        for _ in range(seconds):
            self.boot_s += 1
            self.look()
            self.rows[int(self.clock.unix_s(self.boot_ns) // 60) * 60] += 1

    def set(self, by_s: float) -> None:
        self.off_s += by_s

    def look(self) -> None:
        step = self.clock.step(self.boot_ns, self.wall_s)
        if step is None:
            return
        self.steps.append(step)
        moved: Counter[int] = Counter()
        for minute, count in self.rows.items():
            inside = step.since_unix_s <= minute < step.until_unix_s
            moved[minute + step.shift_s * inside] += count
        self.rows = moved
        self.clock.taken(self.boot_ns, self.wall_s)


def test_it_tells_the_time_of_any_moment() -> None:
    clock = Clock(5 * _S, _NOW_S)
    assert clock.unix_s(5 * _S) == _NOW_S
    assert clock.unix_s(65 * _S) == _NOW_S + 60
    assert clock.unix_s(0) == _NOW_S - 5


def test_small_differences_are_followed_at_once() -> None:
    clock = Clock(0, _NOW_S)
    for second in range(1, 100):  # slewed by half a second each second
        assert clock.step(second * _S, _NOW_S + 1.5 * second) is None
    assert clock.unix_s(99 * _S) == pytest.approx(_NOW_S + 1.5 * 99)


@pytest.mark.parametrize(("by_s", "is_step"), [(29.9, False), (-29.9, False), (30, True), (-30, True), (45, True)])
def test_a_step_is_told_until_it_is_taken(by_s: float, is_step: bool) -> None:
    clock = Clock(0, _NOW_S)
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
    found = Clock(0, began_unix_s).step(0, began_unix_s + by_s)
    assert found is not None and found.shift_s == shift_s
    assert began_unix_s // 60 * 60 + found.shift_s <= began_unix_s + by_s


def test_a_router_without_a_battery_moves_all_of_its_run() -> None:
    run = _Run(86_400 * 3)
    run.go(7 * _HOUR_S)  # NTP is long in coming
    before = run.rows.total()
    assert not run.clock.is_sane
    run.set(_NOW_S - run.wall_s)
    run.go(10)
    assert run.clock.is_sane
    assert run.rows.total() == before + 10
    assert min(run.rows) >= _NOW_S - 7 * _HOUR_S - 120
    assert max(run.rows) <= run.wall_s
    assert len(run.steps) == 1


def test_the_build_date_of_a_router_is_a_time_that_can_be() -> None:
    """It says January, and November it is: the last two hours go along, what is older stays."""
    january = datetime(2026, 1, 10, tzinfo=UTC).timestamp()
    run = _Run(january)
    run.go(3 * _HOUR_S)
    before = run.rows.total()
    run.set(_NOW_S - run.wall_s)
    run.go(5)
    assert run.rows.total() == before + 5
    stayed = sum(count for minute, count in run.rows.items() if minute < january + 7 * _HOUR_S)
    assert stayed == pytest.approx(_HOUR_S, abs=130)
    assert max(run.rows) <= run.wall_s


def test_what_earlier_runs_stored_does_not_move() -> None:
    run = _Run(_NOW_S)
    run.go(100)
    run.set(_HOUR_S)
    run.go(1)
    (step,) = run.steps
    assert step.since_unix_s == _MINUTE_S


@pytest.mark.parametrize("by_s", [_HOUR_S, -_HOUR_S, 50 * _YEAR_S, -50 * _YEAR_S])
def test_back_and_forth(by_s: int) -> None:
    run = _Run(_NOW_S)
    run.go(300)
    run.set(by_s)
    run.go(300)
    run.set(-by_s)
    run.go(300)
    assert run.rows.total() == 900
    assert max(run.rows) <= run.wall_s
    assert min(run.rows) >= _MINUTE_S - 120
    if abs(by_s) > _YEAR_S:  # it cannot be right: it was not followed
        assert run.steps == []


@pytest.mark.parametrize("wrong_s", [0, 100, _NOW_S - 50 * _YEAR_S, _NOW_S + 50 * _YEAR_S])
def test_a_time_that_cannot_be_is_replaced_by_one_that_can(wrong_s: int) -> None:
    clock = Clock(0, wrong_s)
    assert not clock.is_sane
    found = clock.step(10 * _S, _NOW_S)
    assert found is not None
    assert found.since_unix_s <= wrong_s and wrong_s + 10 < found.until_unix_s
    clock.taken(10 * _S, _NOW_S)
    assert clock.is_sane


def test_a_wrong_time_may_become_another_wrong_time() -> None:
    run = _Run(0)
    run.go(120)
    run.set(_YEAR_S)
    run.go(120)
    run.set(_NOW_S - run.wall_s)
    run.go(1)
    assert (run.rows.total(), len(run.steps)) == (241, 2)
    assert min(run.rows) >= _NOW_S - 400 and max(run.rows) <= run.wall_s


@settings(max_examples=50)
@given(
    st.sampled_from([0.0, 1e6, float(_NOW_S), _NOW_S - 300 * 86_400.0]),
    st.lists(
        st.tuples(
            st.sampled_from([1, 50, 200]),
            st.one_of(st.floats(-40, 40), st.floats(-3 * _HOUR_S, 3 * _HOUR_S),
                      st.sampled_from([50.0 * _YEAR_S, -50.0 * _YEAR_S, 300 * 86_400.0, -300 * 86_400.0])),
        ), max_size=4,
    ),
)  # fmt: skip
def test_whatever_is_set_nothing_is_lost_or_in_the_future(start_s: float, sets: list[tuple[int, float]]) -> None:
    run = _Run(start_s)
    seconds = 0
    for wait_s, by_s in sets:
        run.go(wait_s)
        run.set(by_s)
        seconds += wait_s
    run.go(1)
    run.go(1)
    assert run.rows.total() == seconds + 2
    assert max(run.rows) <= run.clock.unix_s(run.boot_ns) + 60  # a minute that small steps back lead out of
    if int(run.wall_s) in range(1_767_225_600, 2_556_144_000):
        assert run.clock.unix_s(run.boot_ns) == pytest.approx(run.wall_s)
