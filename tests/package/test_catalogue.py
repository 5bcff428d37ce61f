"""``.lmo`` files: byte by byte what LuCI's po2lmo makes, read as LuCI reads them."""

from __future__ import annotations

import struct

import pytest

from . import conftest as conftest

from packing import catalogue  # isort: skip
from packing.contents import PackingError  # isort: skip

_PO = r"""
# what is translated
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"

#: view/overview.js:1
msgid "Download"
msgstr "下载"

msgid "a long "
"one with \"quotes\" and a \\"
msgstr "x"

msgctxt "menu"
msgid "Sites"
msgstr "网站"

msgid "%d device"
msgid_plural "%d devices"
msgstr[0] "%d Gerät"
msgstr[1] "%d Geräte"

msgid "same"
msgstr "same"

msgid "nothing yet"
msgstr ""
"""


def _read(raw: bytes) -> dict[int, tuple[int, str]]:
    """By hash: plural forms and translation."""
    (start,) = struct.unpack(">I", raw[-4:])
    rows = list(struct.iter_unpack(">4I", raw[start:-4]))
    assert rows == sorted(rows)
    return {key: (forms, raw[at : at + size].decode()) for key, forms, at, size in rows}


def test_every_translation_is_found_by_the_hash_of_its_text() -> None:
    assert _read(catalogue.convert(_PO)) == {
        0: (0, "nplurals=2; plural=(n > 1);"),
        catalogue.hashed(b"Download"): (1, "下载"),
        catalogue.hashed(b'a long one with "quotes" and a \\'): (1, "x"),
        catalogue.hashed(b"menu\x01Sites"): (1, "网站"),
        catalogue.hashed(b"%d device\x020"): (2, "%d Gerät"),
        catalogue.hashed(b"%d device\x021"): (2, "%d Geräte"),
    }


@pytest.mark.parametrize(
    ("text", "value"),  # as po2lmo of LuCI wrote them
    [("a", 0x115EA782),
     ("ab", 0x516B8B44),
     ("abc", 0xD2BE198A),
     ("Traffic", 0x93A3F9DD),
     ("Größe", 0xF057B2CF),
     ("流量分析", 0x84A1ADD4),
     ("x流", 0xB7E51FC2)],
)  # fmt: skip
def test_hashes_are_those_of_luci(text: str, value: int) -> None:
    assert catalogue.hashed(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "without a translation"), ('msgid "a"\nmsgstr "a"\n', "without a translation"), ("msgid a\n", "line 1"),
     ('msgid "a"\nmsgstr "b"\ngarbage\n', "line 3")],
)  # fmt: skip
def test_what_is_no_catalogue_is_refused(text: str, said: str) -> None:
    with pytest.raises(PackingError, match=said):
        catalogue.convert(text)
