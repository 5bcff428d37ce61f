"""Sentences for everyone: two lines of a terminal at most, and never an advice to do without offload."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import traffic_analyzer
from traffic_analyzer.faces.sentences import SENTENCES, sentence


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences(code: str) -> None:
    template = SENTENCES[code]
    assert {name for _, name, _, _ in string.Formatter().parse(template) if name} <= {"subject", "detail"}
    said = template.format(subject="br-lan", detail="lan1, lan2, lan3")
    assert said[0].isupper() or said.startswith("br-lan")
    assert said.endswith(".") and "\n" not in said and len(said) <= 2 * 120
    assert not re.search(r"(switch|turn) (it )?off|disable", said)


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    codes = set()
    for path in Path(traffic_analyzer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Notice":
                codes |= {n.value for n in ast.walk(node.args[0]) if isinstance(n, ast.Constant)}
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                codes |= {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
    assert codes == set(SENTENCES)


def test_what_a_quota_used_is_said_in_units() -> None:
    assert sentence("quota-warned", "mum", "412000000000/500000000000") == (
        "Quota mum will soon be used up: 412 GB of 500 GB."
    )
    assert sentence("quota-reached", "mum", "?") == "Quota mum is used up: ?."


def test_a_notice_of_another_version_is_shown_as_it_is() -> None:
    assert sentence("new-code", "br-lan", "x") == "new-code: br-lan x"
    assert sentence("new-code", "", "") == "new-code:"
