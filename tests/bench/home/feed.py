"""Batches of the reference home: it lives in another process, and what it sends goes through the pipeline in this one.

So that what this process takes is what the collector takes.
"""

from __future__ import annotations

import marshal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from typing import IO

from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.records import Batch, CounterRecord, FlowRecord, Generation, Head, Role
from traffic_analyzer.wire.quic_crypto import LibcryptoCipher

from . import traffic
from .traffic import Minute

INSTANCE = "home"
LENGTH = struct.Struct("=I")  #: of a minute that is marshalled, bytes
_INTERFACES = {traffic.IFINDEX: traffic.INTERFACE}
_COUNTED = {traffic.IFINDEX: Role.LAN}
_MINUTE_NS = 60 * 10**9
_BYTES = itemgetter(FlowRecord._fields.index("bytes"))


class Feed:
    """What the home's traffic comes to, a batch a minute.

    :param began_unix_s: start of a minute.
    """

    def __init__(self, began_unix_s: int, minutes: int) -> None:
        self._began_unix_s, self._minutes = began_unix_s, minutes
        self._pipeline = Pipeline(LibcryptoCipher())
        self.flows = 0  #: records of the kernel's
        self.bytes = 0  #: of those
        self.heads = 0
        self.conversations = 0
        self.running = 0  #: summed over the ends of all minutes
        self.spent_s = {"hear": 0.0, "book": 0.0}  #: CPU

    def batches(self) -> Iterator[Batch]:
        """The batches, oldest first.

        :raises RuntimeError: the home's process ended early.
        """
        with _home(self._began_unix_s, self._minutes) as minutes:
            for minute in minutes:
                yield self._batch(minute)

    def _batch(self, minute: Minute) -> Batch:
        began_s = time.thread_time()
        for head in map(Head._make, minute.heads):
            self._pipeline.hear(head, traffic.INTERFACE, _COUNTED)
        heard_s = time.thread_time()
        generation = Generation(
            INSTANCE, minute.number, list(map(FlowRecord._make, minute.flows)),
            list(map(CounterRecord._make, minute.counters)),
        )  # fmt: skip
        batch = self._pipeline.book(
            generation, self._began_unix_s + 60 * minute.number,
            traffic.BOOT_NS + (minute.number + 1) * _MINUTE_NS, _INTERFACES, _COUNTED, traffic.CAPACITY,
        )  # fmt: skip
        self.spent_s["hear"] += heard_s - began_s
        self.spent_s["book"] += time.thread_time() - heard_s
        self.flows += len(minute.flows)
        self.bytes += sum(map(_BYTES, minute.flows))
        self.heads += len(minute.heads)
        self.conversations += minute.opened
        self.running += minute.running
        return batch


@contextmanager
def _home(began_unix_s: int, minutes: int) -> Iterator[Iterator[Minute]]:
    command = [sys.executable, "-m", "tests.bench.home", str(began_unix_s), str(minutes)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield (_read(process.stdout) for _ in range(minutes))
        finally:
            process.kill()


def _read(pipe: IO[bytes]) -> Minute:
    length = pipe.read(LENGTH.size)
    if not length:
        raise RuntimeError("the home ended early")
    return Minute(*marshal.loads(pipe.read(*LENGTH.unpack(length))))
