"""What the programs cost the verifier: a slow router pays it at every start, and the kernel's limit is a million."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.kernel import instance as instances
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object

from ..lab.packed import packed

_INSTRUCTIONS_MAX = 200_000  # kernel 6.1 walks 147,976, 6.12 126,686, 6.18 129,171


@pytest.mark.parametrize("is_packed", [False, True])
def test_few_instructions_are_walked(pins: Path, tmp_path: Path, is_packed: bool) -> None:
    built = find_object(None)
    taken = packed(built, tmp_path) if is_packed else built
    instance = instances.load(Libbpf(), taken, pins, "test", instances.Sizes())
    try:
        walked = {}
        for name, fd in instance.programs.items():
            facts = dict(line.split(":\t") for line in Path(f"/proc/self/fdinfo/{fd}").read_text().splitlines())
            walked[name] = int(facts["verified_insns"])  # kernel 5.16 and later
    finally:
        instance.remove()
    assert set(walked) == set(instances.PROGRAMS.values())
    assert max(walked.values()) < _INSTRUCTIONS_MAX, walked
