"""Every key is declared once, and told."""

from __future__ import annotations

from traffic_analyzer.faces.tui.keys import BY_NAME, KEYS, Do, help_rows, hints


def test_a_key_does_one_thing() -> None:
    names = [name for key in KEYS for name in key.names]
    assert len(names) == len(set(names)) == len(BY_NAME)
    assert {key.do for key in KEYS} == set(Do)


def test_a_key_is_a_character_or_has_a_name() -> None:
    assert all(len(name) == 1 or name[0].isupper() for name in BY_NAME)


def test_help_tells_of_every_key() -> None:
    told = help_rows()
    assert len(told) == len(KEYS) and all(text for _, text in told)
    assert ("1 to 9, 0", "pane of that number") in told and ("Tab, Right", "next pane") in told


def test_hints_fit_a_terminal() -> None:
    assert hints()[:2] == [("?", "help"), ("q", "quit")]
    assert sum(len(key) + len(word) + 3 for key, word in hints()[:7]) <= 80
