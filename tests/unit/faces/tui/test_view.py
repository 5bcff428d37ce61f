"""The screen, from states and answers: whatever they are, it fits, and says what matters."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import TrafficAnalyzerError
from traffic_analyzer.faces.tui.answer import Rates, Standing
from traffic_analyzer.faces.tui.keys import BY_NAME
from traffic_analyzer.faces.tui.known import Known, Size
from traffic_analyzer.faces.tui.line import ASCII, UNICODE, Glyphs, Style, size_of
from traffic_analyzer.faces.tui.panes import PANES, title_of
from traffic_analyzer.faces.tui.source import Database
from traffic_analyzer.faces.tui.state import Place, pressed
from traffic_analyzer.faces.tui.view import drawn
from traffic_analyzer.units import Notation

from ...traffic import MAC
from .answers import database, known_of, start, texts_of, typed

_RATES = Rates(1_250_000, 12_500, tuple(float(n) for n in range(60)), 600)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return database(tmp_path_factory.mktemp("home"))


def test_all_that_is_said_of_a_home(source: Database) -> None:
    lines = texts_of(start(), known_of(source, start(), rates=_RATES))
    assert lines[0].startswith("↓ 10.0 Mbit/s  ↑ 100 kbit/s ") and "█" in lines[0] and " live " in lines[0]
    assert lines[1].startswith("Last hour  ↓ 1.40 kB  ↑ 150 B") and lines[1].endswith("UTC")
    assert lines[2].startswith(" 1 Sites  2 Devices  3 Addresses ")
    assert lines[3].startswith("Names by bytes, by site") and lines[3].endswith(" 1 of 3")
    assert lines[5].split()[:2] == ["Domain", "Label"] and "Total▼" in lines[5]
    assert lines[6].startswith("one.example ")
    assert lines[-2].startswith("INCOMPLETE: ")
    assert lines[-1].startswith("? help  q quit  Enter open  Backspace back")


def test_what_is_over_the_rows_says_how_one_leaves_it_and_whether_there_is_more(source: Database) -> None:
    there = typed(start(), "?")
    assert texts_of(there, known_of(source, start()), Size(60, 80))[-1].rstrip() == "any key back"
    lines = texts_of(there, known_of(source, start()))
    assert lines[-1].startswith("Up Down scroll  any other key back ") and lines[-1].endswith(" lines 1 to 19 of 23")
    ended = replace(there, top=99)
    assert texts_of(ended, known_of(source, start()))[-1].endswith(" lines 5 to 23 of 23")
    assert texts_of(there, known_of(source, start()), Size(10, 40))[-1].startswith("Up Down scroll")


def test_times_are_those_of_utc_where_that_is_asked_for(source: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    there = replace(start(), notation=Notation(is_utc=True), trail=(Place("dns-cache-inspect"),))
    here = replace(there, notation=Notation())
    before = texts_of(there, known_of(source, there))
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XST-9")
        time.tzset()
        assert texts_of(there, known_of(source, there)) == before
        assert before[0].endswith(" UTC") and before[1].endswith(" UTC")
        assert texts_of(here, known_of(source, here))[1].endswith(" XST")
        about = replace(there, overlay="about")
        assert texts_of(about, known_of(source, about))[3].endswith(" UTC")
    time.tzset()


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", [(10, 40), (11, 41), (13, 79), (14, 80), (24, 80), (50, 200)])
def test_each_pane_fits(source: Database, size: tuple[int, int], glyphs: Glyphs) -> None:
    for report in PANES:
        device, domain = (("device", (MAC,)),), (("domain", ("one.example",)),)
        filters = device if report.needs_device else domain if report.needs_domain else ()
        state = replace(start(), trail=(Place(report.name, filters),))
        for rates in (None, _RATES):
            found = drawn(state, known_of(source, state, rates=rates), Size(*size), glyphs)
            assert len(found.lines) == size[0] and max(map(size_of, found.lines)) <= size[1]
            assert found.seen.rows > 0
            text = "\n".join("".join(piece.text for piece in line) for line in found.lines)
            assert title_of(report) in text and (glyphs is UNICODE or text.isascii())
            assert [line for line in found.lines if line[:1] and line[0].style is Style.CHOSEN] or size[0] < 11


def test_keys_are_told_whole_and_what_is_typed_by_its_end(source: Database) -> None:
    known = known_of(source, start())
    for columns in range(40, 120):
        assert "…" not in texts_of(start(), known, Size(24, columns))[-1]
    assert texts_of(typed(start(), "/", *("a" * 60), *"the end"), known, Size(24, 40))[-1].endswith("aathe end ")


def test_a_terminal_that_is_too_small_is_told_so() -> None:
    assert texts_of(start(), Known(), Size(9, 40)) == ["too small: 40x10 is the least"]
    assert texts_of(start(), Known(), Size(1, 5)) == ["too …"]
    assert texts_of(start(), Known(), Size(0, 0)) == []
    assert len(texts_of(start(), Known(), Size(10, 40))) == 10


def test_before_there_is_an_answer(source: Database) -> None:
    assert "reading" in texts_of(start(), Known())
    assert "the \\x1b cannot be read" in texts_of(start(), Known(trouble="the \x1b cannot be read"))
    late = texts_of(start(), known_of(source, start(), waits_s=4.4))
    assert late[-1] == "no answer for 4 s"
    stale = texts_of(start(), known_of(source, start(), trouble="it broke"))
    assert stale[-1] == "it broke" and stale[6].startswith("one.example")


def test_what_one_must_know_is_told_beside_what_is_missing(source: Database) -> None:
    known = known_of(source, start())
    assert known.answer
    missing = replace(known, answer=replace(known.answer, remarks=("A remark \x1b.",)))
    complete = replace(known, answer=replace(known.answer, remarks=("A remark.",), verdict="Complete. All of it."))
    assert texts_of(start(), missing)[-3] == "A remark \\x1b."
    assert texts_of(start(), missing)[-2].startswith("INCOMPLETE: ")
    assert texts_of(start(), missing, Size(10, 40))[-2].startswith("INCOMPLETE: ")
    assert texts_of(start(), complete)[-3:-1] == ["A remark.", "Complete. All of it."]
    assert texts_of(start(), complete, Size(10, 40))[-2] == "A remark."


def test_who_answers(source: Database) -> None:
    assert "live" not in texts_of(start(), Known())[0]
    assert " database " in texts_of(start(), known_of(source, start(), away="gone"))[0]
    stopped = known_of(source, start(), away="gone", standing=Standing(False, ("A notice.",)))
    assert " not counting " in texts_of(start(), stopped)[0]
    about = texts_of(typed(start(), "i"), stopped)
    assert "A notice." in about and any(line.startswith("Nothing is counted") for line in about) and "gone" in about


def test_the_pane_one_is_at_is_in_sight() -> None:
    for columns in (40, 60, 80, 120):
        for report in PANES:
            if not report.needs_device and not report.needs_domain:
                state = replace(start(), trail=(Place(report.name),))
                line = next(line for line in drawn(state, Known(), Size(24, columns)).lines[1:3] if len(line) > 2)
                chosen = [piece for piece in line if piece.style is Style.CHOSEN]
                assert [piece.text.split()[-1] for piece in chosen] == [title_of(report)]


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from([*BY_NAME, "x", "日"]), max_size=25), st.integers(0, 40), st.integers(0, 120),
    st.sampled_from([UNICODE, ASCII]),
)  # fmt: skip
def test_whatever_is_done_the_screen_fits(
    source: Database, keys: list[str], lines: int, columns: int, glyphs: Glyphs
) -> None:
    state, size = start(), Size(lines, columns)
    for key in keys:
        try:
            known = known_of(source, state)
        except TrafficAnalyzerError as error:
            known = Known(trouble=str(error), question=state.question())
        found = drawn(state, known, size, glyphs)
        assert len(found.lines) <= lines and all(size_of(line) <= columns for line in found.lines)
        assert all(piece.text.isprintable() for line in found.lines for piece in line)
        state = pressed(state, key, found.seen)
        if state.has_ended:
            return
