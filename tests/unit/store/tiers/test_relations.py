"""A relation is made of the tables that have what is read, each row once, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from traffic_analyzer.store.database import open_readable
from traffic_analyzer.store.tiers.cover import Arm, Cover, Tier
from traffic_analyzer.store.tiers.relations import (
    RELATIONS,
    TIME,
    Asked,
    Filter,
    ask_for_domains,
    reading,
    with_relations,
)
from traffic_analyzer.store.tiers.rollups import ROLLUPS, register
from traffic_analyzer.store.tiers.snapshot import Snapshot, snapshot

from ... import tiers
from ...traffic import MAC, MINUTE, batch, flow_key, home, stored

_HOUR = MINUTE - MINUTE % 3600
_MINUTES = Cover((Arm(Tier.MINUTE, MINUTE, MINUTE + 60),), MINUTE, MINUTE + 60)
_HOURS = Cover((Arm(Tier.HOUR, _HOUR, _HOUR + 3600),), _HOUR, _HOUR + 3600)
_FLOW = RELATIONS["flow"]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[SqliteDatabase, Snapshot]]:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    tiers.take(path)
    with open_readable(path) as database, snapshot(database) as found:
        register(database)
        yield database, found


@pytest.mark.parametrize(
    ("sql", "columns", "functions"),
    [
        ("SELECT sum(bytes) FROM flow", {"flow": {"bytes"}}, {"sum"}),
        ("SELECT f.domain_id FROM flow AS f WHERE hour_of(f.minute_unix_s) > ?", {"flow": {"domain_id", TIME}},
         {"hour_of"}),
        ("SELECT text FROM remote, flow ORDER BY again", {"remote": {"text"}, "flow": {"again"}}, set()),
        ("SELECT c.text, (SELECT name FROM device_name WHERE device_id = device.id) FROM client AS c, device",
         {"client": {"text"}, "device": {"id"}, "device_name": {"name", "device_id"}}, set()),
    ],
)  # fmt: skip
def test_sqlite_says_what_a_query_reads(
    opened: tuple[SqliteDatabase, Snapshot], sql: str, columns: dict[str, set[str]], functions: set[str]
) -> None:
    parameters = [0] if "?" in sql else []
    found = reading(opened[0], sql, parameters)
    assert ({table: set(read) for table, read in found.columns.items()}, set(found.functions)) == (columns, functions)
    assert opened[0].execute_sql("SELECT count(*) FROM flow_minute").fetchone() == (5,)  # and asks no more


@pytest.mark.parametrize(
    ("read", "rollup"),
    [
        ({"domain_id", "bytes", "direction"}, "traffic"), ({"service_port", "rx_packets"}, "traffic"),
        ({"resolver_id", "l4_proto", TIME}, "traffic"), ({"label_id", "tx_bytes"}, "coverage"), (set(), "coverage"),
        ({"remote_id", "bytes"}, "remote"),
        ({"client_id", "last_unix_s", "tx_bytes", "is_tx"}, "client"), ({"last_unix_s"}, "client"),
        ({"remote_id", "domain_id"}, "conversation"), ({"client_port", "rx_bytes", "service_port"}, "conversation"),
        (set(_FLOW.columns), "conversation"),
    ],
    ids=str,
)  # fmt: skip
def test_the_first_rollup_that_has_all_that_is_read_is_taken(
    opened: tuple[SqliteDatabase, Snapshot], read: set[str], rollup: str
) -> None:
    sql = with_relations(_FLOW, read, Asked(), _HOURS, opened[1])
    tables = {r.name for r in ROLLUPS if f"{r.name}_hour" in sql}
    assert tables == {rollup}
    opened[0].execute_sql(sql + "SELECT * FROM flow").fetchall()


@pytest.mark.parametrize(
    ("asked", "rollup"),
    [(Asked(is_once=True, ifaces={1: "eth0"}), "coverage"), (Asked(devices=(1,)), "traffic"),
     (Asked(has_domains=True), "traffic")],
    ids=["all", "a device", "a name"],
)  # fmt: skip
def test_the_rollup_has_what_is_asked_for_too(
    opened: tuple[SqliteDatabase, Snapshot], asked: Asked, rollup: str
) -> None:
    ask_for_domains(opened[0], "SELECT 1", [])
    sql = with_relations(_FLOW, ["label_id", "bytes"], asked, _HOURS, opened[1])
    assert f"{rollup}_hour" in sql
    opened[0].execute_sql(sql + "SELECT * FROM flow").fetchall()


@pytest.mark.parametrize("name", RELATIONS)
@pytest.mark.parametrize("span", [_MINUTES, _HOURS], ids=["minutes", "hours"])
def test_every_column_can_be_read_but_a_client_that_hours_do_not_know(
    opened: tuple[SqliteDatabase, Snapshot], name: str, span: Cover
) -> None:
    relation = RELATIONS[name]
    has_client = name == "flow" or span is _MINUTES
    columns = [column for column in relation.columns if has_client or column != "client_id"]
    sql = with_relations(relation, columns, Asked(), span, opened[1])
    cursor = opened[0].execute_sql(f"{sql} SELECT {', '.join(columns)} FROM {name}")
    assert cursor.fetchall()
    if not has_client and "client_id" in relation.columns:
        with pytest.raises(LookupError, match="client_id"):
            with_relations(relation, relation.columns, Asked(), span, opened[1])


@pytest.mark.parametrize("span", [_MINUTES, _HOURS], ids=["minutes", "hours"])
def test_halves_are_told_apart_where_they_are_asked_for(
    opened: tuple[SqliteDatabase, Snapshot], span: Cover
) -> None:
    def rows(*columns: str) -> list[tuple[int, ...]]:
        sql = with_relations(_FLOW, columns, Asked(), span, opened[1])
        values = [f"sum({column})" if column in _FLOW.sums else column for column in columns]
        groups = ", ".join(column for column in columns if column not in _FLOW.sums) or "NULL"
        return sorted(opened[0].execute_sql(f"{sql} SELECT {', '.join(values)} FROM flow GROUP BY {groups}"))

    assert rows("rx_bytes", "tx_bytes", "bytes", "packets") == [(1_400, 150, 1_550, 31)]
    assert rows("direction", "is_tx", "bytes", "rx_bytes", "tx_bytes") == [
        (0, 0, 1_000, 1_000, 0), (0, 1, 50, 0, 50), (1, 0, 400, 400, 0), (1, 1, 100, 0, 100),
    ]  # fmt: skip
    assert rows("direction", "rx_bytes", "tx_packets") == [(0, 1_000, 5), (1, 400, 10)]
    assert rows("is_tx", "rx_packets") == [(0, 16), (1, 0)]


def test_what_is_asked_for(opened: tuple[SqliteDatabase, Snapshot]) -> None:
    database, found = opened
    ids = dict(database.execute_sql("SELECT text, id FROM device UNION SELECT text, id FROM iface"))
    ask_for_domains(database, "SELECT id FROM domain WHERE text = ?", ["dns.quad9.net"])

    def bytes_(asked: Asked, span: Cover) -> int:
        sql = with_relations(_FLOW, ["bytes"], asked, span, found)
        return int(database.execute_sql(f"{sql} SELECT bytes FROM flow").fetchone()[0] or 0)

    for span in (_MINUTES, _HOURS):
        assert bytes_(Asked(is_once=True), span) == 1_550
        assert bytes_(Asked(ifaces={ids["br-lan"]: "br-lan"}), span) == 450
        assert bytes_(Asked(devices=(ids[MAC],)), span) == bytes_(Asked(has_domains=True), span) == 450
        assert bytes_(Asked(devices=()), span) == 0
    client = database.execute_sql("SELECT id FROM address WHERE text = '2001:db8:1::20'").fetchone()[0]
    assert bytes_(Asked(devices=(), clients=(client,)), _MINUTES) == 450
    assert bytes_(Asked(devices=(), clients=(client,)), _HOURS) == 0  # they know devices only
    assert bytes_(Asked(devices=(), clients=(client,), devices_of_clients=(ids[MAC],)), _HOURS) == 450
    health = with_relations(RELATIONS["health"], ["flow_entries"], Asked(ifaces={1: "a'b", 2: "eth0"}), _HOURS, found)
    assert database.execute_sql(f"{health} SELECT * FROM health").fetchall() == [("eth0", 0, 3)]


def test_rows_that_are_left_out_before_they_are_added_up(opened: tuple[SqliteDatabase, Snapshot]) -> None:
    only = Filter('FROM "flow" AS "t1" WHERE "t1"."l4_proto" = ?', frozenset({"l4_proto"}))
    for span in (_MINUTES, _HOURS):
        sql = with_relations(_FLOW, ["bytes", "is_tx"], Asked(), span, opened[1], only)
        rows = opened[0].execute_sql(f"{sql} SELECT is_tx, bytes FROM flow", [17])
        assert sorted(rows) == [(0, 400), (1, 50)]


def test_the_most_of_several_interfaces_are_not_one(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", home(MINUTE))
    with open_readable(path) as database, snapshot(database) as found:
        sql = with_relations(RELATIONS["name_health"], ["cache_entries"], Asked(), _MINUTES, found)
        assert database.execute_sql(f"{sql} SELECT sum(cache_entries) FROM name_health").fetchone() == (3,)


def test_pending_rows_that_an_archive_has_are_left_out(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (7, 1)}))
    tiers.take(path, must_forget=False)
    with open_readable(path) as database, snapshot(database) as found:
        register(database)
        sql = with_relations(_FLOW, ["bytes"], Asked(), _HOURS, found)
        assert database.execute_sql(f"{sql} SELECT bytes FROM flow").fetchone() == (7,)
