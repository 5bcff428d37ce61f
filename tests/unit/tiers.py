"""Minutes, hours and days of the same traffic, as an archivist leaves them; in plain SQL, with nothing folded."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import AF_INET, inet_ntop
from typing import Any

from traffic_analyzer.records import Batch
from traffic_analyzer.store import facts
from traffic_analyzer.store.database import open_writable
from traffic_analyzer.store.facts import Facts
from traffic_analyzer.store.local_time import day_of, hour_of
from traffic_analyzer.store.models import DICTIONARIES
from traffic_analyzer.store.restamp import TIMED
from traffic_analyzer.store.tiers.progress import Progress
from traffic_analyzer.store.tiers.rollups import ROLLUPS

from .traffic import MAC, batch, counter_key, flow_key, home, question_key, server_name_key

_OTHER_MAC = "00:16:3e:00:00:02"
_REMOTES = ("203.0.113.7", "8.8.8.8", "198.51.100.9")
_NAMES = (("", "unknown", ""), ("www.one.example", "exact", "tls"), ("dns.google", "exact", "tls"),
          ("two.example", "ambiguous", "dns"), ("ech.example", "hidden", "ech"))  # fmt: skip


def some_traffic(minutes: list[int], seed: int = 5) -> list[Batch]:
    """A batch a minute: the small home, and conversations, questions and names that come and go."""
    chance = random.Random(seed)
    found = []
    for number, minute in enumerate(minutes):
        at: dict[str, Any] = {"minute_unix_s": minute}
        flows = {}
        for _ in range(12):
            device = chance.choice((MAC, _OTHER_MAC))
            domain, label, evidence = chance.choice(_NAMES)
            up = chance.random() < 0.5
            iface, ingress_is_up = chance.choice((("br-lan", True), ("eth0", False)))
            key = flow_key(
                f"10.0.{device[-1]}.{chance.randrange(3)}", chance.choice(_REMOTES), **at,
                device=device, domain=domain, label=label, evidence=evidence, is_tx=up, iface=iface,
                direction=int(up != ingress_is_up), l4_proto=chance.choice((6, 17)),
                client_port=chance.choice((80, 4000)), remote_port=chance.choice((53, 443, 853, 50_000)),
                again=chance.random() < 0.2,
            )  # fmt: skip
            flows[key] = (chance.randrange(1, 10**6), chance.randrange(1, 99))
        own = batch(
            flows,
            {counter_key(counter, **at, direction=direction): (chance.randrange(9999), 1)
             for counter in ("seen", "unseen", "exact") for direction in (0, 1)},
            questions={question_key(chance.choice(_NAMES[1:])[0], chance.choice((1, 28)), **at, device=MAC): 3},
            server_names={server_name_key(chance.choice(_NAMES[1:])[0], **at, device=_OTHER_MAC): 2},
            addresses=[(key.device, inet_ntop(AF_INET, key.client)) for key in flows],
        )  # fmt: skip
        every = home(minute)
        found.append(replace(
            every, generation=number, flows=dict(every.flows) | dict(own.flows),
            counters=dict(every.counters) | dict(own.counters), questions=dict(every.questions) | dict(own.questions),
            server_names=dict(every.server_names) | dict(own.server_names),
            addresses=set(every.addresses) | set(own.addresses),
        ))  # fmt: skip
    return found


def seal(path: Path) -> int:
    """All minutes are rolled up and a sequence ends: the last one to be taken."""
    with closing(open_writable(path)) as database:
        progress = Progress(database)
        with database.atomic("IMMEDIATE"):
            return progress.seal()


def take(path: Path, archive: Path | None = None, sealed: int | None = None, *, must_forget: bool = True) -> None:
    """What is pending becomes hours, of the archive or the database itself.

    :param must_forget: False: the pending rows are still there afterwards, as until the writer deletes them.
    """
    last = seal(path) if sealed is None else sealed
    if archive is not None and not archive.exists():
        open_writable(archive).close()
        with closing(sqlite3.connect(archive)) as made:
            made.execute("PRAGMA journal_mode = delete")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        where = "main"
        if archive is not None:
            where = "archive"
            database.execute("ATTACH ? AS archive", (str(archive),))
        store_id = database.execute("SELECT value FROM main.meta_kv WHERE key = ?", (facts.STORE_ID,)).fetchone()[0]
        database.execute("BEGIN IMMEDIATE")
        if archive is not None:
            for model in DICTIONARIES:
                table = model._meta.table_name
                database.execute(f"INSERT OR IGNORE INTO archive.{table} SELECT * FROM main.{table}")
            database.execute("INSERT OR REPLACE INTO main.meta_kv VALUES (?, ?)", (facts.ARCHIVE, str(archive)))
        for rollup in ROLLUPS:
            columns = ", ".join(rollup.columns)
            conflict = ", ".join(("start_unix_s", *rollup.keys))
            database.execute(
                f"INSERT INTO {where}.{rollup.table('hour')} ({columns}) SELECT {columns} "
                f"FROM main.{rollup.table('pending')} WHERE sequence <= {last} ON CONFLICT ({conflict}) {rollup.merged}"
            )
            if must_forget:
                database.execute(f"DELETE FROM main.{rollup.table('pending')} WHERE sequence <= {last}")
        database.execute(f"INSERT OR REPLACE INTO {where}.meta_kv VALUES (?, ?)", (facts.taken(store_id), str(last)))
        database.execute("COMMIT")


def roll_days(path: Path, until_unix_s: int) -> None:
    """The hours of the file before a midnight become days too."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.create_function("day_of", 1, day_of)
        for rollup in ROLLUPS:
            values = [f"max({c})" for c in rollup.maxima] + [f"sum({c})" for c in rollup.sums]
            keys = ", ".join(("day_of(start_unix_s)", *rollup.keys))
            database.execute(
                f"INSERT INTO {rollup.table('day')} SELECT {keys}, {', '.join(values)} FROM {rollup.table('hour')} "
                f"WHERE start_unix_s < {until_unix_s} GROUP BY {keys}"
            )
        database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (facts.DAYS_UNTIL, str(until_unix_s)))


def forget_minutes(path: Path, before_unix_s: int) -> None:
    """Minutes are pruned."""
    with closing(sqlite3.connect(path)) as database, database:
        for table, minute in TIMED.items():
            database.execute(f"DELETE FROM {table} WHERE {minute} < ?", (before_unix_s,))
        database.execute("INSERT OR REPLACE INTO meta_kv VALUES (?, ?)", (facts.MINUTES_SINCE, str(before_unix_s)))


def forget_hours(path: Path, before_unix_s: int) -> None:
    """Hours are pruned."""
    with closing(open_writable(path)) as database, database.atomic():
        for rollup in ROLLUPS:
            database.execute_sql(f"DELETE FROM {rollup.table('hour')} WHERE start_unix_s < ?", (before_unix_s,))
        Facts(database).put(facts.HOURS_SINCE, hour_of(before_unix_s))
