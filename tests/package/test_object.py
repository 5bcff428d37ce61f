"""The packet programs need nothing of a kernel later than 5.15: seen in the object's own instructions."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.kernel.instance import PROGRAMS, Sizes, load
from traffic_analyzer.kernel.libbpf import Libbpf

from ..lab.collector import pin_dir, remove_pins
from ..lab.required import missing_kernel, require
from .conftest import OBJECTS, ROOT

_CALL, _LOAD_64 = 0x85, 0x18
_HELPER, _OWN_FUNCTION = 0, 1  # src_reg of a call; 2 is a function of the kernel's
_LAST_HELPER = 175  # bpf_task_pt_regs, the last one of include/uapi/linux/bpf.h in 5.15
_ALU, _ALU_64, _LONG_JUMP = 0x04, 0x07, 0x06
_PROGBITS, _SYMTAB, _EXECUTABLE = 1, 2, 4
_SYMBOL_BYTES, _GLOBAL_FUNCTION = 24, 1 << 4 | 2  # STB_GLOBAL, STT_FUNC


def _instructions(raw: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Opcode, source register, offset and immediate of each instruction of an ELF file of eBPF."""
    order = "<" if raw[5] == 1 else ">"
    (sections,) = struct.unpack_from(order + "Q", raw, 40)
    size, count = struct.unpack_from(order + "HH", raw, 58)
    for number in range(count):
        _, kind, flags, _, at, length = struct.unpack_from(order + "IIQQQQ", raw, sections + number * size)
        end = at + length
        while kind == _PROGBITS and flags & _EXECUTABLE and at < end:
            opcode, registers, offset, immediate = struct.unpack_from(order + "BBhi", raw, at)
            yield opcode, registers >> 4 if order == "<" else registers & 15, offset, immediate
            at += 16 if opcode == _LOAD_64 else 8


def _global_functions(raw: bytes) -> set[str]:
    """Names of the functions that another object could call."""
    order = "<" if raw[5] == 1 else ">"
    (sections,) = struct.unpack_from(order + "Q", raw, 40)
    size, count = struct.unpack_from(order + "HH", raw, 58)
    heads = [struct.unpack_from(order + "IIQQQQI", raw, sections + number * size) for number in range(count)]
    found = set()
    for _, kind, _, _, at, length, names in heads:
        for symbol in range(at, at + length, _SYMBOL_BYTES) if kind == _SYMTAB else ():
            name, info = struct.unpack_from(order + "IB", raw, symbol)
            if info == _GLOBAL_FUNCTION:
                begin = heads[names][4] + name
                found.add(raw[begin : raw.index(b"\0", begin)].decode())
    return found


def _too_new(raw: bytes) -> set[str]:
    found = set()
    for opcode, source, offset, immediate in _instructions(raw):
        if opcode == _CALL and source != _OWN_FUNCTION and (source != _HELPER or immediate > _LAST_HELPER):
            found.add(f"call {source}:{immediate}")
        if opcode & 7 in (_ALU, _ALU_64) and offset:
            found.add("signed division or move, of -mcpu=v4")
        if opcode == _LONG_JUMP:
            found.add("a long jump, of -mcpu=v4")
    return found


@pytest.mark.parametrize("order", ["bpfel", "bpfeb"])
def test_no_helper_is_later_than_5_15(order: str) -> None:
    path = Path(str(OBJECTS).format(order))
    if not path.exists():
        pytest.skip("no objects: `make build` makes them")
    raw = path.read_bytes()
    called = {immediate for opcode, source, _, immediate in _instructions(raw) if (opcode, source) == (_CALL, _HELPER)}
    assert called >= {1, 26, 130}, "map look-up, payload and ring buffer are there, so calls are found at all"
    assert _too_new(raw) == set()


@pytest.mark.parametrize("order", ["bpfel", "bpfeb"])
def test_only_programs_are_global(order: str) -> None:
    """A kernel without BTF, such as OpenWrt's, gives no context to other global functions, and refuses them."""
    path = Path(str(OBJECTS).format(order))
    if not path.exists():
        pytest.skip("no objects: `make build` makes them")
    assert _global_functions(path.read_bytes()) == set(PROGRAMS.values())


def test_a_later_helper_would_be_found() -> None:
    path = Path(str(OBJECTS).format("bpfel"))
    if not path.exists():
        pytest.skip("no objects: `make build` makes them")
    raw = path.read_bytes()
    call = struct.pack("<BBhi", _CALL, 0, 0, 130)
    assert raw.count(call) == 1
    assert _too_new(raw.replace(call, struct.pack("<BBhi", _CALL, 0, 0, 176))) == {"call 0:176"}
    assert _too_new(raw.replace(call, struct.pack("<BBhi", _CALL, 2 << 4, 0, 130))) == {"call 2:130"}


def _compiled_for_mips_first(folder: Path) -> Path:
    """As ``include/bpf.mk`` of OpenWrt does it: MIPS, without passes; then those, and code, of eBPF.

    With user space's headers; but ``noinline`` is what those of the kernel make of it.
    """
    missing = [name for name in ("clang", "opt", "llvm-dis", "llc", "llvm-strip") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)}: `make setup` installs it")
    order = "el" if sys.byteorder == "little" else ""
    target = f"bpf{order or 'eb'}"
    source = ROOT / "ebpf" / "traffic_analyzer.bpf.c"
    includes = [f"-I{path}" for path in sorted(Path("/usr/include").glob("*-linux-gnu*"))]
    steps = [
        ["clang", "-g", "-target", f"mips{order}-linux-gnu", "-nostdinc", "-isystem", _resources(), "-I/usr/include",
         *includes, "-Dnoinline=__attribute__((__noinline__))", "-Wno-unused-value", "-O2", "-emit-llvm", "-Xclang",
         "-disable-llvm-passes", "-c", source, "-o", "made.bc"],
        ["opt", "-O2", f"-mtriple={target}", "made.bc", "-o", "made.opt"],
        ["llvm-dis", "made.opt", "-o", "made.ll"],
        ["llc", f"-march={target}", "-mcpu=v3", "-filetype=obj", "made.ll", "-o", "made.o"],
        ["llvm-strip", "--strip-debug", "made.o"],
    ]  # fmt: skip
    for step in steps:
        done = subprocess.run(list(map(str, step)), cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return folder / "made.o"


def _resources() -> Path:
    asked = subprocess.run(["clang", "-print-resource-dir"], capture_output=True, text=True, check=True)
    return Path(asked.stdout.strip()) / "include"


def test_the_kernel_takes_what_openwrt_compiles(tmp_path: Path) -> None:
    require(missing_kernel())
    made = _compiled_for_mips_first(tmp_path)
    assert _too_new(made.read_bytes()) == set()
    assert _global_functions(made.read_bytes()) == set(PROGRAMS.values())
    pins = pin_dir()
    try:
        load(Libbpf(), made, pins, "test", Sizes(flow_entries=1024)).close()
    finally:
        remove_pins(pins)
