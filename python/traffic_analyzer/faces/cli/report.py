"""What every report's command does."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC
from pathlib import Path

from ...clock import is_boot_time, now_unix_s, read
from ...errors import UsageError
from ...reports import registry
from ...units import escaped
from ..asked import selection_of
from ..sentences import remarked, sentence
from ..table import render_table
from ..verdict import verdict
from .shown import Said, notation_of, show
from .terminal import Terminal


def print_report(arguments: argparse.Namespace) -> int:
    """Runs the report that the command names and prints it in the shape asked for.

    :raises UsageError: it is to be watched as CSV: heads amid the rows are none.
    """
    if arguments.watch and arguments.shape == "csv":
        raise UsageError("--watch and --csv do not go together: choose one, or --json")
    if is_boot_time(now_unix_s(*read())):
        print(sentence("clock", "", ""), file=sys.stderr)
    return show(arguments, lambda terminal: _said(arguments, terminal))


def _said(arguments: argparse.Namespace, terminal: Terminal) -> Said:
    values = vars(arguments)  # a report has no flags that it does not take
    given = {name for name, value in values.items() if isinstance(value, list)} | arguments.given
    zone = UTC if arguments.utc else None
    selection = selection_of({name: values[name] for name in given}, now_unix_s(*read()), zone)
    archive = Path(arguments.archive) if arguments.archive else None
    result = registry.run(Path(arguments.db), arguments.command, selection, archive)
    if arguments.shape == "table":
        width = None if arguments.wide else terminal.columns

        def drawn(height: int | None) -> str:
            return render_table(result, width, notation_of(arguments), terminal.paint, height)

        return Said(drawn(None), remarked(result.remarks), drawn)
    from ..encode import render_csv, render_json  # a table needs neither

    if arguments.shape == "json":
        return Said(render_json(result))
    text = render_csv(result)
    if terminal.size:  # a program gets names as they are, a terminal nothing that could move its cursor
        text = "".join(f"{escaped(line)}\n" for line in text.splitlines())
    return Said(text, (verdict(result.completeness), *remarked(result.remarks)))
