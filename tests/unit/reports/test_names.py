"""Reports on names: what was read, what was guessed, and what stays unknown, each as such."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.records import FlowKey
from traffic_analyzer.reports.registry import run
from traffic_analyzer.reports.selection import Selection

from ..traffic import MINUTE, batch, flow_key, question_key, server_name_key, stored

_WINDOW = Selection(MINUTE, MINUTE + 60)
_UDP = 17


def _named(domain: str, label: str, evidence: str, **changed: object) -> FlowKey:
    return flow_key(domain=domain, label=label, evidence=evidence, **changed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    flows = {
        _named("www.one.example", "exact", "tls"): (300, 3),
        _named("www.one.example", "exact", "tls", direction=1, is_tx=True): (40, 4),
        _named("www.one.example", "exact", "dns", client_port=40001): (60, 1),
        _named("www.one.example", "ambiguous", "dns_other", client="192.168.1.3"): (50, 1),
        _named("api.one.example", "exact", "quic", l4_proto=_UDP, remote_port=8443): (30, 1),
        _named("one.example", "ambiguous", "sni", l4_proto=_UDP): (20, 1),
        _named("ech.example", "hidden", "ech"): (200, 2),
        flow_key(remote="198.51.100.1"): (70, 1),
        flow_key(remote="198.51.100.2", l4_proto=_UDP): (80, 2),
        flow_key(remote="198.51.100.2", l4_proto=_UDP, remote_port=53): (150, 3),
    }
    questions = {
        question_key(): 5, question_key(client="192.168.1.3"): 2, question_key(qtype=28): 7,
        question_key("api.one.example", 65): 1, question_key(".", 2): 1,
    }  # fmt: skip
    server_names = {
        server_name_key(): 2, server_name_key(client="192.168.1.3"): 1, server_name_key(evidence="quic"): 2,
        server_name_key("api.one.example"): 1, server_name_key("ech.example", "ech"): 9,
    }  # fmt: skip
    return stored(tmp_path / "traffic.db", batch(flows, questions=questions, server_names=server_names))


_ROWS = {
    "top-domain": [
        ("www.one.example", "exact", 360, 40, 400, 0.4, 8),
        ("", "unknown", 300, 0, 300, 0.3, 6),
        ("hidden by ECH (ech.example)", "hidden", 200, 0, 200, 0.2, 2),
        ("www.one.example", "ambiguous", 50, 0, 50, 0.05, 1),
        ("api.one.example", "exact", 30, 0, 30, 0.03, 1),
        ("one.example", "ambiguous", 20, 0, 20, 0.02, 1),
    ],
    "top-quic": [
        ("", "unknown", 80, 0, 80, 80 / 130, 2),
        ("api.one.example", "exact", 30, 0, 30, 30 / 130, 1),
        ("one.example", "ambiguous", 20, 0, 20, 20 / 130, 1),
    ],
    "top-dns": [
        ("www.one.example", 1, 7), ("www.one.example", 28, 7), (".", 2, 1), ("api.one.example", 65, 1),
    ],
    "top-sni": [
        ("hidden by ECH (ech.example)", "ech", 9), ("www.one.example", "tls", 3), ("www.one.example", "quic", 2),
        ("api.one.example", "tls", 1),
    ],
    "attribution-coverage": [
        ("exact", "tls", 340, 0.34, 7), ("unknown", "", 300, 0.3, 6), ("hidden", "ech", 200, 0.2, 2),
        ("exact", "dns", 60, 0.06, 1), ("ambiguous", "dns_other", 50, 0.05, 1), ("exact", "quic", 30, 0.03, 1),
        ("ambiguous", "sni", 20, 0.02, 1),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", _ROWS)
def test_all_rows(path: Path, name: str) -> None:
    assert run(path, name, _WINDOW).rows == [pytest.approx(row) for row in _ROWS[name]]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("top-domain", [("one.example", "exact", 430), ("", "unknown", 300),
                        ("hidden by ECH (ech.example)", "hidden", 200), ("one.example", "ambiguous", 70)]),
        ("top-quic", [("", "unknown", 80), ("one.example", "exact", 30), ("one.example", "ambiguous", 20)]),
    ],
)  # fmt: skip
def test_by_site_a_read_and_a_guessed_name_stay_apart(path: Path, name: str, rows: list[tuple[object, ...]]) -> None:
    found = run(path, name, Selection(MINUTE, MINUTE + 60, by="site")).rows
    assert [(row[0], row[1], row[4]) for row in found] == rows


def test_questions_and_server_names_by_site(path: Path) -> None:
    by_site = Selection(MINUTE, MINUTE + 60, by="site")
    assert run(path, "top-dns", by_site).rows == [
        ("one.example", 1, 7), ("one.example", 28, 7), (".", 2, 1), ("one.example", 65, 1),
    ]  # fmt: skip
    assert run(path, "top-sni", by_site).rows == [
        ("hidden by ECH (ech.example)", "ech", 9), ("one.example", "tls", 4), ("one.example", "quic", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("domain", "rows"),
    [
        ("www.one.example", [(0, 6, 443, "exact", "tls", 300, 3), (0, 6, 443, "exact", "dns", 60, 1),
                             (0, 6, 443, "ambiguous", "dns_other", 50, 1), (1, 6, 443, "exact", "tls", 40, 4)]),
        ("one.example", [(0, 6, 443, "exact", "tls", 300, 3), (0, 6, 443, "exact", "dns", 60, 1),
                         (0, 6, 443, "ambiguous", "dns_other", 50, 1), (1, 6, 443, "exact", "tls", 40, 4),
                         (0, 17, 8443, "exact", "quic", 30, 1), (0, 17, 443, "ambiguous", "sni", 20, 1)]),
        ("ech.example", [(0, 6, 443, "hidden", "ech", 200, 2)]),
        ("ne.example", []),
    ],
)  # fmt: skip
def test_one_name_in_detail(path: Path, domain: str, rows: list[tuple[object, ...]]) -> None:
    assert run(path, "domain-detail", Selection(MINUTE, MINUTE + 60, domains=(domain,))).rows == rows


def test_coverage_shows_every_row(tmp_path: Path) -> None:
    flows = {flow_key(label=f"label {n}", evidence=f"{m}"): (1, 1) for n in range(10) for m in range(10)}
    path = stored(tmp_path / "traffic.db", batch(flows))
    assert len(run(path, "attribution-coverage", _WINDOW).rows) == 100
