"""Colours can be read: contrast as WCAG 2 counts it, on the grounds that our pages have."""

from __future__ import annotations

import itertools
import re

import pytest

from .drawn import STYLE

_TEXT, _GRAPHICS = 4.5, 3.0
#: Of LuCI's themes, and of the page without it.
_GROUNDS = {False: ("#ffffff", "#f9f9f9"), True: ("#222222", "#1b2128")}
_AS_TEXT = ("rx", "exact", "ambiguous", "hidden", "unknown", "good", "bad", "muted")
_AS_GRAPHICS = ("rx", "tx", "exact", "ambiguous", "hidden", "unknown", "muted")


def _colours(is_dark: bool) -> dict[str, str]:
    light, dark = re.findall(r"^\.ta(?:\.ta-dark)? \{\n((?:\t.*\n)+)\}", STYLE.read_text("utf-8"), re.MULTILINE)
    found = dict(re.findall(r"--ta-([\w-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--ta-([\w-]+): (#[0-9a-f]{6});", dark)) if is_dark else found


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_right() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("is_dark", [False, True])
def test_texts_and_graphics_stand_out(is_dark: bool) -> None:
    colours = _colours(is_dark)
    grounds = (*_GROUNDS[is_dark], colours["raised"])
    least = dict.fromkeys(_AS_TEXT, _TEXT)
    for name in _AS_GRAPHICS:
        least.setdefault(name, _GRAPHICS)
    weak = {
        f"{name} on {ground}": round(_contrast(colours[name], ground), 2)
        for name, ground in itertools.product(least, grounds)
        if _contrast(colours[name], ground) < least[name]
    }
    assert weak == {}


def test_dark_has_a_colour_for_each_of_light() -> None:
    assert _colours(False).keys() == _colours(True).keys()
    assert not {name for name, colour in _colours(False).items() if _colours(True)[name] == colour}
