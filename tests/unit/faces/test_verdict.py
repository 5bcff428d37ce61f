"""The verdict names everything that is missing, and never rounds a loss away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.verdict import verdict
from traffic_analyzer.reports.registry import Completeness


@pytest.mark.parametrize(
    ("completeness", "said"),
    [
        (Completeness(0, 0, 0, 0, 0, 0), "No packet counters in this window."),
        (Completeness(1_000, 10, 60, 1, 0, 0),
         "Complete. 1.00 kB seen, of it 60 B non-IP; all of it booked, nothing unseen."),
        (Completeness(5_000, 9, 0, 0, 1_500, 1_234),
         "INCOMPLETE: 70.00% counted. 5.00 kB seen, of it 0 B non-IP; NOT BOOKED: 1.50 kB in 1,234 packets (flow map "
         "full; raise --flow-map-entries)."),
        (Completeness(1_000, 10, 0, 0, 0, 0, 1_000, 1_001),
         "INCOMPLETE: 50.00% counted. 1.00 kB seen, of it 0 B non-IP; UNSEEN: 1.00 kB in 1,001 packets "
         "(`traffic-analyzer ledger` tells where)."),
        (Completeness(0, 0, 0, 0, 0, 0, 1_000, 1),
         "INCOMPLETE: 0.00% counted. 0 B seen, of it 0 B non-IP; UNSEEN: 1.00 kB in 1 packets "
         "(`traffic-analyzer ledger` tells where)."),
        (Completeness(1_000, 10, 0, 0, 0, 0, 0, 0, -1_234, -5),
         "INCOMPLETE: 99.99% counted. 1.00 kB seen, of it 0 B non-IP; a DIFFERENCE of -1,234 bytes in -5 "
         "packets between what was seen and what was booked."),
    ],
)  # fmt: skip
def test_whole_lines(completeness: Completeness, said: str) -> None:
    assert verdict(completeness) == said


@given(*(st.integers(0, 2**60) for _ in range(6)))
def test_what_is_missing_is_never_called_complete(
    seen: int, packets: int, lost: int, lost_packets: int, unseen: int, unseen_packets: int
) -> None:
    completeness = Completeness(seen, packets, 0, 0, min(lost, seen), lost_packets, unseen, unseen_packets)
    said = verdict(completeness)
    assert "\n" not in said and said.isprintable()
    assert said.startswith("Complete.") == (packets > 0 and not lost_packets and not unseen_packets)
    assert "100.00%" not in said
    assert ("NOT BOOKED" in said) == (lost_packets > 0 and (packets > 0 or unseen_packets > 0))
    assert ("UNSEEN" in said) == (unseen_packets > 0)


@given(*(st.integers(-(10**6), 10**6).filter(bool) for _ in range(2)))
def test_sums_that_do_not_add_up_are_told(bytes_: int, packets: int) -> None:
    assert "DIFFERENCE" in verdict(Completeness(1, 1, 0, 0, 0, 0, 0, 0, bytes_, 0))
    assert "DIFFERENCE" in verdict(Completeness(1, 1, 0, 0, 0, 0, 0, 0, 0, packets))
