"""Quotas are read or refused in one line, and each threshold is crossed once in a period."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import UsageError
from traffic_analyzer.periods import period
from traffic_analyzer.quotas.quotas import Crossed, Crossing, Quota, Watch, limit_bytes, quotas_of
from traffic_analyzer.uci import parse

_UTC = ZoneInfo("UTC")
_FILE = "/etc/config/traffic-analyzer"
_MONTH = 1_793_491_200  # 2026-11-01T00:00Z
_HOUR, _DAY = 3_600, 86_400


def _read(*options: str) -> Quota:
    (quota,) = quotas_of(parse("config other 'x'\n\nconfig quota 'kids'\n" + "\n".join(options)), _FILE)
    return quota


@pytest.mark.parametrize(
    ("options", "quota"),
    [
        (["option limit 500GB"], Quota("kids", 500 * 10**9)),
        (["option limit '2 GiB'", "option device AA-BB-CC-DD-EE-0f"], Quota("kids", 2**31, device="aa:bb:cc:dd:ee:0f")),
        (["option limit 1B", "option device 2001:DB8:0::1"], Quota("kids", 1, device="2001:db8::1")),
        (["option limit 1B", "option network br-lan.10", "option period day", "option direction up"],
         Quota("kids", 1, "day", network="br-lan.10", direction="up")),
        (["option limit 1B", "option period month", "option start_day 31", "option warn_percent 100",
          "option hook '/etc/my hook'"], Quota("kids", 1, start_day=31, warn_percent=100, hook="/etc/my hook")),
        (["option limit 1B", "option start_day 1", "option warn_percent 1"], Quota("kids", 1, warn_percent=1)),
    ],
)  # fmt: skip
def test_what_is_read(options: list[str], quota: Quota) -> None:
    assert _read(*options) == quota


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "option limit is missing; write option limit '500GB'"),
        (["option limit 500"], "option limit '500': not a size; give bytes with a unit, as 500GB or 500GiB"),
        (["option limit 1B", "option limt 2B"], "unknown option limt; there are device, network, period, start_day, "
         "limit, direction, warn_percent, hook"),
        (["list limit 1B"], "limit has one value; write option limit, not list limit"),
        (["list tags 1B"], "unknown option tags; there are "),
        (["option limit 1B", "option device laptop"], "option device 'laptop': neither a MAC nor an IP address"),
        (["option limit 1B", "option device '10.0.0.0/24'"], "option device '10.0.0.0/24': neither"),
        (["option limit 1B", "option network 'a b'"], "option network 'a b': no name of an interface"),
        (["option limit 1B", "option network 0123456789abcdef"], "option network '0123456789abcdef': no name"),
        (["option limit 1B", "option period year"], "option period 'year': choose from day, week, month"),
        (["option limit 1B", "option start_day 32"], "option start_day '32': choose from 1 to 31"),
        (["option limit 1B", "option start_day 0"], "option start_day '0': choose from 1 to 31"),
        (["option limit 1B", "option start_day ٣"], "option start_day '٣': choose from 1 to 31"),
        (["option limit 1B", "option warn_percent 101"], "option warn_percent '101': choose from 1 to 100"),
        (["option limit 1B", "option warn_percent 80%"], "option warn_percent '80%': choose from 1 to 100"),
        (["option limit 1B", "option direction sideways"], "option direction 'sideways': choose from down, up, both"),
        (["option limit 1B", "option hook hook.sh"], "option hook 'hook.sh': not a path from / on"),
        (["option limit 1B", "option device 10.0.0.1", "option network lan"], "option device and option network do "
         "not go together; make two quotas"),
        (["option limit 1B", "option period week", "option start_day 2"], "option start_day takes option period "
         "'month'"),
        (["option limit " + "9" * 5_000], "option limit '" + "9" * 64 + "': not a size"),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_refused_names_file_section_and_option(options: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        _read(*options)
    assert str(caught.value).startswith(f"{_FILE} line 3: quota kids: {said}")
    assert "\n" not in str(caught.value)


def test_a_quota_has_a_name() -> None:
    with pytest.raises(UsageError, match=f"^{_FILE} line 1: quota has no name; write config quota 'name'$"):
        quotas_of(parse("config quota\n\toption limit 5GB\n"), _FILE)


def test_other_sections_are_not_ours() -> None:
    assert quotas_of(parse("config device 'x'\n\toption limit none\n"), _FILE) == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1B", 1), ("1kB", 1_000), ("1KB", 1_000), ("1kib", 1_024), ("500MB", 5 * 10**8), ("500 GB", 5 * 10**11),
        ("500GiB", 500 * 2**30), ("1.5TB", 15 * 10**11), ("1.5 TiB", 3 * 2**39), ("0.000001GB", 1_000),
        ("2PB", 2 * 10**15), ("8191PiB", 8_191 * 2**50),
        ("8192PiB", None), ("0GB", None), ("0.1B", None), ("", None), ("GB", None), ("500", None), ("500G", None),
        ("-5GB", None), ("5 000GB", None), ("5,5GB", None), (".5GB", None), ("5.GB", None), ("1e3GB", None),
        ("5iB", None), ("5GBs", None), (" 5GB", None), ("5GB\n", None), ("٥GB", None), ("5EB", None),
    ],
)  # fmt: skip
def test_sizes(text: str, count: int | None) -> None:
    assert limit_bytes(text) == count


@pytest.mark.parametrize(("direction", "counted"), [("down", 7), ("up", 30), ("both", 37)])
def test_directions(direction: str, counted: int) -> None:
    assert Quota("q", 1, direction=direction).counted(7, 30) == counted


class _Bytes:
    """What was used, by second; and from when on it was asked for."""

    def __init__(self, *at: tuple[int, int]) -> None:
        self.at = dict(at)
        self.asked: list[tuple[int, int]] = []

    def __call__(self, _: Quota, since_unix_s: int, until_unix_s: int) -> int:
        self.asked.append((since_unix_s, until_unix_s))
        return sum(count for unix_s, count in self.at.items() if since_unix_s <= unix_s < until_unix_s)


def _percents(crossings: list[Crossing]) -> list[int]:
    return [crossing.percent for crossing in crossings]


def test_thresholds_are_crossed_once_and_anew_in_the_next_period() -> None:
    used = _Bytes((_MONTH - 1, 1_000))
    watch = Watch(Quota("q", 1_000), zone=_UTC)
    seen = []
    for day, more in enumerate([790, 9, 1, 0, 199, 1, 500, 0]):
        used.at[_MONTH + day * _DAY] = more
        seen.append(_percents(watch.look(_MONTH + day * _DAY + 5, used)))
    assert seen == [[], [], [80], [], [], [100], [], []]
    december = _MONTH + 30 * _DAY
    assert watch.look(december - 1, used) == [] and watch.used_bytes == 1_500
    assert watch.look(december, used) == [] and watch.used_bytes == 0
    used.at[december] = 5_000
    assert _percents(watch.look(december + 60, used)) == [80, 100]


def test_a_crossing_tells_all() -> None:
    quota = Quota("q", 1_000, "day", warn_percent=100)
    (crossing,) = Watch(quota, zone=_UTC).look(_MONTH + 7, _Bytes((_MONTH, 1_234)))
    assert crossing == (quota, 100, 1_234, (_MONTH, _MONTH + _DAY))
    assert crossing.crossed == ("q", _MONTH, 100)


def test_what_is_remembered_is_not_crossed_again() -> None:
    used = _Bytes((_MONTH, 1_000))
    remembered = [Crossed("q", _MONTH, 80), Crossed("other", _MONTH, 100), Crossed("q", _MONTH - 30 * _DAY, 100)]
    assert _percents(Watch(Quota("q", 1_000), remembered, _UTC).look(_MONTH + 5, used)) == [100]


@pytest.mark.parametrize("jump_s", [-50 * 365 * _DAY, -40 * _DAY, -_HOUR, _HOUR, 40 * _DAY, 50 * 365 * _DAY])
def test_a_clock_that_jumps_and_comes_back_does_not_warn_again(jump_s: int) -> None:
    used = _Bytes((_MONTH + 10 * _DAY - 5_400, 900))
    watch = Watch(Quota("q", 1_000), zone=_UTC)
    now = _MONTH + 10 * _DAY
    assert _percents(watch.look(now, used)) == [80]
    assert watch.look(now + jump_s, used) == watch.look(now, used) == []
    assert watch.used_bytes == 900


def test_past_hours_are_asked_for_once() -> None:
    now = _MONTH + 10 * _DAY + 100
    used = _Bytes(*((_MONTH + hour * _HOUR, 1) for hour in range(30 * 24)))
    watch = Watch(Quota("q", 10_000), zone=_UTC)
    for minute in range(0, 180, 7):
        watch.look(now + minute * 60, used)
        assert watch.used_bytes == 30 * 24
    edge = _MONTH + 10 * _DAY - _HOUR
    assert used.asked[:3] == [(_MONTH, edge), (edge, _MONTH + 30 * _DAY), (edge, _MONTH + 30 * _DAY)]
    assert len([since for since, _ in used.asked if since == _MONTH]) == 1
    watch.recount()
    watch.look(now, used)
    assert used.asked[-2][0] == _MONTH


_quotas = st.builds(
    Quota, st.just("q"), st.integers(1, 2_000), st.sampled_from(["day", "week", "month"]), st.integers(1, 31),
    warn_percent=st.integers(1, 100),
)  # fmt: skip
_steps = st.lists(st.tuples(st.integers(0, 3 * _DAY), st.integers(0, 300), st.booleans()), max_size=60)


@given(_quotas, st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]), st.integers(0, 2_000_000_000), _steps)
def test_whatever_happens_each_threshold_fires_once_a_period_and_none_is_missed(
    quota: Quota, zone: str, now: int, steps: list[tuple[int, int, bool]]
) -> None:
    """Compared with all bytes, kept and summed anew; the daemon starts again where a step says so."""
    at = ZoneInfo(zone)
    used = _Bytes()
    watch, fired = Watch(quota, zone=at), list[Any]()
    sums: dict[int, int] = {}
    for ahead_s, count, starts_anew in steps:
        now += ahead_s
        used.at[now] = used.at.get(now, 0) + count
        since = period(quota.period, now, at, quota.start_day if quota.period == "month" else 1).since_unix_s
        sums[since] = sums.get(since, 0) + count
        if starts_anew:
            watch = Watch(quota, [each.crossed for each in fired], at)
        fired += watch.look(now, used)
        assert watch.used_bytes == sums[since]
    expected = {
        ("q", since, percent) for since, total in sums.items() for percent in (quota.warn_percent, 100)
        if total * 100 >= percent * quota.limit_bytes
    }  # fmt: skip
    assert {each.crossed for each in fired} == expected and len(fired) == len(expected)
