"""What an address is called: exactly where one live name was asked for, and never surer than that."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.attribution.names import UNKNOWN, Name, Names, Place
from traffic_analyzer.records import Evidence, Label

_S = 10**9
_A = Place(b"phone", b"\xcb\0\x71\1")
_B = Place(b"laptop", _A.remote)


def _exact(name: str) -> Name:
    return Name(name, Label.EXACT, Evidence.DNS)


def _ambiguous(name: str, evidence: Evidence = Evidence.DNS) -> Name:
    return Name(name, Label.AMBIGUOUS, evidence)


def _learn(names: Names, name: str, at_s: float, ttl_s: int, place: Place = _A, asked: bool = True) -> None:
    names.learn("br-lan", place, name, int(at_s * _S), ttl_s, asked)


def test_one_live_name_is_exact_for_its_time() -> None:
    names = Names()
    _learn(names, "site.example", 10, 60)
    assert names.name(_A, 10 * _S - 1) == UNKNOWN
    assert names.name(_A, 10 * _S) == names.name(_A, 70 * _S - 1) == _exact("site.example")
    assert names.name(_A, 70 * _S) == UNKNOWN


def test_two_live_names_are_ambiguous_and_the_latest_is_told() -> None:
    names = Names()
    _learn(names, "one.example", 0, 100)
    _learn(names, "two.example", 10, 20)
    assert names.name(_A, 9 * _S) == _exact("one.example")
    assert names.name(_A, 15 * _S) == _ambiguous("two.example")
    _learn(names, "one.example", 16, 100)
    assert names.name(_A, 17 * _S) == _ambiguous("one.example")


def test_a_name_that_ran_out_leaves_doubt_for_a_minute() -> None:
    """Browsers go on using an address for about as long."""
    names = Names()
    _learn(names, "one.example", 0, 200)
    _learn(names, "two.example", 10, 20)
    assert names.name(_A, 89 * _S) == _ambiguous("one.example")
    assert names.name(_A, 90 * _S) == _exact("one.example")
    assert names.name(_A, 9 * _S) == _exact("one.example")


def test_a_name_that_ran_out_names_nothing_itself() -> None:
    names = Names()
    _learn(names, "site.example", 0, 10)
    assert names.name(_A, 11 * _S) == UNKNOWN
    assert names.name(_B, 11 * _S) == UNKNOWN


def test_a_time_to_live_of_0_is_for_what_follows_at_once() -> None:
    names = Names()
    _learn(names, "site.example", 10, 0)
    assert names.name(_A, 10 * _S + _S) == _exact("site.example")
    assert names.name(_A, 12 * _S) == UNKNOWN


def test_an_answer_that_comes_again_extends_and_never_shortens() -> None:
    names = Names()
    _learn(names, "site.example", 0, 60)
    _learn(names, "site.example", 30, 60)
    _learn(names, "site.example", 31, 5)
    assert names.name(_A, 89 * _S) == _exact("site.example")
    assert names.name(_A, 91 * _S) == UNKNOWN
    assert (names.events.new, names.events.refresh) == ({"br-lan": 1}, {"br-lan": 2})


def test_a_name_that_had_run_out_holds_from_its_new_answer_on() -> None:
    names = Names()
    _learn(names, "site.example", 0, 10)
    _learn(names, "site.example", 50, 10)
    assert names.name(_A, 30 * _S) == UNKNOWN
    assert names.name(_A, 55 * _S) == _exact("site.example")


def test_a_server_name_of_another_flow_is_never_exact() -> None:
    names = Names()
    _learn(names, "shown.example", 0, 60, asked=False)
    assert names.name(_A, _S) == _ambiguous("shown.example", Evidence.SNI)
    _learn(names, "asked.example", 2, 60)
    assert names.name(_A, 3 * _S) == _ambiguous("asked.example")


def test_a_name_that_was_shown_and_then_asked_for_is_exact_from_then_on() -> None:
    names = Names()
    _learn(names, "site.example", 0, 60, asked=False)
    _learn(names, "site.example", 10, 60)
    assert names.name(_A, 11 * _S) == _exact("site.example")
    _learn(names, "site.example", 12, 60, asked=False)
    assert names.name(_A, 13 * _S) == _exact("site.example")


def test_a_server_name_does_not_make_an_answer_last_longer() -> None:
    names = Names()
    _learn(names, "site.example", 0, 10)
    _learn(names, "site.example", 5, 300, asked=False)
    assert names.name(_A, 9 * _S) == _exact("site.example")
    assert names.name(_A, 11 * _S) == _ambiguous("site.example", Evidence.SNI)


def test_what_was_only_shown_leaves_no_doubt_when_it_is_over() -> None:
    """In the first minute of the boot clock too, where a span that never began would not be over for long."""
    names = Names()
    _learn(names, "shown.example", 0, 0, asked=False)
    _learn(names, "site.example", 1, 60)
    assert names.name(_A, 2 * _S) == _exact("site.example")


def test_another_device_s_answer_is_ambiguous() -> None:
    names = Names()
    _learn(names, "site.example", 0, 60, _B)
    assert names.name(_A, _S) == _ambiguous("site.example", Evidence.DNS_OTHER)
    assert names.name(_B, _S) == _exact("site.example")
    assert names.name(_A._replace(remote=b"\xcb\0\x71\2"), _S) == UNKNOWN
    _learn(names, "own.example", 2, 60)
    assert names.name(_A, 3 * _S) == _exact("own.example")


def test_what_another_device_showed_is_not_told() -> None:
    names = Names()
    _learn(names, "site.example", 0, 60, _B, asked=False)
    assert names.name(_A, _S) == UNKNOWN


def test_what_runs_out_is_forgotten_and_counted() -> None:
    names = Names()
    _learn(names, "short.example", 0, 10)
    _learn(names, "long.example", 0, 100)
    _learn(names, "short.example", 5, 10, _B)
    names.expire(72 * _S)
    assert (names.live, names.take_events().expired) == ({"br-lan": 2}, {"br-lan": 1})
    assert names.name(_A, 71 * _S) == _exact("long.example")
    names.expire(200 * _S)
    assert names.take_events().expired == {"br-lan": 2}
    assert names.take_events().expired == {}
    assert not names.live.total()
    assert names.name(_B, 6 * _S) == UNKNOWN


def test_what_a_flow_may_still_ask_for_is_kept() -> None:
    names = Names()
    _learn(names, "site.example", 0, 10)
    names.expire(9 * _S)
    assert names.name(_A, 9 * _S) == _exact("site.example")


def test_a_place_goes_with_all_its_names() -> None:
    names = Names(most=3)
    _learn(names, "one.example", 0, 60)
    _learn(names, "two.example", 0, 60)
    _learn(names, "three.example", 1, 60, _B)
    _learn(names, "four.example", 2, 60, _B)
    assert names.name(_A, 3 * _S).label is Label.AMBIGUOUS  # by the other device
    assert names.name(_B, 3 * _S) == _ambiguous("four.example")
    assert (names.live, names.events.overflow) == ({"br-lan": 2}, {"br-lan": 2})
    for number in range(9):
        _learn(names, f"{number}.example", 4, 60, _B)
    assert names.live["br-lan"] <= 3


_STEPS = st.lists(
    st.tuples(st.sampled_from([_A, _B]), st.sampled_from("xyz"), st.integers(0, 30), st.integers(0, 20), st.booleans())
)


@given(_STEPS, st.integers(0, 90))
def test_as_a_plain_list_would_have_it(steps: list[tuple[Place, str, int, int, bool]], at_s: int) -> None:
    """Against all spans kept for ever: exact only where one name was alive, and then that one."""
    names, spans = Names(), []
    for place, name, now_s, ttl_s, asked in sorted(steps, key=lambda step: step[2]):
        _learn(names, name, now_s, ttl_s, place, asked)
        names.expire(now_s * _S)
        spans.append((place, name, now_s, now_s + max(ttl_s, 2), asked))
    # A flow is asked for that began after the last answer; what ran out before that may be forgotten.
    at_s += max((now_s for _, _, now_s, _, _ in spans), default=0)
    got = names.name(_A, at_s * _S)
    spans = [span for span in spans if span[0] == _A]
    alive = {name for _, name, since_s, until_s, _ in spans if since_s <= at_s < until_s}
    asked = {name for _, name, since_s, until_s, by in spans if since_s <= at_s < until_s and by}
    doubts = {name for _, name, since_s, until_s, by in spans if since_s <= at_s < until_s + 60 * by}
    if asked and len(doubts) == 1:
        assert got == _exact(*asked)
    elif alive:
        assert got.label is Label.AMBIGUOUS and got.domain in (asked or alive)
        assert got.evidence is (Evidence.DNS if asked else Evidence.SNI)
    else:
        assert got.label is Label.UNKNOWN or got.evidence is Evidence.DNS_OTHER
