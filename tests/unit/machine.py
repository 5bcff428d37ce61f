"""A machine that boots, with clocks that are set at will, and what a collector books on it."""

from __future__ import annotations

from collections import defaultdict

from traffic_analyzer.clock import Clock, Step, aside, is_boot_time

_S = 10**9


class Machine:
    """Boots and clocks of it, and what a collector books there: for each minute, (boot, boot second) of each packet.

    The rows move as the clock says, which is asked at each turn.
    """

    def __init__(self, wall_s: float, boot_s: float = 1000) -> None:
        self.boot, self.boot_s, self.wall_s = 0, boot_s, wall_s
        self.rows: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        self.rows_boot = 0
        self.steps: list[Step] = []
        self.start()

    @property
    def boot_ns(self) -> int:
        return round(self.boot_s * _S)

    @property
    def total(self) -> int:
        return sum(len(row) for row in self.rows.values())

    def start(self) -> None:
        """A new process; of another boot too, what is stamped by a boot clock is put aside."""
        of_boot = [minute for minute in self.rows if is_boot_time(minute)]
        if self.rows_boot != self.boot and of_boot:
            for _ in range(2):  # killed before it was noted that it was done
                self.move(aside(max(minute for minute in self.rows if is_boot_time(minute))))
        self.rows_boot = self.boot
        self.clock = Clock(self.boot_ns, self.wall_s)

    def reboot(self, wall_s: float) -> None:
        self.boot, self.boot_s, self.wall_s = self.boot + 1, 0.5, wall_s
        self.start()

    def pass_(self, seconds: float) -> None:
        self.boot_s += seconds
        self.wall_s += seconds

    def go(self, seconds: int, each_s: int = 1) -> None:
        for _ in range(0, seconds, each_s):
            self.pass_(each_s)
            self.look()
            self.rows[int(self.clock.unix_s(self.boot_ns) // 60) * 60].append((self.boot, self.boot_s))

    def look(self) -> None:
        step = self.clock.step(self.boot_ns, self.wall_s)
        if step is not None:
            self.steps.append(step)
            self.move(step)
            self.clock.taken(self.boot_ns, self.wall_s)

    def move(self, step: Step) -> None:
        assert step.since_unix_s < step.until_unix_s
        assert not any(seconds % 60 for seconds in (step.until_unix_s, step.shift_s))
        moved: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for minute, row in self.rows.items():
            moved[minute + step.shift_s * (step.since_unix_s <= minute < step.until_unix_s)] += row
        self.rows = moved
