"""ClientHello: what is read of it, what more is needed, what is refused."""

from __future__ import annotations

import ssl
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.names import escape_name
from traffic_analyzer.wire.tls import STREAM_BYTES, ClientHello, parse_client_hello, parse_records

from .hello_writer import (
    GREASE,
    RECORDED,
    alpn,
    client_hello,
    ech,
    key_share,
    records,
    server_name,
    supported_groups,
    vector,
)

_NOTHING = ClientHello(None, (), None, False, False, 0)
_FULL = client_hello(
    [
        (GREASE, b""),
        server_name(b"www.example.org"),
        (23, b""),
        supported_groups(GREASE, 0x11EC, 0x001D),
        alpn(b"h2", b"http/1.1"),
        key_share(0x11EC, size=1216),
        ech(7),
        (GREASE + 0x1010, b"\x00"),
        (21, bytes(100)),
    ]
)
_EXPECTED = ClientHello("www.example.org", (b"h2", b"http/1.1"), 7, False, True, len(_FULL))
_HTTP = (b"h2", b"http/1.1")


def _read(*extensions: tuple[int, bytes]) -> ClientHello:
    message = client_hello(extensions)
    hello = parse_client_hello(message)
    assert hello is not None
    assert hello.length_bytes == len(message)
    return hello._replace(length_bytes=0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chromium", ClientHello("www.alpha.example", _HTTP, 173, False, True, 1920)),
        ("chromium-ech", ClientHello("public.delta.example", _HTTP, 42, False, True, 1955)),
        ("firefox", ClientHello("www.beta.example", _HTTP, 202, False, True, 1894)),
        ("firefox-ech", ClientHello("public.delta.example", _HTTP, 42, False, True, 1834)),
        ("curl", ClientHello("www.alpha.example", _HTTP, None, False, False, 512)),
        ("go", ClientHello("www.delta.example", _HTTP, None, False, True, 1534)),
    ],
)
def test_what_browsers_sent(name: str, expected: ClientHello) -> None:
    stream = (RECORDED / f"{name}.bin").read_bytes()
    assert parse_records(stream) == expected
    assert parse_records(stream + b"whatever follows") == expected
    for cut in range(len(stream)):
        assert parse_records(stream[:cut]) is None


def test_a_hello_by_hand() -> None:
    assert parse_client_hello(_FULL) == _EXPECTED
    assert parse_client_hello(_FULL + b"\x14garbage") == _EXPECTED


def test_every_truncation_needs_more() -> None:
    assert [parse_client_hello(_FULL[:cut]) for cut in range(len(_FULL))] == [None] * len(_FULL)


@pytest.mark.parametrize("version", [0x0300, 0x0301, 0x0302, 0x0303, 0x0304])
def test_legacy_versions(version: int) -> None:
    message = client_hello([server_name(b"a.example")], version)
    assert parse_records(records(message, version=version)) == _NOTHING._replace(
        server_name="a.example", length_bytes=len(message)
    )


def test_no_extensions_at_all() -> None:
    message = client_hello(None)
    assert parse_client_hello(message) == _NOTHING._replace(length_bytes=len(message))
    assert _read() == _NOTHING


@pytest.mark.parametrize(
    ("extension", "name"),
    [
        (server_name(b"WWW.Example.org"), "WWW.Example.org"),
        (server_name(b"a.example."), "a.example"),
        (server_name(b"<b>,\x00\x1b[\\\xff.x"), "<b>,\\000\\027[\\\\\\255.x"),
        (server_name(b"x" * 255), "x" * 255),
        (server_name(b""), None),
        (server_name(b"."), None),
        (server_name(), None),
        ((0, b""), None),
        (server_name(b"a.example", kind=9), None),
        ((0, vector(2, b"\x09" + vector(2, b"other") + b"\x00" + vector(2, b"a.example"))), "a.example"),
        (server_name(b"a.example", b"a.example"), "a.example"),
    ],
)
def test_server_names(extension: tuple[int, bytes], name: str | None) -> None:
    assert _read(extension) == _NOTHING._replace(server_name=name)


def test_the_first_of_equal_server_names_counts_and_of_other_extensions() -> None:
    name = server_name(b"a.example")
    assert _read(name, alpn(b"h2"), name, alpn(b"h3")) == _NOTHING._replace(server_name="a.example", alpn=(b"h2",))


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ([ech(0)], _NOTHING._replace(ech_config_id=0)),
        ([ech(255, b"", b"")], _NOTHING._replace(ech_config_id=255)),
        ([(0xFE0D, b"\x01")], _NOTHING),  # inner
        ([(0xFE0D, b"")], _NOTHING),
        ([(0xFFCE, b"sealed")], _NOTHING._replace(has_esni=True)),
        ([supported_groups(0x001D, 0x0017)], _NOTHING),
        ([supported_groups(0x001D, 0x11EB)], _NOTHING._replace(is_post_quantum=True)),
        ([supported_groups(0x11ED)], _NOTHING._replace(is_post_quantum=True)),
        ([supported_groups(0x6399)], _NOTHING._replace(is_post_quantum=True)),
        ([key_share(0x001D)], _NOTHING),
        ([key_share(0x001D, 0x0201)], _NOTHING._replace(is_post_quantum=True)),
        ([key_share()], _NOTHING),  # asks for a HelloRetryRequest
        ([alpn(b"dot", b"\x0a\x0a")], _NOTHING._replace(alpn=(b"dot", b"\x0a\x0a"))),
        ([alpn()], _NOTHING),
    ],
)
def test_other_extensions(extensions: list[tuple[int, bytes]], expected: ClientHello) -> None:
    assert _read(*extensions) == expected


