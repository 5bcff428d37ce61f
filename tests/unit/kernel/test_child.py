"""A child answers, or ends in one line that says what it is about."""

from __future__ import annotations

import json
import os
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
