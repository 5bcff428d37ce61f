"""The command: joins the faces to what they may not import."""

from __future__ import annotations

import argparse
import io
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .clock import now_unix_s, read
from .configuration import UnreadableError, collector_of, located, sections_of, unknown_in
from .errors import TrafficAnalyzerError, UsageError
from .faces.cli.parser import Action, build_parser, with_command
from .faces.cli.report import print_report
from .faces.commands import COMMANDS
from .records import Role
from .settings import ARCHIVE, DEFAULT_CONFIG, OPTIONS, PLACES, RUN
from .uci import Section
from .units import escaped

_EXIT_INTERRUPTED = 130


class _OneLine(logging.Formatter):
    """A line a record, whatever an interface is called."""

    def format(self, record: logging.LogRecord) -> str:
        return escaped(super().format(record))


def _roles(texts: Sequence[str]) -> dict[str, Role]:
    """``br-lan=lan`` and the like, by interface; the last one counts. A name may hold ``=`` itself."""
    known = {role.value: role for role in Role}
    found = {}
    for text in texts:
        iface, _, role = text.rpartition("=")
        if not iface or role not in known:
            raise UsageError(f"--role {text}: write an interface and one of {', '.join(known)}, as in --role eth1=wan")
        found[iface] = known[role]
    return found


