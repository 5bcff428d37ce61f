"""What is looked at, and what a key makes of it. Pure: no terminal, no clock, no answer but what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...reports.declaration import Report
from ...reports.registry import REPORTS
from ...reports.selection import address_of
from ...settings import DEVICE, DOMAIN
from ...units import USUAL, Notation
from .answer import Question
from .keys import BY_NAME, Do
from .listing import Link
from .panes import FILTERS, PANES, SUMS, Filters, given_of, sorted_by, takes, title_of
from .windows import Window

_TYPED_MAX = 256
_TIMES_MAX = 10_000  # that a window is told by: as many as the endpoint tells
_NO_MORE = "there is no more to tell of this row"


class Seen(NamedTuple):
    """What is on the screen of the answer."""

    rows: int = 0  #: that match what is searched for
    page: int = 1  #: rows that there is room for
    has_more: bool = False
    link: Link | None = None  #: of the row at the cursor


@dataclass(frozen=True)
class Place:
    """One step of the way down."""

    report: str
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    text: str = ""  #: what was opened to come here
    sort: str = ""  #: a column, ``-`` in front for descending; empty: as declared
    offset: int = 0  #: rows before the first
    row: int = 0  #: the cursor, among those that are shown
    search: str = ""
    was_typed: bool = False  #: it is asked for by what was typed, which may be nothing that there is

    @property
    def declared(self) -> Report:
        """Its report."""
        return REPORTS[self.report]


@dataclass(frozen=True)
class State:
    """All that keys change."""

    trail: tuple[Place, ...]  #: the last one is shown
    windows: tuple[Window, ...]
    window: int = 0
    ifaces: tuple[str, ...] = ()
    limit: int = 10
    notation: Notation = USUAL
    is_paused: bool = False
    typed: str | None = None  #: what is being typed
    overlay: str = ""  #: help, about
    top: int = 0  #: first line of the overlay
    message: str = ""
    redrawn: int = 0
    has_ended: bool = False

    @property
    def place(self) -> Place:
        """Where one is."""
        return self.trail[-1]

    @property
    def panes(self) -> tuple[Report, ...]:
        """Those that can be asked for what is looked at."""
        return tuple(report for report in PANES if takes(report, dict(self.place.filters)))

    def question(self) -> Question:
        """What the place asks for."""
        place = self.place
        own = given_of(place.declared, dict(place.filters), place.sort, place.offset, self.limit)
        return self._question(place.report, own)

    def sums(self) -> Question | None:
        """The question whose answer is the sums of the window; None: they are not those of what is looked at."""
        filters = dict(self.place.filters)
        return self._question(SUMS.name, given_of(SUMS, filters, "", 0, _TIMES_MAX)) if takes(SUMS, filters) else None

    def _question(self, report: str, own: Mapping[str, Any]) -> Question:
        ifaces = (("iface", self.ifaces),) if self.ifaces else ()
        return Question(report, (*self.windows[self.window].given, *ifaces, *own.items()))


def begun(
    windows: tuple[Window, ...], window: int, ifaces: tuple[str, ...], limit: int, notation: Notation = USUAL
) -> State:
    """The first pane."""
    return State((Place(PANES[0].name),), windows, window, ifaces, limit, notation)


def pressed(state: State, key: str, seen: Seen) -> State:
    """*state* after a key: its character, or its name as :mod:`.keys` has it."""
    state = replace(state, message="")
    if state.typed is not None:
        return _type(state, state.typed, key)
    if state.overlay:
        return _overlaid(state, key, seen)
    bound = BY_NAME.get(key)
    return state if bound is None else _done(state, bound.do, key, seen)


def refused(state: State, question: Question, why: str) -> State:
    """*state* after *question* was refused; what was typed narrows down what is shown instead."""
    place = state.place
    if question != state.question():
        return state
    if place.was_typed and len(state.trail) > 1:
        before = replace(state.trail[-2], search=place.text, row=0)
        return replace(state, trail=(*state.trail[:-2], before), message=f"rows are searched for it: {why}")
    return replace(state, message=why)


def _done(state: State, do: Do, key: str, seen: Seen) -> State:
    place = state.place
    if do in _MOVES:
        return _moved(state, do, seen)
    if do is Do.QUIT:
        return replace(state, has_ended=True)
    if do in (Do.HELP, Do.ABOUT):
        return replace(state, overlay="help" if do is Do.HELP else "about", top=0)
    if do is Do.INTO:
        return _into(state, seen)
    if do is Do.BACK or do is Do.LEFT and (len(state.trail) > 1 or place.search):
        return _back(state)
    if do in (Do.NEXT_PANE, Do.PREVIOUS_PANE, Do.LEFT):
        return _turned(state, 1 if do is Do.NEXT_PANE else -1)
    if do is Do.PANE:
        return _chosen(state, PANES["1234567890".index(key)])
    if do in (Do.NEXT_SORT, Do.PREVIOUS_SORT, Do.REVERSE):
        return _resorted(state, do)
    if do is Do.SEARCH:
        return replace(state, typed=place.search)
    if do in (Do.LONGER, Do.SHORTER):
        return _stretched(state, key, 1 if do is Do.LONGER else -1)
    if do is Do.PAUSE:
        return replace(state, is_paused=not state.is_paused)
    return replace(state, redrawn=state.redrawn + 1)


def _at(state: State, **changed: Any) -> State:
    """*state* with its place *changed*."""
    return replace(state, trail=(*state.trail[:-1], replace(state.place, **changed)))


_MOVES = {Do.UP, Do.DOWN, Do.PAGE_UP, Do.PAGE_DOWN, Do.FIRST, Do.LAST}


def _moved(state: State, do: Do, seen: Seen) -> State:
    place, last = state.place, max(0, seen.rows - 1)
    row = min(place.row, last)
    pages = place.declared.takes_sort and place.declared.default_limit is not None  # it can be asked for others
    if do in (Do.DOWN, Do.PAGE_DOWN) and row == last and seen.has_more and pages:
        return _at(state, offset=place.offset + state.limit, row=0)
    if do in (Do.UP, Do.PAGE_UP) and row == 0 and place.offset:
        return _at(state, offset=max(0, place.offset - state.limit), row=state.limit - 1)
    if do is Do.FIRST:
        return _at(state, offset=0, row=0)
    steps = {Do.UP: -1, Do.DOWN: 1, Do.PAGE_UP: -seen.page, Do.PAGE_DOWN: seen.page, Do.LAST: last}
    return _at(state, row=min(max(0, row + steps[do]), last))


def _into(state: State, seen: Seen) -> State:
    link = seen.link
    if link is None:
        return replace(state, message=_NO_MORE if seen.rows else "")
    filters = dict(state.place.filters) | dict(link.filters)
    target = REPORTS[link.report]
    if not takes(target, filters):
        filters = dict(link.filters)
    ordered = tuple((name, filters[name]) for name in FILTERS if name in filters)
    if (target.name, ordered) == (state.place.report, state.place.filters):
        return replace(state, message=_NO_MORE)
    return replace(state, trail=(*state.trail, Place(target.name, ordered, link.text)))


def _back(state: State) -> State:
    if state.place.search:
        return _at(state, search="", row=0)
    return replace(state, trail=state.trail[:-1]) if len(state.trail) > 1 else state


def _turned(state: State, by: int) -> State:
    """The next pane that can be asked for the same."""
    panes = state.panes
    at = panes.index(state.place.declared) if state.place.declared in panes else -1
    return _shown(state, panes[(at + by) % len(panes)], state.place.filters)


def _chosen(state: State, report: Report) -> State:
    """A pane; where it cannot be asked for what is looked at, of everything."""
    if takes(report, dict(state.place.filters)):
        return _shown(state, report, state.place.filters)
    return replace(state, trail=(Place(report.name),))


def _shown(state: State, report: Report, filters: tuple[tuple[str, tuple[str, ...]], ...]) -> State:
    if report is state.place.declared:
        return state
    return replace(state, trail=(*state.trail[:-1], Place(report.name, filters, state.place.text)))


def _resorted(state: State, do: Do) -> State:
    report = state.place.declared
    if not report.takes_sort:
        return replace(state, message=f"{title_of(report)} keeps its order")
    name, is_descending = sorted_by(report, state.place.sort)
    if do is Do.REVERSE:
        return _at(state, sort=name if is_descending else f"-{name}", offset=0, row=0)
    names = [column.name for column in report.columns]
    at = (names.index(name) + (1 if do is Do.NEXT_SORT else -1)) % len(names)
    way = "-" if report.columns[at].unit.is_amount else ""
    return _at(state, sort=way + names[at], offset=0, row=0)


def _stretched(state: State, key: str, by: int) -> State:
    last = len(state.windows) - 1
    window = state.window + by
    if key == "w":
        window %= last + 1
    return replace(state, window=min(max(0, window), last))


def _type(state: State, typed: str, key: str) -> State:
    if key == "Esc":
        return replace(_at(state, search="", row=0), typed=None)
    if key == "Enter":
        return _asked(replace(state, typed=None), typed)
    if key == "Backspace":
        typed = typed[:-1]
    elif key == "Ctrl-U":
        typed = ""
    else:
        character = " " if key == "Space" else key
        if len(character) != 1 or not character.isprintable() or len(typed) >= _TYPED_MAX:
            return state
        typed += character
    return replace(_at(state, search=typed, row=0), typed=typed)


def _asked(state: State, text: str) -> State:
    """What was typed as a device or a name to ask for, where it can be one; else rows stay searched for it."""
    place = state.place
    name = _filter_of(place.declared, text)
    if name is None:
        return state
    filters: Filters = dict(place.filters) | {name: (text,)}
    ordered = tuple((one, filters[one]) for one in FILTERS if one in filters)
    before = replace(state.place, search="", row=0)
    there = Place(place.report, ordered, text, place.sort, was_typed=True)
    return replace(state, trail=(*state.trail[:-1], before, there))


def _filter_of(report: Report, text: str) -> str | None:
    """The filter that *text* is one of: an address is a device's, a name is what the rows are named by."""
    if not text or " (" in text:
        return None
    selected = {column.selects for column in report.columns}
    if report.takes_device and (address_of(text) or DEVICE.name in selected):
        return DEVICE.name
    is_name = "." in text.strip(".") and " " not in text
    return DOMAIN.name if report.takes_domain and is_name else None


def _overlaid(state: State, key: str, seen: Seen) -> State:
    bound = BY_NAME.get(key)
    do = bound.do if bound else None
    if do in _MOVES:
        steps = {Do.UP: -1, Do.DOWN: 1, Do.PAGE_UP: -seen.page, Do.PAGE_DOWN: seen.page, Do.FIRST: -state.top}
        last = max(0, seen.rows - seen.page)
        return replace(state, top=min(max(0, min(state.top, last) + steps.get(do, last)), last))
    return replace(state, overlay="", top=0)
