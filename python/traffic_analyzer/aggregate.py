"""Minute buckets: sums by key, from any number of additions."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from .records import Traffic

Key = TypeVar("Key", bound=Hashable)


def add(bucket: dict[Key, Traffic], key: Key, bytes_: int, packets: int) -> None:
    """Adds to what *bucket* holds under *key*."""
    held = bucket.get(key)
    if held is None:
        bucket[key] = Traffic(bytes_, packets)
    else:
        bucket[key] = Traffic(held.bytes + bytes_, held.packets + packets)
