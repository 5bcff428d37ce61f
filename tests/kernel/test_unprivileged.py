"""The rights that the service of OpenWrt has in its jail are enough to load, attach, count and leave."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from ..lab.collector import Collector
from ..lab.frames import send
from ..lab.netns import Namespace
from ..lab.packets import ethernet, ipv4, udp
from .conftest import required

_CAPABILITIES = Path(__file__).resolve().parents[2] / "files" / "etc" / "capabilities" / "traffic-analyzer.json"


class _Restricted(Namespace):
    """What is started in it has the capabilities of the service and no others, root's own neither."""

    def popen(self, *argv: object, **options: Any) -> subprocess.Popen[Any]:
        names = json.loads(_CAPABILITIES.read_text())["ambient"]
        sets = ",".join("+" + name.removeprefix("CAP_").lower() for name in names)
        return super().popen(
            "setpriv", "--securebits", "+noroot,+noroot_locked", "--no-new-privs", "--inh-caps", f"-all,{sets}",
            "--ambient-caps", sets, "--bounding-set", f"-all,{sets}", *argv, **options,
        )  # fmt: skip


def test_a_collector_with_the_rights_of_the_service(
    cable: tuple[Namespace, Namespace], tmp_path: Path, pins: Path
) -> None:
    required([] if shutil.which("setpriv") else ["setpriv"])
    sender, receiver = cable
    inside = _Restricted(receiver.name)
    collector = Collector(inside, tmp_path / "traffic.db", pins, "--iface", "rx", "--role", "rx=lan")
    collector.start()
    assert collector.process is not None
    status = Path(f"/proc/{collector.process.pid}/status").read_text()
    rights = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), 16)
    assert rights == 1 << 12 | 1 << 38 | 1 << 39, "net_admin, perfmon, bpf"
    frame = ethernet(0x0800, ipv4(17, udp(payload=b"x" * 100)))
    assert send(sender, "tx", [frame] * 7) == 7
    assert collector.stop(signal.SIGTERM) == 0
    assert collector.rows("SELECT sum(bytes), sum(packets) FROM flow_1m_5t") == [(7 * len(frame), 7)]
    assert "clsact" not in receiver.run("tc", "qdisc", "show", "dev", "rx").stdout
    assert list(pins.iterdir()) == []
