"""``python -m tests.bench.home BEGAN_UNIX_S MINUTES`` writes minutes to standard output, each after its length."""

from __future__ import annotations

import marshal
import sys

from .feed import LENGTH
from .traffic import Home


def _main(began_unix_s: str, minutes: str) -> None:
    for minute in Home(int(began_unix_s)).minutes(int(minutes)):
        packed = marshal.dumps(tuple(minute))
        sys.stdout.buffer.write(LENGTH.pack(len(packed)) + packed)


if __name__ == "__main__":
    _main(*sys.argv[1:])
