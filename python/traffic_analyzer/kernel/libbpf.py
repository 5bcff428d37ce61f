"""libbpf through ctypes: what is used of it, typed, with errno turned into :class:`KernelError`.

``libbcc_bpf.so.0`` of python3-bpfcc is tried first (it brings libbpf along), then ``libbpf.so.1``, which is all that
OpenWrt has. The Python class of python3-bpfcc is not used: it cannot load a prebuilt object.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from typing import ClassVar, NamedTuple

from ..errors import KernelError

LIBRARIES = ("libbcc_bpf.so.0", "libbpf.so.1")

_PRINT = ctypes.CFUNCTYPE(c_int, c_int, c_char_p, c_void_p)
_SAMPLE = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)
_ENOBUFS = 105
_WARN = 0  # enum libbpf_print_level
_SIGNATURES: dict[str, tuple[object, list[object]]] = {
    "libbpf_set_print": (c_void_p, [_PRINT]),
    "libbpf_num_possible_cpus": (c_int, []),
    "bpf_object__open_file": (c_void_p, [c_char_p, c_void_p]),
    "bpf_object__load": (c_int, [c_void_p]),
    "bpf_object__close": (None, [c_void_p]),
    "bpf_object__find_map_by_name": (c_void_p, [c_void_p, c_char_p]),
    "bpf_object__find_program_by_name": (c_void_p, [c_void_p, c_char_p]),
    "bpf_map__set_max_entries": (c_int, [c_void_p, c_uint32]),
    "bpf_map__fd": (c_int, [c_void_p]),
    "bpf_program__fd": (c_int, [c_void_p]),
    "bpf_program__set_flags": (c_int, [c_void_p, c_uint32]),
    "bpf_obj_pin": (c_int, [c_int, c_char_p]),
    "bpf_obj_get": (c_int, [c_char_p]),
    "bpf_obj_get_info_by_fd": (c_int, [c_int, c_void_p, POINTER(c_uint32)]),
    "bpf_map_lookup_elem": (c_int, [c_int, c_void_p, c_void_p]),
    "bpf_map_update_elem": (c_int, [c_int, c_void_p, c_void_p, c_uint64]),
    "bpf_map_lookup_batch": (c_int, [c_int, c_void_p, c_void_p, c_void_p, c_void_p, POINTER(c_uint32), c_void_p]),
    "bpf_map_delete_batch": (c_int, [c_int, c_void_p, POINTER(c_uint32), c_void_p]),
    "ring_buffer__new": (c_void_p, [c_int, _SAMPLE, c_void_p, c_void_p]),
    "ring_buffer__consume": (c_int, [c_void_p]),
    "ring_buffer__free": (None, [c_void_p]),
}


class MapInfo(NamedTuple):
    """The head of struct bpf_map_info."""

    type: int
    id: int
    key_size: int
    value_size: int
    max_entries: int


class Libbpf:
    """The library, loaded.

    :param libraries: file names in order of preference.
    :raises KernelError: none of them is there, or it lacks a function.
    """

    _printers: ClassVar[list[object]] = []

    def __init__(self, libraries: Sequence[str] = LIBRARIES) -> None:
        self.name, self._dll = self._open(libraries)
        for function, (result, arguments) in _SIGNATURES.items():
            try:
                symbol = getattr(self._dll, function)
            except AttributeError:
                raise KernelError(f"{self.name} lacks {function}: libbpf 1.0 or later is needed") from None
            symbol.restype, symbol.argtypes = result, arguments
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._said: list[str] = []
        printer = _PRINT(self._hear)
        self._printers.append(printer)  # for good: libbpf holds only the pointer
        self._dll.libbpf_set_print(printer)
        self.cpus: int = self.call("libbpf_num_possible_cpus")

    @staticmethod
    def _open(libraries: Sequence[str]) -> tuple[str, ctypes.CDLL]:
        for name in libraries:
            try:
                return name, ctypes.CDLL(name, use_errno=True)
            except OSError:
                continue
        raise KernelError(f"no {' or '.join(libraries)}: install python3-bpfcc (Debian) or libbpf (OpenWrt)")

    def _hear(self, level: int, form: bytes, arguments: int) -> int:
        if level == _WARN:
            line = ctypes.create_string_buffer(1024)
            self._libc.vsnprintf(line, ctypes.c_size_t(len(line)), form, c_void_p(arguments))
            self._said.append(line.value.decode(errors="replace").strip())
        return 0

    def call(self, function: str, *arguments: object) -> int:
        """The function's result.

        :raises OSError: it returned a negative number or NULL; its text is what libbpf said.
        """
        self._said.clear()
        ctypes.set_errno(0)
        result: int | None = getattr(self._dll, function)(*arguments)
        is_pointer = _SIGNATURES[function][0] is c_void_p
        if is_pointer and not result or not is_pointer and result is not None and result < 0:
            number = ctypes.get_errno() or (-result if result else 0)
            raise OSError(number, "; ".join(self._said) or os.strerror(number), function)
        return result or 0

    def close(self, object_: int) -> None:
        """Frees a bpf_object and closes its file descriptors."""
        self.call("bpf_object__close", object_)

    def pin(self, fd: int, path: str) -> None:
        """Makes *path*, on a bpf file system, hold the map or program *fd*."""
        self.call("bpf_obj_pin", fd, path.encode())

    def get(self, path: str) -> int:
        """A new file descriptor of what is pinned at *path*."""
        return self.call("bpf_obj_get", path.encode())

    def map_info(self, fd: int) -> MapInfo:
        """Type, id, sizes and capacity of a map."""
        room = (c_uint32 * len(MapInfo._fields))()
        self.call("bpf_obj_get_info_by_fd", fd, room, c_uint32(ctypes.sizeof(room)))
        return MapInfo(*room)

    def lookup(self, fd: int, key: bytes, value_size: int) -> bytes:
        """The element at *key*; OSError (ENOENT) where there is none."""
        room = ctypes.create_string_buffer(value_size)
        self.call("bpf_map_lookup_elem", fd, key, room)
        return room.raw

    def update(self, fd: int, key: bytes, value: bytes) -> None:
        """Makes or overwrites the element at *key*."""
        self.call("bpf_map_update_elem", fd, key, value, 0)

    def lookup_batch(
        self, fd: int, last: bytes | None, count: int, key_size: int, value_size: int
    ) -> tuple[bytes | None, bytes, bytes]:
        """Up to *count* elements after *last*: where to go on (None at the end), their keys, their values.

        :param count: more than the largest bucket of the map holds, or the kernel answers ENOSPC.
        :param value_size: of all CPUs together.
        """
        keys = ctypes.create_string_buffer(key_size * count)
        values = ctypes.create_string_buffer(value_size * count)
        got = c_uint32(count)
        # Hash maps go on at a bucket number (__u32); never shorter than a key, as other types want it.
        following = ctypes.create_string_buffer(max(4, key_size))
        end = False
        try:
            self.call("bpf_map_lookup_batch", fd, last, following, keys, values, ctypes.byref(got), None)
        except FileNotFoundError:  # ENOENT: these are the last ones
            end = True
        return (
            None if end else following.raw,
            ctypes.string_at(keys, key_size * got.value),
            ctypes.string_at(values, value_size * got.value),
        )

    def delete_batch(self, fd: int, keys: bytes, count: int) -> None:
        """Removes *count* elements, their keys packed in *keys*."""
        self.call("bpf_map_delete_batch", fd, keys, ctypes.byref(c_uint32(count)), None)


class Ring:
    """The reading end of a ring buffer map. One reader a map: what one takes, no other sees."""

    def __init__(self, libbpf: Libbpf, fd: int) -> None:
        self._libbpf = libbpf
        self._records: list[bytes] = []
        self._most = 0
        self._callback = _SAMPLE(self._take)  # kept: libbpf holds only the pointer
        self._ring = libbpf.call("ring_buffer__new", fd, self._callback, None, None)

    def _take(self, _: int, data: int, size: int) -> int:
        self._records.append(ctypes.string_at(data, size))
        return 0 if len(self._records) < self._most else -_ENOBUFS  # the record is taken all the same

    def take(self, most: int) -> list[bytes]:
        """The next records, in their order, at most *most*."""
        self._records, self._most = [], most
        try:
            self._libbpf.call("ring_buffer__consume", self._ring)
        except OSError:
            if len(self._records) < most:
                raise
        return self._records

    def close(self) -> None:
        """Unmaps it."""
        self._libbpf.call("ring_buffer__free", self._ring)
