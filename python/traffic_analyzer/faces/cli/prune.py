"""What ``prune`` says."""

from __future__ import annotations

from collections.abc import Mapping

from ...units import bytes_text, minute_text


def render_pruned(deleted: Mapping[str, int], retention_days: int) -> str:
    """How many rows went, by table."""
    rows = ", ".join(f"{table} {count:,}" for table, count in deleted.items())
    return f"deleted rows older than {retention_days} days: {rows}\n"


def render_left(since_unix_s: Mapping[str, int], used_bytes: int, file_bytes: int, has_leftovers: bool) -> str:
    """What is there still.

    :param since_unix_s: by tier, where it has any: when its first row begins.
    :param has_leftovers: names and addresses that nothing refers to could not go.
    """
    tiers = ", ".join(f"{tier} from {minute_text(unix_s)}" for tier, unix_s in since_unix_s.items())
    said = f"left: {tiers or 'no rows'}; {bytes_text(used_bytes)} in use, of files of {bytes_text(file_bytes)}\n"
    if has_leftovers:
        said += "names and addresses that are of no use any more are left to the collector, which is writing\n"
    return said
