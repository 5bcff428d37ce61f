"""What is known at the beginning is nothing."""

from __future__ import annotations

from traffic_analyzer.faces.tui.known import Known, Size


def test_the_beginning() -> None:
    known = Known()
    assert (known.answer, known.sums, known.rates, known.standing, known.question) == (None,) * 5
    assert not known.away and not known.trouble and not known.waits_s


def test_a_size_is_lines_then_columns() -> None:
    assert Size(24, 80) == (24, 80) and Size(24, 80).columns == 80
