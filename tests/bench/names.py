"""What it costs to learn a name: from a captured payload head to the table of names."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import dns.message
from aioquic import tls
from aioquic.buffer import Buffer
from aioquic.quic.crypto import CryptoPair
from aioquic.quic.packet import pull_quic_header

from traffic_analyzer.kernel import abi
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.records import Direction, Generation, Head, HeadKind
from traffic_analyzer.wire.quic_crypto import Cipher, LibcryptoCipher, PythonCipher

from . import flows, lookups
from .samples import median_ratio, print_table, spread

_ROUNDS = 9
_SAMPLES = Path(__file__).parents[1] / "unit/wire"
_SEGMENT_BYTES = 1448
_TCP, _UDP = 6, 17
_CLIENT, _REMOTE, _MAC = bytes([192, 168, 1, 10]), bytes([198, 51, 100, 7]), bytes.fromhex("02000000000a")
_RECORD_HEADER_BYTES = 5  # of TLS
_UNCAPPED = 10**9  # packets a second
_TO_CLIENT = Direction.EGRESS


class Case(NamedTuple):
    """Messages of one kind, each in as many heads as it came in, and who else reads them."""

    name: str
    cipher: Callable[[], Cipher]
    heads: list[list[Head]]
    peer: Callable[[], object]  #: reads one of them


def _head(kind: HeadKind, number: int, payload: bytes, sequence: int = 0, is_answer: bool = False) -> Head:
    """A head of conversation *number*."""
    l4_proto = _TCP if kind is HeadKind.TLS else _UDP
    ends = [(_CLIENT, 1024 + number), (_REMOTE, 53 if kind is HeadKind.DNS else 443)]
    (src, src_port), (dst, dst_port) = reversed(ends) if is_answer else ends
    return Head(
        flows.IFINDEX, _TO_CLIENT if is_answer else Direction.INGRESS, l4_proto, src, src_port, dst, dst_port, _MAC,
        flows.FIRST_BOOT_NS + number * 1000, kind, sequence, 0, len(payload), payload,
    )  # fmt: skip


def record_of(head: Head) -> bytes:
    """*head* as it lies in the ring buffer."""
    return abi.HEAD.pack(
        head.src.ljust(16, b"\0"), head.dst.ljust(16, b"\0"), head.ifindex, head.src_port, head.dst_port,
        head.direction, head.l4_proto, 4, head.sequence, head.boot_ns, head.datagram, head.length,
        head.ingress_ifindex, head.neighbour_mac, head.kind,
    ) + head.payload  # fmt: skip


def lookup_heads(number: int) -> list[Head]:
    """Question and answer of lookup *number*."""
    question, answer = lookups.messages(number)
    return [_head(HeadKind.DNS, number, question), _head(HeadKind.DNS, number, answer, is_answer=True)]


def _lookups(count: int) -> Case:
    read = [head.payload for head in lookup_heads(0)]
    return Case(
        "DNS question, answer", LibcryptoCipher, [lookup_heads(number) for number in range(count)],
        lambda: [dns.message.from_wire(payload) for payload in read],
    )  # fmt: skip


def _hellos(count: int, client: str) -> Case:
    stream = (_SAMPLES / f"hellos/{client}.bin").read_bytes()
    cuts = range(0, len(stream), _SEGMENT_BYTES)
    return Case(
        f"ClientHello, {len(stream):,} B in {len(cuts)}",
        LibcryptoCipher,
        [
            [_head(HeadKind.TLS, number, stream[at : at + _SEGMENT_BYTES], sequence=at) for at in cuts]
            for number in range(count)
        ],
        lambda: tls.pull_client_hello(Buffer(data=stream[_RECORD_HEADER_BYTES:])),
    )


def _initials(count: int, sent: list[bytes], name: str, cipher: Callable[[], Cipher]) -> Case:
    return Case(
        f"{len(sent)} QUIC Initial{'s' * (len(sent) > 1)}, {name}",
        cipher,
        [[_head(HeadKind.QUIC, number, payload) for payload in sent] for number in range(count)],
        partial(_decrypt, sent),
    )


def _decrypt(datagrams: list[bytes]) -> list[bytes]:
    """What aioquic decrypts of the client's Initials at the beginning of datagrams; the keys are made once."""
    crypto: CryptoPair | None = None
    texts = []
    for datagram in datagrams:
        buffer = Buffer(data=datagram)
        header = pull_quic_header(buffer)
        if crypto is None:
            crypto = CryptoPair()
            crypto.setup_initial(header.destination_cid, is_client=False, version=header.version)
        texts.append(crypto.decrypt_packet(datagram[: header.packet_length], buffer.tell(), 0)[1])
    return texts


