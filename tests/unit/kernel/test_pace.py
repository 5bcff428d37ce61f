"""Nothing is tried too often, and nothing is given up."""

from __future__ import annotations

from traffic_analyzer.kernel.pace import Backoff, Pace


def test_work_rests_four_times_as_long_as_it_took() -> None:
    pace = Pace()
    assert pace.is_due(0)
    pace.begin(100)
    pace.end(100.5)
    assert not pace.is_due(102.4)
    assert pace.is_due(102.5)
    pace.begin(200)
    pace.end(200.01)
    assert not pace.is_due(200.5)
    assert pace.is_due(200.52)


def test_what_fails_is_tried_later_and_later_up_to_a_minute() -> None:
    backoff, now_s, delays = Backoff(), 0.0, []
    for _ in range(9):
        assert backoff.is_due("rx", now_s)
        delays.append(backoff.put_off("rx", now_s))
        assert not backoff.is_due("rx", now_s + delays[-1] - 0.1)
        assert backoff.is_due("other", now_s)
        now_s += delays[-1]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    backoff.forget("rx")
    assert backoff.put_off("rx", now_s) == 1
    backoff.forget("never tried")
