"""``kernel/abi.py`` and ``ebpf/traffic_analyzer.h`` say the same, as the compiler of the programs sees it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.kernel import abi
from traffic_analyzer.records import Direction, HeadKind

from .tree import ROOT

_HEADER = ROOT / "ebpf" / "traffic_analyzer.h"
_TARGETS = ("bpfel", "bpfeb")
_KEY = ("src", "dst", "ifindex", "src_port", "dst_port", "direction", "l4_proto", "ip_version")
#: By struct: its mirror, and the members that the mirror's items stand for, in order.
_MIRRORS = {
    "ta_flow_key": (abi.FLOW_KEY, _KEY),
    "ta_flow": (abi.FLOW, ("traffic.bytes", "traffic.packets", "first_boot_ns", "neighbour_mac", "heads",
                           "ingress_ifindex")),
    "ta_control": (abi.CONTROL, ("abi_version", "generation", "heads_per_s")),
    "ta_interface": (
        abi.INTERFACE,
        ("ifindex", *(f"counter[{d}][{c}].{what}" for d in range(len(Direction)) for c in range(len(abi.COUNTERS))
                      for what in ("bytes", "packets"))),
    ),
    "ta_head": (
        abi.HEAD,
        (*(f"key.{member}" for member in _KEY), "sequence", "boot_ns", "datagram", "length",
         "ingress_ifindex", "neighbour_mac", "kind"),
    ),
}  # fmt: skip
#: By struct: bytes of its last member, which its mirror leaves out.
_TAILS = {"ta_head": abi.HEAD_PAYLOAD_MAX}


def _items(mirror: struct.Struct) -> Iterator[tuple[int, int]]:
    """Offset and size of each item of *mirror*, padding left out."""
    assert mirror.format[0] == "=", "sizes of the machine, but no alignment of its own"
    offset = 0
    for count, kind in re.findall(r"(\d*)([a-zA-Z])", mirror.format):
        sizes = [struct.calcsize(count + kind)] if kind in "sx" else [struct.calcsize("=" + kind)] * int(count or 1)
        for size in sizes:
            if kind != "x":
                yield offset, size
            offset += size
    assert offset == mirror.size


def _statements() -> Iterator[str]:
    yield f"TA_ABI_VERSION == {abi.ABI_VERSION}"
    yield f"TA_GENERATIONS == {abi.GENERATIONS}"
    yield f"TA_INTERFACE_SLOTS == {abi.INTERFACE_SLOTS}"
    yield f"TA_INTERFACE_PROBES == {abi.INTERFACE_PROBES}"
    yield f"TA_COUNTERS == {len(abi.COUNTERS)}"
    yield f"TA_DIRECTIONS == {len(Direction)}"
    for direction in Direction:
        yield f"TA_{direction.name} == {direction.value}"
    for kind in HeadKind:
        yield f"TA_HEAD_{kind.name} == {kind.value}"
    yield f"TA_FLOW_OPENED == {abi.FLOW_OPENED}"
    yield f"TA_HEAD_PAYLOAD_MAX == {abi.HEAD_PAYLOAD_MAX}"
    yield f"__builtin_offsetof(struct ta_head, payload) == {abi.HEAD.size}"
    for number, loss in enumerate(abi.LOSSES):
        yield f"TA_LOSS_{loss.upper()} == {number}"
    yield f"TA_LOSSES == {len(abi.LOSSES)}"
    for number, counter in enumerate(abi.COUNTERS):
        yield f"TA_{counter.upper()} == {number}"
    yield f"sizeof(__u32) == {abi.INDEX.size}"
    for name, (mirror, members) in _MIRRORS.items():
        tail = _TAILS.get(name, 0)
        alignment = f"_Alignof(struct {name})"
        yield f"sizeof(struct {name}) == ({mirror.size + tail} + {alignment} - 1) / {alignment} * {alignment}"
        for member, (offset, size) in zip(members, _items(mirror), strict=True):
            yield f"__builtin_offsetof(struct {name}, {member}) == {offset}"
            yield f"sizeof(((struct {name} *)0)->{member}) == {size}"


def _compile(target: str, statements: list[str]) -> str:
    """What clang finds wrong; empty where all *statements* hold."""
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("no clang: `make setup` installs it")
    source = ["#include <linux/types.h>", f'#include "{_HEADER}"']
    source += [f'_Static_assert({statement}, "{statement}");' for statement in statements]
    includes = [f"-I{folder}" for folder in sorted(Path("/usr/include").glob("*-linux-gnu*"))]
    done = subprocess.run(
        [clang, "-target", target, "-fsyntax-only", "-Wall", "-Werror", *includes, "-x", "c", "-"],
        input="\n".join(source) + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr


@pytest.mark.parametrize("target", _TARGETS)
def test_the_mirror_is_true(target: str) -> None:
    assert _compile(target, list(_statements())) == ""


@pytest.mark.parametrize("target", _TARGETS)
@pytest.mark.parametrize(
    "wrong",
    [f"sizeof(struct ta_flow_key) == {abi.FLOW_KEY.size + 4}", "__builtin_offsetof(struct ta_flow, neighbour_mac) == 8",
     "TA_NON_IP == 2", f"TA_ABI_VERSION == {abi.ABI_VERSION + 1}"],
)  # fmt: skip
def test_a_lie_is_caught(target: str, wrong: str) -> None:
    assert wrong in _compile(target, [*_statements(), wrong])


def test_every_number_of_the_header_is_compared() -> None:
    defined = set(re.findall(r"^#define (TA_\w+) ", _HEADER.read_text(), re.MULTILINE))
    in_members = {"TA_ADDRESS_LEN", "TA_MAC_LEN"}
    assert [name for name in sorted(defined - in_members) if not any(s.startswith(name) for s in _statements())] == []


def test_every_struct_of_the_header_has_a_mirror() -> None:
    structs = set(re.findall(r"^struct (\w+) \{", _HEADER.read_text(), re.MULTILINE))
    assert structs - {"ta_traffic"} == set(_MIRRORS)
