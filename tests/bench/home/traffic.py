"""What the devices do, minute by minute."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple

from traffic_analyzer.records import Direction, Head, HeadKind, Interface, Role

from .devices import Device, devices
from .sites import Host, Sites

IFINDEX, UPLINK = 4, 2
ROUTER = bytes([192, 168, 1, 1])
INTERFACE = Interface("br-lan", IFINDEX, True, Role.LAN, frozenset({ROUTER}), ((ROUTER, 24),), kind="bridge")
CAPACITY = 65_536  #: flows that a generation has room for
BOOT_NS = 3600 * 10**9  #: boot clock when the first minute begins
FIRST_SCAN_MINUTE = 1110

_NS = 10**9
_IN, _OUT = int(Direction.INGRESS), int(Direction.EGRESS)
_TCP, _UDP, _ICMP = 6, 17, 1
_EPHEMERAL = 32_768, 61_000
_BITS = 14  # of a draw from the tables of lives and sizes
_OTHERS = 0.18  # of the flows of a visit: with another host than the one before
_THIRD_PARTIES = 0.4  # of those: of another site
_DOWNLOADS = 0.88  # of all flows: most comes in
_HELLOS = 0.25  # of the flows that have one, whose ClientHello is heard: it costs as much as booking three flows
_SWARMING, _SCANNED = 12, 17  # devices, by number
_PEERS, _PEERS_A_MINUTE = 20_000, 40
_SWARM_HOURS = range(19, 23)
_KNOCKS = 40_000  # of a scan: both ways more flows than a generation has room for
_SCAN_MINUTES = 6 * 1440 + 250  # from one to the next
#: Protocol, port of the remote, and share of what is no DNS.
_SERVICES = (
    (_TCP, 443, 0.720), (_UDP, 443, 0.220), (_TCP, 80, 0.020), (_TCP, 853, 0.008), (_UDP, 123, 0.010),
    (_TCP, 5228, 0.006), (_TCP, 8883, 0.008), (_UDP, 3478, 0.004), (_TCP, 993, 0.002), (_ICMP, 0, 0.002),
)  # fmt: skip
_READ_ON = (_TCP, 443)
_BOOT_NS_OF_HEAD = itemgetter(Head._fields.index("boot_ns"))


class Minute(NamedTuple):
    """One generation, and the heads that came with it, as plain tuples: ``marshal`` takes them, and quickly."""

    number: int  #: since the first
    flows: list[tuple[Any, ...]]  #: the fields of a records.FlowRecord
    heads: list[tuple[Any, ...]]  #: the fields of a records.Head, oldest first
    counters: list[tuple[Any, ...]]  #: the fields of a records.CounterRecord
    opened: int  #: conversations that began
    running: int  #: that go on


class Conversation(NamedTuple):
    """Both directions of a flow."""

    mac: bytes
    l4_proto: int
    client: bytes
    client_port: int
    remote: bytes
    remote_port: int
    tx_rate: float  #: bytes a second
    rx_rate: float
    until_s: float


def _lives_s() -> list[float]:
    """How long flows last: most are short, some last for hours. 37 s on average."""
    draws = 1 << _BITS
    random = Random(33)
    lives = [random.expovariate(1 / 4) for _ in range(draws * 79 // 100)]
    lives += [random.expovariate(1 / 60) for _ in range(draws * 18 // 100)]
    long = draws - len(lives)
    lives += [min(6 * 3600.0, 190 / (1 - (number + 0.5) / long) ** (1 / 1.25)) for number in range(long)]
    random.shuffle(lives)
    return lives


def _sizes_bytes() -> list[float]:
    """How much flows carry: log-normal, 5 kB in the middle, 37 kB on average."""
    random = Random(5)
    return [min(2e9, random.lognormvariate(math.log(5000), 2.0)) for _ in range(1 << _BITS)]


class Home:
    """40 devices. The same seed gives the same traffic.

    :param began_unix_s: start of a minute; local time says when people sleep.
    """

    def __init__(self, began_unix_s: int, seed: int = 5) -> None:
        self._began_unix_s = began_unix_s
        self._random = random = Random(seed)
        self._sites = Sites(random)
        self.devices = devices(random)
        self._makers = {id(each): [self._sites.visited() for _ in range(4)] for each in self.devices}
        self._peers = [random.randbytes(4) for _ in range(_PEERS)]
        self._lives_s, self._sizes = _lives_s(), _sizes_bytes()
        self._services = [(proto, port) for proto, port, share in _SERVICES for _ in range(round(share * 1000))]
        self._running: list[Conversation] = []
        self._heads: list[tuple[Any, ...]] = []
        self._flows: list[tuple[Any, ...]] = []
        self._opened = 0
        self._day = -1

    def minutes(self, count: int) -> Iterator[Minute]:
        """The first *count* minutes."""
        for number in range(count):
            yield self._minute(number)

    def _minute(self, number: int) -> Minute:
        local = time.localtime(self._began_unix_s + 60 * number)
        if local.tm_yday != self._day:
            self._day = local.tm_yday
            for device in self.devices:
                device.wake()
        since_s = 60.0 * number
        self._flows, self._heads, self._opened = [], [], 0
        running, self._running = self._running, []
        for conversation in running:
            self._count(conversation, since_s, since_s, False)
        for device in self.devices:
            self._use(device, since_s, local.tm_hour)
        if local.tm_hour in _SWARM_HOURS and local.tm_yday % 3:
            self._swarm(self.devices[_SWARMING], since_s)
        if number % _SCAN_MINUTES == FIRST_SCAN_MINUTE:
            self._scan(self.devices[_SCANNED], since_s, number // _SCAN_MINUTES)
        self._heads.sort(key=_BOOT_NS_OF_HEAD)
        counters = _counters(self._flows)
        return Minute(number, self._flows[:CAPACITY], self._heads, counters, self._opened, len(self._running))

    def _use(self, device: Device, since_s: float, hour: int) -> None:
        """A minute of a device's."""
        random, until_s = self._random, since_s + 60
        a_second = device.visits(hour) / 60
        at_s = since_s + random.expovariate(a_second)
        while at_s < until_s:
            is_thing = device.kind.is_thing
            hosts = random.choice(self._makers[id(device)]) if is_thing else self._sites.visited()
            host, start_s, goes_on = random.choice(hosts), at_s, 1 - 1 / device.kind.flows
            while True:
                self._fetch(device, host, min(start_s, until_s - 0.1))
                if random.random() > goes_on:
                    break
                start_s += random.random()
                if random.random() < _OTHERS:
                    if not is_thing and random.random() < _THIRD_PARTIES:
                        hosts = self._sites.beside()
                    host = random.choice(hosts)
            at_s += random.expovariate(a_second)

    def _fetch(self, device: Device, host: Host, at_s: float) -> None:
        """A flow of a device with a host, whose addresses it asks for where it has forgotten them."""
        random = self._random
        if device.cached.get(host.name, 0.0) <= at_s:
            device.cached[host.name] = at_s + host.ttl_s
            self._look_up(device, host, at_s)
        version = 6 if 6 in host.addresses else 4
        client = device.ipv6() if version == 6 else device.ipv4
        l4_proto, port = random.choice(self._services)
        life_s = self._lives_s[random.getrandbits(_BITS)]
        size = self._sizes[random.getrandbits(_BITS)] * device.kind.size * math.sqrt(max(1.0, life_s / 10))
        down, up = (size, size / 20 + 400) if random.random() < _DOWNLOADS else (size / 20 + 400, size)
        remote = random.choice(host.addresses[version])
        ends = device.mac, l4_proto, client, random.randrange(*_EPHEMERAL), remote, port
        self._open(*ends, at_s + 0.05, life_s, up, down)
        if (l4_proto, port) == _READ_ON and random.random() < _HELLOS:
            self._hear(HeadKind.TLS, *ends, at_s + 0.08, host.hello)

    def _look_up(self, device: Device, host: Host, at_s: float) -> None:
        """Asks the router for addresses of both families, from one port."""
        ends = device.mac, _UDP, device.ipv4, self._random.randrange(*_EPHEMERAL), ROUTER, 53
        carried = [0, 0]
        for version in (4, 6):
            identifier = self._random.randbytes(2)
            for direction, said in ((_IN, host.question), (_OUT, host.answer)):
                payload = identifier + said[version]
                carried[direction] += len(payload) + 42
                self._hear(HeadKind.DNS, *ends, at_s + 0.02 * direction, payload, direction)
        self._open(*ends, at_s, 0.0, *carried)

    def _swarm(self, device: Device, since_s: float) -> None:
        """A minute of a device that shares files with many."""
        random = self._random
        for _ in range(_PEERS_A_MINUTE):
            size, at_s = random.choice(self._sizes) * 4, since_s + random.random() * 60
            ends = device.mac, random.choice((_TCP, _UDP)), device.ipv4, 51_413, random.choice(self._peers)
            self._open(*ends, random.randrange(1024, 65_536), at_s, random.expovariate(1 / 90), size, size)

    def _scan(self, device: Device, since_s: float, number: int) -> None:
        """Somebody on the internet knocks at every port of a device that is open to it, or many do at one."""
        random = self._random
        scanner = random.randbytes(4)
        for each in range(_KNOCKS):
            remote, port = (scanner, 1024 + each) if number % 2 else (random.randbytes(4), 22)
            self._open(device.mac, _TCP, device.ipv4, port, remote, 40_000, since_s + each / 1000, 0.0, 0, 0)

    def _open(
        self, mac: bytes, l4_proto: int, client: bytes, client_port: int, remote: bytes, remote_port: int, at_s: float,
        life_s: float, up: float, down: float,
    ) -> None:  # fmt: skip
        """A conversation begins, of so many bytes."""
        lasts_s = max(life_s, 1e-3)
        ends = mac, l4_proto, client, client_port, remote, remote_port
        conversation = Conversation(*ends, up / lasts_s, down / lasts_s, at_s + lasts_s)
        self._opened += 1
        self._count(conversation, at_s, at_s - at_s % 60, l4_proto == _TCP)

    def _count(self, conversation: Conversation, since_s: float, minute_s: float, is_opened: bool) -> None:
        """What a conversation carries in the rest of a minute."""
        mac, l4_proto, client, client_port, remote, remote_port, tx_rate, rx_rate, until_s = conversation
        if until_s > minute_s + 60:
            self._running.append(conversation)
            until_s = minute_s + 60
        lasted_s = until_s - since_s
        tx, rx = int(tx_rate * lasted_s) + 60, int(rx_rate * lasted_s) + 60
        rx_packets, tx_packets = rx // 1400 + 1, tx // 1400 + rx // 2800 + 1
        first_ns = BOOT_NS + int(since_s * _NS)
        came_by = UPLINK if remote != ROUTER else 0
        self._flows += (
            (IFINDEX, _IN, l4_proto, client, client_port, remote, remote_port, mac, tx, tx_packets, first_ns,
             is_opened, 0),
            (IFINDEX, _OUT, l4_proto, remote, remote_port, client, client_port, mac, rx, rx_packets, first_ns,
             False, came_by),
        )  # fmt: skip

    def _hear(
        self, kind: HeadKind, mac: bytes, l4_proto: int, client: bytes, client_port: int, remote: bytes,
        remote_port: int, at_s: float, payload: bytes, direction: int = _IN,
    ) -> None:  # fmt: skip
        """The beginning of a payload is captured."""
        ends = client, client_port, remote, remote_port
        self._heads.append((
            IFINDEX, direction, l4_proto, *(ends[2:] + ends[:2] if direction == _OUT else ends), mac,
            BOOT_NS + int(at_s * _NS), int(kind), 0, 0, len(payload), payload, 0,
        ))  # fmt: skip


def _counters(flows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What the interface's counters say of a generation with *flows*, of which only CAPACITY find room."""
    found = []
    for name, since in (("seen", 0), ("not_booked", CAPACITY)):
        for direction in (_IN, _OUT):
            told = [(flow[8], flow[9]) for flow in flows[since:] if flow[1] == direction]
            if told:
                found.append((IFINDEX, direction, name, *map(sum, zip(*told, strict=True))))
    return found
