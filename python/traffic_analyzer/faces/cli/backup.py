"""What ``export`` and ``import`` say."""

from __future__ import annotations

from collections.abc import Mapping

from ...units import escaped, minute_text


def render_exported(rows: Mapping[str, int], since_unix_s: int | None, until_unix_s: int | None, path: str) -> str:
    """How many rows *path* got, by table, and the time that they are of."""
    return f"wrote to {escaped(path)}{_of(since_unix_s, until_unix_s)}: {_counts(rows)}\n"


def render_imported(rows: Mapping[str, int], since_unix_s: int | None, until_unix_s: int | None, path: str) -> str:
    """How many rows came from *path*, by table, and the time that they are of."""
    return f"took from {escaped(path)}{_of(since_unix_s, until_unix_s)}: {_counts(rows)}\n"


def _of(since_unix_s: int | None, until_unix_s: int | None) -> str:
    if since_unix_s is None or until_unix_s is None:
        return ""
    return f", of {minute_text(since_unix_s)} to {minute_text(until_unix_s)}"


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{table} {count:,}" for table, count in rows.items())
