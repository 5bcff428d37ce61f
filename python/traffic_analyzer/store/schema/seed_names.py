"""Takes over the seed's tables of names: questions, server names, and the health of its table of names.

They name no device and no client. Names are compared without regard to case, so they become lower case.
"""

from __future__ import annotations

from peewee import SqliteDatabase

from .seed import ASIDE, counts, drop

_DNS, _SNI, _CACHE = TABLES = ("dns_1m", "sni_1m", "dns_cache_1m")
# A seed database names types by number; one written by hand may have them as text (RFC 3597: TYPE65).
_QTYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35, "DS": 43,
    "RRSIG": 46, "DNSKEY": 48, "SVCB": 64, "HTTPS": 65, "ANY": 255,
}  # fmt: skip
_QTYPE = (
    "CASE " + " ".join(f"WHEN upper(qtype) = '{name}' THEN {number}" for name, number in _QTYPES.items())
    + " WHEN upper(qtype) GLOB 'TYPE[0-9]*' THEN CAST(substr(qtype, 5) AS INTEGER) ELSE ifnull(qtype, 0) END"
)  # fmt: skip
_TAKE_DNS = f"""
INSERT INTO question_minute (minute_unix_s, iface_id, device_id, client_id, domain_id, qtype, count)
SELECT ts_minute, iface.id, 0, 0, domain.id, {_QTYPE}, sum(count)
FROM {ASIDE}{_DNS} AS old
  JOIN iface ON iface.text = ifnull(old.iface, '')
  JOIN domain ON domain.text = lower(ifnull(qname, ''))
WHERE true
GROUP BY 1, 2, 5, 6
ON CONFLICT DO UPDATE SET count = count + excluded.count
"""
_TAKE_SNI = f"""
INSERT INTO server_name_minute (minute_unix_s, iface_id, device_id, client_id, domain_id, evidence_id, count)
SELECT ts_minute, iface.id, 0, 0, domain.id, evidence.id, sum(count)
FROM {ASIDE}{_SNI} AS old
  JOIN iface ON iface.text = ifnull(old.iface, '')
  JOIN domain ON domain.text = lower(ifnull(sni, ''))
  JOIN evidence ON evidence.text = 'tls'
GROUP BY 1, 2, 5
"""  # over TCP: the seed read no other ClientHello
_TAKE_CACHE = f"""
INSERT INTO {_CACHE} (ts_minute, iface, cache_entries, dns_answer_events, sni_events, new, refresh, expired)
SELECT ts_minute, iface, ifnull(cache_entries, 0), ifnull(dns_answer_events, 0), ifnull(sni_events, 0), ifnull(new, 0),
  ifnull(refresh, 0), ifnull(expired, 0)
FROM {ASIDE}{_CACHE}
"""
_STATEMENTS = {
    _DNS: (f"INSERT OR IGNORE INTO domain (text) SELECT lower(ifnull(qname, '')) FROM {ASIDE}{_DNS}", _TAKE_DNS),
    _SNI: (f"INSERT OR IGNORE INTO domain (text) SELECT lower(ifnull(sni, '')) FROM {ASIDE}{_SNI}",
           "INSERT OR IGNORE INTO evidence (text) VALUES ('tls')", _TAKE_SNI),
    _CACHE: (_TAKE_CACHE,),
}  # fmt: skip


def take(database: SqliteDatabase) -> None:
    """Reads the tables that were set aside into ours."""
    taken = counts(database, TABLES)
    for table in taken:
        database.execute_sql(f"INSERT OR IGNORE INTO iface (text) SELECT ifnull(iface, '') FROM {ASIDE}{table}")
        for statement in _STATEMENTS[table]:
            database.execute_sql(statement)
    drop(database, taken)
