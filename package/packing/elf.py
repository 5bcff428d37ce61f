# SPDX-License-Identifier: GPL-2.0-only
"""The object of the packet programs without the lines of its sources, which are half of it as a package has it.

Types and functions stay: by these the verifier takes each function by itself, a tenth of the work. Nothing is moved;
what goes is zeros, which take no place where they are compressed. ELF, and the kernel's Documentation/bpf/btf.rst.
"""

from __future__ import annotations

import struct

from .contents import PackingError

_BTF_HEADER = "HBBIIIII"  # magic, version, flags, own bytes; types: start, bytes; strings: start, bytes
_EXT_HEADER = "HBBIIIII"  # magic, version, flags, own bytes; functions: start, bytes; lines: start, bytes
_SYMBOL_BYTES = 24  # name, 4 bytes; kind, 1; all of them zeros: no symbol
_LINES_BYTES_AT = 20  # of the header of .BTF.ext


def without_lines(raw: bytes) -> bytes:
    """The object *raw*, of either byte order, as long as before.

    :raises PackingError: it is none that a compiler of eBPF made.
    """
    made = bytearray(raw)
    try:
        order = {1: "<", 2: ">"}[raw[5]]
        sections = _sections(raw, order)
        btf, ext = sections[".BTF"][0], sections[".BTF.ext"][0]
        symbols, names = sections[".symtab"], sections[".strtab"][0]
        *_, types_header, _, _, strings, _ = struct.unpack_from(order + _BTF_HEADER, raw, btf)
        *_, header, _, _, lines, lines_bytes = struct.unpack_from(order + _EXT_HEADER, raw, ext)
    except (LookupError, struct.error):
        raise PackingError("no object of eBPF with types; `make build` makes it") from None
    start, end = ext + header + lines, ext + header + lines + lines_bytes
    for at in _texts(raw[start:end], order):
        text = btf + types_header + strings + at
        _blank(made, text, raw.index(b"\0", text))
    _blank(made, start, end)
    struct.pack_into(order + "I", made, ext + _LINES_BYTES_AT, 0)
    if ".rel.BTF.ext" in sections:
        at, size = sections[".rel.BTF.ext"]
        _blank(made, at, at + size)
    _drop_labels(made, symbols, names, order)
    return bytes(made)


def _drop_labels(made: bytearray, symbols: tuple[int, int], names: int, order: str) -> None:
    """Takes out the compiler's labels, local symbols of no type: only the lines were told by them."""
    start, size = symbols
    for at in range(start, start + size, _SYMBOL_BYTES):
        name, kind = struct.unpack_from(order + "IB", made, at)
        end = made.index(b"\0", names + name)
        if not kind and made[names + name : end].startswith(b"LBB"):
            _blank(made, names + name, end)
            _blank(made, at, at + _SYMBOL_BYTES)


def _texts(lines: bytes, order: str) -> set[int]:
    """Where the texts of the lines are among the strings of ``.BTF``."""
    (record_bytes,) = struct.unpack_from(order + "I", lines) if lines else (0,)
    found, at = set(), 4
    while at < len(lines):
        _section, count = struct.unpack_from(order + "II", lines, at)
        at += 8
        for _ in range(count):
            _instruction, _file, text, _column = struct.unpack_from(order + "4I", lines, at)
            found.add(text)
            at += record_bytes
    return found


def _sections(raw: bytes, order: str) -> dict[str, tuple[int, int]]:
    """By name: start and size in bytes."""
    (table,) = struct.unpack_from(order + "Q", raw, 40)
    size, count, names = struct.unpack_from(order + "HHH", raw, 58)
    found = [struct.unpack_from(order + "IIQQQQ", raw, table + number * size) for number in range(count)]
    start = found[names][4]
    return {
        raw[start + name : raw.index(b"\0", start + name)].decode(): (at, length)
        for name, _, _, _, at, length in found
    }


def _blank(made: bytearray, start: int, end: int) -> None:
    made[start:end] = bytes(end - start)
