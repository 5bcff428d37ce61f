"""What is drawn is what was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .drawn import NOW_UNIX_S, WIDTH, drawn, slots

_OFFSETS = [[0, 3_600]]
_LEFT, _RIGHT, _MARGINS = 76, 8, 16  # px beside the plot
_PX_S = (WIDTH - _MARGINS - _LEFT - _RIGHT) / 600


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with drawn(browser, tmp_path_factory.mktemp("drawn") / "page", "chart") as page:
        yield page


@pytest.fixture(autouse=True)
def _empty(page: Any) -> None:
    page.evaluate("document.querySelector('main').textContent = ''")


def _without(all_slots: dict[str, list[float]], gone: range) -> dict[str, list[float]]:
    return {key: [value for at, value in enumerate(values) if at not in gone] for key, values in all_slots.items()}


def _drawn(page: Any, given: dict[str, list[float]]) -> None:
    page.evaluate(
        """([slots, now, offsets]) => {
            window.live = chart.live({ span_s: 600 });
            document.querySelector('main').appendChild(live.node);
            live.update(slots, now, offsets);
        }""",
        [given, NOW_UNIX_S, _OFFSETS],
    )


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def _axis(page: Any) -> dict[float, float]:
    """Where the lines of the axis are: bit/s, negative for upload, by y."""
    unit = {"": 1, "bit/s": 1, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9}
    lines = page.evaluate(
        """[...document.querySelectorAll('.ta-grid text[text-anchor=end]')].filter(node => node.textContent !== 'now')
            .map(node => [+node.getAttribute('y') - 4, node.textContent])"""
    )
    (zero,) = [y for y, text in lines if text == "0"]
    found = {}
    for y, text in lines:
        number, _, name = text.partition(" ")
        found[y] = float(number) * unit[name] * (1 if y <= zero else -1)
    return found


def _areas(page: Any, direction: str) -> list[list[tuple[float, float, float]]]:
    """What is drawn: by piece, from the left, the steps as (left, right, bit/s by the axis)."""
    axis = _axis(page)
    (top, *_, bottom) = sorted(axis)
    bit_s_px = (axis[top] - axis[bottom]) / (bottom - top)
    (zero,) = [y for y, bit_s in axis.items() if bit_s == 0]
    pieces = []
    for piece in (page.locator(f".ta-live .{direction}").get_attribute("d") or "").split("M")[1:]:
        at, *rest = re.findall(r"[VHZ][\d.-]*|^[\d. -]+", piece)
        left, start = _numbers(at)
        assert start == pytest.approx(zero)
        steps = []
        for vertical, horizontal in zip(rest[::2], rest[1::2], strict=False):
            if horizontal == "Z":
                assert _numbers(vertical) == [pytest.approx(zero)]
                break
            (y,), (right,) = _numbers(vertical), _numbers(horizontal)
            steps.append((left, right, (zero - y) * bit_s_px))
            left = right
        pieces.append(steps)
    return pieces


def test_what_is_drawn_is_what_was_given(page: Any) -> None:
    rx = [(at * 7_919) % 1_250_000 for at in range(600)]
    tx = [(at * 104_729) % 250_000 for at in range(600)]
    _drawn(page, slots(rx, tx))
    axis = _axis(page)
    a_pixel = 0.15 * (max(axis.values()) - min(axis.values())) / (max(axis) - min(axis))
    for direction, given, sign in (("ta-rx", rx, 1), ("ta-tx", tx, -1)):
        (steps,) = _areas(page, direction)
        assert [bit_s for *_, bit_s in steps] == pytest.approx([sign * 8 * n for n in given], abs=a_pixel)
        lefts, rights = [left for left, *_ in steps], [right for _, right, _ in steps]
        assert lefts[1:] == rights[:-1]
        assert rights[-1] - lefts[0] == pytest.approx(600 * _PX_S, abs=0.2)


def test_a_slot_is_as_wide_as_it_was_long(page: Any) -> None:
    _drawn(page, slots([60_000, 120_000, 180_000], [0, 0, 0], seconds=60))
    (steps,) = _areas(page, "ta-rx")
    assert [right - left for left, right, _ in steps] == pytest.approx([60 * _PX_S] * 3, abs=0.2)
    assert [bit_s for *_, bit_s in steps] == pytest.approx([8_000, 16_000, 24_000], abs=100)


def test_what_was_not_measured_is_left_out(page: Any) -> None:
    _drawn(page, _without(slots([50_000] * 600, [9_000] * 600), range(200, 330)))
    for direction in ("ta-rx", "ta-tx"):
        first, second = _areas(page, direction)
        assert (len(first), len(second)) == (200, 270)
        assert second[0][0] - first[-1][1] == pytest.approx(130 * _PX_S, abs=0.2)


def test_nothing_is_drawn_of_nothing(page: Any) -> None:
    _drawn(page, slots([], []))
    assert [_areas(page, direction) for direction in ("ta-rx", "ta-tx")] == [[], []]
    assert sorted(_axis(page).values()) == [-50_000, 0, 50_000]


def test_the_chart_says_what_it_is(page: Any) -> None:
    _drawn(page, slots([1_000_000] * 600, [125_000] * 600))
    image = page.get_by_role("img")
    assert image.locator("title").text_content() == (
        "Traffic of the last 10 minutes. Highest: download 8.00 Mbit/s, upload 1.00 Mbit/s."
    )
    texts = page.locator(".ta-live svg > text").all_text_contents()
    assert texts == ["↓ Download", "↑ Upload"]


def test_a_pointer_reads_the_slot_below_it(page: Any) -> None:
    _drawn(page, slots([1_000 * at for at in range(600)], list(range(600))))
    box = page.locator(".ta-live").bounding_box()
    # In the middle of the slot that ended 100 s ago.
    page.mouse.move(box["x"] + box["width"] - _RIGHT - 100.5 * _PX_S, box["y"] + 90)
    reading = page.locator(".ta-reading")
    assert reading.is_visible()
    assert reading.text_content() == "16:58:20 · ↓ 3.99 Mbit/s · ↑ 3.99 kbit/s"
    page.mouse.move(5, 500)
    assert not reading.is_visible()


def test_arrow_keys_read_slot_by_slot(page: Any) -> None:
    _drawn(page, slots([1_000] * 598 + [2_000, 3_000], [0] * 600))
    page.locator(".ta-live").focus()
    read = []
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight", "Home", "End"):
        page.keyboard.press(key)
        read.append(page.locator(".ta-reading").text_content().split(" · ")[:2])
    assert read == [
        ["17:00:00", "↓ 24.0 kbit/s"], ["16:59:59", "↓ 16.0 kbit/s"], ["17:00:00", "↓ 24.0 kbit/s"],
        ["17:00:00", "↓ 24.0 kbit/s"], ["16:50:01", "↓ 8.00 kbit/s"], ["17:00:00", "↓ 24.0 kbit/s"],
    ]  # fmt: skip
    page.keyboard.press("Escape")
    assert not page.locator(".ta-reading").is_visible()


def test_what_was_read_stays_while_time_goes_on(page: Any) -> None:
    given = slots([1_000] * 300, [0] * 300)
    _drawn(page, given)
    page.locator(".ta-live").focus()
    page.keyboard.press("ArrowLeft")
    before = page.locator(".ta-reading").text_content()
    page.evaluate("([slots, now, offsets]) => live.update(slots, now, offsets)", [given, NOW_UNIX_S + 5, _OFFSETS])
    assert page.locator(".ta-reading").text_content() == before


@pytest.mark.parametrize("rx", [0, 1, 49_999, 50_000, 50_001, 3e6, 9.99e7, 1e8, 123_456_789, 9.4e8, 1e10])
@pytest.mark.parametrize("part", [0, 0.01, 0.3, 1, 5])
def test_an_axis_has_round_steps_and_room_for_all(modules: Any, rx: float, part: float) -> None:
    found = modules.call("scale.fit", rx, rx * part, None)
    assert str(found["step"]).strip("0") in ("1", "2", "5")
    assert rx <= found["up"] * found["step"] and rx * part <= found["down"] * found["step"]
    assert 2 <= found["up"] + found["down"] <= 6


def test_an_axis_does_not_jump_about(modules: Any) -> None:
    before = modules.call("scale.fit", 41e6, 3e6, None)
    assert before == {"step": 10e6, "up": 5, "down": 1}
    for rx in (39e6, 41e6, 49e6, 50e6, 36e6):
        assert modules.call("scale.fit", rx, 2e6, before) == before
    assert modules.call("scale.fit", 51e6, 2e6, before) == {"step": 20e6, "up": 3, "down": 1}
    assert modules.call("scale.fit", 12e6, 2e6, before) == {"step": 5e6, "up": 3, "down": 1}


@pytest.mark.parametrize(
    ("bit_s", "text"), [(0, "0"), (200, "200 bit/s"), (50_000, "50 kbit/s"), (1.5e6, "1.5 Mbit/s"), (2e9, "2 Gbit/s")]
)
def test_lines_are_called_by_round_numbers(modules: Any, bit_s: float, text: str) -> None:
    assert modules.call("scale.tick", bit_s) == text


def test_parts_fill_a_bar_in_their_order(page: Any) -> None:
    drawn = page.evaluate(
        """() => {
            const kinds = [['exact', 60], ['ambiguous', 25], ['hidden', 10], ['unknown', 5]];
            const bar = chart.shares(kinds.map(([kind, amount]) => ({ kind, amount, text: `${kind} ${amount} %` })));
            document.querySelector('main').appendChild(bar.node);
            return [...bar.node.querySelectorAll('g > rect')].map(rect => {
                const filled = document.querySelector(rect.getAttribute('fill').slice(4, -1));
                return [rect.getAttribute('x'), rect.getAttribute('width'), filled.getAttribute('class'),
                    filled.querySelector('path').getAttribute('d') !== ''];
            }).concat([bar.node.querySelector('title').textContent]);
        }"""
    )
    assert drawn == [
        ["0%", "60%", "ta-exact", False], ["60%", "25%", "ta-ambiguous", True], ["85%", "10%", "ta-hidden", True],
        ["95%", "5%", "ta-unknown", True], "exact 60 %, ambiguous 25 %, hidden 10 %, unknown 5 %",
    ]  # fmt: skip


def test_a_bar_is_told_of_where_it_says_something(page: Any) -> None:
    """Beside numbers it only looks like them: no image without a name."""
    hidden = "text => chart.shares([{ kind: 'exact', amount: 1, text }]).node.getAttribute('aria-hidden')"
    assert (page.evaluate(hidden, "exact 100 %"), page.evaluate(hidden, "")) == ("false", "true")


def test_a_spark_is_as_high_as_its_highest_or_100_kbit_s(page: Any) -> None:
    drawn = "history => chart.spark(history).node.querySelector('path').getAttribute('d')"
    assert page.evaluate(drawn, [0, 25_000, 50_000]) == "M0 20V20H1V10.5H2V1H3V20Z"
    assert page.evaluate(drawn, [0, 6_250]) == "M0 20V20H1V10.5H2V20Z"
    assert page.evaluate(drawn, []) == ""
