"""Every setting takes what lies within its bounds and refuses the rest in one line."""

from __future__ import annotations

import pytest

from traffic_analyzer import settings
from traffic_analyzer.errors import UsageError
from traffic_analyzer.settings import Kind, Setting

_EVERY = (
    *settings.RUN, *settings.REPORT, *settings.PRUNE, settings.LIMIT, settings.DEVICE, settings.DOMAIN, settings.BY,
)  # fmt: skip
_ALL = {s.name: s for s in _EVERY}
_NUMBERS = [pytest.param(s, id=s.name) for s in _ALL.values() if s.kind is Kind.INTEGER]
_TEXTS = [pytest.param(s, id=s.name) for s in _ALL.values() if s.kind is not Kind.INTEGER and not s.choices]


@pytest.mark.parametrize("setting", _NUMBERS)
def test_bounds_are_included(setting: Setting) -> None:
    for value in (setting.minimum, setting.maximum, setting.default):
        assert setting.parse(str(value)) == value


@pytest.mark.parametrize("setting", _NUMBERS)
def test_what_lies_outside_is_refused_with_flag_and_bounds(setting: Setting) -> None:
    for value in (setting.minimum - 1, setting.maximum + 1, 2**64, -(2**64)):
        with pytest.raises(UsageError) as caught:
            setting.parse(str(value))
        said = str(caught.value)
        assert said.startswith(f"{setting.flag} {value}:")
        assert str(setting.minimum) in said and str(setting.maximum) in said


@pytest.mark.parametrize("setting", _NUMBERS)
@pytest.mark.parametrize("text", ["", " ", "x", "1.5", "1e3", "0x10", "1 2", "5\0", "nan", "9" * 5000], ids=repr)
def test_what_is_no_whole_number_is_refused(setting: Setting, text: str) -> None:
    with pytest.raises(UsageError, match=rf"^{setting.flag}"):
        setting.parse(text)


@pytest.mark.parametrize("setting", _TEXTS)
def test_texts_are_kept_as_they_are(setting: Setting) -> None:
    assert setting.parse(" ä%s ") == " ä%s "


@pytest.mark.parametrize("setting", _TEXTS)
@pytest.mark.parametrize("text", ["", "\0", "a\0b"], ids=repr)
def test_texts_are_neither_empty_nor_hold_a_nul(setting: Setting, text: str) -> None:
    with pytest.raises(UsageError, match=rf"^{setting.flag}: must not"):
        setting.parse(text)


def test_a_choice_takes_its_choices_and_nothing_else() -> None:
    assert [settings.BY.parse(text) for text in settings.BY.choices] == ["name", "site"]
    assert settings.BY.default in settings.BY.choices
    for text in ("", "Name", "name ", "\0", "sit"):
        with pytest.raises(UsageError, match=r"^--by .*: choose from name, site( \(did you mean (name|site)\?\))?$"):
            settings.BY.parse(text)


@pytest.mark.parametrize(
    ("name", "default", "minimum", "maximum"),
    [("capture_heads_per_sec", 20_000, 0, 1_000_000), ("capture_buffer_kib", 4_096, 64, 262_144)],
)
def test_bounds_of_capture(name: str, default: int, minimum: int, maximum: int) -> None:
    setting = _ALL[name]
    assert (setting.default, setting.minimum, setting.maximum) == (default, minimum, maximum)


@pytest.mark.parametrize("setting", [pytest.param(s, id=s.name) for s in _ALL.values()])
def test_declarations_are_whole(setting: Setting) -> None:
    assert setting.help and "\n" not in setting.help and "no effect" not in setting.help
    assert setting.choices if setting.kind is Kind.CHOICE else not setting.choices or setting.kind is Kind.LIST
    assert setting.flag == "--" + setting.name.replace("_", "-")


def test_an_error_calls_it_as_it_was_written() -> None:
    with pytest.raises(UsageError, match="^option limit 0: choose from 1 to "):
        settings.LIMIT.parse("0", "option limit")
