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

from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel import interfaces as links
from traffic_analyzer.kernel import tc
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object
from traffic_analyzer.kernel.reader import Reader
from traffic_analyzer.pipeline import book
from traffic_analyzer.store.writer import Store

from ..lab.collector import pin_dir
from ..lab.frames import read_pcap, send
from ..lab.netns import Namespace, namespace, veth
from .flows import booked, differences, expected

_MTU = 65535
_SHOWN = 5  # differences of a file
_QUERY = """SELECT proto, src_ip, src_port, dst_ip, dst_port, sum(bytes), sum(packets) FROM flow_1m_5t
            WHERE ts_minute = ? GROUP BY 1, 2, 3, 4, 5"""


class Replay:
    """The real programs on one end of a cable, and what they booked for each capture sent into the other."""

    def __init__(self, sender: Namespace, receiver: Namespace, folder: Path, pins: Path) -> None:
        self._sender = sender
        self._db = folder / "score.db"
        self._store = Store(self._db)
        self._instance = instances.load(Libbpf(), find_object(None), pins, "score", instances.Sizes())
        self._reader = Reader(self._instance)
        with receiver.entered():
            self._interface = links.interfaces(["rx"])["rx"]
            self._reader.register(self._interface.ifindex)
            tc.attach(self._interface, self._instance, dead=[])
        self._minute_unix_s = 0

    def close(self) -> None:
        """Unpins; the filters go with their namespace."""
        self._instance.remove()
        self._store.close()

    def play(self, frames: list[bytes]) -> list[tuple[int, str, int, str, int, int, int]]:
        """Sends frames and stores what came of them in a minute of its own; the rows of ``flow_1m_5t``."""
        sent = send(self._sender, "tx", frames)
        if sent < len(frames):
            print(f"{len(frames) - sent} frames cannot be sent: too short or too long")
        generation = self._reader.read(self._reader.turn())
        self._minute_unix_s += 60
        interfaces = {self._interface.ifindex: self._interface}
        self._store.commit(book(generation, self._minute_unix_s, interfaces, self._reader.flow_capacity))
        self._reader.clear(generation.number)
        with closing(sqlite3.connect(self._db)) as database:
            return database.execute(_QUERY, (self._minute_unix_s,)).fetchall()


@contextmanager
def _replay() -> Iterator[Replay]:
    pins = pin_dir()
    with (
        tempfile.TemporaryDirectory() as folder,
        namespace("tx") as sender,
        namespace("rx") as receiver,
    ):
        veth(sender, "tx", receiver, "rx", _MTU)
        replay = Replay(sender, receiver, Path(folder), pins)
        try:
            yield replay
        finally:
            replay.close()
            pins.rmdir()


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
    flows_equal = flows_all = files_equal = files_all = left_out = 0
    with _replay() as replay:
        for capture in captures:
            truth = json.loads(truths[capture].read_text())
            rows = replay.play(read_pcap(capture))
            if "flow_note" in truth:
                left_out += 1
                continue
            want, pairs = expected(truth)
            wrong = differences(want, booked(rows, pairs, with_bytes=not truth["cut_frames"]))
            unequal = min(len(wrong), len(want))
            flows_all += len(want)
            flows_equal += len(want) - unequal
            files_all += 1
            files_equal += not wrong
            for line in wrong[:_SHOWN]:
                print(f"{capture.stem}: {line}")
            if len(wrong) > _SHOWN:
                print(f"{capture.stem}: … {len(wrong) - _SHOWN} more")
    print(f"flows equal {flows_equal} of {flows_all}")
    print(f"files equal {files_equal} of {files_all} ({left_out} left out: their flows are not to be scored)")
    return int(files_equal != files_all)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
