"""Tables in as many lines as a terminal has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .width import cut

_ROWS_FEW = 3  # of a table that are worth more than air


class Block(NamedTuple):
    """A table in lines: what it is called, if that is to be said, its head and rule, and its rows."""

    title: list[str]
    head: list[str]
    body: list[str]


def airy(blocks: Iterable[Block]) -> list[str]:
    """Empty lines around all of them."""
    lines = [""]
    for title, head, body in blocks:
        lines += [*title, *([""] if title else []), *head, *body, ""]
    return lines


def within(blocks: Sequence[Block], room: int, titles: Sequence[str], width: int | None) -> list[str]:
    """*blocks* in so many lines, if there is any way: with fewer rows; without air, if these would be few; and then
    without the last ones, which are named."""
    bodies = [block.body for block in blocks]
    air = len(airy(block._replace(body=[]) for block in blocks))
    if room - air >= min(sum(map(len, bodies)), _ROWS_FEW * len(blocks)):
        shorter = _cut(bodies, room - air, width)
        return airy(block._replace(body=body) for block, body in zip(blocks, shorter, strict=True))
    # A rule is air too.
    bare = [[*title, *head[: 1 if body else len(head)]] for title, head, body in blocks]
    for count in range(len(blocks), 0, -1):
        note = [_noted(f"… without {', '.join(titles[count:])}", width)] if count < len(blocks) else []
        least = sum(len(head) + min(len(body), 2) for head, body in zip(bare[:count], bodies, strict=False))
        if least + len(note) <= room or count == 1:
            left = room - len(note) - sum(map(len, bare[:count]))
            shorter = _cut(bodies[:count], left, width)
            return [line for head, body in zip(bare, shorter, strict=False) for line in (*head, *body)] + note
    return []


def _noted(text: str, width: int | None) -> str:
    return text if width is None else cut(text, width)


def _cut(bodies: Sequence[list[str]], room: int, width: int | None) -> list[list[str]]:
    """*bodies* in as many lines as there is *room* for, and one in each that says how many of its own are left out."""
    kept = [*map(len, bodies)]

    def taken() -> int:
        return sum(min(count + 1, len(body)) for count, body in zip(kept, bodies, strict=True))

    while taken() > room and any(kept):
        kept[kept.index(max(kept))] -= 1
    shown = []
    for count, body in zip(kept, bodies, strict=True):
        left = len(body) - count
        note = [_noted(f"… {left:,} rows more", width)]
        shown.append(body[:count] + note if left > 1 else body)  # a single one takes no more than the line about it
    return shown
