"""What ``prune`` says."""

from __future__ import annotations

from collections.abc import Mapping


def render_pruned(deleted: Mapping[str, int], retention_days: int) -> str:
    """How many rows went, by table."""
    rows = ", ".join(f"{table} {count:,}" for table, count in deleted.items())
    return f"deleted rows older than {retention_days} days: {rows}\n"
