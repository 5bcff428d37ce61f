"""Answers that several ask for at once: computed once, and sent only to who does not have them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

SHARED_S = 1.0  #: so long an answer is given again, by default
_KEPT_MAX = 64
_KEPT_BYTES = 1 << 18  # of an answer that is given again once it is there; a larger one only to those who wait for it


@dataclass(frozen=True)
class Document:
    """What a question is answered with, and by what it is told from any other."""

    body: bytes
    headers: Mapping[str, str]
    tag: str  #: a strong entity tag, RFC 9110, 8.8.3

    def is_one_of(self, tags: str) -> bool:
        """True where a header ``If-None-Match`` names it."""
        return self.tag in (tag.strip().removeprefix("W/") for tag in tags.split(","))


def document(body: bytes, headers: Mapping[str, str]) -> Document:
    """*body*, with its tag."""
    return Document(body, headers, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


class Answers:
    """Those of the last second, and those that are being computed.

    :param now_s: a clock that only goes forward.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._computing: dict[Hashable, Future[Document]] = {}
        self._kept: dict[Hashable, tuple[float, Document]] = {}  # until when; oldest first

    def shared(self, question: Hashable, compute: Callable[[], Document], for_s: float = SHARED_S) -> Document:
        """What *compute* returns; who asks the same while that runs, or *for_s* after it, gets the same.

        :raises Exception: what *compute* raises, for all who wait for it.
        """
        with self._lock:
            self._forget()
            if question in self._kept:
                return self._kept[question][1]
            future = self._computing.get(question)
            is_first = future is None
            if future is None:
                future = self._computing[question] = Future()
        if not is_first:
            return future.result()
        try:
            found = compute()
        except BaseException as error:
            with self._lock:
                del self._computing[question]
            future.set_exception(error)
            del future  # or the error would hold itself, by this frame, until a garbage collector comes by
            raise
        with self._lock:
            del self._computing[question]
            if len(found.body) <= _KEPT_BYTES:
                self._kept[question] = self._now_s() + for_s, found
        future.set_result(found)
        return found

    def _forget(self) -> None:
        now_s = self._now_s()
        late = [question for question, (until_s, _) in self._kept.items() if until_s <= now_s]
        for question in [*late, *list(self._kept)[: max(0, len(self._kept) - _KEPT_MAX + 1)]]:
            self._kept.pop(question, None)
