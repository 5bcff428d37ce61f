"""What notices mean, in words for everyone. ``{subject}`` and ``{detail}`` are names: escape what comes of them."""

from __future__ import annotations

from ..units import bytes_text

#: By code of :class:`~traffic_analyzer.records.Notice`.
SENTENCES = {
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


def sentence(code: str, subject: str, detail: str) -> str:
    """What a notice says to a user; of a code that is not known, its parts."""
    template = SENTENCES.get(code)
    if template is None:
        return f"{code}: {subject} {detail}".rstrip()
    return template.format(subject=subject, detail=_amounts(detail) if code.startswith("quota-") else detail)


def _amounts(detail: str) -> str:
    """``412/500``, bytes used and allowed, for a person."""
    used, _, limit = detail.partition("/")
    return f"{bytes_text(int(used))} of {bytes_text(int(limit))}" if used.isdigit() and limit.isdigit() else detail
