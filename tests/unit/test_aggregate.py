"""Sums by key."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.aggregate import add
from traffic_analyzer.records import Traffic

_AMOUNT = st.integers(0, 2**63)


@given(st.lists(st.tuples(st.sampled_from("abc"), _AMOUNT, _AMOUNT)))
def test_additions_sum_up_by_key_in_any_order(additions: list[tuple[str, int, int]]) -> None:
    forwards: dict[str, Traffic] = {}
    backwards: dict[str, Traffic] = {}
    bytes_, packets = Counter[str](), Counter[str]()
    for key, more_bytes, more_packets in additions:
        add(forwards, key, more_bytes, more_packets)
        bytes_[key] += more_bytes
        packets[key] += more_packets
    for addition in reversed(additions):
        add(backwards, *addition)
    assert forwards == backwards == {key: Traffic(bytes_[key], packets[key]) for key in bytes_}
