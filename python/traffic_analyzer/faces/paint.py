"""Colours, sparingly: of headings, of how sure a name is, and of what is missing."""

from __future__ import annotations

from typing import NamedTuple

_BOLD, _FAINT, _RED, _GREEN, _YELLOW, _MAGENTA = "1", "2", "1;31", "32", "33", "35"
#: By our own words. Their place in the 16 colours is all a terminal is asked for.
_WORDS = {
    "exact": _GREEN, "ambiguous": _YELLOW, "hidden": _MAGENTA, "unknown": _FAINT, "unseen": _RED, "not_booked": _RED,
}  # fmt: skip
_ALARM = "INCOMPLETE"


class Paint(NamedTuple):
    """What puts colours on texts; where it is off, texts stay as they are."""

    is_on: bool = False

    def heading(self, text: str) -> str:
        """A title, or the head of a table."""
        return self._painted(text, _BOLD)

    def word(self, cell: str) -> str:
        """A cell that holds a word of our own, with its spaces."""
        return self._painted(cell, _WORDS.get(cell.strip(), ""))

    def alarm(self, text: str) -> str:
        """A word that must not be overlooked."""
        return self._painted(text, _RED)

    def verdict(self, line: str) -> str:
        """The first line on what was counted."""
        return self.alarm(_ALARM) + line.removeprefix(_ALARM) if line.startswith(_ALARM) else line

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.is_on and colour and text.strip() else text


PLAIN = Paint()
