"""DNS messages by hand, for what no library writes."""

from __future__ import annotations

import struct

RESPONSE = 0x8180


def header(
    questions: int = 0, answers: int = 0, authority: int = 0, additional: int = 0, flags: int = RESPONSE, id: int = 7
) -> bytes:
    return struct.pack("!6H", id, flags, questions, answers, authority, additional)


def name(text: str) -> bytes:
    labels = text.encode().split(b".") if text else []
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def question(text: str, type_: int = 1, class_: int = 1) -> bytes:
    return name(text) + struct.pack("!HH", type_, class_)


def record(owner: bytes, type_: int, data: bytes, ttl_s: int = 60, class_: int = 1, length: int | None = None) -> bytes:
    return owner + struct.pack("!HHIH", type_, class_, ttl_s, len(data) if length is None else length) + data


def pointer(target: int) -> bytes:
    return struct.pack("!H", 0xC000 | target)


def parameter(key: int, value: bytes) -> bytes:
    return struct.pack("!HH", key, len(value)) + value


def ech_config(public_name: bytes, config_id: int = 7, version: int = 0xFE0D, behind: bytes = b"") -> bytes:
    key = struct.pack("!BHH", config_id, 0x20, 32) + bytes(32)
    suites = struct.pack("!HHH", 4, 1, 1)
    contents = key + suites + b"\x40" + bytes([len(public_name)]) + public_name + b"\0\0" + behind
    return struct.pack("!HH", version, len(contents)) + contents


def ech_config_list(*configs: bytes) -> bytes:
    return struct.pack("!H", sum(map(len, configs))) + b"".join(configs)
