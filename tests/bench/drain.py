"""What a flow costs on its way from the kernel's map to the database."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

from tests.lab.netns import run
from traffic_analyzer.kernel import abi
from traffic_analyzer.kernel.instance import Instance, Sizes
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.reader import Reader
from traffic_analyzer.pipeline import Pipeline
from traffic_analyzer.store.writer import Store
from traffic_analyzer.wire.quic_crypto import find_cipher

from . import flows
from .programs import instances
from .samples import print_table, spread

_ROUNDS = {200: 25, 5_000: 9, 50_000: 5}  # by flows in a turn
#: The turns of a round, each with its minute, Unix seconds: a new database, a new minute, the same minute again.
_TURNS = {"new texts": 60, "new rows": 120, "same rows": 120}
_RAM = Path("/dev/shm")
_DISK = Path(__file__).parents[2] / "build"


class _Watch:
    """Times by step, µs: elapsed, and this thread's share of them on a CPU."""

    def __init__(self) -> None:
        self.taken_us: defaultdict[str, list[float]] = defaultdict(list)
        self.cpu_us: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began_ns, began_cpu_ns = time.perf_counter_ns(), time.thread_time_ns()
        yield
        self.cpu_us[name].append((time.thread_time_ns() - began_cpu_ns) / 1000)
        self.taken_us[name].append((time.perf_counter_ns() - began_ns) / 1000)


def _file_system(folder: Path) -> str:
    return run("findmnt", "--noheadings", "--output", "FSTYPE", "--target", folder).stdout.strip()


@contextmanager
def _stores() -> Iterator[dict[str, Store]]:
    """New databases, in RAM and on disk."""
    with ExitStack() as stack:
        stores = {}
        for name, place in (("tmpfs", _RAM), ("disk", _DISK)):
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ta-bench-", dir=place))
            stores[name] = stack.enter_context(closing(Store(Path(folder) / "traffic.db")))
        yield stores


class _Chain:
    """A reader and its maps; fills them and takes what they hold to databases."""

    def __init__(self, libbpf: Libbpf, instance: Instance) -> None:
        self._reader = Reader(instance)
        self._maps = instance.maps["flows_0"], instance.maps["flows_1"]
        self._filler = flows.Filler(libbpf)
        self._interfaces = {flows.IFINDEX: flows.INTERFACE}

    def round(self, keys: bytes, watch: _Watch) -> None:
        """Three turns of a flow under each of *keys*, through new databases.

        :raises RuntimeError: a turn did not bring every flow to the database.
        """
        reader, flow_count = self._reader, len(keys) // abi.FLOW_KEY.size
        pipeline = Pipeline(find_cipher())
        with _stores() as stores:
            for turn, minute_unix_s in _TURNS.items():
                self._filler.fill(self._maps[reader.generation % abi.GENERATIONS], keys)
                with watch.step("turn"):
                    resting = reader.turn()
                with watch.step("read"):
                    generation = reader.read(resting)
                with watch.step("book"):
                    batch = pipeline.book(
                        generation, minute_unix_s, time.clock_gettime_ns(time.CLOCK_BOOTTIME), self._interfaces, {},
                        reader.flow_capacity,
                    )  # fmt: skip
                if len(batch.flows) != flow_count:
                    raise RuntimeError(f"{len(batch.flows)} of {flow_count} flows were booked")
                for place, store in stores.items():
                    with watch.step(f"{place}: {turn}"):
                        is_new = store.commit(batch)
                    if not is_new:
                        raise RuntimeError(f"generation {batch.generation} was not stored")
                with watch.step("clear"):
                    reader.clear(generation.number)


def measure(libbpf: Libbpf) -> None:
    """Prints µs per flow for each step.

    :raises RuntimeError: a flow was lost on the way.
    """
    watches = {count: _Watch() for count in _ROUNDS}
    with instances(libbpf, Sizes()) as (instance,):
        chain = _Chain(libbpf, instance)
        for count, rounds in _ROUNDS.items():
            keys = flows.keys(count)
            for _ in range(rounds):
                chain.round(keys, watches[count])
    _print(watches)


def _print(watches: dict[int, _Watch]) -> None:
    largest = watches[max(_ROUNDS)].taken_us
    steps = ["read", "book", "clear", *(step for step in largest if ":" in step)]
    rows = []
    for step in steps:
        row = [step]
        for count, watch in watches.items():
            per_flow = [us / count for us in watch.taken_us[step]]
            row += [f"{median(per_flow):.2f}", spread(per_flow, 1)]
        rows.append([*row, f"{median(largest[step]) / median(largest['read']):.1f}"])
    head = ["step"]
    for count in _ROUNDS:
        head += [f"{count:,}", "10-90 %"]
    print_table("3. drain: µs per flow, by flows in a turn of the maps", [*head, "/ read"], rows)
    turn_ms = median(us for watch in watches.values() for us in watch.taken_us["turn"]) / 1000
    cpu_ms = median(us for watch in watches.values() for us in watch.cpu_us["turn"]) / 1000
    print(f"   turn: {turn_ms:.1f} ms, {cpu_ms:.2f} of them on the CPU, whatever the maps hold.\n"
          "   tmpfs, disk: commit. new texts: into an empty database; new rows: addresses\n"
          "   are known, the minute is new; same rows: every row is there and is added to.\n"
          f"   disk: {_file_system(_DISK)}; WAL, synchronous=normal. / read: {max(_ROUNDS):,} flows.")  # fmt: skip
