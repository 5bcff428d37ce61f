"""What the collector calls a conversation."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from traffic_analyzer.records import Evidence, Label

from ..lab.collector import Collector

_QUERY = """
SELECT l4_proto, client.text, client_port, remote.text, remote_port, domain.text, label.text, evidence.text, sum(bytes)
FROM flow_minute
  JOIN iface ON iface.id = iface_id
  JOIN address AS client ON client.id = client_id
  JOIN address AS remote ON remote.id = remote_id
  JOIN domain ON domain.id = domain_id
  JOIN label ON label.id = label_id
  JOIN evidence ON evidence.id = evidence_id
WHERE iface.text = ?
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""


class Conversation(NamedTuple):
    """Both directions of a flow."""

    l4_proto: int
    client: str
    client_port: int
    remote: str
    remote_port: int


class Name(NamedTuple):
    """What bytes are booked as."""

    domain: str
    label: Label
    evidence: Evidence


#: Bytes by what they are called: more than one name where the first ones were stored before more was known.
Named = dict[Conversation, Counter[Name]]


def named(collector: Collector, iface: str) -> Named:
    """All conversations of an interface in the collector's database."""
    found: defaultdict[Conversation, Counter[Name]] = defaultdict(Counter)
    for *conversation, domain, label, evidence, bytes_ in collector.rows(_QUERY, iface):
        found[Conversation(*conversation)][Name(domain, Label(label), Evidence(evidence))] += bytes_
    return dict(found)
