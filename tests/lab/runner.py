"""``BPF_PROG_TEST_RUN``: runs a loaded tc program on a frame, without an interface, and tells how long it took."""

from __future__ import annotations

import ctypes
import struct

from traffic_analyzer.kernel.libbpf import Libbpf

_SK_BUFF_BYTES = 192  # struct __sk_buff of linux/bpf.h
_GSO_SEGS_AT, _GSO_SIZE_AT = 164, 176


class _Options(ctypes.Structure):
    """struct bpf_test_run_opts of libbpf 1.0."""

    _fields_ = [
        ("sz", ctypes.c_size_t),
        ("data_in", ctypes.c_char_p),
        ("data_out", ctypes.c_void_p),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_char_p),
        ("ctx_out", ctypes.c_void_p),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("repeat", ctypes.c_int),
        ("duration_ns", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
        ("batch_size", ctypes.c_uint32),
    ]


def super_packet(segments: int, segment_bytes: int) -> bytes:
    """A context that makes the frame a GRO super-packet."""
    context = bytearray(_SK_BUFF_BYTES)
    struct.pack_into("=I", context, _GSO_SEGS_AT, segments)
    struct.pack_into("=I", context, _GSO_SIZE_AT, segment_bytes)
    return bytes(context)


class Runner:
    """The call, of the library that *libbpf* has loaded."""

    def __init__(self, libbpf: Libbpf) -> None:
        self._call = ctypes.CDLL(libbpf.name, use_errno=True).bpf_prog_test_run_opts
        self._call.argtypes = [ctypes.c_int, ctypes.POINTER(_Options)]

    def ns(self, program: int, frame: bytes, repeat: int, context: bytes | None = None) -> int:
        """Mean time of one run, ns, the kernel's loop around it included. The device is the loopback, ifindex 1.

        :raises OSError: the program did not run.
        """
        options = _Options(
            sz=ctypes.sizeof(_Options), data_in=frame, data_size_in=len(frame), ctx_in=context,
            ctx_size_in=len(context or b""), repeat=repeat,
        )  # fmt: skip
        if self._call(program, ctypes.byref(options)):
            raise OSError(ctypes.get_errno(), "BPF_PROG_TEST_RUN failed")
        if options.retval != 0xFFFFFFFF:
            raise OSError(0, f"the program returned {options.retval}, not TC_ACT_UNSPEC")
        return int(options.duration_ns)
