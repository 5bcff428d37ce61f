"""What ``status`` says, in plain words."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import textwrap
from pathlib import Path

from ...clock import now_unix_s, read
from ...reports.status import Status, status
from ...units import escaped, minute_text
from ..encode import status_as_dict
from ..sentences import sentence
from ..verdict import verdict

_ROLES = {"lan": "clients", "wan": "internet", "host": "this machine"}


def render_status(found: Status, width: int) -> str:
    """Sentences and lists that fit *width* columns."""
    lines = ["Counting." if found.is_counting else "NOT counting: start it with `traffic-analyzer run`."]
    for place in found.places:
        what = _ROLES.get(place.role, place.role or "-")
        lines.append(f"  {escaped(place.iface)}: {place.role or '-'} ({what}), last {minute_text(place.last_unix_s)}")
    lines += ["", "The last hour", _wrapped(verdict(found.lately), width), "", "This machine"]
    notices = [sentence(notice.code, escaped(notice.subject), escaped(notice.detail)) for notice in found.notices]
    lines += [_wrapped(text, width) for text in notices] or ["  nothing hides traffic, as far as can be told"]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, max(20, width), initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def print_status(arguments: argparse.Namespace) -> int:
    """Runs ``status`` and prints it in the shape asked for."""
    archive = Path(arguments.archive) if arguments.archive else None
    found = status(Path(arguments.db), now_unix_s(*read()), archive)
    if arguments.shape == "json":
        sys.stdout.write(json.dumps(status_as_dict(found), indent=2) + "\n")
    else:
        sys.stdout.write(render_status(found, shutil.get_terminal_size().columns))
        for remark in found.remarks:
            print(escaped(remark), file=sys.stderr)
    return 0
