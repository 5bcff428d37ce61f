"""The flowtables of the packet filter: between which devices connections are forwarded past the usual way.

Asked of ``nft``, in both of its forms, as no version that was seen tells all in one. Its JSON (recorded with 1.0.6)
has the devices, one as a string and several as a list, but not whether the hardware forwards; its text has
``flags offload``. ``nft`` without JSON support, a package of OpenWrt, prints the text only. Flags in JSON, quoted
device names, and names that end in ``*`` for all that begin so, are understood too, for versions that may print them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_TIMEOUT_S = 10
_TOKEN = re.compile(r'"[^"]*"|[{}=,;\n]|[^\s{}=,;"]+')


class Flowtable(NamedTuple):
    """One flowtable. The names are whatever the one who wrote the rules chose."""

    family: str
    table: str
    name: str
    devices: tuple[str, ...]
    is_hardware: bool  #: the devices themselves forward, as far as their drivers can

    @property
    def title(self) -> str:
        """As ``nft`` is told it: ``inet fw4 ft``."""
        return f"{self.family} {self.table} {self.name}"

    def lists(self, device: str) -> bool:
        """Whether *device* is one of its devices."""
        return any(device == d or d.endswith("*") and device.startswith(d[:-1]) for d in self.devices)


def _strings(value: object) -> list[str]:
    """A string alone or a list of them, as a list."""
    found = value if isinstance(value, list) else [] if value is None else [value]
    return [text for text in found if isinstance(text, str)]


def parse_json(text: str) -> list[Flowtable]:
    """What ``nft -j list flowtables`` says. ``is_hardware`` only where that version tells it.

    :raises ValueError: that is no such answer.
    """
    answer: Any = json.loads(text)
    if not isinstance(answer, dict) or not isinstance(answer.get("nftables"), list):
        raise ValueError("no list of nftables")
    found = []
    for item in answer["nftables"]:
        table = item.get("flowtable") if isinstance(item, dict) else None
        if isinstance(table, dict):
            family, of, name = (str(table.get(key, "")) for key in ("family", "table", "name"))
            devices = tuple(_strings(table.get("dev")))
            found.append(Flowtable(family, of, name, devices, "offload" in _strings(table.get("flags"))))
    return found


def _words(line: list[str]) -> list[str]:
    return [token.strip('"') for token in line if token not in "={},;"]


def parse_text(text: str) -> list[Flowtable]:
    """What ``nft list flowtables`` says; what is no flowtable is passed over."""
    found: list[Flowtable] = []
    place: list[str] = []  # family and table
    line: list[str] = []
    depth = 0  # of braces that the statement opened
    for token in (*_TOKEN.findall(text), "\n"):
        if token in "\n;" and not (line and line[0] == "devices" and depth):
            match _words(line):
                case ["devices", *devices] if found:
                    found[-1] = found[-1]._replace(devices=tuple(devices))
                case ["flags", *flags] if found and "offload" in flags:
                    found[-1] = found[-1]._replace(is_hardware=True)
            line, depth = [], 0
            continue
        if token == "\n":
            continue
        line.append(token)
        depth += (token == "{") - (token == "}")
        if token == "{":
            match line[:-1]:
                case ["table", family, table]:
                    place, line, depth = [family, table.strip('"')], [], 0
                case ["flowtable", name] if place:
                    found.append(Flowtable(place[0], place[1], name.strip('"'), (), False))
                    line, depth = [], 0
    return found


def merged(from_json: Sequence[Flowtable], from_text: Sequence[Flowtable]) -> list[Flowtable]:
    """The devices of the one, the flags of either."""
    hardware = {table[:3] for table in from_text if table.is_hardware}
    return [table._replace(is_hardware=table.is_hardware or table[:3] in hardware) for table in from_json]


def _nft(program: str, *words: str) -> str:
    command = [program, *words, "list", "flowtables"]
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", timeout=_TIMEOUT_S,
                          check=False)  # fmt: skip
    if done.returncode:
        raise OSError(0, (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0])
    return done.stdout


def read() -> tuple[list[Flowtable], str]:
    """The flowtables of this network namespace, and why they cannot be told where that is so.

    Where there is no ``nft`` there are none: nothing else makes flowtables.
    """
    program = shutil.which("nft", path=_PATH)
    if program is None:
        return [], ""
    try:
        from_text = parse_text(_nft(program))
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"nft: {getattr(error, 'strerror', None) or 'no answer'}"
    if not from_text:
        return [], ""
    try:
        return merged(parse_json(_nft(program, "-j")), from_text), ""
    except (OSError, ValueError, subprocess.TimeoutExpired):  # built without JSON
        return from_text, ""