@pytest.mark.parametrize(
    "message",
    [
        b"\x02" + vector(3, bytes(60)),  # ServerHello
        b"\x00",
        b"\x01\x01\x00\x00",  # 64 KB, and with its header more
        b"\x01\xff\xff\xff",
        client_hello([], version=0x0203),
        client_hello([], session_id=bytes(33)),
        client_hello([], tail=b"\x00"),
        client_hello(None, tail=b"\x00"),
        client_hello(None, tail=b"\x00\x04\x00\x00\x00"),
        b"\x01" + vector(3, b""),
        b"\x01" + vector(3, b"\x03\x03" + bytes(32)),
        client_hello([server_name(b"a.example"), server_name(b"b.example")]),
        client_hello([server_name(b"a.example"), (0, b"")]),
        client_hello([server_name(b"a.example", b"b.example")]),
        client_hello([server_name(b"", b"b.example")]),
        client_hello([server_name(b"x" * 256)]),
        client_hello([(0, b"\x00")]),
        client_hello([(0, server_name(b"a.example")[1][:-1])]),
        client_hello([(0, server_name(b"a.example")[1] + b"\x00")]),
        client_hello([(0, vector(2, b"\x00\x00\x10short"))]),
        client_hello([alpn(b"h2", b"")]),
        client_hello([(16, vector(2, b"\x03h2"))]),
        client_hello([(0xFE0D, b"\x00\x00\x01")]),
        client_hello([(0xFE0D, ech(1)[1][:-1])]),
        client_hello([(10, vector(2, b"\x11"))]),
        client_hello([(51, vector(2, b"\x11\xec\x00\x09short"))]),
    ],
)
def test_refused(message: bytes) -> None:
    with pytest.raises(WireError):
        parse_client_hello(message)
    with pytest.raises(WireError):
        parse_records(records(message))


@pytest.mark.parametrize("message", [b"", b"\x01", b"\x01\x00\x00", b"\x01\x00\xff\xfc\x03"])
def test_more_is_needed(message: bytes) -> None:
    assert parse_client_hello(message) is None


def test_records_are_cut_anywhere() -> None:
    message = client_hello([server_name(b"a.example"), alpn(b"h2")])
    expected = ClientHello("a.example", (b"h2",), None, False, False, len(message))
    for cut in range(1, len(message)):
        stream = records(message, (cut,))
        assert parse_records(stream) == expected
        assert parse_records(stream[:-1]) is None
    stream = records(message, [1] * len(message))
    assert parse_records(stream) == expected
    assert [parse_records(stream[:cut]) for cut in range(len(stream))] == [None] * len(stream)


def test_the_hello_after_a_retry_request_has_a_record_before_it() -> None:
    stream = bytes.fromhex("140303000101") + records(_FULL, version=0x0303)
    assert parse_records(stream) == _EXPECTED
    assert [parse_records(stream[:cut]) for cut in range(len(stream))] == [None] * len(stream)


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x17\x03\x03\x00\x10" + bytes(16),
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x14\x03\x03\x00\x01\x02",
        b"\x14\x03\x03\x00\x01\x01" * 2,
        b"\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10",  # as SSL 2 wrote it
        b"\x16\x02",
        b"\x16\xfe\xff",  # DTLS
        b"\x16\x03\x01\x00\x00",
        b"\x16\x03\x01\x40\x01",
        records(_FULL, (20,))[:25] + b"\x15\x03\x01\x00\x02\x02\x28",
        records(b"\x02" + _FULL[1:]),
    ],
)
def test_something_else_is_refused(stream: bytes) -> None:
    with pytest.raises(WireError):
        parse_records(stream)


def test_the_stream_is_bounded() -> None:
    fits = client_hello([(21, bytes(STREAM_BYTES - 5 - 89))])
    assert len(records(fits)) == STREAM_BYTES
    hello = parse_records(records(fits))
    assert hello is not None and hello.length_bytes == STREAM_BYTES - 5
    too_long = client_hello([(21, bytes(STREAM_BYTES))])
    assert parse_client_hello(too_long) is not None
    with pytest.raises(WireError):
        parse_records(records(too_long, (1000,))[:9])  # its length tells at once
    slow = records(fits, [1] * 4000)
    assert parse_records(slow[: STREAM_BYTES - 1]) is None
    with pytest.raises(WireError):
        parse_records(slow[:STREAM_BYTES])


