"""What notices and remarks mean, in words for everyone. ``{subject}`` and ``{detail}`` are names: escape them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..units import bytes_text

#: By code of :class:`~traffic_analyzer.records.Notice`.
NOTICES = {
    "archive-put-off": "History for {subject} waits in the database until more may be written ({detail}). "
                       "--archive-budget-mib says how much may be in a day.",
    "archive-unwritten": "History cannot be written to {subject} ({detail}): it waits in the database, and where that "
                         "is in RAM a power cut would take it.",
    "bridge-local": "{subject} joins {detail}: what clients there send to each other does not pass it and is not "
                    "counted.",
    "clock": "The clock of this machine is not set. Until it is, times are counted from when the machine started, as "
             "if 1970 (UTC) had begun then. Then all that was counted moves to its true time, and nothing is lost.",
    "database-in-ram": "The database {subject} cannot be written ({detail}): what is counted is kept in RAM until it "
                       "can be, and a power cut would take it.",
    "database-set-aside": "The database {subject} was damaged: {detail}.",
    "lro": "{subject} merges packets before anyone sees them (large receive offload): bytes and packets received may "
           "be counted a little too low.",
    "names-file": "{subject} cannot be read: {detail}. What it said before is kept.",
    "no-wan": "No interface has a default route yet: every interface is taken for one with clients behind it.",
    "not-attached": "Nothing is counted on {subject}: {detail}.",
    "offload-hardware": "The hardware forwards connections between {detail} ({subject}). Once it does, none of their "
                        "packets reach this machine's processor, and they cannot be counted by device or site.",
    "offload-software": "Connections between {detail} take a short cut ({subject}). Interfaces that are chosen by "
                        "themselves (--iface auto) see them all the same.",
    "offload-unknown": "Whether connections take a short cut past the interfaces that are counted cannot be told: "
                       "{detail}.",
    "passes-below": "Some of what is forwarded does not pass {subject}: it takes a short cut between {detail}, where "
                    "--iface auto counts it if it can.",
    "quota-reached": "Quota {subject} is used up: {detail}.",
    "quota-warned": "Quota {subject} will soon be used up: {detail}.",
    "shared": "{subject} carries the clients' side and the internet's: a packet may pass it twice.",
    "stand-in-left": "What was counted while the database could not be written is still in {subject}: {detail}.",
    "switch-local": "What clients of {subject} send to each other within one switch chip ({detail}) reaches no "
                    "processor and is not counted.",
    "unseen": "Packets pass {subject} that are not seen there: {detail}.",
    "web-unavailable": "The page cannot be shown at {subject}: {detail}. Counting goes on. --web-listen says where it "
                       "is to be.",
}  # fmt: skip

#: By code of :class:`~traffic_analyzer.records.Remark`.
REMARKS = {
    "archive-unread": "--archive {subject}: {detail}; older hours and days are missing",
    "by-site": "Of that time bytes are kept by site, not by name: ask for {subject}.",
    "cut": "Of that time the smallest are put together, and what of them is asked for here is not in these rows.",
    "database-absent": "--db {subject}: not there; this is what --archive {detail} holds",
    "database-unwritten": "--db {subject} cannot be written: what is counted since is in RAM only",
    "other-zone": "Days were added up in another time zone: set TZ to that of the collector.",
    "wider-days": "The window is wider than asked for: of that time, only whole days are kept.",
    "wider-hours": "The window is wider than asked for: of that time, only whole hours are kept.",
}

#: Of both, those that a page says otherwise: who reads it types no flags, but has a form with “titles”.
ON_A_PAGE = {
    "archive-put-off": "History for {subject} waits in the database until more may be written. How much may be in a "
                       "day is one of the settings: “Write at most, in a day (MiB)”.",
    "offload-software": "Connections between {detail} take a short cut ({subject}). Interfaces that are chosen by "
                        "themselves, as they are unless the settings name others, see them all the same.",
    "passes-below": "Some of what is forwarded does not pass {subject}: it takes a short cut between {detail}. "
                    "Interfaces that are chosen by themselves, as they are unless the settings name others, count it "
                    "there where that is possible.",
    "web-unavailable": "The page without LuCI cannot be shown at {subject}: {detail}. Counting goes on. Where it is to "
                       "be is one of the settings: “Address of the page”.",
    "archive-unread": "The archive {subject} cannot be read ({detail}): older hours and days are missing.",
    "database-absent": "The database {subject} is not there: this is what the archive {detail} holds.",
    "database-unwritten": "The database {subject} cannot be written: what is counted since is in RAM only.",
    "other-zone": "Days were added up in another time zone than that of the collector now: they begin at other hours.",
}  # fmt: skip

#: Those that have no part of somebody else's, and what systems say most: a page translates them.
DETAILS = (
    "Address already in use", "Cannot assign requested address", "Input/output error", "No such file or directory",
    "No space left on device", "Permission denied", "Read-only file system", "database disk image is malformed",
    "database is locked", "database or disk is full", "disk I/O error", "file is not a database", "is no file",
    "its disk is not mounted", "no archive of traffic-analyzer's", "not an SQLite database",
    "our filters are there; the driver or another program takes packets before them",
    "the hardware forwards connections by itself (flow offload)", "unable to open database file",
)  # fmt: skip

_SENTENCES = {**NOTICES, **REMARKS}


def sentence(code: str, subject: str, detail: str) -> str:
    """What a notice or a remark says on the command line; of a code that is not known, its parts."""
    template = _SENTENCES.get(code)
    if template is None:
        return f"{code}: {subject} {detail}".rstrip()
    if code == "by-site":
        subject = ", ".join(f"--domain {site}" for site in subject.split(", "))
    return template.format(subject=subject, detail=_amounts(detail) if code.startswith("quota-") else detail)


def remarked(remarks: Iterable[tuple[str, str, str]]) -> tuple[str, ...]:
    """The same of each: not escaped yet."""
    return tuple(sentence(*remark) for remark in remarks)


def how_to_start(service: Path = Path("/etc/init.d/traffic-analyzer")) -> str:
    """The command that has traffic counted on this machine: its service, where it has one."""
    return f"service {service.name} start" if service.exists() else "traffic-analyzer run"


def of_page(code: str) -> str:
    """What a page says of it, with its parts left open; empty: it is not known."""
    return ON_A_PAGE.get(code) or _SENTENCES.get(code, "")


def _amounts(detail: str) -> str:
    """``412/500``, bytes used and allowed, for a person."""
    used, _, limit = detail.partition("/")
    return f"{bytes_text(int(used))} of {bytes_text(int(limit))}" if used.isdigit() and limit.isdigit() else detail
