"""Real browsers and other clients in a virtual home: each flow is called by the name that was read on it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from traffic_analyzer.records import Evidence, Label

from ..home.browsers import missing
from ..home.cases import CASES, RESOLVER, Visitor
from ..home.cdn import cdn_sites, compare, observe_cdn
from ..home.cdn import render as render_outcome
from ..home.house import BRIDGE, Client, home
from ..home.named import Conversation, Name, Named, named
from ..home.questions import AAAA, TXT, A, question
from ..home.shoppers import Deed, Ledger
from ..home.sites import BROWSED, LONG_TXT, PUBLIC_NAME, ROUTER_IPV4, ROUTER_IPV6
from ..home.verdict import Verdict, complaints, judge, render
from ..home.visits import Visit, Visits
from ..lab.collector import Collector, collector
from .conftest import required

_TIMES = {"chromium-tls": 2, "chromium-http3": 1, "chromium-ech": 1, "chromium-grease": 1, "chromium-doh": 1,
          "firefox-tls": 1, "firefox-http3": 1, "firefox-ech": 1, "curl-tls": 2, "curl-http": 2, "kdig-dot": 1,
          "kdig-doh": 1}  # fmt: skip
_HIDDEN = ("secret.delta.example", "private.delta.example")
_HIDDEN_BY_ECH = f"hidden by ECH ({PUBLIC_NAME})"
_HTTPS = 65
_MDNS = ("224.0.0.251", 5353)

_CDN_S, _CDN_CLIENTS = 6, 8


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    required(missing())


@dataclass(frozen=True)
class Seen:
    """What the collector stored of a home, read when it had stopped."""

    verdicts: dict[str, Verdict]
    hidden: set[str]  #: hosts that were only visited with ECH
    found: Named
    questions: Counter[tuple[str, int]]
    server_names: Counter[str]
    domains: set[tuple[str, str]]  #: as a user reads them with SQL, each with its status
    top_domain: list[dict[str, Any]]
    top_dohdot: list[dict[str, Any]]


#: Names that nobody else asks for, and how: options of dig, the type, how often.
_QUESTIONS = (
    ("first.lost.example", "A", A, 2, f"@{ROUTER_IPV4}"),
    ("second.lost.example", "AAAA", AAAA, 1, f"@{ROUTER_IPV6}"),
    ("third.lost.example", "A", A, 1, f"@{ROUTER_IPV4}", "+tcp"),
    ("fourth.lost.example", "HTTPS", _HTTPS, 3, f"@{ROUTER_IPV6}", "+tcp"),
    (LONG_TXT, "TXT", TXT, 1, f"@{ROUTER_IPV4}", "+tcp"),
    (LONG_TXT, "TXT", TXT, 2, f"@{ROUTER_IPV6}", "+notcp", "+bufsize=4096"),  # the answer is in fragments
    (LONG_TXT, "A", A, 1, f"@{ROUTER_IPV4}"),
)


def _ask(client: Client) -> None:
    """All ``_QUESTIONS``, and one by multicast."""
    for name, qtype, _, times, *options in _QUESTIONS:
        for _ in range(times):
            subprocess.run(client.command("dig", "+tries=1", *options, name, qtype), check=True, capture_output=True)
    with client.inside.entered(), socket.socket(type=socket.SOCK_DGRAM) as plain:
        plain.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(client.ipv4))
        plain.sendto(question("printer.local", A, 0), _MDNS)


def _report(counting: Collector, name: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "traffic_analyzer", name, "--json", "--limit", "100", "--db", str(counting.db)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    rows: list[dict[str, Any]] = said["rows"] if isinstance(said, dict) else said
    return rows


@pytest.fixture(scope="module", params=[False, True], ids=["single-frames", "super-packets"])
def seen(request: pytest.FixtureRequest) -> Iterator[Seen]:
    with (
        home(request.param, BROWSED, ("laptop", "phone")) as built,
        collector(built.router, built.folder, "--iface", BRIDGE) as counting,
    ):
        laptop, phone = built.clients
        visits = Visits(Visitor(built, laptop))
        for case in CASES:
            visits.times(case, _TIMES.get(case.name, 0))
        _ask(phone)
        assert counting.stop() == 0, counting.log.read_text()
        found = named(counting, BRIDGE)
        verdicts = judge(visits.made, found)
        print(f"{render(verdicts)}\n{complaints(verdicts)}")
        questions = counting.rows("SELECT qname, qtype, count FROM dns_1m WHERE iface = ?", BRIDGE)
        server_names = counting.rows("SELECT sni, count FROM sni_1m WHERE iface = ?", BRIDGE)
        yield Seen(
            {verdict.case: verdict for verdict in verdicts},
            set(_HIDDEN) - {visit.host for visit in visits.made if set(visit.noted.values()) != {"ech"}},
            found,
            _added(((qname, qtype), count) for qname, qtype, count in questions),
            _added(server_names),
            set(counting.rows("SELECT DISTINCT domain, attribution_status FROM flow_1m_5t WHERE iface = ?", BRIDGE)),
            _report(counting, "top-domain"),
            _report(counting, "top-dohdot"),
        )  # fmt: skip


def _added(rows: Any) -> Counter[Any]:
    """Counts of equal keys, whatever the minute."""
    added: Counter[Any] = Counter()
    for key, count in rows:
        added[key] += count
    return added


@pytest.mark.parametrize("case", _TIMES)
def test_each_flow_is_called_by_its_name(seen: Seen, case: str) -> None:
    verdict = seen.verdicts[case]
    assert verdict.visits == _TIMES[case]
    assert verdict.is_clean, complaints([verdict])


def test_visits_that_fell_back_are_called_by_their_name_too(seen: Seen) -> None:
    assert complaints(seen.verdicts.values()) == ""


def test_status_and_name_as_a_user_reads_them(seen: Seen) -> None:
    for host in ("www.alpha.example", "h3.gamma.example", "open.delta.example", RESOLVER):
        assert (host, "exact") in seen.domains
    assert (_HIDDEN_BY_ECH, "hidden") in seen.domains
    assert (PUBLIC_NAME, "exact") not in seen.domains


def test_what_is_hidden_is_in_no_list_of_server_names(seen: Seen) -> None:
    assert not seen.hidden & seen.server_names.keys()
    assert seen.server_names[PUBLIC_NAME]


def test_each_client_hello_is_counted_once(seen: Seen) -> None:
    told = {Evidence.TLS, Evidence.QUIC, Evidence.ECH}
    conversations = Counter(
        domain for names in seen.found.values() for domain in {n.domain for n in names if n.evidence in told}
    )
    assert seen.server_names == conversations


def test_questions_are_counted_over_udp_and_tcp(seen: Seen) -> None:
    expected: Counter[tuple[str, int]] = Counter()
    for name, _, qtype, times, *_ in _QUESTIONS:
        expected[name, qtype] += times
    names = {name for name, *_ in _QUESTIONS}
    assert Counter({key: count for key, count in seen.questions.items() if key[0] in names}) == expected
    assert seen.questions["secret.delta.example", _HTTPS]


def test_what_is_asked_in_secret_or_of_the_neighbours_is_not_among_the_questions(seen: Seen) -> None:
    names = {name for name, _ in seen.questions}
    assert "printer.local" not in names
    assert "edge-9.cdn.example" not in names  # asked over TLS and HTTPS


def test_reports(seen: Seen) -> None:
    domains = {row["domain"] for row in seen.top_domain}
    assert {"www.alpha.example", "h3.gamma.example", RESOLVER, _HIDDEN_BY_ECH} <= domains
    assert [(row["kind"], row["resolver"]) for row in seen.top_dohdot] == [("DoT", RESOLVER)]


@pytest.mark.parametrize("offloads", [False, True], ids=["single-frames", "super-packets"])
def test_no_byte_is_sure_of_a_wrong_name(offloads: bool) -> None:
    """Many sites on few addresses, half of the connections without a server name."""
    outcome = observe_cdn(_CDN_S, clients=_CDN_CLIENTS, sites=cdn_sites(80, 12), offloads=offloads)
    print(render_outcome(outcome))
    assert outcome.is_clean, render_outcome(outcome)
    assert outcome.right[Label.AMBIGUOUS] + outcome.wrong[Label.AMBIGUOUS], "nothing was hard"
    assert outcome.cache_wrong


_FLOW = Conversation(6, "192.168.77.11", 20_001, "203.0.113.9", 443)
_TRUE = Name("www.alpha.example", Label.EXACT, Evidence.TLS)


def _judged(
    *names: Name, case: str = "curl-tls", host: str = "www.alpha.example", flow: Conversation = _FLOW
) -> Verdict:
    (chosen,) = [each for each in CASES if each.name == case]
    visit = Visit(chosen, host, frozenset({flow.client}), range(20_000, 20_128))
    (verdict,) = judge([visit], {flow: Counter(dict.fromkeys(names, 100))})
    return verdict


def test_a_verdict_can_be_clean() -> None:
    assert _judged(_TRUE).is_clean
    assert _judged(Name("", Label.UNKNOWN, Evidence.NONE), _TRUE).is_clean  # before the name came
    assert _judged(Name("www.beta.example", Label.AMBIGUOUS, Evidence.DNS), _TRUE).is_clean


@pytest.mark.parametrize(
    "names",
    [
        [Name("www.beta.example", Label.EXACT, Evidence.TLS)],
        [_TRUE, Name("www.beta.example", Label.EXACT, Evidence.DNS)],
        [_TRUE, Name(PUBLIC_NAME, Label.HIDDEN, Evidence.ECH)],
    ],
)
def test_a_false_name_is_wrong(names: list[Name]) -> None:
    verdict = _judged(*names)
    assert (len(verdict.wrong), verdict.right, verdict.is_clean) == (1, 0, False)


@pytest.mark.parametrize(
    "name",
    [
        Name("", Label.UNKNOWN, Evidence.NONE),
        Name("www.alpha.example", Label.AMBIGUOUS, Evidence.DNS),
        Name("www.alpha.example", Label.EXACT, Evidence.DNS),  # true, but not read on the flow
    ],
)
def test_a_name_that_was_not_read_on_the_flow_does_not_do(name: Name) -> None:
    verdict = _judged(name)
    assert (len(verdict.unnamed), verdict.right, verdict.is_clean) == (1, 0, False)


def test_a_public_name_is_not_a_site() -> None:
    at_ech = _FLOW._replace(remote="203.0.113.13")
    hidden = Name(PUBLIC_NAME, Label.HIDDEN, Evidence.ECH)
    visit = {"case": "chromium-ech", "host": "secret.delta.example", "flow": at_ech}
    assert _judged(hidden, **visit).is_clean
    assert _judged(Name(PUBLIC_NAME, Label.EXACT, Evidence.TLS), **visit).wrong
    assert _judged(Name("private.delta.example", Label.EXACT, Evidence.DNS), hidden, **visit).wrong


def test_no_business_with_a_server() -> None:
    """A visit's flow to a server that it did not ask for is not called anything for sure."""
    assert _judged(_TRUE, flow=_FLOW._replace(remote="203.0.113.10")).wrong


def test_an_outcome_can_be_wrong() -> None:
    sites = cdn_sites(2, 1)
    one, other = sites
    flow = Conversation(6, "192.168.77.11", 2000, str(one.ipv4), 443)
    ledger = Ledger({(flow.client, 2000): Deed(one.name, False, 0.5, 0.6)}, [(0.4, str(one.ipv4), one.name)])
    right = compare(ledger, {flow: Counter({Name(one.name, Label.EXACT, Evidence.DNS): 100})}, sites)
    assert (right.is_clean, right.right[Label.EXACT], right.cache_right, right.cache_wrong) == (True, 100, 100, 0)
    ledger.learnt.append((0.7, str(one.ipv4), other.name))
    wrong = compare(ledger, {flow: Counter({Name(other.name, Label.EXACT, Evidence.DNS): 100})}, sites)
    assert (wrong.is_clean, wrong.wrong[Label.EXACT], wrong.cache_right, wrong.cache_wrong) == (False, 100, 0, 100)
    assert not compare(ledger, {}, sites).is_clean
    assert not compare(Ledger(), {flow: Counter({Name(one.name, Label.EXACT, Evidence.DNS): 100})}, sites).is_clean
