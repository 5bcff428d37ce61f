"""The endpoint as a whole: a socket, a token, and from its start on, answers. Where one of these fails, a reason."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError
from .place import Place
from .token import token_of

if TYPE_CHECKING:
    from .app import Sources

_END_S = 2  # that answers may take when all ends


@dataclass(frozen=True)
class Wanted:
    """Where the endpoint is to be, and who may ask it."""

    place: Place
    names: Collection[str]  #: of :func:`.place.names_of`
    token_file: Path


class Endpoint:
    """Has its address from the beginning, answers from :meth:`start` until :meth:`close`.

    :raises UsageError: why it cannot be there: the address is taken, say, or the token cannot be kept.
    """

    def __init__(self, wanted: Wanted, boot_id: str) -> None:
        from .server import Server  # it brings much along, which takes memory: free where nobody listens

        self._wanted = wanted
        try:
            self._server = Server(wanted.place)
        except OSError as error:
            raise UsageError(str(error.strerror)) from None
        try:
            self._token = token_of(wanted.token_file, boot_id)
        except UsageError:
            self._server.close(0)
            raise

    @property
    def url(self) -> str:
        """Of the page, without its token."""
        return self._wanted.place.url

    @property
    def link(self) -> str:
        """What opens the page: for the user's eyes, not for a log."""
        return self._wanted.place.link(self._token)

    def start(self, sources: Sources) -> None:
        """Begins to answer from *sources*."""
        from .answers import Answers
        from .app import App
        from .guard import Guard
        from .page import Page

        guard = Guard(self._token, self._wanted.names)
        self._server.start(App(sources, guard, Page(), Answers(time.monotonic)).wsgi)

    def close(self) -> None:
        """Answers what was asked already, as far as that is quick, and lets go of the address."""
        self._server.close(_END_S)
