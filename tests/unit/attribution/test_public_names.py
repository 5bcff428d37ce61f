"""Which ClientHello hides another name."""

from __future__ import annotations

from traffic_analyzer.attribution.public_names import PublicNames

_HOUR = 3600 * 10**9


def test_only_what_was_announced_hides() -> None:
    names = PublicNames()
    assert not names.hides("public.example", 7, 0)
    names.announce("public.example", 7, 0)
    assert names.hides("public.example", 7, _HOUR)
    assert not names.hides("public.example", 8, _HOUR)  # GREASE draws another
    assert not names.hides("other.example", 7, _HOUR)


def test_a_day_later_it_must_be_announced_again() -> None:
    names = PublicNames()
    names.announce("public.example", 7, 0)
    assert names.hides("public.example", 7, 24 * _HOUR)
    assert not names.hides("public.example", 7, 24 * _HOUR + 1)
    names.announce("public.example", 7, 24 * _HOUR)
    assert names.hides("public.example", 7, 25 * _HOUR)


def test_a_well_known_public_name_needs_no_record() -> None:
    assert PublicNames().hides("cloudflare-ech.com", 200, 0)
    assert not PublicNames().hides("www.cloudflare-ech.com", 200, 0)


def test_the_oldest_goes_where_there_are_too_many() -> None:
    names = PublicNames(most=2)
    for config_id in range(3):
        names.announce("public.example", config_id, config_id)
    assert [names.hides("public.example", config_id, 3) for config_id in range(3)] == [False, True, True]
    assert names.overflow == 1
