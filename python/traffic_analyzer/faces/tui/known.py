"""What is known to be shown: answers, and whom they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .answer import Answer, Question, Rates, Standing


class Size(NamedTuple):
    """Of the terminal."""

    lines: int
    columns: int


@dataclass(frozen=True)
class Known:
    """What was answered so far."""

    answer: Answer | None = None  #: to what is looked at
    sums: Answer | None = None  #: by time
    rates: Rates | None = None
    standing: Standing | None = None
    away: str = ""  #: why the collector is not asked; empty: it is
    trouble: str = ""  #: why there is no answer
    waits_s: float = 0  #: since it was asked for
    now_unix_s: int = 0
    question: Question | None = None  #: of the answer
