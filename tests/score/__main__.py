"""``python -m tests.score FOLDER``: a line per kind of figure and each file that differs; exit status 1 if one does."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from traffic_analyzer.dissector import Dissector, Heard
from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel import interfaces as links
from traffic_analyzer.kernel import tc
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.store.writer import Store
from traffic_analyzer.wire.quic_crypto import find_cipher

from ..lab.collector import pin_dir
from ..lab.frames import read_pcap, send
from ..lab.netns import Namespace, namespace, veth
from . import names
from .flows import booked, differences, expected

_MTU = 65535
_SHOWN = 5  # differences of a file
_FRAMES = 200  # sent between two looks at the payload heads
_HEADS = 1_000_000
_QUERY = """SELECT proto, src_ip, src_port, dst_ip, dst_port, sum(bytes), sum(packets) FROM flow_1m_5t
            WHERE ts_minute = ? GROUP BY 1, 2, 3, 4, 5"""


#: proto, src_ip, src_port, dst_ip, dst_port, bytes, packets.
Row = tuple[int, str, int, str, int, int, int]


class Replay:
    """The real programs on one end of a cable, and what they booked for each capture sent into the other."""

    def __init__(self, sender: Namespace, receiver: Namespace, folder: Path, pins: Path) -> None:
        self.sender = sender
        self._db = folder / "score.db"
        self._store = Store(self._db)
        self._instance = instances.load(Libbpf(), find_object(None), pins, "score", instances.Sizes())
        self._reader = Reader(self._instance)
        with receiver.entered():
            self._interface = links.interfaces(["rx"])["rx"]
            self._reader.register(self._interface.ifindex)
            tc.attach([self._interface], self._instance, dead=[])
        self._cipher = find_cipher()
        self._pipeline = Pipeline(self._cipher)
        self._minute_unix_s = 0

    def close(self) -> None:
        """Unpins; the filters go with their namespace."""
        self._instance.remove()
        self._store.close()

    def play(self, frames: list[bytes]) -> tuple[list[Row], list[Heard]]:
        """Sends frames and stores what came of them in a minute of its own.

        Returns the rows of ``flow_1m_5t``, and the messages with the heads that completed them.
        """
        dissector, sent = Dissector(self._cipher), 0
        heard: list[Heard] = []
        for at in range(0, len(frames) or 1, _FRAMES):
            sent += send(self.sender, "tx", frames[at : at + _FRAMES])
            for head in self._reader.heads(_HEADS):
                heard += dissector.dissect(head)
        heard += dissector.give_up(sys.maxsize)
        if sent < len(frames):
            print(f"{len(frames) - sent} frames cannot be sent: too short or too long")
        generation = self._reader.read(self._reader.turn())
        self._minute_unix_s += 60
        interfaces = {self._interface.ifindex: self._interface}
        batch = self._pipeline.book(generation, self._minute_unix_s, 0, interfaces, {}, self._reader.flow_capacity)
        self._store.commit(batch)
        self._reader.clear(generation.number)
        with closing(sqlite3.connect(self._db)) as database:
            return database.execute(_QUERY, (self._minute_unix_s,)).fetchall(), heard


@contextmanager
def replay() -> Iterator[Replay]:
    """A cable with the programs on its end."""
    pins = pin_dir()
    with (
        tempfile.TemporaryDirectory() as folder,
        namespace("tx") as sender,
        namespace("rx") as receiver,
    ):
        veth(sender, "tx", receiver, "rx", _MTU)
        made = Replay(sender, receiver, Path(folder), pins)
        try:
            yield made
        finally:
            made.close()
            pins.rmdir()


class _FlowScore:
    """Flows over all captures."""

    def __init__(self) -> None:
        self.equal = self.all = self.files_equal = self.files = self.left_out = 0

    def add(self, truth: dict[str, Any], rows: list[Row]) -> list[str]:
        """Takes a capture in; what differs."""
        if "flow_note" in truth:
            self.left_out += 1
            return []
        want, pairs = expected(truth)
        wrong = differences(want, booked(rows, pairs, with_bytes=not truth["cut_frames"]))
        self.all += len(want)
        self.equal += len(want) - min(len(wrong), len(want))
        self.files += 1
        self.files_equal += not wrong
        return wrong


class _NameScore:
    """Names over all captures."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(names.KINDS, names.Count(0, 0))
        self.invented = 0

    def add(self, truth: dict[str, Any], heard: list[Heard]) -> list[str]:
        """Takes a capture in; what is missing or invented."""
        want, got = names.expected(truth), names.read(heard)
        for kind, count in names.counts(want, got).items():
            held = self.counts[kind]
            self.counts[kind] = names.Count(held.found + count.found, held.expected + count.expected)
        invented = sorted(names.invented(want, got))
        self.invented += len(invented)
        return [f"invented {name}" for name in invented] + [f"not found: {line}" for line in names.missing(want, got)]


def _show(stem: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        print(f"{stem}: {line}")
    if len(lines) > _SHOWN:
        print(f"{stem}: … {len(lines) - _SHOWN} more")


def main(folder: Path) -> int:
    """Plays every capture of *folder*; 0 where all agree."""
    captures = sorted((folder / "pcap").glob("*.pcap"))
    if not captures:
        print(f"no captures in {folder / 'pcap'}: name a folder with CAPTURES=dir", file=sys.stderr)
        return 2
    if os.geteuid():
        print("the score sends packets through network namespaces: run it as root", file=sys.stderr)
        return 2
    truths = {capture: folder / "truth" / f"{capture.stem}.json" for capture in captures}
    if missing := [str(truth) for truth in truths.values() if not truth.exists()]:
        print(f"no expected answers: {', '.join(missing)}", file=sys.stderr)
        return 2
    flows, read = _FlowScore(), _NameScore()
    with replay() as player:
        for capture in captures:
            truth = json.loads(truths[capture].read_text())
            rows, heard = player.play(read_pcap(capture))
            _show(capture.stem, flows.add(truth, rows) + read.add(truth, heard))
    print(f"flows equal {flows.equal} of {flows.all}")
    print(f"files equal {flows.files_equal} of {flows.files} "
          f"({flows.left_out} left out: their flows are not to be scored)")  # fmt: skip
    for kind, count in read.counts.items():
        share = f" ({count.found / count.expected:.1%})" if count.expected else ""
        print(f"{kind} {count.found} of {count.expected}{share}")
    print(f"names invented {read.invented}")
    return int(flows.files_equal != flows.files or bool(read.invented))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
