"""A terminal's screen as SVG, from its characters and escape sequences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from traffic_analyzer.faces.width import columns_of

_COLUMN, _LINE, _MARGIN, _GAP = 7.8, 17, 18, 26
_PAPER, _INK, _FAINT = "#16191d", "#d5d9de", "#8a929c"
_COLOURS = {31: "#e5786d", 32: "#8fc36b", 33: "#e3b55b", 36: "#6fb7d6"}
_SGR = re.compile(r"\x1b\[([0-9;]*)m|\x1b[()]B|\x0f|\x0e")


class _Look(NamedTuple):
    colour: str = _INK
    is_bold: bool = False
    is_faint: bool = False
    is_reverse: bool = False

    def after(self, code: int) -> _Look:
        """The look after one code of ECMA-48, 8.3.117."""
        if code == 0:
            return _Look()
        if code in (1, 2, 7):
            return self._replace(**{("", "is_bold", "is_faint")[code] if code < 3 else "is_reverse": True})
        if code == 22:
            return self._replace(is_bold=False, is_faint=False)
        if code == 27:
            return self._replace(is_reverse=False)
        return self._replace(colour=_COLOURS.get(code, _INK)) if code == 39 or 30 <= code < 38 else self


def _pieces(line: str) -> Iterator[tuple[str, _Look]]:
    look, at = _Look(), 0
    for found in _SGR.finditer(line):
        if found.start() > at:
            yield line[at : found.start()], look
        for code in (found[1] or "0").split(";") if found[1] is not None else ():
            look = look.after(int(code or 0))
        at = found.end()
    if at < len(line):
        yield line[at:], look


def picture(title: str, screens: Sequence[tuple[str, str]], columns: int) -> str:
    """An SVG of *screens* below each other, each a caption and what tmux captures of it, *columns* wide."""
    drawn: list[str] = []
    y = _MARGIN + 13
    for caption, screen in screens:
        drawn.append(f'<text x="{_MARGIN}" y="{y}" fill="#7fd1b9">{escape(caption)}</text>')
        y += _GAP
        for line in screen.rstrip("\n").split("\n"):
            drawn += _line(line, y)
            y += _LINE
        y += _LINE
    width, height = round(columns * _COLUMN + 2 * _MARGIN), y
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{_PAPER}"/>',
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" fill="{_INK}">',
        *drawn, "</g>", "</svg>", "",
    ))  # fmt: skip


def _line(line: str, y: int) -> Iterator[str]:
    column = 0
    for text, look in _pieces(line):
        size = columns_of(text)
        x = _MARGIN + column * _COLUMN
        column += size
        width = size * _COLUMN
        if look.is_reverse:
            yield f'<rect x="{x:.1f}" y="{y - 13}" width="{width:.1f}" height="{_LINE}" fill="{_INK}"/>'
        if not text.strip():
            continue
        spaces = len(text) - len(text.lstrip())
        text = text.strip()
        x, width = x + spaces * _COLUMN, columns_of(text) * _COLUMN
        colour = _PAPER if look.is_reverse else _FAINT if look.is_faint and look.colour == _INK else look.colour
        weight = ' font-weight="bold"' if look.is_bold else ""
        yield (f'<text x="{x:.1f}" y="{y}" textLength="{width:.1f}" lengthAdjust="spacing" fill="{colour}"{weight} '
               f'xml:space="preserve">{escape(text)}</text>')  # fmt: skip
