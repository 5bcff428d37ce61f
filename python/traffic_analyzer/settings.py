"""Every setting, declared once: type, unit, bounds, default and help. Flags, checks and docs are drawn from here."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
from typing import Any

from .errors import UsageError, nearest

DEFAULT_DB = "/var/lib/traffic-analyzer/traffic-analyzer.db"
DEFAULT_CONFIG = "/etc/config/traffic-analyzer"


class Kind(enum.Enum):
    """What a setting holds."""

    TEXT = "text"
    PATH = "path"
    INTEGER = "integer"
    LIST = "list"  #: may be given several times
    CHOICE = "choice"
    SWITCH = "switch"  #: takes no value; its default is False


@dataclass(frozen=True)
class Setting:
    """One setting. ``minimum`` and ``maximum`` bound integers, both included; ``choices`` choices and lists."""

    name: str
    kind: Kind
    help: str
    default: Any = None
    minimum: int = 0
    maximum: int = 2**31 - 1
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    is_positional: bool = False  #: always required; ``metavar`` is what it is called

    @property
    def flag(self) -> str:
        """``--flow-map-entries``; of what has no flag, the word that stands for it."""
        if self.is_positional:
            return self.metavar or self.name.upper()
        return "--" + self.name.replace("_", "-")

    def parse(self, text: str, called: str = "") -> Any:
        """The value that *text* stands for.

        :param called: what the error calls the setting; empty: its flag.
        :raises UsageError: it is no number, out of bounds, or none of the choices.
        """
        called = called or self.flag
        if self.kind is Kind.INTEGER:
            if not re.fullmatch("[+-]?[0-9]{1,20}", text):
                raise UsageError(f"{called} {text}: not a whole number")
            value = int(text)
            if not self.minimum <= value <= self.maximum:
                raise UsageError(f"{called} {text}: choose from {self.minimum} to {self.maximum}")
            return value
        if self.choices and text not in self.choices:
            raise UsageError(f"{called} {text}: choose from {', '.join(self.choices)}{nearest(text, self.choices)}")
        if not text:
            raise UsageError(f"{called}: must not be empty")
        if "\0" in text:
            raise UsageError(f"{called}: must not hold a NUL character")
        return text


DB = Setting("db", Kind.PATH, "SQLite database", DEFAULT_DB, metavar="FILE")
ARCHIVE = Setting("archive", Kind.PATH, "SQLite database of hours and days, where it is not --db itself (default: the "
                  "one that --db names)", metavar="FILE")  # fmt: skip

WEB_LISTEN = Setting("web_listen", Kind.TEXT, "address and port of the page and its data, which take the token of "
                     "`traffic-analyzer link`; off: none", "127.0.0.1:8377", metavar="ADDRESS:PORT")  # fmt: skip
WEB_TOKEN_FILE = Setting("web_token_file", Kind.PATH, "file with the token, made anew once a boot; its owner alone can "
                         "read it", "/run/traffic-analyzer/token", metavar="FILE")  # fmt: skip

RUN = (
    Setting("iface", Kind.LIST, "interface to count on; may be repeated; auto: those that see everything, as they come "
            "and go (default: auto)", metavar="NAME"),
    Setting("role", Kind.LIST, "what is behind an interface and those below it, where that is found wrong: lan "
            "(clients), wan (the internet) or host (this machine alone); may be repeated", metavar="IFACE=ROLE"),
    Setting("bpf_object", Kind.PATH, "eBPF object to load (default: the build tree's, else the packaged one)",
            metavar="FILE"),
    DB,
    Setting("archive", Kind.PATH, "SQLite database that hours and days are kept in, on a disk that lasts, where --db "
            "is in RAM (default: the one that --db names since the last run, else none, and --db keeps them)",
            metavar="FILE"),
    Setting("commit_interval_minutes", Kind.INTEGER, "minutes between two writes to the archive: what a power cut "
            "takes at most, where --db is in RAM", 30, 1, 1_440),
    Setting("archive_budget_mib", Kind.INTEGER, "most MiB written to the archive in a day; what is due then waits in "
            "--db; 0: no limit", 24, 0, 1_048_576),
    Setting("archive_max_mib", Kind.INTEGER, "most MiB that the archive takes; oldest hours go first, then days; 0: no "
            "limit", 96, 0, 1_048_576),
    Setting("minutes_keep_hours", Kind.INTEGER, "hours that minutes, with every address and port, are kept; "
            "0: 24 with --archive, else as long as there is room", 0, 0, 876_000),
    Setting("minutes_max_mib", Kind.INTEGER, "most MiB that --db takes; oldest minutes go first; 0: 64 with "
            "--archive, else 4,096", 0, 0, 1_048_576),
    Setting("hours_keep_days", Kind.INTEGER, "days that hours are kept", 14, 1, 36_500),
    Setting("days_keep_days", Kind.INTEGER, "days that days are kept", 3_650, 1, 36_500),
    Setting("copy_days", Kind.INTEGER, "days between two compressed copies of the archive, which the last good one "
            "takes over from where it is damaged; 0: none", 7, 0, 3_650),
    Setting("config", Kind.PATH, "UCI file with quotas and the names of devices; the default one may be absent",
            DEFAULT_CONFIG, metavar="FILE"),
    Setting("flush_interval_secs", Kind.INTEGER, "seconds between two readings of the kernel's maps", 1, 1, 60),
    Setting("dns_ttl_cap_secs", Kind.INTEGER, "longest time that a DNS answer names an address, in seconds; 0: only "
            "connections that follow at once", 600, 0, 604_800),
    Setting("sni_ttl_cap_secs", Kind.INTEGER, "longest time, in seconds, that a server name read on one flow makes "
            "other nameless flows of that device to the same address ambiguous; 0: never", 300, 0, 604_800),
    Setting("flow_idle_timeout_secs", Kind.INTEGER, "seconds of silence after which a flow's name is forgotten; its "
            "bytes are counted on", 900, 1, 604_800),
    Setting("event_poll_millis", Kind.INTEGER, "milliseconds between two looks at captured payload heads", 100, 1,
            10_000),
    Setting("capture_heads_per_sec", Kind.INTEGER, "most payload heads captured in a second on each CPU; 0: none, no "
            "names are read", 20_000, 0, 1_000_000),
    Setting("capture_buffer_kib", Kind.INTEGER, "KiB of kernel memory for payload heads that wait to be read, rounded "
            "up to a power of two", 4_096, 64, 262_144),
    Setting("flow_map_entries", Kind.INTEGER, "flows that fit between two readings; each takes about 400 bytes of "
            "kernel memory on two CPUs", 65_536, 1, 16_777_216),
    Setting("pin_dir", Kind.PATH, "folder of the pinned maps, on a bpf file system", "/sys/fs/bpf/traffic-analyzer",
            metavar="DIR"),
    WEB_LISTEN,
    Setting("web_host", Kind.LIST, "further name that the page may be called by, as in http://router.lan:8377/, "
            "besides the address that it listens on; may be repeated", metavar="NAME"),
    WEB_TOKEN_FILE,
    Setting("progress_secs", Kind.INTEGER, "seconds between two lines on what was counted; 0: none", 0, 0, 86_400),
)  # fmt: skip

#: What the configuration file may say of the collector: all but where it is itself.
OPTIONS = tuple(setting for setting in RUN if setting.name != "config")
#: Where things are: what it says of these holds for every command that takes them.
PLACES = (DB, ARCHIVE, WEB_LISTEN, WEB_TOKEN_FILE)

IFACE = Setting("iface", Kind.LIST, "only traffic of this interface; may be repeated (default: all)",
                metavar="NAME")  # fmt: skip
LOOKBACK_MINUTES = Setting("lookback_minutes", Kind.INTEGER, "how far back to look from now, or from --until, "
                           "in minutes", 60, 1, 52_560_000)  # fmt: skip
PERIOD = Setting("period", Kind.CHOICE, "the running hour, day, week (from Monday), month or year, in local time, or "
                 "the whole one before",
                 choices=("hour", "day", "week", "month", "year", "last-week", "last-month", "last-year"))  # fmt: skip
START_DAY = Setting("start_day", Kind.INTEGER, "with --period month or last-month: the day on which months begin; in a "
                    "shorter month, its last", 1, 1, 31)  # fmt: skip
SINCE = Setting("since", Kind.TEXT, "begin: a local date, date and time (2026-03-29T14:30), one with Z or an "
                "offset (+02:00) behind it, now, today, yesterday, or an age: 90m, 36h, 7d, 4w",
                metavar="TIME")  # fmt: skip
UNTIL = Setting("until", Kind.TEXT, "end, not included, written like --since; of a date, its beginning (default: now)",
                metavar="TIME")  # fmt: skip
DAY = Setting("day", Kind.TEXT, "one local day: a date (2026-03-29), today or yesterday", metavar="DATE")  # fmt: skip
LIMIT = Setting("limit", Kind.INTEGER, "most rows to show", 20, 1, 1_000_000)
DEVICE = Setting("device", Kind.LIST, "only traffic of this device, by MAC or IP address or by name; may be repeated "
                 "(default: all)", metavar="DEVICE")  # fmt: skip
DOMAIN = Setting("domain", Kind.LIST, "only this name and every name under it; may be repeated (default: all)",
                 metavar="NAME")  # fmt: skip
PROTOCOL = Setting("protocol", Kind.LIST, "only traffic of this protocol, by name or number, with the port of the "
                   "service behind it or without: tcp, udp/443; may be repeated (default: all)",
                   metavar="PROTO[/PORT]")  # fmt: skip
BY = Setting("by", Kind.CHOICE, "what names are put together by; site: the registrable domain", "name",
             choices=("name", "site"))  # fmt: skip
OFFSET = Setting("offset", Kind.INTEGER, "rows to leave out before the first one", 0, 0, 1_000_000)
SORT = Setting("sort", Kind.CHOICE, "column to sort by (default: as the report has it)", metavar="COLUMN")
ORDER = Setting("order", Kind.CHOICE, "with --sort: from the least (asc) or the most (desc; default for numbers and "
                "times)", choices=("asc", "desc"))  # fmt: skip
REFRESH_SECS = Setting("refresh_secs", Kind.INTEGER, "seconds between two looks", 2, 1, 3_600)
RETENTION_DAYS = Setting("retention_days", Kind.INTEGER, "days to keep", 30, 1, 36_500)
TIER = Setting("tier", Kind.LIST, "only these rows: of minutes, hours or days, and only as far as what they were put "
               "together into is there; may be repeated (default: all)",
               choices=("minutes", "hours", "days"))  # fmt: skip

TO = Setting("to", Kind.PATH, "file to make, a database that every command reads as --db; -: standard output",
             metavar="FILE", is_positional=True)  # fmt: skip
FROM = Setting("from_", Kind.PATH, "what export made, or any database of this program, of whatever version, or of "
               "traffic-analyzer-rs", metavar="FILE", is_positional=True)  # fmt: skip

WIDE = Setting("wide", Kind.SWITCH, "names in full and every column, however wide the terminal is", False)
RAW = Setting("bytes", Kind.SWITCH, "bytes as plain numbers: 1500, not 1.50 kB", False)
UTC = Setting("utc", Kind.SWITCH, "times in UTC, and those that are given without an offset too; hours and days that "
              "are kept are still those of the collector's zone, and are shown by when they began", False)  # fmt: skip
WATCH = Setting("watch", Kind.INTEGER, "show it again each so many seconds, until Ctrl-C", None, 1, 86_400,
                metavar="SECONDS")  # fmt: skip

VIEW = (WIDE, RAW, UTC, WATCH)
REPORT = (IFACE, DB, ARCHIVE, LOOKBACK_MINUTES, PERIOD, START_DAY, SINCE, UNTIL, DAY)
SUMMARY = (DB, ARCHIVE)
STATUS = (DB, ARCHIVE, WEB_LISTEN)
LINK = (WEB_LISTEN, WEB_TOKEN_FILE)
UI = (
    *REPORT, replace(LIMIT, default=10, maximum=1_000), REFRESH_SECS,
    replace(WEB_LISTEN, help="address and port that the running collector is asked at, which has live rates; off: only "
            "the database is read"),
    WEB_TOKEN_FILE,
)  # fmt: skip
PRUNE = (DB, ARCHIVE, RETENTION_DAYS, TIER)
EXPORT = (DB, ARCHIVE, TO)
IMPORT = (DB, ARCHIVE, FROM)

