"""Sentences for everyone: two lines of a terminal at most, and never an advice to do without offload."""

from __future__ import annotations

import ast
import errno
import os
import re
import string
from pathlib import Path

import pytest

import traffic_analyzer
from traffic_analyzer.faces.form import TABS
from traffic_analyzer.faces.sentences import (
    DETAILS,
    NOTICES,
    ON_A_PAGE,
    REMARKS,
    how_to_start,
    of_page,
    remarked,
    sentence,
)
from traffic_analyzer.records import Remark

_ALL = {**NOTICES, **REMARKS}


@pytest.mark.parametrize("code", NOTICES)
def test_sentences(code: str) -> None:
    template = NOTICES[code]
    assert {name for _, name, _, _ in string.Formatter().parse(template) if name} <= {"subject", "detail"}
    said = template.format(subject="br-lan", detail="lan1, lan2, lan3")
    assert said[0].isupper() or said.startswith("br-lan")
    assert said.endswith(".") and "\n" not in said and len(said) <= 2 * 120
    assert not re.search(r"(switch|turn) (it )?off|disable", said)


@pytest.mark.parametrize("code", _ALL)
def test_a_page_knows_no_flags_and_names_what_is_on_it(code: str) -> None:
    template = of_page(code)
    parts = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    assert parts <= {name for _, name, _, _ in string.Formatter().parse(_ALL[code]) if name}
    assert "--" not in template and "`" not in template and template.endswith(".")
    titles = {title for _, _, settings in TABS for title in settings.values()}
    assert set(re.findall("“(.*?)”", template)) <= titles


def test_a_page_says_otherwise_only_what_is_said() -> None:
    assert ON_A_PAGE.keys() <= _ALL.keys() and NOTICES.keys().isdisjoint(REMARKS)
    assert of_page("new-code") == ""
    assert all(ON_A_PAGE[code] != _ALL[code] for code in ON_A_PAGE)


def test_remarks_on_the_command_line_name_its_flags() -> None:
    remarks = Remark("by-site", "a.example, b.example"), Remark("archive-unread", "/a\n.db", "Permission denied")
    assert remarked(remarks) == (
        "Of that time bytes are kept by site, not by name: ask for --domain a.example, --domain b.example.",
        "--archive /a\n.db: Permission denied; older hours and days are missing",
    )


def test_details_are_those_of_systems_and_of_the_program() -> None:
    """One that nobody says any more is translated in vain."""
    texts = {os.strerror(number) for number in errno.errorcode}
    sources = "".join(path.read_text() for path in Path(traffic_analyzer.__file__).parent.rglob("*.py")
                      if path.name != "sentences.py")  # fmt: skip
    of_sqlite = {"database disk image is malformed", "database is locked", "database or disk is full", "disk I/O error",
                 "file is not a database", "unable to open database file"}  # fmt: skip
    assert [text for text in DETAILS if text not in texts | of_sqlite and text not in sources] == []


@pytest.mark.parametrize(("kind", "sentences"), [("Notice", NOTICES), ("Remark", REMARKS)])
def test_every_code_has_a_sentence_and_every_sentence_a_code(kind: str, sentences: dict[str, str]) -> None:
    codes = set()
    for path in Path(traffic_analyzer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == kind:
                codes |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)}
            if kind == "Notice" and isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                codes |= {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
    assert codes == set(sentences)


def test_what_a_quota_used_is_said_in_units() -> None:
    assert sentence("quota-warned", "mum", "412000000000/500000000000") == (
        "Quota mum will soon be used up: 412 GB of 500 GB."
    )
    assert sentence("quota-reached", "mum", "?") == "Quota mum is used up: ?."


def test_a_notice_of_another_version_is_shown_as_it_is() -> None:
    assert sentence("new-code", "br-lan", "x") == "new-code: br-lan x"
    assert sentence("new-code", "", "") == "new-code:"


def test_a_service_is_started_as_one(tmp_path: Path) -> None:
    script = tmp_path / "traffic-analyzer"
    assert how_to_start(script) == "traffic-analyzer run"
    script.touch()
    assert how_to_start(script) == "service traffic-analyzer start"
