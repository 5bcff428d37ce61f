"""What is missing, hidden or to be known is said, in words, and nothing of it as HTML."""

from __future__ import annotations

from typing import Any

import pytest

from traffic_analyzer.faces.sentences import NOTICES, ON_A_PAGE, REMARKS, of_page, sentence
from traffic_analyzer.records import Label, Role
from traffic_analyzer.reports.registry import Completeness

from .modules import Modules

_SEEN = {"seen_bytes": 48_213_000_000, "seen_packets": 51_000_000, "non_ip_bytes": 0, "non_ip_packets": 0}


def _completeness(**differing: int) -> dict[str, Any]:
    found = Completeness(**{**dict.fromkeys(("not_booked_bytes", "not_booked_packets"), 0), **_SEEN, **differing})
    return {**vars(found), "share": found.share}


@pytest.mark.parametrize(
    ("differing", "text"),
    [
        ({}, "Complete: all 48.2 GB that passed were counted."),
        ({"seen_bytes": 0, "seen_packets": 0}, "No packet was counted in this time."),
        (
            {"unseen_bytes": 11_800_000_000, "unseen_packets": 9_123_456},
            "Incomplete: 80.34% of what passed was counted. 11.8 GB passed unseen (packets: 9,123,456).",
        ),
        (  # never 100 % where something is missing
            {"unseen_bytes": 60, "unseen_packets": 1},
            "Incomplete: 99.99% of what passed was counted. 60 B passed unseen (packets: 1).",
        ),
        (
            {"not_booked_bytes": 482_130_000, "not_booked_packets": 5, "difference_bytes": -9, "difference_packets": 0},
            "Incomplete: 99.00% of what passed was counted. 482 MB found no room in the table of flows (packets: 5); "
            "its size is one of the settings; -9 B were seen and are in no report (packets: 0).",
        ),
    ],
)
def test_a_verdict_says_all_that_is_missing(modules: Modules, differing: dict[str, int], text: str) -> None:
    completeness = _completeness(**differing)
    assert modules.call("sentences.verdict", completeness) == text
    is_complete = {"C": True, "I": False, "N": None}[text[0]]
    assert modules.call("sentences.isComplete", completeness) is is_complete


def _notice(code: str, subject: str, detail: str) -> dict[str, str]:
    return {
        "code": code, "subject": subject, "detail": detail, "template": of_page(code),
        "text": sentence(code, subject, detail),
    }  # fmt: skip


@pytest.mark.parametrize("code", [*NOTICES, *REMARKS])
def test_a_notice_says_what_the_command_line_says_without_its_flags(modules: Modules, code: str) -> None:
    notice = _notice(code, "{detail} $& br-lan", "41200000000/50000000000")
    said = modules.call("sentences.notice", notice)
    assert "--" not in said and "`" not in said
    if code not in {*ON_A_PAGE, "by-site"}:
        assert said == notice["text"]


@pytest.mark.parametrize(
    ("code", "detail", "said"),
    [
        ("archive-unwritten", "disk I/O error, since 2026-03-29 14:30", "(Plattenfehler, seit 2026-03-29 14:30)"),
        ("not-attached", "Permission denied", ": Verboten."), ("not-attached", "odd\u202e", ": odd\\u202e."),
        ("archive-unread", "Permission denied", "(Verboten)"),
    ],
)
def test_what_systems_say_is_translated(modules: Modules, code: str, detail: str, said: str) -> None:
    words = {"disk I/O error": "Plattenfehler", "Permission denied": "Verboten",
             "{what}, since {time}": "{what}, seit {time}"}  # fmt: skip
    script = """(sentences, notice, words) => {
        const plain = window._;
        window._ = text => words[text] || text;
        try { return sentences.notice(notice) }
        finally { window._ = plain }
    }"""
    assert said in modules.run("sentences", script, _notice(code, "x", detail), words)


def test_names_in_notices_are_made_visible(modules: Modules) -> None:
    shown = modules.call("sentences.notice", _notice("lro", "eth0\u202e\n", ""))
    assert shown.startswith("eth0\\u202e\\n merges")


def test_a_notice_of_tomorrow_is_told_as_it_comes(modules: Modules) -> None:
    notice = {"code": "new", "subject": "eth0", "detail": "odd", "template": None, "text": "Something new on eth0."}
    assert modules.call("sentences.notice", notice) == "Something new on eth0."
    assert modules.call("sentences.topic", "new") == ""


@pytest.mark.parametrize("code", NOTICES)
def test_every_notice_has_a_topic(modules: Modules, code: str) -> None:
    assert modules.call("sentences.topic", code)


def test_what_offload_hides_comes_first(modules: Modules) -> None:
    codes = ["quota-warned", "bridge-local", "clock", "offload-software", "lro", "offload-hardware", "unseen"]
    found = modules.call("sentences.sorted", [_notice(code, "", "") for code in codes])
    assert [notice["code"] for notice in found["hiding"]] == [
        "offload-hardware", "offload-software", "unseen", "bridge-local", "lro",
    ]  # fmt: skip
    assert [notice["code"] for notice in found["other"]] == ["quota-warned", "clock"]


@pytest.mark.parametrize("label", Label)
def test_every_label_has_a_word_and_a_meaning(modules: Modules, label: Label) -> None:
    assert modules.call("sentences.label", str(label)) == str(label)
    assert modules.call("sentences.meaning", str(label))


@pytest.mark.parametrize("role", Role)
def test_every_role_is_told_in_words(modules: Modules, role: Role) -> None:
    assert modules.call("sentences.role", role.value) not in ("-", role.value)


@pytest.mark.parametrize(
    "text", ["hidden by ECH (cdn.example)", "hidden by ECH (a) (b)", "(other)", "this machine", "tv", "", "{name}"]
)
def test_words_of_ours_are_told_apart_from_names(modules: Modules, text: str) -> None:
    assert modules.call("sentences.name", text) == text  # English is what they are written in
