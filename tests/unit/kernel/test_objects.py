"""What is wrong with an object file is said before the kernel has to."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from traffic_analyzer.errors import KernelError, UsageError
from traffic_analyzer.kernel import objects
from traffic_analyzer.kernel.objects import find_object

from ..nobody import as_nobody, public_folder

_OTHER = "big" if sys.byteorder == "little" else "little"
_BPF, _X86_64 = 247, 62


def _elf(path: Path, order: str = sys.byteorder, machine: int = _BPF) -> Path:
    """The first 20 bytes of a 64-bit relocatable object."""
    ident = b"\x7fELF\x02" + (b"\x01" if order == "little" else b"\x02") + b"\x01" + bytes(9)
    path.write_bytes(ident + (1).to_bytes(2, order) + machine.to_bytes(2, order))  # type: ignore[arg-type]
    return path


def _refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        find_object(str(path))
    said = str(caught.value)
    assert said.startswith(f"--bpf-object {path}: ") and "\n" not in said
    return said


def test_an_object_for_this_machine_is_taken(tmp_path: Path) -> None:
    path = _elf(tmp_path / "an object.o")
    assert find_object(str(path)) == path


def test_a_missing_file(tmp_path: Path) -> None:
    assert "No such file" in _refused(tmp_path / "missing.o")


def test_a_folder(tmp_path: Path) -> None:
    assert "Is a directory" in _refused(tmp_path)


def test_an_unreadable_file() -> None:
    with public_folder() as folder:
        path = _elf(folder / "secret.o")
        path.chmod(0)
        with as_nobody():
            assert "Permission denied" in _refused(path)


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"#!/bin/sh\nexit 0 # no object\n", bytes(64)], ids=repr)
def test_no_elf_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.o"
    path.write_bytes(content)
    assert "not an ELF file" in _refused(path)


def test_an_elf_file_of_another_machine(tmp_path: Path) -> None:
    assert "not for eBPF" in _refused(_elf(tmp_path / "x86.o", machine=_X86_64))
    assert "not for eBPF" in _refused(Path(sys.executable).resolve())


def test_the_other_byte_order(tmp_path: Path) -> None:
    said = _refused(_elf(tmp_path / "other.o", order=_OTHER))
    assert f"{_OTHER}-endian" in said and ("bpfel" in said and "bpfeb" in said)


def test_the_first_place_that_has_one_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first.o", _elf(tmp_path / "second.o")
    monkeypatch.setattr(objects, "PLACES", (first, second))
    assert find_object(None) == second
    _elf(first)
    assert find_object(None) == first


def test_no_place_has_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "PLACES", (tmp_path / "missing.o",))
    with pytest.raises(KernelError, match=r"missing\.o.*make build.*--bpf-object"):
        find_object(None)
