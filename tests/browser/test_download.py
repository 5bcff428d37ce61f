"""Files that are made in the browser: every value arrives as it was, and nothing in them runs."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from .modules import Modules

_COLUMNS = [{"name": name, "unit": "name"} for name in ("name", "rx_bytes", "addresses")]


def _read(modules: Modules, *rows: tuple[Any, Any, Any]) -> list[list[str]]:
    given = [dict(zip(("name", "rx_bytes", "addresses"), row, strict=True)) for row in rows]
    text = modules.call("download.csv", {"columns": _COLUMNS, "rows": given})
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", ["tv", "a,b", 'a"b""', "line\r\nline", "客厅", "", " =1", "a=1", "x" * 255, "<b>"])
def test_texts_arrive_as_they_are(modules: Modules, name: str) -> None:
    assert _read(modules, (name, 1, [])) == [["name", "rx_bytes", "addresses"], [name, "1", ""]]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "=cmd|'/c calc'!A0"])
def test_no_text_is_a_formula(modules: Modules, name: str) -> None:
    assert _read(modules, (name, 1, [name]))[1] == ["'" + name, "1", "'" + name]


def test_numbers_stay_numbers(modules: Modules) -> None:
    assert _read(modules, ("a", -1, None), ("b", 0.5, ["10.0.0.1", "fe80::1"]))[1:] == \
        [["a", "-1", ""], ["b", "0.5", "10.0.0.1 fe80::1"]]


def test_lines_end_as_the_rfc_has_it(modules: Modules) -> None:
    assert modules.call("download.csv", {"columns": _COLUMNS[:2], "rows": [{"name": "a", "rx_bytes": 1}]}) == \
        'name,rx_bytes\r\n"a",1\r\n'


def test_parts_follow_each_other(modules: Modules) -> None:
    part = {"columns": _COLUMNS[:1], "rows": [{"name": "a"}]}
    assert modules.call("download.csv", {"parts": {"x": part, "y": part}}) == 'name\r\n"a"\r\n\r\nname\r\n"a"\r\n'


def test_a_file_is_named_after_report_and_window(modules: Modules) -> None:
    answer = {"report": "top-device", "offsets": [[0, 3_600]], "selection": {"since_unix_s": 0, "until_unix_s": 3_600}}
    name = modules.call("download.file_name", answer, "csv")
    assert name == "traffic-analyzer_top-device_19700101T0100_19700101T0200.csv"


_WHOLE = """
async (download, total, filters) => {
    const asked = [];
    const ask = async one => {
        const offset = one.offset || 0, count = Math.max(0, Math.min(one.limit, total - offset));
        asked.push(Object.assign({}, one));
        return {
            selection: { since_unix_s: 60, until_unix_s: 90 }, has_more: offset + count < total,
            rows: Array.from({ length: count }, (row, at) => offset + at)
        };
    };
    const report = { filters: filters.map(name => ({ name })) };
    const answer = await download.whole(report, { period: 'week', offset: 40, device: [ 'a' ] }, ask, () => null);
    return [ asked, answer.rows.every((row, at) => row === at) && answer.rows.length, answer.has_more ];
}
"""


def test_all_pages_are_of_the_window_of_the_first(modules: Modules) -> None:
    asked, rows, has_more = modules.run("download", _WHOLE, 2_500, ["limit", "offset"])
    window = {"since": "1970-01-01T00:01Z", "until": "1970-01-01T00:02Z"}
    assert asked == [
        {"period": "week", "device": ["a"], "limit": 1_000},
        {"device": ["a"], "limit": 1_000, "offset": 1_000, **window},
        {"device": ["a"], "limit": 1_000, "offset": 2_000, **window},
    ]
    assert (rows, has_more) == (2_500, False)


@pytest.mark.parametrize(("filters", "questions"), [(["limit", "offset"], 10), (["limit"], 1)])
def test_a_file_is_cut_and_knows_it(modules: Modules, filters: list[str], questions: int) -> None:
    asked, rows, has_more = modules.run("download", _WHOLE, 10_001, filters)
    assert (len(asked), rows, has_more) == (questions, 10_000, True)
