"""An answer counts once, and only for its question."""

from __future__ import annotations

import pytest

from traffic_analyzer.attribution.questions import Question, Questions

_S = 10**9
_QUESTION = Question(b"device", b"\xc0\0\2\1", 40000, b"\xc0\0\2\x35", 53, 17, 77, "site.example", 1)


def test_the_first_answer_counts_and_no_other() -> None:
    questions = Questions()
    questions.ask(_QUESTION, 0)
    assert questions.answer(_QUESTION, 1)
    assert not questions.answer(_QUESTION, 2)


@pytest.mark.parametrize(
    "change",
    [{"device": b"other"}, {"client": b"\xc0\0\2\2"}, {"client_port": 40001}, {"resolver": b"\xc0\0\2\x36"},
     {"resolver_port": 5353}, {"l4_proto": 6}, {"id": 78}, {"qname": "other.example"}, {"qtype": 28}],
)  # fmt: skip
def test_an_answer_that_differs_is_none(change: dict[str, object]) -> None:
    questions = Questions()
    questions.ask(_QUESTION, 0)
    assert not questions.answer(_QUESTION._replace(**change), 1)
    assert questions.answer(_QUESTION, 1)


def test_a_question_waits_for_half_a_minute() -> None:
    for waited_s, counts in ((30, True), (31, False)):
        questions = Questions()
        questions.ask(_QUESTION, 5 * _S)
        assert questions.answer(_QUESTION, (5 + waited_s) * _S) is counts


def test_a_question_that_is_asked_again_waits_anew() -> None:
    questions = Questions()
    questions.ask(_QUESTION, 0)
    questions.ask(_QUESTION, 20 * _S)
    assert questions.answer(_QUESTION, 45 * _S)


def test_the_oldest_goes_where_there_are_too_many() -> None:
    questions = Questions(most=3)
    asked = [_QUESTION._replace(id=number) for number in range(5)]
    for number, question in enumerate(asked):
        questions.ask(question, number)
    assert [questions.answer(question, 9) for question in asked] == [False, False, True, True, True]
    assert questions.overflow == 2


def test_what_nobody_answers_is_forgotten_and_no_overflow() -> None:
    questions = Questions(most=3)
    for number in range(100):
        questions.ask(_QUESTION._replace(id=number), number * 20 * _S)
    assert questions.overflow == 0
