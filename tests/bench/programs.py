"""The programs of ``reference.bpf.c``, and our own, loaded for as long as a block lasts."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.netns import run
from traffic_analyzer.kernel.instance import Instance, Sizes, load
from traffic_analyzer.kernel.libbpf import Libbpf
from traffic_analyzer.kernel.objects import find_object

REFERENCES = ("empty", "counter", "floor_ipv4", "floor_flow", "by_fields", "by_bytes")
_SOURCE = Path(__file__).with_name("reference.bpf.c")
_EBPF = Path(__file__).parents[2] / "ebpf"
_CLANG = os.environ.get("CLANG", "clang")
_TARGET = "bpfel" if sys.byteorder == "little" else "bpfeb"


@contextmanager
def references(libbpf: Libbpf) -> Iterator[dict[str, int]]:
    """Descriptors of the reference programs by name.

    :raises RuntimeError: clang is missing or refuses the source.
    """
    if not shutil.which(_CLANG):
        raise RuntimeError(f"no {_CLANG}: `make setup` installs it")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "reference.o"
        headers = (_EBPF, *Path("/usr/include").glob("*-linux-gnu*"))
        flags = ("-target", _TARGET, "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror")
        run(_CLANG, *flags, *(f"-I{header}" for header in headers), "-c", _SOURCE, "-o", built)
        handle = libbpf.call("bpf_object__open_file", os.fsencode(built), None)
    try:
        libbpf.call("bpf_object__load", handle)
        programs = {
            name: libbpf.call("bpf_object__find_program_by_name", handle, name.encode()) for name in REFERENCES
        }
        yield {name: libbpf.call("bpf_program__fd", program) for name, program in programs.items()}
    finally:
        libbpf.close(handle)


@contextmanager
def instances(libbpf: Libbpf, *sizes: Sizes) -> Iterator[list[Instance]]:
    """An instance of our programs for each of *sizes*, attached to nothing; unpinned when the block ends."""
    pin_dir = Path(f"/sys/fs/bpf/ta-bench-{os.getpid()}")
    made: list[Instance] = []
    try:
        made += (load(libbpf, find_object(None), pin_dir, "bench", each) for each in sizes)
        yield made
    finally:
        for instance in made:
            instance.remove()
        if pin_dir.exists():
            pin_dir.rmdir()
