"""What is heard from the kernel. That it speaks is tested with real interfaces, in tests/kernel/test_follow.py."""

from __future__ import annotations

import struct

import pytest

from traffic_analyzer.kernel.changes import Changes, ifindexes, is_about_flowtables

_NEWFLOWTABLE, _DELFLOWTABLE, _NEWSETELEM, _NEWTFILTER = 0x0A16, 0x0A18, 0x0A0C, 44


def _message(kind: int, body: bytes) -> bytes:
    whole = struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body
    return whole + bytes(-len(whole) % 4)


def _filter(ifindex: int) -> bytes:
    return _message(_NEWTFILTER, struct.pack("=BxxxiIII", 0, ifindex, 1, 0xFFFFFFF2, 0x10003) + b"bpf")


@pytest.mark.parametrize("kind", [_NEWFLOWTABLE, _DELFLOWTABLE])
def test_a_flowtable_among_others(kind: int) -> None:
    others = _message(_NEWSETELEM, bytes(33)) * 3
    assert is_about_flowtables(others + _message(kind, bytes(5)) + others)
    assert not is_about_flowtables(others)


def test_whose_filters() -> None:
    assert ifindexes(_filter(7) + _filter(9) + _filter(7)) == {7, 9}


@pytest.mark.parametrize("datagram", [b"", bytes(15), bytes(64), b"\xff" * 64, struct.pack("=IHHII", 16, 44, 0, 0, 0)])
def test_what_is_no_message_tells_nothing(datagram: bytes) -> None:
    assert not is_about_flowtables(datagram)
    assert ifindexes(datagram) <= {-1}


@pytest.mark.parametrize("at", range(0, 70, 3))
def test_every_truncation_ends(at: int) -> None:
    assert ifindexes((_filter(7) + _filter(9))[:at]) <= {7, 9}


def test_nothing_has_changed_at_first() -> None:
    changes = Changes()
    assert changes.filters_changed() == set()
    changes.close()
    changes.close()
