"""A home whose traffic is counted twice: by the collector, and by Wireshark's programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ..lab.collector import collector
from ..lab.netns import Namespace
from .capture import capture
from .house import BRIDGE, Home
from .lives import live
from .sites import ROUTER_MAC
from .tally import Tally, tally_of


@dataclass(frozen=True)
class Observed:
    """What came of it. The database lives as long as the home."""

    database: Path
    ours: Tally
    theirs: list[Tally]  #: one for each place of the recordings
    frames: list[int]


def observe(
    home: Home, duration_s: int, places: Sequence[tuple[Namespace, str]], say: Callable[[str], None] = lambda _: None
) -> Observed:
    """Lets the clients live for *duration_s* and counts it.

    Every recording begins before the collector attaches and ends after it has detached; at both edges the bridge is
    quiet, so that all have seen the same frames.

    :param places: namespaces and interfaces to record.
    """
    with ExitStack() as stack:
        home.wait_until_quiet()
        captures = [
            stack.enter_context(capture(inside, iface, home.folder / f"{number}-{iface}.pcapng"))
            for number, (inside, iface) in enumerate(places)
        ]
        counting = stack.enter_context(collector(home.router, home.folder, "--iface", BRIDGE))
        say(f"traffic-analyzer run --iface {BRIDGE} is counting; dumpcap records beside it")
        say(f"real traffic for {duration_s} s: curl, dig, ping by {', '.join(client.name for client in home.clients)}")
        live(home, duration_s)
        home.wait_until_quiet()
        status = counting.stop()
        assert status == 0, f"the collector ended with {status}: {counting.log.read_text()}"
        frames = [made.stop() for made in captures]
        say(f"both are stopped; dumpcap recorded {sum(frames)} frames and dropped 0; tshark reads them")
        return Observed(counting.db, tally_of(counting, BRIDGE), [made.tally(ROUTER_MAC) for made in captures], frames)
