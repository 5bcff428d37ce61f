"""What every report's command does."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from ...clock import is_boot_time, now_unix_s, read
from ...reports import registry
from ...units import escaped
from ..asked import selection_of
from ..encode import render_csv, render_json
from ..sentences import sentence
from ..table import render_table
from ..verdict import verdict

_PIPE_WIDTH = None  # a pipe or a file gets whole names


def print_report(arguments: argparse.Namespace) -> int:
    """Runs the report that the command names and prints it in the shape asked for."""
    now = now_unix_s(*read())
    values = vars(arguments)  # a report has no flags that it does not take
    given = {name for name, value in values.items() if isinstance(value, list)} | arguments.given
    selection = selection_of({name: values[name] for name in given}, now)
    if is_boot_time(now):
        print(sentence("clock", "", ""), file=sys.stderr)
    archive = Path(arguments.archive) if arguments.archive else None
    result = registry.run(Path(arguments.db), arguments.command, selection, archive)
    if arguments.shape == "json":
        text = render_json(result)
    elif arguments.shape == "csv":
        text = render_csv(result)
        if sys.stdout.isatty():  # a program gets names as they are, a terminal nothing that could move its cursor
            text = "".join(f"{escaped(line)}\n" for line in text.splitlines())
        print(verdict(result.completeness), file=sys.stderr)
    else:
        text = render_table(result, shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH)
    sys.stdout.write(text)
    for remark in result.remarks if arguments.shape != "json" else ():
        print(escaped(remark), file=sys.stderr)
    return 0
