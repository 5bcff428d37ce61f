"""Hosts in OpenWrt's DHCP configuration."""

from __future__ import annotations

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.roster.entry import Entry
from traffic_analyzer.roster.reservations import lease_files, parse_reservations

_MAC, _OTHER = "00:11:22:aa:bb:cc", "02:00:00:00:00:05"
_NAS = bytes([192, 168, 1, 5])


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        (["option mac '00:11:22:AA:BB:CC'", "option ip '192.168.1.5'"],
         [Entry(_MAC, b"", "nas"), Entry("192.168.1.5", b"", "nas")]),
        ([f"option mac '{_MAC} {_OTHER}'"], [Entry(_MAC, b"", "nas"), Entry(_OTHER, b"", "nas")]),
        ([f"list mac '{_MAC}'", f"list mac '{_OTHER}'"], [Entry(_MAC, b"", "nas"), Entry(_OTHER, b"", "nas")]),
        (["option ip 192.168.1.5"], [Entry("", _NAS, "nas")]),
        (["option duid 00030001001122aabbcc", "option ip ignore"], [Entry(_MAC, b"", "nas")]),
        (["list duid 000100012b1c0de5001122AABBCC%7"], [Entry(_MAC, b"", "nas")]),
        (["option duid 0004aabb", "option ip 192.168.1.5"], [Entry("", _NAS, "nas")]),
        (["option duid xyz", "option mac 00:11:22:*:*:*"], []), ([], []),
    ],
)  # fmt: skip
def test_a_host(options: list[str], entries: list[Entry]) -> None:
    assert parse_reservations("\n".join(["config host", "option name 'nas'", *options])) == entries


def test_other_sections_and_hosts_without_a_name() -> None:
    text = f"config dnsmasq\noption name x\noption mac {_MAC}\nconfig host\noption mac {_MAC}\noption ip 192.168.1.5"
    assert [entry.name for entry in parse_reservations(text)] == ["", ""]


def test_where_leases_are() -> None:
    text = "config dnsmasq\noption leasefile /a\nconfig dnsmasq\noption leasefile /b\nconfig dnsmasq\n"
    text += "config odhcpd odhcpd\noption leasefile '/tmp/odhcpd leases'\nconfig host\noption leasefile /c"
    assert lease_files(text) == [("dnsmasq", "/a"), ("dnsmasq", "/b"), ("odhcpd", "/tmp/odhcpd leases")]


@pytest.mark.parametrize("path", ["leases", "/tmp/*", "/tmp/a?", "/tmp/[a", "/tmp/a\0b", "/", "''"])
def test_paths_that_are_no_file_s(path: str) -> None:
    assert lease_files(f"config dnsmasq\noption leasefile {path}\n") == []


def test_what_is_no_uci_file() -> None:
    with pytest.raises(UsageError, match="line 2"):
        parse_reservations("config host\noption name 'nas")
