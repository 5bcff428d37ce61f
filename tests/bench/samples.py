"""What repeated measurements say, and tables of it, 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

WIDTH = 80


def spread(values: Sequence[float], decimals: int = 0) -> str:
    """The middle eight tenths: ``61-75``."""
    ordered = sorted(values)
    tenth = len(ordered) // 10
    return f"{ordered[tenth]:.{decimals}f}-{ordered[-1 - tenth]:.{decimals}f}"


def median_ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """The median of the ratios of values that were taken in the same round."""
    return median(value / other for value, other in zip(values, base, strict=True))


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a table; its first column is text, the others are numbers."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = []
    for first, *others in (head, *rows):
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join((first.ljust(widths[0]), *cells)))
    assert max(map(len, lines)) <= WIDTH, f"{title}: {max(map(len, lines))} columns wide"
    print(f"\n{title}\n\n{lines[0]}\n{'-' * len(lines[0])}")
    print("\n".join(lines[1:]), flush=True)