def _run(arguments: argparse.Namespace) -> int:
    from . import daemon  # reports need neither libbpf nor threads
    from .attribution.attribute import Limits
    from .collector import Config
    from .faces.web.endpoint import Wanted
    from .faces.web.place import names_of, place_of
    from .kernel.instance import Sizes
    from .quotas.quotas import quotas_of
    from .roster.labels import labels_of
    from .store.keeping.tending import keeping

    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine("traffic-analyzer: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    sections: list[Section] = arguments.sections
    try:
        labels_of(sections)  # what is wrong later on is a notice, and what it said before is kept
    except UsageError as error:
        raise UsageError(f"{arguments.config} {error}") from None
    place, names = place_of(arguments.web_listen), names_of(arguments.web_host or ())
    return daemon.run(
        Config(
            ifaces=tuple(dict.fromkeys(arguments.iface or ("auto",))),
            roles=_roles(arguments.role or ()),
            bpf_object=arguments.bpf_object,
            db=Path(arguments.db),
            archive=Path(arguments.archive) if arguments.archive else None,
            commit_interval_s=arguments.commit_interval_minutes * 60,
            archive_budget_bytes=arguments.archive_budget_mib << 20,
            keep=keeping(
                arguments.archive is not None,
                arguments.minutes_keep_hours, arguments.hours_keep_days, arguments.days_keep_days,
                arguments.minutes_max_mib, arguments.archive_max_mib, arguments.copy_days,
            ),
            flush_interval_s=arguments.flush_interval_secs,
            event_poll_ms=arguments.event_poll_millis,
            limits=Limits(
                dns_ttl_cap_s=arguments.dns_ttl_cap_secs,
                sni_ttl_cap_s=arguments.sni_ttl_cap_secs,
                flow_idle_s=arguments.flow_idle_timeout_secs,
            ),
            pin_dir=Path(arguments.pin_dir),
            sizes=Sizes(
                flow_entries=arguments.flow_map_entries,
                ring_bytes=arguments.capture_buffer_kib * 1024,
                heads_per_s=arguments.capture_heads_per_sec,
            ),
            progress_s=arguments.progress_secs,
        ),
        quotas_of(sections, arguments.config),
        arguments.config,
        Wanted(place, names, Path(arguments.web_token_file)) if place else None,
        {setting.name: getattr(arguments, setting.name) for setting in RUN},
    )


def _ui(arguments: argparse.Namespace) -> int:
    from .faces.tui.dashboard import run_dashboard  # nothing else needs curses

    return run_dashboard(arguments)


def _prune(arguments: argparse.Namespace) -> int:
    from .faces.cli.prune import render_left, render_pruned
    from .store.keeping.pruning import prune

    archive = Path(arguments.archive) if arguments.archive else None
    done = prune(Path(arguments.db), now_unix_s(*read()), arguments.retention_days, archive, arguments.tier or ())
    sys.stdout.write(render_pruned(done.deleted, arguments.retention_days))
    sys.stdout.write(render_left(done.since_unix_s, done.used_bytes, done.file_bytes, done.has_leftovers))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    from .faces.cli.backup import render_exported
    from .store.exchange.backup import export_to, exported

    stores = Path(arguments.db), Path(arguments.archive) if arguments.archive else None
    if arguments.to != "-":
        sys.stdout.write(render_exported(*export_to(Path(arguments.to), *stores), arguments.to))
        return 0
    if sys.stdout.isatty():
        raise UsageError("FILE -: a database is nothing for a terminal; send it to a file or a pipe")
    with exported(*stores) as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from .faces.cli.backup import render_imported
    from .store.exchange.intake import import_from

    archive = Path(arguments.archive) if arguments.archive else None
    found = import_from(Path(arguments.from_), Path(arguments.db), archive)
    sys.stdout.write(render_imported(*found, arguments.from_))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from .faces.cli.status import print_status

    return print_status(arguments)


def _summary(arguments: argparse.Namespace) -> int:
    from .faces.cli.summary import print_summary

    return print_summary(arguments)


def _link(arguments: argparse.Namespace) -> int:
    from .faces.cli.link import print_link

    return print_link(arguments)


_DO = {
    "run": _run, "summary": _summary, "status": _status, "ui": _ui, "link": _link, "prune": _prune,
    "export": _export, "import": _import,
}  # fmt: skip
ACTIONS = tuple(Action(command, _DO[command.name]) for command in COMMANDS)


def _parsed(typed: list[str]) -> argparse.Namespace:
    try:
        return build_parser(ACTIONS, print_report).parse_args(typed)
    except SystemExit:  # --help and --version end it; what they say is yet to be written
        sys.stdout.flush()
        raise


def _configure(arguments: argparse.Namespace, path: str) -> None:
    """Lets the configuration file at *path*, or that of ``--config``, say what no flag did, and keeps its sections.

    What is there for its owner alone keeps nobody else from a report.
    """
    counts = arguments.command == "run"
    arguments.configured, arguments.sections = [], []
    if "config" in arguments.given:
        path = arguments.config
    arguments.config = path
    try:
        arguments.sections = sections_of(Path(path), may_be_absent="config" not in arguments.given)
    except UnreadableError as error:
        if counts:
            raise
        if "db" not in arguments.given:
            _say(f"{path} cannot be read: taking --db {arguments.db}, whatever it says ({error})")
    settings = OPTIONS if counts else [setting for setting in PLACES if hasattr(arguments, setting.name)]
    if unknown := unknown_in(arguments.sections, path):
        _say(unknown)
    values = collector_of(arguments.sections, path, settings)
    if "db" in arguments.given:
        values.pop(ARCHIVE.name, None)  # it is that of the database there
    for name, value in values.items():
        if name not in arguments.given and not isinstance(getattr(arguments, name), list):
            setattr(arguments, name, value)
            arguments.configured.append(name)


def _say(line: str) -> None:
    print(f"traffic-analyzer: {escaped(line)}", file=sys.stderr)


def _open_closed() -> None:
    """Has what is said to a stream that was closed (``>&-``) go nowhere, as with ``>/dev/null``."""
    nowhere = Path(os.devnull)
    sys.stdout = sys.stdout or nowhere.open("w", encoding="utf-8")
    sys.stderr = sys.stderr or nowhere.open("w", encoding="utf-8")


def main(argv: list[str] | None = None, config: str = DEFAULT_CONFIG) -> int:
    """Runs one command; its exit status. What a user can mend ends in one line on standard error.

    :param config: the configuration file, where no flag names one.
    """
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 still gets its report
    arguments = None
    try:
        typed = with_command(sys.argv[1:] if argv is None else argv)
        arguments = _parsed(typed)
        _configure(arguments, config)
        status: int = arguments.do(arguments)
        sys.stdout.flush()
        return status
    except TrafficAnalyzerError as error:
        text = str(error)
        if arguments and (configured := getattr(arguments, "configured", ())):  # none where it began with the file
            text = located(text, configured, arguments.sections, arguments.config)
        _say(text)
        return error.exit_status
    except KeyboardInterrupt:
        return _EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _say(f"the output cannot be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
