"""What ``status`` says, in plain words."""

from __future__ import annotations

import argparse
import json
import socket
from pathlib import Path

from ...clock import now_unix_s, read
from ...reports.status import Status, status
from ...units import USUAL, Notation, bytes_text, day_text, escaped, minute_text
from ..encode import status_as_dict
from ..paint import PLAIN, Paint
from ..sentences import how_to_start, remarked, sentence
from ..verdict import verdict
from ..web.place import place_of
from ..width import wrapped
from .shown import Said, notation_of, show
from .terminal import Terminal

_ROLES = {"lan": "clients", "wan": "internet", "host": "this machine"}
_INDENT = "  "
_WIDTH = 80  # in a pipe
_KNOCK_S = 1.0


def render_status(
    found: Status, width: int, page: str = "", notation: Notation = USUAL, paint: Paint = PLAIN
) -> str:
    """Sentences and lists that fit *width* columns.

    :param page: what there is to say of the page; empty: nothing.
    """
    def said(text: str) -> list[str]:
        return wrapped(text, width, _INDENT)

    lines = [counting(found, paint)]
    for place in found.places:
        role = f"{place.role} ({_ROLES.get(place.role, place.role)}), " if place.role else ""
        lines += said(f"{escaped(place.iface)}: {role}last {minute_text(place.last_unix_s, notation)}")
    first, *rest = said(verdict(found.lately, notation))
    lines += ["", paint.heading("The last hour"), _INDENT + paint.verdict(first.removeprefix(_INDENT)), *rest]
    lines += ["", paint.heading("This machine")]
    notices = [sentence(notice.code, escaped(notice.subject), escaped(notice.detail)) for notice in found.notices]
    for text in notices or ["nothing hides traffic, as far as can be told"]:
        lines += said(text)
    if found.file_bytes:
        lines += ["", paint.heading("What is kept")]
        kept = [f"{tier} from {_day(unix_s, notation)}" for tier, unix_s in found.since_unix_s.items()]
        lines += said(", ".join(kept) or "nothing yet")
        for path, count in found.file_bytes.items():
            lines += said(f"{escaped(path)}: {bytes_text(count)}")
    if page:
        lines += ["", paint.heading("The page"), *said(page)]
    return "\n".join(lines) + "\n"


def counting(found: Status, paint: Paint = PLAIN) -> str:
    """Whether it counts, and what to do where it does not."""
    if found.is_counting:
        return "Counting."
    return paint.alarm("NOT counting:") + f" start it with `{how_to_start()}`."


def _day(unix_s: int, notation: Notation) -> str:
    return minute_text(unix_s, notation) if notation.is_utc else day_text(unix_s)


def page_of(listen: str) -> str:
    """Where the page is, and whether somebody is there.

    :param listen: as ``--web-listen``.
    :raises UsageError: it says no place.
    """
    place = place_of(listen)
    if place is None:
        return "off"
    try:
        with socket.create_connection((place.address, place.port), _KNOCK_S):
            return f"{place.url} (`traffic-analyzer link` prints it with its token)"
    except OSError as error:
        return f"nobody answers at {place.url} ({error.strerror or 'too slow'})"


def print_status(arguments: argparse.Namespace) -> int:
    """Runs ``status`` and prints it in the shape asked for."""
    return show(arguments, lambda terminal: _said(arguments, terminal))


def _said(arguments: argparse.Namespace, terminal: Terminal) -> Said:
    archive = Path(arguments.archive) if arguments.archive else None
    found = status(Path(arguments.db), now_unix_s(*read()), archive)
    if arguments.shape == "json":
        kept = {"kept_since_unix_s": dict(found.since_unix_s), "file_bytes": dict(found.file_bytes)}
        return Said(json.dumps(status_as_dict(found) | kept, indent=2) + "\n")
    page = page_of(arguments.web_listen)
    text = render_status(found, terminal.columns or _WIDTH, page, notation_of(arguments), terminal.paint)
    return Said(text, remarked(found.remarks))