_names = st.binary(min_size=1, max_size=255)
_others = st.tuples(st.integers(60, 65000), st.binary(max_size=40))


@given(_names, st.lists(st.binary(min_size=1, max_size=9), max_size=5), st.lists(_others, max_size=6), st.randoms())
def test_what_is_written_is_read(name: bytes, protocols: list[bytes], others: list[tuple[int, bytes]], dice) -> None:
    extensions = [server_name(name), alpn(*protocols), *others]
    dice.shuffle(extensions)
    message = client_hello(extensions, session_id=dice.randbytes(dice.randrange(33)))
    sizes = [dice.randrange(1, 80) for _ in range(dice.randrange(12))]
    expected = ClientHello(escape_name(name) or None, tuple(protocols), None, False, False, len(message))
    assert parse_records(records(message, sizes)) == expected


@given(st.data())
def test_mutated_bytes_give_a_hello_or_an_error(data: st.DataObject) -> None:
    stream = bytearray(records(_FULL))
    for _ in range(data.draw(st.integers(1, 6))):
        # The headers and lengths are at the front; far behind are only keys.
        stream[data.draw(st.integers(0, 220))] = data.draw(st.integers(0, 255))
    del stream[data.draw(st.integers(0, len(stream))) :]
    try:
        hello = parse_records(bytes(stream))
    except WireError:
        return
    assert hello is None or isinstance(hello, ClientHello)


@given(st.binary(max_size=300))
def test_random_bytes_give_a_hello_or_an_error(noise: bytes) -> None:
    for message in (noise, b"\x01" + vector(3, b"\x03\x03" + noise)):
        for parse, stream in ((parse_client_hello, message), (parse_records, noise), (parse_records, records(message))):
            try:
                hello = parse(stream)
            except WireError:
                continue
            assert hello is None or hello.length_bytes <= len(message)


def _from_openssl(name: str | None, protocols: list[str], lowest: ssl.TLSVersion, highest: ssl.TLSVersion) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.minimum_version, context.maximum_version = lowest, highest
    if protocols:
        context.set_alpn_protocols(protocols)
    sent = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name).do_handshake()
    return sent.read()


@pytest.mark.parametrize("name", ["a.example", "x" * 63 + ".example", None])
@pytest.mark.parametrize("protocols", [[], ["h2", "http/1.1"]])
@pytest.mark.parametrize(
    ("lowest", "highest"),
    [
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
        (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
    ],
)
def test_what_openssl_writes(
    name: str | None, protocols: list[str], lowest: ssl.TLSVersion, highest: ssl.TLSVersion
) -> None:
    stream = _from_openssl(name, protocols, lowest, highest)
    hello = parse_records(stream)
    assert hello is not None
    assert (hello.server_name, hello.alpn) == (name, tuple(p.encode() for p in protocols))
    assert (hello.ech_config_id, hello.has_esni, hello.length_bytes) == (None, False, len(stream) - 5)
    assert [parse_records(stream[:cut]) for cut in range(len(stream))] == [None] * len(stream)


def _pcap(path: Path, streams: list[bytes]) -> None:
    """Each stream in one TCP segment of its own connection, as raw IPv4."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    for number, stream in enumerate(streams):
        tcp = struct.pack("!HHIIBBHHH", 10000 + number, 443, 1, 1, 0x50, 0x18, 65535, 0, 0) + stream
        packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, b"\x0a\0\0\x01", b"\x0a\0\0\x02")
        out += struct.pack("<IIII", number, 0, 20 + len(tcp), 20 + len(tcp)) + packet + tcp
    path.write_bytes(out)


def test_tshark_reads_the_same(tmp_path: Path) -> None:
    streams = [path.read_bytes() for path in sorted(RECORDED.iterdir())]
    streams += [
        _from_openssl(f"n{i}.example", ["h2"][: i % 2], ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
        for i in range(20)
    ]
    streams += [
        records(client_hello([(GREASE, b""), alpn(b"a" * i), server_name(b"h%d.example" % i), ech(i)]), (i, i * 3))
        for i in range(1, 40)
    ]
    _pcap(tmp_path / "hellos.pcap", streams)
    fields = [f"tls.handshake.{name}" for name in ("extensions_server_name", "extensions_alpn_str", "extension.type")]
    command = ["tshark", "-n", "-r", str(tmp_path / "hellos.pcap"), "-T", "fields", "-E", "separator=|"]
    for field in ("tcp.srcport", *fields):
        command += ["-e", field]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    read = []
    for number, stream in enumerate(streams):
        hello = parse_records(stream)
        assert hello is not None
        read.append((f"{10000 + number}", hello.server_name, hello.alpn, hello.ech_config_id is not None))
    seen = [line.split("|") for line in lines]
    assert read == [
        (port, name, tuple(p.encode() for p in protocols.split(",") if p), "65037" in kinds.split(","))
        for port, name, protocols, kinds in seen
    ]
