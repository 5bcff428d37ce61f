"""What DHCP clients say: real ones, what another reader reads too, every truncation, and hostile ones."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.dhcp import DhcpMessage, mac_of_duid, parse_dhcpv4, parse_dhcpv6

from ...lab.frames import read_pcap
from .dhcp_writer import COOKIE, END, V4, V6, dhcpv4, dhcpv6, duid_ll, duid_llt, ia_na, labels, option, option_6, said

_MAC = bytes.fromhex("020000000102")
_OTHER = bytes.fromhex("02000000ee05")
_ADDRESS, _ADDRESS_6 = bytes([192, 168, 77, 108]), ip_address("2001:db8::108").packed
_CAPTURE = Path(__file__).parents[2] / "kernel" / "browsers" / "dhcp.pcap"


def _v4(*options: tuple[int, bytes], kind: int = V4.REQUEST, **changed: object) -> DhcpMessage | None:
    return parse_dhcpv4(dhcpv4(said(kind, *options), **changed))  # type: ignore[arg-type]


# Real ones.


def test_a_real_client_and_its_server() -> None:
    found = [parse_dhcpv4(frame[42:]) for frame in read_pcap(_CAPTURE)]
    assert found == [
        DhcpMessage(_MAC, b"", "phone-2"), None, DhcpMessage(_MAC, _ADDRESS, "phone-2"), None,
        DhcpMessage(_MAC, b"", "laptop-3"), None, DhcpMessage(_MAC, _ADDRESS, "laptop-3"), None,
    ]  # fmt: skip


# What another reader reads too.


def _udp(payload: bytes, src: bytes, dst: bytes, ports: tuple[int, int]) -> bytes:
    datagram = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    if len(src) == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0)
        return bytes(12) + b"\x08\0" + head + src + dst + datagram
    return bytes(12) + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(datagram), 17, 64) + src + dst + datagram


def _as_tshark_reads(folder: Path, frames: list[bytes], *fields: str) -> list[list[str]]:
    if not shutil.which("tshark"):
        pytest.skip("no tshark: `make setup` installs it")
    records = b"".join(struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)
    (folder / "all.pcap").write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1) + records)
    shown = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(folder / "all.pcap"), "-T", "fields", *shown],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == len(frames)
    return rows


_LETTERS = "abcdefghijklmnopqrstuvwxyzABC0123456789-"


def _word(rolls: random.Random, most: int = 20) -> bytes:
    return "".join(rolls.choices(_LETTERS, k=rolls.randint(1, most))).encode()


def test_dhcpv4_as_another_reader_reads_it(tmp_path: Path) -> None:
    rolls, messages = random.Random(3), []
    for _ in range(400):
        host = _word(rolls, 60)
        fqdn = rolls.choice([b"\0\0\0" + host + b".lan", b"\4\0\0" + labels(host, b"lan")])
        options = [(50, rolls.randbytes(4)), (12, _word(rolls, 60)), (81, fqdn), (61, b"\1" + _OTHER),
                   (55, rolls.randbytes(9)), (0, b"")]  # fmt: skip
        chosen = rolls.sample(options[:5], rolls.randint(0, 5))
        kind = rolls.choice([V4.DISCOVER, V4.REQUEST, V4.RELEASE, V4.INFORM])
        own = rolls.choice([bytes(4), rolls.randbytes(4)])
        head = rolls.choice([0, 1, len(chosen)])
        inside = b"".join(option(*each) for each in chosen[head:])
        if len(inside) < 128 and head < len(chosen):  # overloaded
            field = rolls.choice(["file", "name"] if len(inside) < 64 else ["file"])
            flag = (52, b"\1" if field == "file" else b"\2")
            said_inside = {field: inside + END}
            messages.append(dhcpv4(said(kind, *chosen[:head], flag), rolls.randbytes(6), own=own, **said_inside))
        else:
            messages.append(dhcpv4(said(kind, *chosen), rolls.randbytes(6), own=own))
    frames = [_udp(message, bytes(4), b"\xff" * 4, (68, 67)) for message in messages]
    rows = _as_tshark_reads(
        tmp_path, frames, "dhcp.hw.mac_addr", "dhcp.option.requested_ip_address", "dhcp.ip.client",
        "dhcp.option.hostname", "dhcp.fqdn.name",
    )  # fmt: skip
    for message, (mac, requested, own, host_name, fqdn) in zip(messages, rows, strict=True):
        address = requested or (own if own != "0.0.0.0" else "")
        expected = DhcpMessage(bytes.fromhex(mac.split(",")[0].replace(":", "")),
                               ip_address(address).packed if address else b"",
                               host_name or fqdn.removesuffix("."))  # fmt: skip
        assert parse_dhcpv4(message) == expected


def test_dhcpv6_as_another_reader_reads_it(tmp_path: Path) -> None:
    rolls, messages = random.Random(4), []
    for _ in range(200):
        options = [
            option_6(1, rolls.choice([duid_ll, duid_llt])(rolls.randbytes(6))), ia_na(rolls.randbytes(16)),
            option_6(39, b"\1" + labels(_word(rolls, 60), b"lan")),  # of partial names the other makes nonsense
            option_6(6, b"\0\x17\0\x18"), option_6(8, b"\0\0"), ia_na(),
        ]  # fmt: skip
        kind = rolls.choice([V6.SOLICIT, V6.REQUEST, V6.RENEW, V6.REBIND])  # the other reads names of these only
        messages.append(dhcpv6(kind, *rolls.sample(options, rolls.randint(0, 6))))
    link, group = ip_address("fe80::1").packed, ip_address("ff02::1:2").packed
    frames = [_udp(message, link, group, (546, 547)) for message in messages]
    rows = _as_tshark_reads(
        tmp_path, frames, "dhcpv6.duidll.link_layer_addr", "dhcpv6.duidllt.link_layer_addr", "dhcpv6.iaaddr.ip",
        "dhcpv6.client_domain",
    )  # fmt: skip
    for message, (ll, llt, address, domain) in zip(messages, rows, strict=True):
        expected = DhcpMessage(bytes.fromhex((ll or llt).replace(":", "")),
                               ip_address(address).packed if address else b"", domain.removesuffix("."))  # fmt: skip
        assert parse_dhcpv6(message) == expected


# DHCPv4 by hand.


@pytest.mark.parametrize("kind", [V4.DISCOVER, V4.REQUEST, V4.RELEASE, V4.INFORM])
def test_each_message_of_a_client(kind: int) -> None:
    assert _v4((50, _ADDRESS), (12, b"phone"), kind=kind) == DhcpMessage(_MAC, _ADDRESS, "phone")


def test_what_is_declined_is_another_s() -> None:
    assert _v4((50, _ADDRESS), (12, b"phone"), kind=V4.DECLINE) == DhcpMessage(_MAC, b"", "phone")


@pytest.mark.parametrize("kind", [V4.OFFER, V4.ACK, V4.NAK])
def test_a_server_is_no_client(kind: int) -> None:
    assert _v4((12, b"phone"), kind=kind, op=2) is None


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([(12, b"phone")], "phone"), ([(12, b"phone\0\0")], "phone"), ([(12, b"\0")], ""), ([(12, b"")], ""), ([], ""),
        ([(12, b"pho"), (55, b"\1"), (12, b"ne")], "phone"),  # RFC 3396
        ([(12, b"short"), (81, b"\0\0\0long.lan")], "short"), ([(12, b""), (81, b"\0\0\0long.lan.")], "long.lan"),
        ([(81, b"\4\0\0\4long\3lan\0")], "long.lan"), ([(81, b"\4\0\0\4long")], "long"), ([(81, b"\0\0\0")], ""),
        ([(81, b"\4\0\0\0")], ""), ([(81, b"\4\0\0\4lo"), (81, b"ng\0")], "long"),
        ([(12, "Küche".encode())], "Küche"), ([(12, b"\xff<b>\n\x1b[2J,\0x")], "\\xff<b>\n\x1b[2J,\0x"),
        ([(12, b"a" * 255), (12, b"b" * 255)], "a" * 255 + "b" * 255),
    ],
)  # fmt: skip
def test_host_names(options: list[tuple[int, bytes]], name: str) -> None:
    assert _v4(*options) == DhcpMessage(_MAC, b"", name)


def test_options_in_the_fields_of_names() -> None:
    flagged = said(V4.REQUEST, (52, b"\3"), (12, b"o"))
    file, name = option(12, b"f") + END, b"\0" + option(12, b"n") + END
    assert parse_dhcpv4(dhcpv4(flagged, file=file, name=name)) == DhcpMessage(_MAC, b"", "ofn")
    for bits, expected in ((1, "of"), (2, "on"), (0, "o")):
        flagged = said(V4.REQUEST, (52, bytes([bits])), (12, b"o"))
        assert parse_dhcpv4(dhcpv4(flagged, file=file, name=name)) == DhcpMessage(_MAC, b"", expected)
    without_flag = dhcpv4(said(V4.REQUEST), file=file, name=name)
    assert parse_dhcpv4(without_flag) == DhcpMessage(_MAC, b"", "")


def test_the_network_card() -> None:
    client_id = (61, b"\1" + _OTHER)
    assert _v4(client_id) == DhcpMessage(_MAC, b"", "")
    for hardware in ((32, 0), (32, 6), (1, 0), (1, 16)):  # RFC 4390: InfiniBand tells it there only
        assert _v4(client_id, hardware=hardware) == DhcpMessage(_OTHER, b"", "")
    for other in (b"\0" + _OTHER, b"\1" + _OTHER + b"x", b"\xff" + bytes(18), b""):
        assert _v4((61, other), hardware=(32, 0)) == DhcpMessage(b"", b"", "")


def test_addresses() -> None:
    assert _v4(own=_ADDRESS) == DhcpMessage(_MAC, _ADDRESS, "")
    assert _v4((50, _ADDRESS), own=bytes([10, 0, 0, 1])) == DhcpMessage(_MAC, _ADDRESS, "")


def test_padding_and_a_missing_end() -> None:
    options = b"\0\0" + option(53, bytes([V4.DISCOVER])) + b"\0" + option(12, b"phone")
    expected = DhcpMessage(_MAC, b"", "phone")
    assert parse_dhcpv4(dhcpv4(options)) == expected
    assert parse_dhcpv4(dhcpv4(options + b"\0\0\0")) == expected
    assert parse_dhcpv4(dhcpv4(options + END + b"\x0c\xff")) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"", bytes(300), dhcpv4(said(9)), dhcpv4(said(0)), dhcpv4(END), dhcpv4(option(53, b"") + END),
        dhcpv4(option(53, b"\1\1") + END), dhcpv4(said(V4.OFFER)),
        dhcpv4(said(V4.REQUEST), op=2), dhcpv4(said(V4.REQUEST), op=0),
        dhcpv4(said(V4.REQUEST, (50, b"abc"))), dhcpv4(said(V4.REQUEST, (52, b""))),
        dhcpv4(said(V4.REQUEST, (52, b"\1\1"))),
        dhcpv4(said(V4.REQUEST, (81, b"\4\0\0\5abc"))), dhcpv4(said(V4.REQUEST, (81, b"\4\0\0\x40" + bytes(64)))),
        dhcpv4(said(V4.REQUEST, (81, b"\4\0"))), dhcpv4(said(V4.REQUEST, (52, b"\1")), file=b"\x0c\xff"),
        dhcpv4(said(V4.REQUEST)).replace(COOKIE, b"\x63\x82\x53\x64"),
    ],
)  # fmt: skip
def test_what_is_no_dhcpv4(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_dhcpv4(data)


def test_every_truncation_of_dhcpv4() -> None:
    fqdn = option(81, b"\4\0\0\4long\0")
    parts = [option(53, bytes([V4.REQUEST])), option(50, _ADDRESS), option(12, b"phone"), fqdn, END]
    whole = dhcpv4(b"".join(parts))
    start = len(whole) - sum(map(len, parts))
    boundaries = {start + sum(map(len, parts[:count])): count for count in range(1, 6)}
    for end in range(len(whole)):
        count = boundaries.get(end, 0)
        if count:
            expected = DhcpMessage(_MAC, _ADDRESS if count > 1 else b"", "phone" if count > 2 else "")
            assert parse_dhcpv4(whole[:end]) == expected
        else:
            with pytest.raises(WireError):
                parse_dhcpv4(whole[:end])


# DHCPv6 by hand.


def test_a_client_of_dhcpv6() -> None:
    for kind in (V6.SOLICIT, V6.REQUEST, V6.CONFIRM, V6.RENEW, V6.REBIND, V6.RELEASE, V6.INFORMATION_REQUEST):
        data = dhcpv6(kind, option_6(1, duid_llt(_MAC)), ia_na(_ADDRESS_6), option_6(39, b"\1" + labels(b"phone")))
        assert parse_dhcpv6(data) == DhcpMessage(_MAC, _ADDRESS_6, "phone")
    data = dhcpv6(V6.DECLINE, option_6(1, duid_ll(_MAC)), ia_na(_ADDRESS_6))
    assert parse_dhcpv6(data) == DhcpMessage(_MAC, b"", "")
    assert parse_dhcpv6(dhcpv6(V6.INFORMATION_REQUEST)) == DhcpMessage(b"", b"", "")


@pytest.mark.parametrize("kind", [V6.ADVERTISE, V6.REPLY, V6.RECONFIGURE, V6.RELAY_FORWARD, 13, 36])
def test_a_server_or_a_relay_is_no_client(kind: int) -> None:
    assert parse_dhcpv6(dhcpv6(kind, option_6(1, duid_ll(_MAC)))) is None


@pytest.mark.parametrize(
    ("duid", "mac"),
    [
        (duid_ll(_MAC), _MAC), (duid_llt(_MAC), _MAC), (b"\0\2" + bytes(12), None), (b"\0\4" + bytes(16), None),
        (b"\0\3\0\x20" + _MAC, None), (duid_ll(_MAC) + b"x", None), (duid_llt(_MAC)[:-1], None), (b"", None),
    ],
)  # fmt: skip
def test_duids(duid: bytes, mac: bytes | None) -> None:
    assert mac_of_duid(duid) == mac
    found = parse_dhcpv6(dhcpv6(V6.SOLICIT, option_6(1, duid)))
    assert found == DhcpMessage(mac or b"", b"", "")


def test_names_of_dhcpv6() -> None:
    for wire, name in ((labels(b"a", b"lan"), "a.lan"), (labels(b"a", root=False), "a"), (b"\0", ""), (b"", ""),
                       (labels("Küche".encode()), "Küche"), (labels(b"\xff\n<b>"), "\\xff\n<b>")):  # fmt: skip
        assert parse_dhcpv6(dhcpv6(V6.SOLICIT, option_6(39, b"\0" + wire))) == DhcpMessage(b"", b"", name)


def test_the_first_address_of_several() -> None:
    other = ip_address("2001:db8::9").packed
    data = dhcpv6(V6.RENEW, ia_na(), ia_na(_ADDRESS_6, other), ia_na(other))
    assert parse_dhcpv6(data) == DhcpMessage(b"", _ADDRESS_6, "")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\1", bytes(10), dhcpv6(37), dhcpv6(255), dhcpv6(V6.SOLICIT, b"\0\1\0\2x"),
        dhcpv6(V6.SOLICIT, option_6(39, b"")),
        dhcpv6(V6.SOLICIT, option_6(39, b"\0\5abc")), dhcpv6(V6.SOLICIT, option_6(39, b"\0\xc0\x0c")),
        dhcpv6(V6.SOLICIT, option_6(3, bytes(11))), dhcpv6(V6.SOLICIT, option_6(3, bytes(12) + option_6(5, bytes(23)))),
        dhcpv6(V6.SOLICIT, option_6(3, bytes(12) + b"\0\5\0\x18")),
    ],
)  # fmt: skip
def test_what_is_no_dhcpv6(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_dhcpv6(data)


def test_every_truncation_of_dhcpv6() -> None:
    parts = [b"", option_6(1, duid_ll(_MAC)), ia_na(_ADDRESS_6), option_6(39, b"\1" + labels(b"phone"))]
    whole = dhcpv6(V6.SOLICIT, *parts)
    boundaries = {4 + sum(map(len, parts[: count + 1])): count for count in range(4)}
    for end in range(len(whole)):
        if end in boundaries:
            count = boundaries[end]
            expected = DhcpMessage(_MAC if count > 0 else b"", _ADDRESS_6 if count > 1 else b"", "")
            assert parse_dhcpv6(whole[:end]) == expected
        else:
            with pytest.raises(WireError):
                parse_dhcpv6(whole[:end])


# Hostile.


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for parse, candidate in ((parse_dhcpv4, data), (parse_dhcpv6, data), (parse_dhcpv4, dhcpv4(said(1)[:-1] + data)),
                             (parse_dhcpv6, b"\1abc" + data)):  # fmt: skip
        try:
            found = parse(candidate)
        except WireError:
            continue
        if found is not None:
            assert len(found.mac) in (0, 6) and len(found.address) in (0, 4, 16)
            found.host_name.encode("utf-8")


@given(st.integers(0, 275), st.integers(0, 255))
def test_one_byte_changed(place: int, byte: int) -> None:
    whole = dhcpv4(said(V4.REQUEST, (50, _ADDRESS), (12, b"phone"), (81, b"\4\0\0\4long\0")))
    try:
        parse_dhcpv4(whole[:place] + bytes([byte]) + whole[place + 1 :])
    except WireError:
        return
