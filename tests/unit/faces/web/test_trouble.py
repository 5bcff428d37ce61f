"""Whatever goes wrong is a line."""

from __future__ import annotations

import json

import pytest
from bottle import HTTPError

from traffic_analyzer.faces.web.trouble import Trouble, told


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble(400, "limit x: not a whole number"), "limit x: not a whole number"),
        (Trouble(400, "a\nb\x1b\u202e"), r"a\nb\x1b\u202e"),
        (HTTPError(404, "Not found: '/<a>'"), "there is nothing here: /api/v1/reports lists reports, / is the page"),
        (HTTPError(403, "Access denied."), "there is nothing here: /api/v1/reports lists reports, / is the page"),
        (HTTPError(405, "Method not allowed."), "nothing can be changed here: use GET or HEAD"),
        (HTTPError(500, "Internal Server Error", ValueError("secret"), "secret"), "500 Internal Server Error"),
    ],
)
def test_a_line(trouble: HTTPError, said: str) -> None:
    assert json.loads(told(trouble)) == {"error": said}


def test_a_refusal_says_by_a_code_what_it_is_about() -> None:
    trouble = Trouble(400, "no such device").about("device-unknown", "a\x1b" * 99)
    document = json.loads(told(trouble))
    assert (document["error"], document["reason"]) == ("no such device", "device-unknown")
    assert document["subject"].startswith(r"a\x1ba") and len(document["subject"]) == 64


def test_its_length_is_bounded() -> None:
    assert len(told(Trouble(400, "x" * 99_999))) < 500
