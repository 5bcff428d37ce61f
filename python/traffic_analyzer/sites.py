"""Which site a name belongs to: its registrable domain, by the public suffix list (publicsuffix.org/list).

The list is compiled at build time by ``hack/compile-public-suffixes`` and read when the first name is asked about.
Where its file is missing nothing fails: the last two labels are taken, and :func:`data_version` is None.
"""

from __future__ import annotations

import re
import socket
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).with_name("data") / "public_suffixes"

_LABEL = re.compile("([A-Z])([^A-Z]*)")  # how much it shares with the one before, and the rest


class _Suffixes(NamedTuple):
    version: str | None
    rules: frozenset[str]  #: without those of one label: the default rule says the same
    depth: int  #: labels of the longest rule


@cache
def _load(path: Path) -> _Suffixes:
    try:
        version, *lines = zlib.decompress(path.read_bytes()).decode("ascii").split("\n")
    except (OSError, zlib.error, ValueError):
        return _Suffixes(None, frozenset(), 1)
    rules = frozenset(rule for line in lines for rule in _rules(line))
    return _Suffixes(version, rules, 1 + max((rule.count(".") for rule in rules), default=0))


def _rules(line: str) -> Iterator[str]:
    above, _, packed = line.partition(" ")
    label = ""
    for shared, rest in _LABEL.findall(packed):
        label = label[: ord(shared) - ord("A")] + rest
        yield f"{label}.{above}"


def data_version(path: Path = DATA) -> str | None:
    """Which list :func:`site_of` goes by; None where there is none, and it guesses by the last two labels."""
    return _load(path).version


def labels_of(name: str) -> list[str]:
    r"""The labels of *name* in presentation format (RFC 1035 5.1), in which ``\.`` separates nothing."""
    labels: list[str] = []
    goes_on = False
    for piece in name.split("."):
        if goes_on:
            labels[-1] += "." + piece
        else:
            labels.append(piece)
        goes_on = (len(piece) - len(piece.rstrip("\\"))) % 2 == 1
    return labels


def site_of(name: str, path: Path = DATA) -> str:
    r"""The registrable domain of *name*: its public suffix and one label more, in lower case.

    An address, a single label, a public suffix and whatever is no name stay as they are. Time is linear in the length.

    :param name: labels as A-labels; bytes that are no letters as ``\DDD`` or ``\X`` (RFC 1035 5.1).
    :param path: the compiled list.
    """
    lowered = name.lower()
    labels = labels_of(lowered)
    if len(labels) > 1 and not labels[-1]:
        labels.pop()  # the root
    if "" in labels:
        return lowered
    if len(labels) < 2 or _is_address(".".join(labels)):
        return ".".join(labels)
    return ".".join(labels[-1 - _suffix_labels(labels, _load(path)) :])


def _suffix_labels(labels: list[str], suffixes: _Suffixes) -> int:
    """How many of the last *labels* are public suffix: an exception's less one, else the longest rule's, else 1."""
    longest = 1
    for count in range(min(len(labels), suffixes.depth), 1, -1):
        above = ".".join(labels[len(labels) - count + 1 :])
        name = f"{labels[-count]}.{above}"
        if "!" + name in suffixes.rules:
            return count - 1
        if longest == 1 and (name in suffixes.rules or "*." + above in suffixes.rules):
            longest = count
    return longest


def _is_address(text: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return True
    return False


def above(name: str) -> Iterator[str]:
    """*name*, and every name that it is under."""
    labels = labels_of(name)
    return (".".join(labels[at:]) for at in range(len(labels)))
