"""Initials to a ClientHello: recorded and published packets, an independent writer, every order, hostile bytes."""

from __future__ import annotations

import itertools

import pytest
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic_analyzer.errors import WireError
from traffic_analyzer.wire.quic import Initials
from traffic_analyzer.wire.quic_crypto import Cipher, LibcryptoCipher, PythonCipher
from traffic_analyzer.wire.tls import STREAM_BYTES, ClientHello

from .hello_writer import alpn, client_hello, server_name
from .initial_writer import (
    DRAFT_28,
    DRAFT_29,
    HANDSHAKE,
    PADDING,
    PING,
    RECORDED,
    RETRY,
    T051,
    V1,
    V2,
    ZERO_RTT,
    ack,
    crypto,
    initial,
    recorded,
    unprotected,
    varint,
)

_DCID, _OTHER_DCID, _SERVER_CID = b"firstcid", b"retry-cid", b"server-cid"
_MESSAGE = client_hello([server_name(b"a.example"), alpn(b"h3"), (21, bytes(900))])
_HELLO = ClientHello("a.example", (b"h3",), None, False, False, len(_MESSAGE))
_LIBCRYPTO = LibcryptoCipher()


@pytest.fixture(params=["libcrypto", "python"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return _LIBCRYPTO if request.param == "libcrypto" else PythonCipher()


def _read(*datagrams: bytes, initials: Initials | None = None) -> list[ClientHello | None]:
    initials = initials or Initials(_LIBCRYPTO)
    return [initials.add(datagram, 0) for datagram in datagrams]


def _refuses(datagram: bytes, initials: Initials | None = None) -> None:
    with pytest.raises(WireError):
        (initials or Initials(_LIBCRYPTO)).add(datagram, 0)


def _vector(name: str) -> bytes:
    return (RECORDED / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("rfc", ["rfc9001", "rfc9369"])
def test_the_packets_of_the_rfcs(cipher: Cipher, rfc: str) -> None:
    packet = _vector(f"{rfc}-client")
    initials = Initials(cipher)
    assert initials.add(packet, 0) == ClientHello("example.com", (b"alpn",), None, False, False, 241)
    assert initials.add(packet, 0) is None
    server = _vector(f"{rfc}-server")
    _refuses(server, initials)
    alone = Initials(cipher)
    _refuses(server, alone)
    assert not alone.has_opened


@pytest.mark.parametrize(
    ("name", "hello"),
    [
        ("chromium", ClientHello("h3.gamma.example", (b"h3",), 108, False, True, 1954)),
        ("firefox", ClientHello("h3.gamma.example", (b"h3",), 66, False, True, 1891)),
        ("super-firefox", ClientHello("h3.gamma.example", (b"h3",), 195, False, True, 1891)),
        ("curl-cffi", ClientHello("h3.gamma.example", (b"h3",), 196, False, True, 1785)),
    ],
)
def test_what_browsers_sent(cipher: Cipher, name: str, hello: ClientHello) -> None:
    datagrams = recorded(name)
    initials = Initials(cipher)
    found = [initials.add(datagram, 0) for datagram in datagrams]
    later = [None] * (len(datagrams) - 2)  # they go to the server's connection ID
    assert found == [None, hello, *later]
    assert initials.has_opened
    initials = Initials(cipher)
    assert [initials.add(datagram, 0) for datagram in datagrams[1::-1]] == [None, hello]
    for lone in datagrams[2:]:
        _refuses(lone)


@pytest.mark.parametrize("version", [V1, V2, DRAFT_28, DRAFT_29])
def test_versions(version: int) -> None:
    packet = initial(crypto(0, _MESSAGE), _DCID, version=version, pad_to=1200)
    assert len(packet) == 1200
    assert _read(packet) == [_HELLO]
    assert _read(initial(crypto(0, _MESSAGE), _DCID, version=version, fixed_bit=False)) == [_HELLO]
    for other in {V1, V2, DRAFT_28, DRAFT_29} - {version}:
        _refuses(packet[:1] + other.to_bytes(4, "big") + packet[5:])


def test_googles_version_has_a_crypto_frame_of_its_own() -> None:
    assert _read(initial(crypto(0, _MESSAGE, kind=8), _DCID, version=T051)) == [_HELLO]
    _refuses(initial(crypto(0, _MESSAGE), _DCID, version=T051))
    _refuses(initial(crypto(0, _MESSAGE, kind=8), _DCID))


def _cut(message: bytes, *places: int) -> list[tuple[int, bytes]]:
    bounds = [0, *places, len(message)]
    return [(start, message[start:end]) for start, end in itertools.pairwise(bounds)]


def test_datagrams_in_every_order() -> None:
    pieces = _cut(_MESSAGE, 100, 300, 700)
    datagrams = [initial(crypto(*piece), _DCID, number=n, pad_to=1200) for n, piece in enumerate(pieces)]
    for order in itertools.permutations(datagrams):
        assert _read(*order) == [None] * 3 + [_HELLO]


def test_pieces_of_one_byte_overlapping_and_repeated() -> None:
    pieces = _cut(_MESSAGE, *range(1, 30), 200, 400, 401, 402, 800)
    pieces += [(25, _MESSAGE[25:250]), (395, _MESSAGE[395:410])]
    frames = b"".join(PING + crypto(*piece) + PADDING * 3 for piece in (*pieces[::2], *pieces[1::2]))
    assert _read(initial(frames, _DCID)) == [_HELLO]


def test_where_pieces_disagree_the_first_is_believed() -> None:
    lie = _MESSAGE.replace(b"a.example", b"z.example")
    first = initial(crypto(0, _MESSAGE[:500]), _DCID)
    second = initial(crypto(0, lie[:200]) + crypto(300, lie[300:]), _DCID, number=1)
    assert _read(first, second) == [None, _HELLO]


@pytest.mark.parametrize("between", [b"", unprotected(V1, ZERO_RTT, _DCID), unprotected(V1, HANDSHAKE, _DCID)])
def test_coalesced_packets(between: bytes) -> None:
    one, two = (initial(crypto(*piece), _DCID, number=n) for n, piece in enumerate(_cut(_MESSAGE, 333)))
    assert _read(one + between + two) == [_HELLO]
    assert _read(between + one + two + bytes(200)) == [_HELLO]  # padded behind the packets
    assert _read(one + between + two + b"\x40short header") == [_HELLO]


def test_what_is_not_coalesced() -> None:
    one, two = (initial(crypto(*piece), _DCID, number=n) for n, piece in enumerate(_cut(_MESSAGE, 333)))
    stranger = initial(crypto(0, _MESSAGE), b"stranger")
    assert _read(one + stranger, two) == [None, _HELLO]  # RFC 9000 12.2: another connection is ignored
    assert _read(one + unprotected(V1, RETRY, _DCID) + two) == [None]  # has no length: reaches to the end
    spoilt = two[:-1] + bytes([two[-1] ^ 1])
    assert _read(one + spoilt, two) == [None, _HELLO]
    assert _read(spoilt + one, two) == [None, _HELLO]


def test_no_initial_in_the_datagram() -> None:
    _refuses(unprotected(V1, ZERO_RTT, _DCID))
    _refuses(unprotected(V1, HANDSHAKE, _DCID) * 3)
    _refuses(b"\x40" + bytes(50))


def test_a_packet_cut_by_the_capture_is_left_out() -> None:
    one, two = (initial(crypto(*piece), _DCID, number=n) for n, piece in enumerate(_cut(_MESSAGE, 333)))
    _refuses(one[:-1])
    assert _read(one + two[:-1], two) == [None, _HELLO]


@pytest.mark.parametrize("scid", [_OTHER_DCID, b"short"])
def test_after_a_retry_the_keys_are_those_of_its_connection_id(scid: bytes) -> None:
    before = initial(crypto(0, _MESSAGE), _DCID)
    after = [
        initial(crypto(*piece), scid, number=n, token=b"token" * 9) for n, piece in enumerate(_cut(_MESSAGE, 9), 1)
    ]
    assert _read(before, *after) == [_HELLO, None, None]  # the same message again
    assert _read(initial(crypto(0, _MESSAGE[:400]), _DCID), *after) == [None, None, _HELLO]
    assert _read(*after[::-1]) == [None, _HELLO]  # what went before was not seen
    assert _read(after[0], before, after[1]) == [None, _HELLO, None]
    late = initial(ack(0), _SERVER_CID, keys_of=scid, number=9)
    assert _read(before, *after, late) == [_HELLO, None, None, None]


def test_a_short_connection_id_without_a_token_is_not_the_first() -> None:
    for length in range(8):
        _refuses(initial(crypto(0, _MESSAGE), bytes(length)))
    assert _read(initial(crypto(0, _MESSAGE), bytes(8))) == [_HELLO]
    assert _read(initial(crypto(0, _MESSAGE), bytes(20))) == [_HELLO]


def test_another_version_after_a_negotiation() -> None:
    first = initial(crypto(0, _MESSAGE[:300]), _DCID, version=DRAFT_29)
    other = client_hello([server_name(b"b.example"), (21, bytes(900))])
    again = [initial(crypto(*piece), _OTHER_DCID, number=n) for n, piece in enumerate(_cut(other, 300))]
    found = _read(first, *again)
    assert found == [None, None, ClientHello("b.example", (), None, False, False, len(other))]


def test_two_sets_of_keys_are_kept() -> None:
    dcids = (b"one12345", b"two12345", b"three123")
    messages = [client_hello([server_name(dcid), (21, bytes(900))]) for dcid in dcids]
    begun = [initial(crypto(0, message[:300]), dcid) for message, dcid in zip(messages, dcids, strict=True)]
    ended = [initial(crypto(300, message[300:]), dcid, number=1) for message, dcid in zip(messages, dcids, strict=True)]
    found = _read(*begun, ended[2], ended[1], ended[0])
    assert [hello and hello.server_name for hello in found] == [None] * 3 + ["three123", "two12345", None]


def test_no_more_keys_are_tried_than_may_fit() -> None:
    cipher = PythonCipher(packets_per_s=2)
    initials = Initials(cipher)
    assert initials.add(initial(crypto(0, _MESSAGE[:300]), _DCID, version=DRAFT_29), 0) is None
    assert initials.add(initial(crypto(0, _MESSAGE), _OTHER_DCID), 0) == _HELLO  # of another version: its own keys only
    cipher = PythonCipher(packets_per_s=3)
    initials = Initials(cipher)
    assert initials.add(initial(crypto(0, _MESSAGE[:300]), _DCID), 0) is None
    spoilt = initial(crypto(0, _MESSAGE), _DCID, keys_of=_OTHER_DCID)
    _refuses(spoilt, initials)
    assert initials.add(initial(crypto(300, _MESSAGE[300:]), _DCID, number=1), 0) == _HELLO
    assert cipher.skipped_packets == 0


def test_later_packets_go_to_the_servers_connection_id() -> None:
    one, two = _cut(_MESSAGE, 500)
    first = initial(crypto(*one), _DCID, number=0)
    repeated = initial(ack(7, [(0, 0), (1, 2)]) + crypto(*two), _SERVER_CID, keys_of=_DCID, number=1)
    with_ecn = initial(ack(7, ecn=True) + crypto(*two), b"", keys_of=_DCID, number=1)
    assert _read(first, repeated) == [None, _HELLO]
    assert _read(first, with_ecn) == [None, _HELLO]
    _refuses(repeated)


def test_a_second_hello_after_a_retry_request() -> None:
    second = client_hello([server_name(b"a.example"), (44, b"cookie")])
    datagrams = [
        initial(crypto(0, _MESSAGE), _DCID),
        initial(ack(0) + crypto(len(_MESSAGE), second), _SERVER_CID, keys_of=_DCID, number=1),
    ]
    assert _read(*datagrams) == [_HELLO, ClientHello("a.example", (), None, False, False, len(second))]


@pytest.mark.parametrize(("number", "size"), [(0, 1), (255, 1), (1, 2), (65535, 2), (0x123456, 3), (0xFFFFFFFF, 4)])
def test_packet_numbers(number: int, size: int) -> None:
    assert _read(initial(crypto(0, _MESSAGE), _DCID, number=number, number_bytes=size)) == [_HELLO]


def test_packet_numbers_are_completed_from_the_largest() -> None:
    one, two, three = _cut(_MESSAGE, 100, 200)
    datagrams = [
        initial(crypto(*one), _DCID, number=0x1FF, number_bytes=2),
        initial(crypto(*two), _DCID, number=0x201),
        initial(crypto(*three), _DCID, number=0x1F0),
    ]
    assert _read(*datagrams) == [None, None, _HELLO]


@pytest.mark.parametrize(
    "frames",
    [
        PADDING * 5,
        PING,
        ack(1),
        ack(100, [(1, 2)] * 9),
        ack(100, [(1, 2)] * 9, ecn=True),
        b"\x1c" + varint(10) + varint(6) + varint(4) + b"over",
        crypto(0, b""),
        crypto((1 << 62) - 10, b"far away"),
        crypto(STREAM_BYTES, b"behind the end"),
    ],
)
def test_frames_that_tell_nothing(frames: bytes) -> None:
    other_half = _MESSAGE[500:]
    assert _read(
        initial(frames + crypto(0, _MESSAGE[:500]), _DCID), initial(crypto(500, other_half) + frames, _DCID, number=1)
    ) == [None, _HELLO]


@pytest.mark.parametrize(
    "frames",
    [
        b"\x08" + bytes(9),  # STREAM
        b"\x1d" + bytes(9),  # an application's CONNECTION_CLOSE
        b"\x1e",
        b"\x40\x06" + crypto(0, b"x")[1:],  # a type in two bytes
        crypto(0, b"hello")[:-1],
        b"\x06\x00" + varint((1 << 62) - 1) + b"short",
        b"\x02\x05\x00" + varint(1 << 40) + bytes(50),  # ACK with too many ranges
        ack(9, [(1, 1)] * 5)[:-1],
        b"\x1c\x00\x06\x09short",
        b"\x06",
    ],
)
def test_malformed_frames_add_nothing(frames: bytes) -> None:
    whole = crypto(0, _MESSAGE[:600])
    initials = Initials(_LIBCRYPTO)
    _refuses(initial(whole + frames, _DCID), initials)
    assert initials.add(initial(crypto(600, _MESSAGE[600:]), _DCID, number=1), 0) is None
    assert initials.add(initial(whole, _DCID, number=2), 0) == _HELLO


def test_a_packet_without_frames() -> None:
    _refuses(initial(b"", _DCID, number_bytes=4))


def test_a_stream_that_is_no_hello() -> None:
    _refuses(initial(crypto(0, b"\x02" + bytes(100)), _DCID))
    _refuses(initial(crypto(0, client_hello([server_name(b"a"), server_name(b"b")])), _DCID))


def test_the_stream_is_bounded() -> None:
    initials = Initials(_LIBCRYPTO)
    endless = b"\x01\x00\x60\x00\x03\x03" + bytes(STREAM_BYTES)
    for at in range(0, STREAM_BYTES - 1024, 1024):
        assert initials.add(initial(crypto(at, endless[at : at + 1024]), _DCID, number=at // 1024), 0) is None
    _refuses(initial(crypto(STREAM_BYTES - 1024, endless[:1024]), _DCID, number=16), initials)


def test_a_slow_cipher_skips_and_says_so() -> None:
    cipher = PythonCipher(packets_per_s=2)
    initials = Initials(cipher)
    datagrams = [initial(crypto(*piece), _DCID, number=n) for n, piece in enumerate(_cut(_MESSAGE, 200, 400))]
    assert [initials.add(datagram, 5) for datagram in datagrams] == [None, None, None]
    assert cipher.skipped_packets == 1
    skipped = Initials(cipher)
    assert skipped.add(datagrams[0], 5) is None
    assert not skipped.has_opened
    assert initials.add(datagrams[2], 5 + 1_000_000_000) == _HELLO


def test_what_a_server_sends_is_refused() -> None:
    _refuses(initial(crypto(0, _MESSAGE), _OTHER_DCID, keys_of=_DCID, sender="server"))
    initials = Initials(_LIBCRYPTO)
    assert initials.add(initial(crypto(0, _MESSAGE[:99]), _DCID), 0) is None
    _refuses(initial(crypto(99, _MESSAGE[99:]), _DCID, sender="server"), initials)


def test_every_truncation_is_refused() -> None:
    packet = recorded("chromium")[0]
    for cut in range(len(packet)):
        _refuses(packet[:cut])


def test_every_flipped_bit_is_refused() -> None:
    packet = initial(crypto(0, client_hello([server_name(b"a.example")])), _DCID)
    assert _read(packet)[0] is not None
    for bit in range(8 * len(packet)):
        flipped = bytearray(packet)
        flipped[bit // 8] ^= 1 << bit % 8
        _refuses(bytes(flipped))


@given(st.binary(max_size=1500))
def test_random_bytes(noise: bytes) -> None:
    _refuses(noise)
    _refuses(b"\xc0\x00\x00\x00\x01" + noise)


_bytes_of_frames = st.one_of(
    st.binary(max_size=40), st.sampled_from([PING, PADDING, ack(3), crypto(0, _MESSAGE[:50]), crypto(7, b"?")])
)


@given(st.lists(st.lists(_bytes_of_frames, max_size=6), max_size=4))
def test_random_frames(packets: list[list[bytes]]) -> None:
    initials = Initials(_LIBCRYPTO)
    for number, frames in enumerate(packets):
        try:
            assert initials.add(initial(b"".join(frames), _DCID, number=number), 0) is None
        except WireError:
            continue


@settings(max_examples=60)
@given(st.data())
def test_what_aioquic_writes(data: st.DataObject) -> None:
    versions = [QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2]
    name = data.draw(st.from_regex(r"[a-z0-9]{1,20}(\.[a-z0-9-]{1,20}){1,4}", fullmatch=True))
    protocols = data.draw(st.lists(st.from_regex(r"[a-z0-9/]{1,60}", fullmatch=True), min_size=1, max_size=70))
    version = data.draw(st.sampled_from(versions))
    client = QuicConnection(
        configuration=QuicConfiguration(
            alpn_protocols=protocols,
            server_name=name,
            original_version=version,
            supported_versions=[version],
            connection_id_length=data.draw(st.integers(8, 20)),
            max_datagram_size=data.draw(st.integers(1200, 1500)),
        )
    )
    client.connect(("192.0.2.1", 443), now=0.0)
    datagrams = [datagram for datagram, _ in client.datagrams_to_send(now=0.0)]
    shuffled = data.draw(st.permutations(datagrams))
    found = _read(*shuffled)
    assert found[:-1] == [None] * (len(datagrams) - 1)
    assert found[-1] is not None
    assert (found[-1].server_name, found[-1].alpn) == (name, tuple(p.encode() for p in protocols))
