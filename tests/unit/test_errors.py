"""What ends a command, with which status."""

from __future__ import annotations

import pytest

from traffic_analyzer import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.UsageError, 2), (errors.KernelError, 1), (errors.StoreError, 1), (errors.TrafficAnalyzerError, 1)],
)
def test_exit_status(error: type[errors.TrafficAnalyzerError], status: int) -> None:
    assert error("why").exit_status == status
    assert issubclass(error, errors.TrafficAnalyzerError)


def test_bad_bytes_from_the_wire_never_end_a_command() -> None:
    assert not issubclass(errors.WireError, errors.TrafficAnalyzerError)
