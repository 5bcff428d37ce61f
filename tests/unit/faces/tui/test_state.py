"""Keys, and what they make of what is looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.faces.tui.answer import Question
from traffic_analyzer.faces.tui.keys import BY_NAME
from traffic_analyzer.faces.tui.panes import PANES, takes
from traffic_analyzer.faces.tui.state import Seen, begun, refused
from traffic_analyzer.faces.tui.windows import windows_of

from ...traffic import MAC
from .answers import database, start, typed, used

_SEEN = Seen(rows=10, page=4, has_more=True)


def test_the_beginning() -> None:
    state = start()
    assert state.question() == Question("top-domain", (("lookback_minutes", 60), ("by", "site"), ("limit", 10)))
    sums = state.sums()
    assert sums and sums.report == "timeline" and dict(sums.given)["lookback_minutes"] == 60
    asked = begun(*windows_of({"day": "today"}), ("eth0", "wan"), 5)
    assert dict(asked.question().given) == {"day": "today", "iface": ("eth0", "wan"), "by": "site", "limit": 5}


def test_panes_follow_each_other_round() -> None:
    state, names = start(), []
    for _ in state.panes:
        names.append(state.place.report)
        state = typed(state, "Tab")
    assert state == start() and names == [report.name for report in PANES if takes(report, {})]
    assert typed(state, "Shift-Tab").place.report == names[-1] == typed(state, "Left").place.report
    assert [typed(state, digit).place.report for digit in "1234567890"] == [report.name for report in PANES[:10]]


def test_the_way_down_and_back(tmp_path: Path) -> None:
    source = database(tmp_path)
    devices = typed(start(), "2")
    sites = used(devices, source, "Down", "Enter")
    assert sites.place.filters == (("device", (MAC,)),) and sites.place.text == "laptop"
    assert dict(sites.question().given)["device"] == (MAC,)
    flows = used(sites, source, "Enter")
    assert flows.place.report == "top-flow"
    assert flows.place.filters == (("device", (MAC,)), ("domain", ("quad9.net",)))
    assert used(flows, source, "Enter").trail == flows.trail
    assert used(flows, source, "Enter").message == "there is no more to tell of this row"
    assert used(flows, source, "Backspace") == sites == used(flows, source, "Left")
    assert used(sites, source, "Esc").place.row == 1  # as one left it
    assert used(devices, source, "Backspace") == devices


def test_what_is_looked_at_goes_along_to_other_panes(tmp_path: Path) -> None:
    sites = used(typed(start(), "2"), database(tmp_path), "Down", "Enter")
    assert {"device-detail", "top-ip"} <= {report.name for report in sites.panes}
    assert {"ledger", "collector-health", "domain-detail"}.isdisjoint({report.name for report in sites.panes})
    addresses = typed(sites, "3")
    assert addresses.place.report == "top-ip" and addresses.place.filters == sites.place.filters
    assert len(typed(sites, "9").trail) == 1 and not typed(sites, "9").place.filters
    assert typed(typed(sites, "9"), "Tab").place.report == "collector-health"
    assert typed(sites, "9").sums() is not None


def test_sorting() -> None:
    state = typed(start(), "r")
    assert dict(state.question().given)["sort"] == "bytes" and dict(state.question().given)["order"] == "asc"
    assert typed(state, "r").place.sort == "-bytes"
    assert typed(start(), "s").place.sort == "-share" == typed(start(), ">").place.sort
    assert typed(start(), "<", "<", "<", "<").place.sort == "domain"
    assert typed(start(), *">" * 7).place.sort == "-bytes"
    detail = used_detail()
    assert typed(detail, "s").trail == detail.trail and "keeps its order" in typed(detail, "s").message


def used_detail():  # noqa: ANN201
    """The pane of a device, whose parts keep their order."""
    state = start()
    place = replace(state.place, report="device-detail", filters=(("device", (MAC,)),))
    return replace(state, trail=(*state.trail, place))


def test_the_cursor_stays_on_rows() -> None:
    state = typed(start(), "Down", "Down", "j", "Up", "k", seen=_SEEN)
    assert state.place.row == 1
    assert typed(state, "Up", "Up", "Up", seen=_SEEN).place.row == 0
    assert typed(state, "PageDown", seen=_SEEN).place.row == 5
    assert typed(state, "End", seen=_SEEN).place.row == 9 == typed(state, "G", seen=_SEEN).place.row
    assert typed(state, "End", "PageUp", seen=_SEEN).place.row == 5
    assert typed(state, "Down", seen=Seen()).place.row == 0


def test_rows_beyond_the_limit_are_asked_for() -> None:
    there = typed(start(), "End", "Down", seen=_SEEN)
    assert (there.place.offset, there.place.row) == (10, 0)
    assert dict(there.question().given)["offset"] == 10
    back = typed(there, "Up", seen=_SEEN)
    assert (back.place.offset, back.place.row) == (0, 9)
    assert typed(there, "Home", seen=_SEEN).place.offset == 0
    assert typed(start(), "End", "Down", seen=_SEEN._replace(has_more=False)).place.offset == 0
    assert typed(typed(start(), "9"), "End", "Down", seen=_SEEN).place.offset == 0  # the ledger is told as a whole


def test_searching() -> None:
    state = typed(start(), "/", "t", "v", "Space", "q")
    assert (state.typed, state.place.search, state.has_ended) == ("tv q", "tv q", False)
    assert typed(state, "Backspace", "Backspace").typed == "tv"
    assert typed(state, "Ctrl-U").typed == "" and typed(state, "Down", "F1").typed == "tv q"
    left = typed(state, "Esc")
    assert (left.typed, left.place.search) == (None, "")
    kept = typed(state, "Enter")
    assert (kept.typed, kept.place.search, len(kept.trail)) == (None, "tv q", 1)
    assert typed(kept, "Backspace").place.search == ""
    assert len(typed(start(), "/", *"x" * 1_000).typed or "") == 256


@pytest.mark.parametrize(
    ("pane", "text", "filters"),
    [
        ("1", "a.example", (("domain", ("a.example",)),)),
        ("1", "192.168.1.2", (("device", ("192.168.1.2",)),)),
        ("2", "television", (("device", ("television",)),)),
        ("2", MAC, (("device", (MAC,)),)),
        ("3", "a.example", (("domain", ("a.example",)),)),
        ("1", "hidden by ECH (a.example)", ()), ("1", "tele", ()), ("9", "a.example", ()), ("9", "192.168.1.2", ()),
    ],
)  # fmt: skip
def test_what_is_typed_is_asked_for_where_it_can_be(pane: str, text: str, filters: object) -> None:
    keys = ["Space" if character == " " else character for character in text]
    state = typed(start(), pane, "/", *keys, "Enter")
    assert state.place.filters == filters
    assert state.place.search == ("" if filters else text)
    assert len(state.trail) == (2 if filters else 1)
    assert typed(state, "Backspace").place == replace(typed(start(), pane).place)


def test_what_is_refused_is_searched_for() -> None:
    state = typed(start(), "2", "/", *"tele", "Enter")
    back = refused(state, state.question(), "no such device")
    assert (len(back.trail), back.place.search) == (1, "tele") and "no such device" in back.message
    assert refused(state, start().question(), "late") == state
    first = refused(start(), start().question(), "never counted")
    assert first.trail == start().trail and first.message == "never counted"


def test_windows() -> None:
    states = [typed(start(), *keys) for keys in ("+", "-", "w", "=-", "-----")]
    assert [dict(state.question().given)["lookback_minutes"] for state in states] == [180, 15, 180, 60, 5]
    around = typed(start(), *"w" * len(start().windows))
    assert around == start() and typed(start(), *"+" * 50).window == len(start().windows) - 1


def test_pause_overlays_and_the_end() -> None:
    assert typed(start(), "p").is_paused and not typed(start(), "p", "Space").is_paused
    helped = typed(start(), "?", "Down", seen=_SEEN)
    assert (helped.overlay, helped.top) == ("help", 1)
    assert typed(helped, "End", seen=_SEEN).top == 6 == typed(helped, *["PageDown"] * 5, seen=_SEEN).top
    assert typed(helped, "Home", "PageUp", seen=_SEEN).top == 0
    assert typed(helped, "q") == start()
    assert typed(start(), "i").overlay == "about"
    assert typed(start(), "q").has_ended and typed(start(), "Ctrl-L").redrawn == 1
    assert typed(start(), "x", "é", "F7") == start()


@given(st.lists(st.sampled_from([*BY_NAME, "x", "日", "."]), max_size=60), st.integers(0, 12), st.booleans())
def test_no_keys_lead_where_nothing_can_be_asked(keys: list[str], rows: int, has_more: bool) -> None:
    state = typed(start(), *keys, seen=Seen(rows, 4, has_more))
    assert takes(state.place.declared, dict(state.place.filters))
    assert state.place.row >= 0 and 0 <= state.window < len(state.windows) and len(state.trail) >= 1
    assert state.question().report == state.place.report
