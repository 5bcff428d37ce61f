"""Databases to damage: real files of SQLite with tables of ours, one of them large."""

from __future__ import annotations

import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

PAGE_BYTES = 4096
ROWS = 4000
SUM = sum(range(ROWS))
MAKE = (
    "CREATE TABLE meta_kv (key TEXT PRIMARY KEY, value TEXT)",
    "CREATE TABLE flow_minute (minute INTEGER, remote TEXT, bytes INTEGER, PRIMARY KEY (minute, remote)) WITHOUT ROWID",
    "CREATE TABLE domain (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT UNIQUE)",
)  # fmt: skip


def database(path: Path, journal_mode: str = "delete", rows: int = ROWS) -> Path:
    """A sound one at *path* with *rows* rows in each of two tables, and names in a third."""
    with closing(connect(path)) as made:
        made.execute(f"PRAGMA journal_mode = {journal_mode}")
        made.execute("BEGIN")
        for statement in MAKE:
            made.execute(statement)
        made.execute("PRAGMA user_version = 3")
        fill(made, 0, rows)
        made.execute("COMMIT")
    return path


def connect(path: Path) -> sqlite3.Connection:
    """To the database at *path*, with transactions by hand; it waits for no disk."""
    made = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    made.execute("PRAGMA synchronous = off")
    return made


def fill(target: sqlite3.Connection, begin: int, end: int) -> None:
    """Rows from *begin* to *end*."""
    numbers = range(begin, end)
    target.executemany("INSERT INTO flow_minute VALUES (?, ?, ?)", [(n // 50 * 60, f"192.0.2.{n}", n) for n in numbers])
    target.executemany("INSERT INTO domain (text) VALUES (?)", [(f"{n * 7919}.example",) for n in numbers])


def total(path: Path) -> int:
    """The sum of all rows; every row of every table is read.

    :raises sqlite3.Error: it cannot be.
    """
    with closing(connect(path)) as read:
        for table in ("meta_kv", "domain", "flow_minute"):
            read.execute(f"SELECT * FROM {table}").fetchall()
        return int(read.execute("SELECT ifnull(sum(bytes), 0) FROM flow_minute").fetchone()[0])


def overwrite(path: Path, at: int, content: bytes) -> None:
    """Puts *content* over what lies at byte *at*."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def flip(path: Path, seed: int, count: int) -> None:
    """Other bytes in *count* random places."""
    chosen = random.Random(seed)
    for _ in range(count):
        at = chosen.randrange(path.stat().st_size)
        with path.open("r+b") as file:
            file.seek(at)
            old = file.read(1)[0]
            file.seek(at)
            file.write(bytes([old ^ chosen.randrange(1, 256)]))


def garbage(seed: int, count: int) -> bytes:
    """*count* random bytes."""
    return random.Random(seed).randbytes(count)


def truncate(path: Path, size_bytes: int) -> None:
    """Cuts the file off."""
    os.truncate(path, size_bytes)
