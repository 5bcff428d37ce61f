"""Every text that pages show can be translated, and each translation is whole. A language is one file in luci/po."""

from __future__ import annotations

import re
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import polib
import pytest

from traffic_analyzer.reports.registry import REPORTS, run
from traffic_analyzer.reports.selection import Selection
from traffic_analyzer.units import Unit

from ..unit.traffic import CLIENT, MINUTE, home, stored
from .tree import ROOT

_PO = ROOT / "luci" / "po"
_TEMPLATE = _PO / "templates" / "traffic-analyzer.pot"
_LANGUAGES = sorted(_PO.glob("*/traffic-analyzer.po"))
_PLACEHOLDER = re.compile(r"\{\w*\}|%[\d.]*[sdfx%]|--[a-z][a-z-]*[a-z]")


def _tool(name: str) -> ModuleType:
    """A script of ``hack/`` as a module."""
    loader = SourceFileLoader(name.replace("-", "_"), str(ROOT / "hack" / name))
    made = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(made)
    return made


_extract = _tool("extract-messages")


def _said(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgid, entry.msgid_plural, entry.msgctxt or ""


def _missing(template: polib.POFile, translated: polib.POFile) -> list[str]:
    """What is wrong with a translation, each in a line."""
    wanted, found = {_said(entry) for entry in template}, {_said(entry) for entry in translated}
    wrong = [f"missing: {one}" for one in sorted(wanted - found)]
    wrong += [f"left over: {one}" for one in sorted(found - wanted)]
    forms = int(re.search(r"nplurals=(\d+)", translated.metadata.get("Plural-Forms", "nplurals=0"))[1])
    for entry in translated:
        texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete or entry.fuzzy:
            wrong.append(f"fuzzy or obsolete: {entry.msgid}")
        elif not all(texts) or entry.msgid_plural and len(texts) != forms:
            wrong.append(f"empty: {entry.msgid}")
        wanted_places = sorted(_PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        if any(sorted(_PLACEHOLDER.findall(text)) != wanted_places for text in texts):
            wrong.append(f"other placeholders: {entry.msgid}")
    return wrong


def test_the_template_is_that_of_the_pages() -> None:
    assert _TEMPLATE.read_text("utf-8") == _extract.template(ROOT / "luci"), "run `make docs`"


def test_there_is_a_translation() -> None:
    assert "zh_Hans" in [path.parent.name for path in _LANGUAGES]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.parent.name) for path in _LANGUAGES])
def test_a_translation_is_whole(path: Path) -> None:
    translated = polib.pofile(str(path), check_for_duplicates=True)
    assert _missing(polib.pofile(str(_TEMPLATE)), translated) == []
    assert (translated.metadata["Language"], translated.metadata["Content-Type"]) == (
        path.parent.name, "text/plain; charset=UTF-8",
    )  # fmt: skip


@pytest.mark.parametrize("path", [pytest.param(path, id=path.parent.name) for path in _LANGUAGES])
def test_the_page_without_luci_knows_all_of_it(path: Path) -> None:
    words = _tool("compile-page").words_of(path.read_text("utf-8"))
    assert words == {
        (f"{entry.msgctxt}\x01" if entry.msgctxt else "") + entry.msgid + ("\x02" if entry.msgid_plural else ""):
            [*entry.msgstr_plural.values()] if entry.msgid_plural else entry.msgstr
        for entry in polib.pofile(str(path))
    }  # fmt: skip


@pytest.mark.parametrize("word", ["Label", "From"])
def test_words_that_luci_has_in_another_sense_have_a_context(word: str) -> None:
    """Its own catalogue is asked before ours: there they are that of a disk, and a sender."""
    assert [entry.msgctxt for entry in polib.pofile(str(_TEMPLATE)) if entry.msgid == word] in (["column"], ["time"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ('msgid "one"\nmsgstr ""', "empty: one"),
        ('#, fuzzy\nmsgid "one"\nmsgstr "eins"', "fuzzy or obsolete: one"),
        ('msgid "one"\nmsgstr "eins"\n\nmsgid "more"\nmsgstr "mehr"', "left over: ('more', '', '')"),
        ('msgid "other"\nmsgstr "eins"', "missing: ('one', '', '')"),
        ('msgid "one"\nmsgstr "eins {n}"', "other placeholders: one"),
        ('msgid "one"\nmsgstr "%s eins"', "other placeholders: one"),
    ],
)
def test_a_translation_that_is_not_whole_is_caught(change: str, why: str) -> None:
    template = polib.pofile('msgid "one"\nmsgstr ""\n')
    assert why in _missing(template, polib.pofile(f"{change}\n"))
    assert _missing(template, polib.pofile('msgid "one"\nmsgstr "eins"\n')) == []


@pytest.mark.parametrize(
    ("script", "messages"),
    [
        ("_('one')", [("one", "", "")]),
        ("`${_('it’s')} ${_(\"two\")}`", [("it’s", "", ""), ("two", "", "")]),
        (r"_('it\'s \u2192 \"so\"' +" + "\n\t\t' and on')", [("it's → \"so\" and on", "", "")]),
        ("_('May', 'month')", [("May", "", "month")]),
        ("N_(count, 'one byte', 'many bytes')", [("one byte", "many bytes", "")]),
        ("_(column.title), a_('no'), x._('no'), __('no')", []),
        ("// _('no')\n/* _('no')\n */ _('yes') // _ is short", [("yes", "", "")]),
        ("E('a', {}, [ 'http://x' ]), _('yes')", [("yes", "", "")]),
    ],
)
def test_messages_are_read_from_scripts(script: str, messages: list[tuple[str, str, str]]) -> None:
    assert list(_extract.of_script(script)) == messages


@pytest.mark.parametrize("script", ["_('a ' + name)", "_(`all`)", "_('a ' + 'b ' + `c`)", "N_(n, one, 'many')"])
def test_half_a_message_is_an_error(script: str) -> None:
    with pytest.raises(ValueError, match="not whole literals"):
        list(_extract.of_script(script))


def test_words_in_rows_are_messages(tmp_path: Path) -> None:
    """What a cell of a text column says is looked up when it is shown."""
    known = {entry.msgid for entry in polib.pofile(str(_TEMPLATE))}
    path, found = stored(tmp_path / "traffic.db", home(MINUTE)), set()
    for report in REPORTS.values():
        devices, domains = (CLIENT,) * report.needs_device, ("one.example",) * report.needs_domain
        answer = run(path, report.name, Selection(MINUTE, MINUTE + 60, devices=devices, domains=domains))
        for part in answer.parts or (answer,):
            texts = [at for at, column in enumerate(part.report.columns) if column.unit is Unit.TEXT]
            found |= {row[at] for row in part.rows for at in texts if row[at]}
    assert len(found) >= 10
    assert found - known == set()
