# SPDX-License-Identifier: GPL-2.0-only
"""Scripts and style sheets without what only people read. LuCI's ``jsmin`` does the like in the SDK."""

from __future__ import annotations

import re

# What is kept as it is, or is a comment. A template ends at the next backtick, as jsmin has it too; a slash begins a
# regular expression where no value can stand before it.
_JS = re.compile(
    r"""
      (?P<comment> // [^\n]* | /\* .*? \*/ )
    | (?P<kept> ' (?: \\. | [^'\\] )* ' | " (?: \\. | [^"\\] )* " | ` (?: \\. | [^`\\] )* `
        | (?<= [(,=:\[!&|?+~*{};] ) [ \t\n]* / (?![/*]) (?: \\. | \[ (?: \\. | [^\]\\] )* \] | [^/\\\n] )+ / )
    """,
    re.VERBOSE | re.DOTALL,
)
_CSS = re.compile(r"""(?P<comment> /\* .*? \*/ ) | (?P<kept> ' [^']* ' | " [^"]* " )""", re.VERBOSE | re.DOTALL)


def script(text: str) -> str:
    """JavaScript that does the same; lines end where they ended, as a line's end may end a statement."""
    return _compacted(text, _JS, r"[ \t]*([(){}\[\];,:?=<>&|!*])[ \t]*")


def sheet(text: str) -> str:
    """CSS that says the same."""
    return _compacted(text, _CSS, r"\s*([{};,])\s*")


def _compacted(text: str, pieces: re.Pattern[str], tight: str) -> str:
    made: list[str] = []
    kept: list[str] = []
    at = 0
    for piece in pieces.finditer(text):
        made.append(text[at : piece.start()])
        at = piece.end()
        if piece["kept"] is not None:
            made.append("\0")
            kept.append(piece["kept"])
        else:
            made.append("\n" if "\n" in piece[0] else " ")
    code = "".join([*made, text[at:]])
    code = re.sub(r"\s*\n\s*", "\n", re.sub(r"[ \t]+", " ", code))
    code = re.sub(tight, r"\1", code).strip() + "\n"
    rest = iter(kept)
    return re.sub("\0", lambda _: next(rest), code)
