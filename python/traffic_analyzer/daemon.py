"""Composition root of the collector: wires kernel, pipeline and store together; signals end it."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import sites
from .caretaker import Caretaker
from .clock import boot_id, now_unix_s, read
from .collector import Collector, Config
from .errors import KernelError, StoreError, UsageError
from .faces.sentences import sentence
from .faces.web.endpoint import Endpoint, Wanted
from .faces.zone import utc_offsets
from .kernel import instance as instances
from .kernel import interfaces as links
from .kernel.attachments import AUTO
from .kernel.child import end_with_jail
from .kernel.libbpf import Libbpf
from .kernel.objects import find_object
from .live import Live
from .pipeline import Pipeline
from .quotas.checker import QuotaChecker, used_in
from .quotas.hooks import Hooks
from .quotas.quotas import Quota
from .records import Notice
from .reports.naming import called
from .roster.files import Files, sources
from .roster.roster import Roster
from .store.damage.opening import Opening, is_of_before, opening
from .store.keeping.tending import Keeping, tend
from .store.tiers.archive import Archive
from .store.tiers.archivist import Archivist
from .store.writer import Writer
from .wire.quic_crypto import find_cipher

log = logging.getLogger("traffic-analyzer")

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GC_THRESHOLD = 50_000, 20, 100  # a turn makes many small objects and no cycles: by default a third of it is gc


def run(
    config: Config, quotas: tuple[Quota, ...], configuration: str, web: Wanted | None, settings: Mapping[str, Any]
) -> int:
    """Collects until SIGINT, SIGTERM or SIGHUP; 0 when everything that was counted is stored.

    :param configuration: the file that the quotas are from, and that names devices.
    :param web: None: no page.
    :param settings: all that it runs with, by name, for the page.
    :raises TrafficAnalyzerError: it could not start, and nothing of it is left; or not store the last of it, which
        then stays in the kernel for the next start.
    """
    gc.set_threshold(*_GC_THRESHOLD)
    gc.freeze()
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _STOPPING_SIGNALS}
    try:
        end_with_jail()
        _check_interfaces(config)
        object_file = find_object(config.bpf_object)
        libbpf = Libbpf()
        if is_of_before(config.db):
            log.info("database %s is of an earlier version: taking it over, which may take minutes", config.db)
        opened = opening(config.db, config.archive, now_unix_s(*read()))
        _warn(opened.notices)
        writer = Writer(opened.db)
        try:
            owner = instances.owner_key(config.db)
            instance = instances.load(libbpf, object_file, config.pin_dir, owner, config.sizes)
            endpoint, missing = _endpoint(web)
            _warn(missing)
            roster = Roster()
            keep = config.keep if opened.db == config.db else config.keep.in_ram()
            archivist = _archivist(writer, opened, config, keep)
            caretaker = Caretaker(
                writer, roster, Files(sources(configuration)), _checker(opened.db, writer, quotas), archivist,
                keep, (*opened.notices, *missing),
            )  # fmt: skip
            pipeline = Pipeline(find_cipher(), config.limits, roster)
            live = Live(config.flush_interval_s, read, utc_offsets, lambda devices: _names(opened.db, devices))
            collector = Collector(config, instance, writer, pipeline, caretaker, live)
            collector.attach()
            if sites.data_version() is None:
                log.warning("no public suffix list: a site is the last two labels of a name; `make build` compiles one")
            log.info("object %s, %s, database %s", object_file, libbpf.name, config.db)
            try:
                with _answering(endpoint, opened, live, settings):
                    collector.collect(stop)
            finally:
                for line in archivist.close(*collector.now()):
                    log.info("%s", line)
        finally:
            writer.close()
    except OSError as error:
        raise KernelError(f"the kernel refused {error.filename or 'a call'}: {error.strerror}") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _warn(notices: Iterable[Notice]) -> None:
    for notice in notices:
        log.warning("%s", sentence(*notice))


def _archivist(writer: Writer, opened: Opening, config: Config, keep: Keeping) -> Archivist:
    archive = Archive(opened.archive or opened.db, opened.db, config.archive_budget_bytes)
    return Archivist(writer, archive, config.commit_interval_s, lambda unix_s: tend(writer, archive, keep, unix_s))


def _endpoint(web: Wanted | None) -> tuple[Endpoint | None, list[Notice]]:
    """A page that has its address, and why there is none. Nobody is kept from counting by it."""
    if web is None:
        return None, []
    try:
        return Endpoint(web, boot_id()), []
    except UsageError as error:
        return None, [Notice("web-unavailable", str(web.place), str(error))]


@contextmanager
def _answering(
    endpoint: Endpoint | None, opened: Opening, live: Live, settings: Mapping[str, Any]
) -> Iterator[None]:
    """The page is there until the block ends."""
    if endpoint is None:
        yield
        return
    from .faces.web.app import Sources  # and bottle, which nobody needs who has no page

    endpoint.start(Sources(opened.db, opened.archive, live.answer, settings, lambda: now_unix_s(*read())))
    if sys.stderr.isatty():
        print(f"page: {endpoint.link}", file=sys.stderr)  # which no log must have
    else:
        log.info("page: %s; `traffic-analyzer link` prints the link that opens it", endpoint.url)
    try:
        yield
    finally:
        endpoint.close()


def _names(database: Path, devices: Collection[str]) -> dict[str, str]:
    """What reports call devices; rates are told without names where the database cannot be read."""
    try:
        return called(database, devices)
    except StoreError:
        return {}


def _checker(database: Path, writer: Writer, quotas: tuple[Quota, ...]) -> QuotaChecker:
    store = writer.store
    return QuotaChecker(
        quotas, used_in(database), lambda: writer.call(store.crossed), lambda new: writer.call(store.cross, new),
        Hooks(),
    )  # fmt: skip


def _check_interfaces(config: Config) -> None:
    present = links.interface_names()
    for flag, names in (("--iface", config.ifaces), ("--role", config.roles)):
        for name in names:
            if name not in present and not (flag == "--iface" and name == AUTO):
                raise UsageError(f"{flag} {name}: no such interface; this machine has {', '.join(present)}")
