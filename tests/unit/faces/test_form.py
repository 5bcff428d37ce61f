"""The settings page's form: everything that the collector takes, or a reason why not."""

from __future__ import annotations

import json
import re

import pytest

from traffic_analyzer.faces.form import LEFT_OUT, TABS, render_form
from traffic_analyzer.settings import RUN

_MODULE = render_form()
_TITLES = {name: title for _, _, titles in TABS for name, title in titles.items()}


def _settings() -> list[dict[str, object]]:
    """The objects of the module, read as JSON."""
    _, _, text = _MODULE.partition("\tsettings: ")
    text = re.sub(r"_\((\"(?:[^\"\\]|\\.)*\")\)", r"\1", text.removesuffix("\n});\n"))
    found = json.loads(re.sub(r"^(\t+)(\w+): ", r'\1"\2": ', text, flags=re.MULTILINE))
    assert isinstance(found, list)
    return found


def test_every_setting_has_a_title_or_is_left_out() -> None:
    names = [setting.name for setting in RUN]
    assert sorted([*_TITLES, *LEFT_OUT]) == sorted(names), "give a setting its title in a tab, or leave it out"


def test_no_title_comes_twice() -> None:
    assert len(set(_TITLES.values())) == len(_TITLES) == sum(len(titles) for _, _, titles in TABS)


def test_the_module_has_the_bounds_of_the_declarations() -> None:
    declared = {setting.name: setting for setting in RUN}
    found = _settings()
    assert [one["name"] for one in found] == list(_TITLES)
    for one in found:
        setting = declared[str(one["name"])]
        assert (one["kind"], one["default"]) == (setting.kind.value, setting.default)
        if setting.kind.value == "integer":
            assert (one["minimum"], one["maximum"]) == (setting.minimum, setting.maximum)
        else:
            assert (one["minimum"], one["maximum"]) == (None, None)
        assert one["choices"] == list(setting.choices)
        assert one["tab"] in {name for name, _, _ in TABS}


def test_a_help_names_other_settings_as_the_page_does() -> None:
    helps = {str(one["name"]): str(one["help"]) for one in _settings()}
    assert "where “Database” is in RAM" in helps["commit_interval_minutes"]
    flags = {setting.flag for setting in RUN if setting.name in _TITLES}
    assert [name for name, text in helps.items() if flags & set(re.findall("--[a-z-]*[a-z]", text))] == []


@pytest.mark.parametrize("sign", ["<", ">", "&"])
def test_luci_can_take_it_for_html(sign: str) -> None:
    assert [one["name"] for one in _settings() if sign in f"{one['title']}{one['help']}"] == []
