"""What the collector said of each visit, beside the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from traffic_analyzer.records import Label

from .named import Conversation, Name, Named
from .visits import Visit

_HEAD = ("case", "visits", "flows", *(f"{label} bytes" for label in Label), "named right", "wrong", "not named")


@dataclass
class Verdict:
    """Of all visits of one case."""

    case: str
    visits: int = 0
    flows: int = 0
    right: int = 0  #: flows that are called what was read on them, with the right label and evidence, at their end
    wrong: list[tuple[Visit, Conversation, Counter[Name]]] = field(default_factory=list)  #: a false name, sure of it
    unnamed: list[tuple[Visit, Conversation, Counter[Name]]] = field(default_factory=list)  #: neither
    bytes: Counter[Label] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to complain of."""
        return bool(self.flows) and self.right == self.flows and not self.wrong


def _is_false(name: Name, visit: Visit, expected: Name | None) -> bool:
    """Whether a name claims what is not so."""
    if name.label not in (Label.EXACT, Label.HIDDEN):
        return False
    if expected is None:
        return True
    if name.label is Label.HIDDEN or expected.label is not Label.HIDDEN:
        return (name.domain, name.label) != (expected.domain, expected.label)
    return name.domain != visit.host  # before its ClientHello came, the answer to its only question told


def judge(visits: Sequence[Visit], found: Named) -> list[Verdict]:
    """One verdict a case, in the order of the visits."""
    verdicts: dict[str, Verdict] = {}
    for visit in visits:
        verdict = verdicts.setdefault(visit.case.name, Verdict(visit.case.name))
        verdict.visits += 1
        for conversation, names in found.items():
            if not visit.has(conversation):
                continue
            verdict.flows += 1
            for name, bytes_ in names.items():
                verdict.bytes[name.label] += bytes_
            expected = visit.expected(conversation)
            if any(_is_false(name, visit, expected) for name in names):
                verdict.wrong.append((visit, conversation, names))
            elif expected in names:
                verdict.right += 1
            else:
                verdict.unnamed.append((visit, conversation, names))
    return list(verdicts.values())


def render(verdicts: Iterable[Verdict]) -> str:
    """A table, one line a case."""
    lines = [_HEAD]
    for verdict in verdicts:
        figures = (verdict.visits, verdict.flows, *(verdict.bytes[label] for label in Label), verdict.right,
                   len(verdict.wrong), len(verdict.unnamed))  # fmt: skip
        lines.append((verdict.case, *map(str, figures)))
    sizes = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    lines.insert(1, tuple("-" * size for size in sizes))
    return "\n".join(
        " ".join([line[0].ljust(sizes[0]), *(text.rjust(size) for text, size in zip(line[1:], sizes[1:], strict=True))])
        for line in lines
    )


def complaints(verdicts: Iterable[Verdict]) -> str:
    """Each flow that is wrong or not named; empty where there is none."""
    lines = []
    for verdict in verdicts:
        for kind, flows in (("wrong", verdict.wrong), ("not named", verdict.unnamed)):
            for visit, conversation, names in flows:
                called = ", ".join(f"{name.domain or '-'} ({name.label}, {name.evidence or 'none'}): {bytes_} bytes"
                                   for name, bytes_ in names.items())  # fmt: skip
                lines.append(f"{kind}: {visit.case.name} of {visit.host}: {tuple(conversation)}: {called}")
        if not verdict.flows:
            lines.append(f"no flow at all: {verdict.case}")
    return "\n".join(lines)
