"""The endpoint is what its own description says: whatever is asked, the answer is one that is described."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from traffic_analyzer.faces.web.openapi import openapi
from traffic_analyzer.faces.web.questions import ROWS_MAX, parameters_of
from traffic_analyzer.reports.registry import REPORTS

from ...traffic import MINUTE, home, stored
from .served import TOKEN, Asked, app, served

_DESCRIBED = schemathesis.openapi.from_dict(openapi())
_EXAMPLES = 12
#: A description has no words for settings that do not go together, and in a query a value is a list of one.
_NOT_SAID = [positive_data_acceptance, negative_data_rejection]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    database: Path = stored(tmp_path_factory.mktemp("web") / "traffic.db", home(MINUTE))
    with served(app(database, MINUTE + 59)) as found:
        yield found


@_DESCRIBED.parametrize()
@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked(asked: Asked, case: schemathesis.Case) -> None:
    """Described answers, no 5xx, 401 without the token, 405 for what is not described: all checks that there are."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    case.call_and_validate(f"http://127.0.0.1:{asked.port}", headers=headers, excluded_checks=_NOT_SAID)


def test_every_report_is_in_it() -> None:
    paths = openapi()["paths"]
    for report in REPORTS.values():
        operation = paths[f"/api/v1/reports/{report.name}"]["get"]
        assert {each["name"] for each in operation["parameters"]} == {s.name for s in parameters_of(report)}
    limit = next(each for each in operation["parameters"] if each["name"] == "limit")
    assert limit["schema"]["maximum"] == ROWS_MAX


def test_it_is_what_the_endpoint_tells(asked: Asked) -> None:
    assert asked("/api/v1/openapi.json").document == json.loads(json.dumps(openapi()))
