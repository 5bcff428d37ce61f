"""Tables in few lines: rows go first, evenly, then air, then the last tables; what went is said."""

from __future__ import annotations

import pytest

from traffic_analyzer.faces.height import Block, airy, within


def _block(name: str, rows: int) -> Block:
    return Block([name], ["head", "----"], [f"{name}{n}" for n in range(rows)])


def test_with_room_for_all_it_is_as_without_a_limit() -> None:
    blocks = [_block("a", 3), Block(["b"], ["nothing"], [])]
    whole = airy(blocks)
    assert whole == ["", "a", "", "head", "----", "a0", "a1", "a2", "", "b", "", "nothing", ""]
    assert within(blocks, len(whole), ["a", "b"], 80) == whole


def test_rows_go_where_there_are_most_and_are_counted() -> None:
    blocks = [_block("a", 9), _block("b", 4)]
    lines = within(blocks, len(airy(blocks)) - 5, ["a", "b"], 80)
    assert len(lines) == len(airy(blocks)) - 5
    assert lines[5:10] == ["a0", "a1", "a2", "… 6 rows more", ""]
    assert lines[-5:-1] == ["b0", "b1", "b2", "b3"]


def test_a_row_is_not_left_out_for_the_line_about_it() -> None:
    blocks = [_block("a", 6), _block("b", 6)]
    for room in range(16, 22):
        text = "\n".join(within(blocks, room, ["a", "b"], 80))
        assert "… 1 rows" not in text and text.count("\n") < room


def test_few_rows_are_worth_more_than_air_and_a_rule() -> None:
    assert within([Block([], ["head", "----"], ["0", "1", "2", "3"])], 5, [], 80) == ["head", "0", "1", "2", "3"]
    assert within([Block([], ["head", "----"], ["0", "1", "2", "3"])], 4, [], 80) == ["head", "0", "1", "… 2 rows more"]


def test_the_last_tables_go_before_every_one_is_a_head_alone() -> None:
    blocks = [_block(name, 5) for name in "abc"]
    assert within(blocks, 9, ["a", "b", "c"], 80) == [
        "a", "head", "a0", "… 4 rows more", "b", "head", "b0", "… 4 rows more", "… without c",
    ]  # fmt: skip
    assert within(blocks, 5, ["a", "b", "c"], 9) == ["a", "head", "a0", "… 4 rows…", "… withou…"]


@pytest.mark.parametrize("room", range(2, 40))
def test_it_takes_no_more_than_there_is(room: int) -> None:
    blocks = [_block("a", 7), _block("b", 1), Block(["c"], ["nothing"], []), _block("d", 30)]
    lines = within(blocks, room, list("abcd"), None)
    assert len(lines) <= max(room, 4) and lines[lines[0] == ""] == "a"
    shown = sum(line[1:].isdigit() for line in lines)
    said = sum(int(line.split()[1]) for line in lines if line.endswith("rows more"))
    gone = sum(len(b.body) for b in blocks if b.title[0] in lines[-1].removeprefix("… without ").split(", ")
               ) if lines[-1].startswith("… without") else 0  # fmt: skip
    assert shown + said + gone == 38
