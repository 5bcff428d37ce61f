"""How complete a window is, in a sentence: every face shows it beside the numbers that it is about."""

from __future__ import annotations

from ..reports.registry import Completeness
from ..units import USUAL, Notation, bytes_text


def verdict(completeness: Completeness, notation: Notation = USUAL) -> str:
    """One line: what was seen, and all that is missing."""
    if not completeness.seen_packets and not completeness.unseen_packets:
        return "No packet counters in this window."
    missing = _missing(completeness, notation)
    word = f"INCOMPLETE: {_percent(completeness)} counted" if missing else "Complete"
    all_seen, non_ip = (
        _amount(count, notation) for count in (completeness.seen_bytes, completeness.non_ip_bytes)
    )
    seen = f"{all_seen} seen, of it {non_ip} non-IP"
    return f"{word}. {seen}; {', '.join(missing) or 'all of it booked, nothing unseen'}."


def _amount(count: int, notation: Notation) -> str:
    return bytes_text(count, notation) + (" B" if notation.is_raw else "")


def _percent(completeness: Completeness) -> str:
    """Never 100 % where something is missing."""
    return f"{min(completeness.share or 0, 0.9999):.2%}"


def _missing(completeness: Completeness, notation: Notation) -> list[str]:
    found = []
    if completeness.unseen_packets:
        unseen = f"{_amount(completeness.unseen_bytes, notation)} in {completeness.unseen_packets:,} packets"
        found.append(f"UNSEEN: {unseen} (`traffic-analyzer ledger` tells where)")
    if completeness.not_booked_packets:
        lost = f"{_amount(completeness.not_booked_bytes, notation)} in {completeness.not_booked_packets:,} packets"
        found.append(f"NOT BOOKED: {lost} (flow map full; raise --flow-map-entries)")
    if completeness.difference_bytes or completeness.difference_packets:
        difference = f"{completeness.difference_bytes:,} bytes in {completeness.difference_packets:,} packets"
        found.append(f"a DIFFERENCE of {difference} between what was seen and what was booked")
    return found
