"""Names on the wire, as text in presentation format (RFC 1035 5.1, RFC 4343 2.1).

Labels are joined by dots, no dot at the end, the root is empty. A byte that is no printable ASCII character is written
as ``\\DDD``; so ``str.lower`` folds a name's ASCII letters and nothing else. Case is kept as read.
"""

from __future__ import annotations

from ..errors import WireError

NAME_BYTES_MAX = 255  #: on the wire, the root's length byte included (RFC 1035 2.3.4)
#: hops from pointer to pointer within one name; each has a label before it in what servers send, a name has 127 at most
POINTERS_MAX = 127

_HEADER_BYTES = 12  # no name begins before
_POINTER = 0xC0  # RFC 1035 4.1.4
_LABEL_BYTES_MAX = 63
_PRINTABLE = bytes(range(0x21, 0x7F))
_PLAIN = _PRINTABLE.replace(b"\\", b"")
_HOST = [chr(byte) if byte in _PLAIN else f"\\{byte:03}" for byte in range(256)]
_HOST[ord("\\")] = "\\\\"
_LABEL = [*_HOST]
_LABEL[ord(".")] = "\\."

#: names of a message that were read, by the place where they begin: text, and bytes without compression
Names = dict[int, tuple[str, int]]


def escape_name(raw: bytes) -> str:
    """A host name that came as text, in presentation format: its dots separate labels, one at the end is left out."""
    raw = raw.removesuffix(b".")
    if not raw.translate(None, _PLAIN):
        return raw.decode("ascii")
    return "".join([_HOST[byte] for byte in raw])


def _join(labels: list[bytes]) -> str:
    raw = b".".join(labels)
    if not raw.translate(None, _PLAIN) and raw.count(b".") == len(labels) - 1:
        return raw.decode("ascii")
    return ".".join(["".join([_LABEL[byte] for byte in label]) for label in labels])


def read_name(data: bytes, at: int, names: Names) -> tuple[str, int]:
    """The name at ``at``, and where the bytes behind it begin (RFC 1035 3.1, 4.1.4).

    :param data: the whole message
    :param names: of this message, read from front to back; is added to
    :raises WireError: the message ends within the name; it has more than 255 bytes; a label of a reserved type; a
        pointer into the header, or to where the name itself or a later byte is; more than ``POINTERS_MAX`` hops
    """
    try:
        return _read_name(data, at, names)
    except IndexError:
        raise WireError(f"name at {at}: the message ends within it") from None


def _read_name(data: bytes, start: int, names: Names) -> tuple[str, int]:
    labels: list[bytes] = []
    at = before = start
    length, behind, hops = 1, 0, 0
    while size := data[at]:
        if size <= _LABEL_BYTES_MAX:
            length += size + 1
            if length > NAME_BYTES_MAX:
                raise WireError(f"name at {start}: more than {NAME_BYTES_MAX} bytes")
            labels.append(data[at + 1 : at + 1 + size])
            at += size + 1
            continue
        if size < _POINTER:
            raise WireError(f"name at {start}: label of reserved type {size >> 6}")
        target = (size & 0x3F) << 8 | data[at + 1]
        behind = behind or at + 2
        if (known := names.get(target)) is not None and target < before:
            return _append(labels, length, known, start, names), behind
        hops += 1
        if not _HEADER_BYTES <= target < before or hops > POINTERS_MAX:
            raise WireError(f"name at {start}: pointer to {target}")
        at = before = target
    text = _join(labels) if labels else ""
    names[start] = text, length
    return text, behind or at + 1


def _append(labels: list[bytes], length: int, known: tuple[str, int], start: int, names: Names) -> str:
    """The name of ``labels`` (of ``length`` bytes with a root's) in front of a known one."""
    text, known_length = known
    length += known_length - 1
    if labels:
        if length > NAME_BYTES_MAX:
            raise WireError(f"name at {start}: more than {NAME_BYTES_MAX} bytes")
        text = f"{_join(labels)}.{text}" if text else _join(labels)
    names[start] = text, length
    return text


def skip_name(data: bytes, at: int) -> int:
    """Where the bytes behind the name at ``at`` begin. Where its pointer leads is not looked at.

    :raises WireError: the message ends within it, more than 255 bytes, or a label of a reserved type
    """
    limit = at + NAME_BYTES_MAX
    try:
        while size := data[at]:
            if size >= _POINTER:
                at += 1
                break
            at += size + 1
            if size > _LABEL_BYTES_MAX or at >= limit:
                raise WireError(f"name before {at}: too long")
    except IndexError:
        at = len(data)
    if at >= len(data):
        raise WireError("the message ends within a name")
    return at + 1
