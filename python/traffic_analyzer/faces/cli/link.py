"""What ``link`` says."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...clock import boot_id
from ...errors import UsageError
from ..web.place import place_of
from ..web.token import known_token, token_of


def print_link(arguments: argparse.Namespace) -> int:
    """Prints the page's address with its token, which a browser keeps to itself.

    A token that the collector is yet to make is made, where this user may: who starts it then has the link already.
    """
    place = place_of(arguments.web_listen)
    if place is None:
        raise UsageError(f"--web-listen {arguments.web_listen}: there is no page to link to")
    file, boot = Path(arguments.web_token_file), boot_id()
    print(place.link(known_token(file, boot) or token_of(file, boot)))
    return 0
