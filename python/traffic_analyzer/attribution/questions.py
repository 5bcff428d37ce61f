"""DNS questions that wait for their answer. An answer without its question tells nothing."""

from __future__ import annotations

from typing import NamedTuple

_WAIT_NS = 30 * 10**9  # resolvers give up earlier (RFC 1035 7.2)


class Question(NamedTuple):
    """Who asked whom, and what. An answer has to name it all (RFC 5452 9.1)."""

    device: str | bytes  #: who asked; see :func:`devices.device_key`
    client: bytes  #: 4 or 16
    client_port: int
    resolver: bytes
    resolver_port: int
    l4_proto: int
    id: int
    qname: str  #: lower case
    qtype: int


class Questions:
    """The questions of the last seconds.

    :param most: questions that are remembered; the oldest goes early, and is counted in ``overflow``.
    """

    def __init__(self, most: int = 8192) -> None:
        self._most = most
        self._asked: dict[Question, int] = {}  # boot clock, ns; oldest first
        self.overflow = 0

    def ask(self, question: Question, now_boot_ns: int) -> None:
        """Notes a question that was seen."""
        self._asked.pop(question, None)
        self._forget(now_boot_ns)
        if len(self._asked) >= self._most:
            del self._asked[next(iter(self._asked))]
            self.overflow += 1
        self._asked[question] = now_boot_ns

    def answer(self, question: Question, now_boot_ns: int) -> bool:
        """True where *question* was asked and not answered yet: the first answer counts, and no other."""
        asked_boot_ns = self._asked.pop(question, None)
        return asked_boot_ns is not None and now_boot_ns - asked_boot_ns <= _WAIT_NS

    def _forget(self, now_boot_ns: int) -> None:
        while self._asked:
            oldest = next(iter(self._asked))
            if now_boot_ns - self._asked[oldest] <= _WAIT_NS:
                return
            del self._asked[oldest]
