"""Plain data: equal where its values are, and shared with nobody."""

from __future__ import annotations

from traffic_analyzer.records import Batch, Direction, Interface, Role, Traffic

from .traffic import flow_key


def test_batches_do_not_share_what_they_hold() -> None:
    one, other = Batch("a", 0), Batch("a", 0)
    one.flows[flow_key()] = Traffic(1, 1)
    one.health.append(None)  # type: ignore[arg-type]
    assert not other.flows and not other.counters and not other.health


def test_every_part_of_a_flow_key_tells_flows_apart() -> None:
    key = flow_key()
    for field in key._fields:
        assert key._replace(**{field: object()}) != key
    assert {key: 1}[flow_key()] == 1


def test_directions_index_what_the_kernel_counts() -> None:
    assert [int(direction) for direction in Direction] == [0, 1]


def test_an_interface_belongs_to_the_host_unless_said_otherwise() -> None:
    assert Interface("eth0", 2, True).role is Role.HOST
