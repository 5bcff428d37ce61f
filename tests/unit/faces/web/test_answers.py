"""What several ask for at once is computed once; what is known already is not sent again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.faces.web.answers import SHARED_S, Answers, Document, document


class _Computed:
    """Counts; says how often it was asked."""

    def __init__(self, size: int = 1) -> None:
        self.times, self._size = 0, size
        self._lock = threading.Lock()

    def __call__(self) -> Document:
        with self._lock:
            self.times += 1
        return document(str(self.times).encode() * self._size, {})


def test_shared_for_a_second() -> None:
    now_s, computed = [100.0], _Computed()
    answers = Answers(lambda: now_s[0])
    bodies = []
    for at_s in (100.0, 100.0 + SHARED_S / 2, 100.0 + SHARED_S, 101.0 + SHARED_S / 2, 200.0):
        now_s[0] = at_s
        bodies.append(answers.shared("a", computed).body)
    assert bodies == [b"1", b"1", b"2", b"2", b"3"]
    assert answers.shared("b", computed).body == b"4"


def test_its_second_begins_when_it_is_there() -> None:
    now_s, computed = [100.0], _Computed()
    answers = Answers(lambda: now_s[0])

    def slow() -> Document:
        now_s[0] += 30
        return computed()

    assert answers.shared("a", slow).body == answers.shared("a", computed).body == b"1"


def test_who_asks_meanwhile_waits_for_the_same() -> None:
    began, hold, computed = threading.Event(), threading.Event(), _Computed(1 << 20)

    def slow() -> Document:
        began.set()
        assert hold.wait(60)
        return computed()

    answers = Answers(lambda: 0.0)
    with ThreadPoolExecutor(9) as clients:
        first = clients.submit(answers.shared, "a", slow)
        assert began.wait(60)
        others = [clients.submit(answers.shared, "a", computed) for _ in range(8)]
        assert answers.shared("b", lambda: document(b"another", {})).body == b"another"
        hold.set()
        assert len({id(each.result()) for each in (first, *others)}) <= 2  # one may have come after the first was told
    assert computed.times <= 2


def test_a_failure_is_told_to_all_who_wait_and_to_nobody_else() -> None:
    began, hold = threading.Event(), threading.Event()

    def fails() -> Document:
        began.set()
        assert hold.wait(60)
        raise StoreError("the database is away")

    answers = Answers(lambda: 0.0)
    with ThreadPoolExecutor(2) as clients:
        first = clients.submit(answers.shared, "a", fails)
        assert began.wait(60)
        second = clients.submit(answers.shared, "a", fails)
        hold.set()
        for each in (first, second):
            with pytest.raises(StoreError, match="^the database is away$"):
                each.result()
    assert answers.shared("a", lambda: document(b"back", {})).body == b"back"


def test_it_does_not_grow() -> None:
    computed, large = _Computed(1 << 10), _Computed(1 << 20)
    answers = Answers(lambda: 0.0)
    for n in range(500):
        answers.shared(n, computed)
    assert sum(len(found.body) for _, found in answers._kept.values()) <= 64 * 3 * 1024
    assert answers.shared("large", large).body != answers.shared("large", large).body  # not kept


@pytest.mark.parametrize(
    ("tags", "is_known"),
    [
        ("", False), ("TAG", True), ("W/TAG", True), ('"x", TAG', True), ('"x",W/TAG ,"y"', True), ('"x"', False),
        ("TA", False), (",,", False),
    ],
)  # fmt: skip
def test_tags(tags: str, is_known: bool) -> None:
    found = document(b"body", {})
    assert found.is_one_of(tags.replace("TAG", found.tag)) == is_known


def test_a_tag_is_of_the_content() -> None:
    assert document(b"a", {}).tag == document(b"a", {}).tag != document(b"b", {}).tag
    assert len(document(b"a", {}).tag) == 34 and document(b"a", {}).tag[0] == document(b"a", {}).tag[-1] == '"'
