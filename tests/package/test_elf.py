"""The object in the packages: lighter, and the same to the kernel."""

from __future__ import annotations

import json
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from traffic_analyzer.kernel.instance import Sizes, load
from traffic_analyzer.kernel.libbpf import Libbpf

from ..lab.collector import pin_dir, remove_pins
from ..lab.required import missing_kernel, require
from .conftest import OBJECTS

from packing import elf  # isort: skip
from packing.contents import PackingError  # isort: skip


@pytest.fixture(params=["bpfel", "bpfeb"])
def built(request: pytest.FixtureRequest) -> Path:
    path = Path(str(OBJECTS).format(request.param))
    if not path.exists():
        pytest.skip("no objects: `make build` makes them")
    return path


def test_the_lines_are_half_of_it(built: Path) -> None:
    raw = built.read_bytes()
    made = elf.without_lines(raw)
    assert len(made) == len(raw)
    assert len(zlib.compress(made, 9)) < len(zlib.compress(raw, 9)) / 2
    assert elf.without_lines(made) == made


def test_its_types_are_the_same(built: Path, tmp_path: Path) -> None:
    if shutil.which("bpftool") is None:
        pytest.skip("no bpftool: `make setup` installs it")
    light = tmp_path / "light.o"
    light.write_bytes(elf.without_lines(built.read_bytes()))
    dumps = [subprocess.run(["bpftool", "--json", "btf", "dump", "file", path], capture_output=True, check=True).stdout
             for path in (built, light)]  # fmt: skip
    assert len(json.loads(dumps[0])["types"]) > 100
    assert dumps[0] == dumps[1]


def test_the_verifier_walks_no_more_of_it(tmp_path: Path) -> None:
    require(missing_kernel())
    built = Path(str(OBJECTS).format("bpfel"))
    light = tmp_path / "light.o"
    light.write_bytes(elf.without_lines(built.read_bytes()))

    def walked(path: Path) -> dict[str, int]:
        pins = pin_dir()
        instance = load(Libbpf(), path, pins, "test", Sizes(flow_entries=1024))
        try:
            facts = {name: Path(f"/proc/self/fdinfo/{fd}").read_text() for name, fd in instance.programs.items()}
            return {name: int(text.partition("verified_insns:\t")[2].split()[0]) for name, text in facts.items()}
        finally:
            instance.remove()
            remove_pins(pins)

    assert walked(light) == walked(built)


@pytest.mark.parametrize("raw", [b"", b"\x7fELF", bytes(100), b"\x7fELF\2\1" + bytes(200)], ids=repr)
def test_what_is_no_object_is_told(raw: bytes) -> None:
    with pytest.raises(PackingError, match="make build"):
        elf.without_lines(raw)
