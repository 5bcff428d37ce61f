"""An answer is the same, whether it comes from the database or as the endpoint's document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from traffic_analyzer.faces.encode import as_dict
from traffic_analyzer.faces.tui.answer import Answer, answer_in, answer_of
from traffic_analyzer.reports.registry import REPORTS, run
from traffic_analyzer.reports.selection import Selection

from ...traffic import CLIENT, MINUTE, home, stored


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("home") / "traffic.db", home(MINUTE))


@pytest.mark.parametrize("name", REPORTS)
def test_over_http_and_from_the_database(path: Path, name: str) -> None:
    report = REPORTS[name]
    devices, domains = (CLIENT,) * report.needs_device, ("one.example",) * report.needs_domain
    result = run(path, name, Selection(MINUTE, MINUTE + 60, devices=devices, domains=domains))
    answer = answer_of(result)
    assert answer_in(json.loads(json.dumps(as_dict(result)))) == answer
    assert sum(len(table.rows) for table in answer.tables) > 0
    assert all(len(row) == len(table.report.columns) for table in answer.tables for row in table.rows)
    assert not answer.is_complete  # 840 bytes found no room


def test_what_is_missing_is_known_by_the_verdict() -> None:
    assert Answer((), verdict="Complete. 1 kB seen").is_complete and Answer(()).is_complete
    assert not Answer((), verdict="INCOMPLETE: 99% counted").is_complete


@pytest.mark.parametrize("document", [{}, {"report": "no-such"}, {"report": "top-ip", "rows": []}, []])
def test_another_document_is_none(document: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        answer_in(document)
