"""What ends a command, with which status."""

from __future__ import annotations

import pytest

from traffic_analyzer import errors
from traffic_analyzer.__main__ import main


@pytest.mark.parametrize(
    ("error", "status"),
    [(errors.UsageError, 2), (errors.KernelError, 1), (errors.StoreError, 1), (errors.TrafficAnalyzerError, 1)],
)
def test_exit_status(error: type[errors.TrafficAnalyzerError], status: int) -> None:
    assert error("why").exit_status == status
    assert issubclass(error, errors.TrafficAnalyzerError)


def test_what_is_nearest() -> None:
    known = ["--device", "--since", "top-domain"]
    assert errors.nearest("--devcie", known) == " (did you mean --device?)"
    assert errors.nearest("TOPDOMAIN", known) == " (did you mean top-domain?)"
    assert errors.nearest("--xyz", known) == errors.nearest("", known) == errors.nearest("x" * 10**6, known) == ""


def test_bad_bytes_from_the_wire_never_end_a_command() -> None:
    assert not issubclass(errors.WireError, errors.TrafficAnalyzerError)


@pytest.mark.parametrize(("argv", "said"), [
    (["top-domian"], "top-domian: no such command (did you mean top-domain?); see `traffic-analyzer --help`"),
    (["Devices"], "Devices: no such command (did you mean top-device?); see `traffic-analyzer --help`"),
    (["help"], "help: no such command; see `traffic-analyzer --help`"),
    (["x" * 99], f"{'x' * 63}…: no such command; see `traffic-analyzer --help`"),
    (["ledger", "--limt", "3"], "--limt: traffic-analyzer ledger has no such flag; see `traffic-analyzer ledger "
     "--help`"),
    (["top-ip", "--limt=3"], "--limt: traffic-analyzer top-ip has no such flag (did you mean --limit?); see "
     "`traffic-analyzer top-ip --help`"),
    (["--weeb"], "--weeb: traffic-analyzer summary has no such flag; see `traffic-analyzer summary --help`"),
    (["top-ip", "laptop"], "laptop: one word too many; values of flags stand behind them; see `traffic-analyzer top-ip "
     "--help`"),
    (["top-ip", "--sort", "packet"], "--sort packet: choose from remote_ip, rx_bytes, tx_bytes, bytes, share, packets "
     "(did you mean packets?)"),
])  # fmt: skip
def test_who_mistypes_is_told_what_is_nearest(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert capsys.readouterr() == ("", f"traffic-analyzer: {said}\n")