def _cases() -> list[Case]:
    python = partial(PythonCipher, _UNCAPPED)
    one = [(_SAMPLES / "datagrams/rfc9001-client.bin").read_bytes()]
    firefox = (_SAMPLES / "datagrams/firefox-4x1252.bin").read_bytes()
    two = [firefox[:1252], firefox[1252:2504]]
    return [
        _lookups(2000),
        _hellos(2000, "curl"),
        _hellos(2000, "chromium"),
        _initials(500, one, "libcrypto", LibcryptoCipher),
        _initials(500, two, "libcrypto", LibcryptoCipher),
        _initials(20, one, "Python", python),
        _initials(20, two, "Python", python),
    ]


def _us_each(count: int, work: Callable[[], object]) -> float:
    began_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began_ns) / 1000 / count


def _hear(pipeline: Pipeline, heads: list[Head]) -> None:
    for head in heads:
        pipeline.hear(head, flows.INTERFACE, {})


def _decode(records: list[bytes]) -> None:
    for record in records:
        abi.decode_head(record)


def _repeat(count: int, work: Callable[[], object]) -> None:
    for _ in range(count):
        work()


def _round(case: Case) -> tuple[float, float, float]:
    """µs a message: to hear it, to decode its heads, and what somebody else takes to read it.

    :raises RuntimeError: not every message told a name.
    """
    count = len(case.heads)
    heads = [head for each in case.heads for head in each]
    records = [record_of(head) for head in heads]
    pipeline = Pipeline(case.cipher())
    heard_us = _us_each(count, partial(_hear, pipeline, heads))
    batch = pipeline.book(
        Generation("bench", 0, [], []), 60, flows.FIRST_BOOT_NS, {flows.IFINDEX: flows.INTERFACE}, {}, 1
    )  # fmt: skip
    (health,) = batch.name_health
    if health.dns_answer_events + health.sni_events != count:
        raise RuntimeError(f"{case.name}: {health} of {count}")
    return heard_us, _us_each(count, partial(_decode, records)), _us_each(count, partial(_repeat, count, case.peer))


def measure(libbpf: Libbpf) -> None:  # noqa: ARG001  # as every part
    """Prints µs per message.

    :raises RuntimeError: a message was not understood.
    """
    rows = []
    for case in _cases():
        heard, decoded, peer = zip(*(_round(case) for _ in range(_ROUNDS)), strict=True)
        rows.append((
            case.name, f"{median(heard):.1f}", spread(heard, 1), f"{median(decoded):.1f}",
            f"{median_ratio(heard, decoded):.0f}", f"{median(peer):.1f}", f"{median_ratio(heard, peer):.2f}",
        ))  # fmt: skip
    print_table(
        f"4. name: µs a message that is heard, median of {_ROUNDS} rounds",
        ("message", "µs", "10-90 %", "decode", "/ it", "other", "/ it"),
        rows,
    )
    print("   heard: parsed, matched, learnt. The DNS answer has an alias and two\n"
          "   addresses. / it: heard, as a multiple.\n"
          "   decode: records of the ring buffer to heads, the least that they cost.\n"
          "   other: dnspython parses both messages; aioquic parses the same ClientHello;\n"
          "   aioquic makes the keys and decrypts the same Initials, and reads nothing in\n"
          "   them. Python: without libcrypto, its cap of packets a second lifted.\n"
          "   Time of the CPU.")  # fmt: skip
