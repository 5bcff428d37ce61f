"""A child answers, or ends in one line that says what it is about."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from traffic_analyzer.errors import KernelError
from traffic_analyzer.kernel import child

_ANSWERS = """
import sys
from traffic_analyzer.errors import KernelError
from traffic_analyzer.kernel import child

def answer(request):
    if request["do"] == "refuse":
        raise KernelError("not today")
    if request["do"] == "die":
        sys.exit(3)
    return [request["do"], request["parent"]]

sys.exit(child.serve(answer))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "answering.py").write_text(_ANSWERS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return "answering"


def test_it_answers(module: str) -> None:
    assert child.ask(module, {"do": "talk"}, "rx") == ["talk", os.getpid()]


def test_what_it_refuses_is_said_with_what_it_is_about(module: str) -> None:
    with pytest.raises(KernelError, match="^rx: not today$"):
        child.ask(module, {"do": "refuse"}, "rx")
    with pytest.raises(KernelError, match="^rx: the child ended with 3$"):
        child.ask(module, {"do": "die"}, "rx")


def test_it_does_not_outlive_its_parent(module: str) -> None:
    request = json.dumps({"do": "talk", "parent": 1})
    done = subprocess.run([sys.executable, "-m", module], input=request, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


_JAILED = """
import os, signal, sys
from traffic_analyzer.kernel.child import end_with_jail
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
if sys.argv[1] == "ends":
    end_with_jail()
print("here", flush=True)
signal.pause()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a PID namespace takes root")
@pytest.mark.parametrize("does", ["ends", "stays"])
def test_what_is_jailed_ends_with_its_jail(does: str) -> None:
    jail = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--", sys.executable, "-c", _JAILED, does], stdout=subprocess.PIPE, text=True
    )
    assert jail.stdout
    with jail.stdout as said:
        assert said.readline() == "here\n"
        (jailed,) = Path(f"/proc/{jail.pid}/task/{jail.pid}/children").read_text().split()
        held = os.pidfd_open(int(jailed))
        jail.kill()
        jail.wait()
        has_ended = bool(select.select([held], [], [], 5 if does == "ends" else 0.5)[0])
        if not has_ended:
            signal.pidfd_send_signal(held, signal.SIGKILL)
        os.close(held)
    assert has_ended == (does == "ends")


def test_outside_of_a_jail_nothing_changes() -> None:
    child.end_with_jail()
    found = ctypes.c_int(-1)
    assert ctypes.CDLL(None).prctl(2, ctypes.byref(found)) == 0  # PR_GET_PDEATHSIG
    assert found.value == 0
