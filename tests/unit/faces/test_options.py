"""The configuration file and its types name all that the collector takes, with the defaults that it has."""

from __future__ import annotations

import re

import pytest

from traffic_analyzer.configuration import collector_of, unknown_in
from traffic_analyzer.faces.options import ON_A_ROUTER, render_config, renewed, validated
from traffic_analyzer.settings import OPTIONS, Kind, Setting
from traffic_analyzer.uci import parse

_TEXT = render_config()


def test_as_it_comes_it_says_what_differs_on_a_router_and_nothing_else() -> None:
    (collector,) = parse(_TEXT)
    known = {setting.name for setting in OPTIONS}
    assert (collector.type, collector.name, collector.lists) == ("collector", "collector", {})
    assert collector.options == {"enabled": "1"} | {k: v for k, v in ON_A_ROUTER.items() if k in known}


def test_what_is_commented_out_shows_the_defaults() -> None:
    shown = _TEXT.partition("# A name for a device")[0]
    for name in ON_A_ROUTER:
        shown = re.sub(rf"\toption {name} .*\n", "", shown)
    sections = parse(re.sub(r"^\t#(option|list) ", r"\t\1 ", shown, flags=re.MULTILINE))
    assert unknown_in(sections, "f") == ""
    values = collector_of(sections, "f", OPTIONS)
    defaults = {s.name: s.default for s in OPTIONS if s.default is not None and s.name not in ON_A_ROUTER}
    assert {name: values[name] for name in defaults} == defaults
    assert set(values) == {s.name for s in OPTIONS} - set(ON_A_ROUTER)


def test_every_option_has_its_help() -> None:
    words = " ".join(re.sub(r"^\t# ", "", _TEXT, flags=re.MULTILINE).split())
    assert [s.name for s in OPTIONS if " ".join(s.help.split()) not in words] == []
    assert max(len(line.expandtabs(8)) for line in _TEXT.splitlines()) <= 120


def test_the_other_sections_are_shown_too() -> None:
    rest = "\n".join(line[1:] for line in _TEXT.splitlines() if re.match(r"#(config|\t)", line))
    device, quota = parse(rest)
    assert (device.type, quota.type, quota.name) == ("device", "quota", "provider")


def _tuples() -> dict[str, list[str]]:
    return {line.split(":")[0]: line.split(":")[1:] for line in validated()}


@pytest.mark.parametrize("setting", [pytest.param(s, id=s.name) for s in OPTIONS])
def test_types_are_those_of_the_declarations(setting: Setting) -> None:
    kind, *default = _tuples()[setting.name]
    if setting.kind is Kind.INTEGER:
        assert kind == f"range({setting.minimum},{setting.maximum})"
    else:
        assert kind == "string" or setting.choices
    assert default == ([setting.default] if setting.kind is Kind.PATH and setting.default else [])


def test_nothing_else_is_validated() -> None:
    assert set(_tuples()) == {"enabled", *(setting.name for setting in OPTIONS)}
    assert not [line for line in validated() if "'" in line or "\n" in line]


def test_a_script_is_renewed_in_place() -> None:
    script = "a() {\n\tf \"$1\" \\\n\t\t'enabled:bool:0' \\\n\t\t'old:string'\n}\n'b:c'\n"
    new = renewed(script)
    assert new.startswith("a() {\n\tf \"$1\" \\\n\t\t'enabled:bool:1' \\\n") and new.endswith("'\n}\n'b:c'\n")
    assert "old:" not in new and renewed(new) == new
    assert new.count(" \\\n") == len(validated())


@pytest.mark.parametrize("script", ["", "\t\t'a:b'\n}\n\t\t'a:b'\n"])
def test_a_script_without_one_place_for_them_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="places with options"):
        renewed(script)
