"""UCI files as libuci reads them: what it takes, what it refuses, and hostile ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traffic_analyzer.errors import UsageError
from traffic_analyzer.uci import Section, parse

_DHCP = """
config dnsmasq
\toption domainneeded '1'
\tlist server '/mycompany.local/1.2.3.4'
\tlist server '192.0.2.53'

# Bob's own
config host 'printer'   # by the window
\toption name "Bob's printer"
\toption mac 00:11:22:33:44:55
"""


def test_a_file_of_openwrt() -> None:
    assert parse(_DHCP) == [
        Section("dnsmasq", "", {"domainneeded": "1"}, {"server": ["/mycompany.local/1.2.3.4", "192.0.2.53"]}, 2),
        Section("host", "printer", {"name": "Bob's printer", "mac": "00:11:22:33:44:55"}, {}, 8),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", "a"), ("'a b'", "a b"), ('"a b"', "a b"), ("a'b c'\"d\"e", "ab cde"), (r"a\ b", "a b"),
        (r"'a\b'", r"a\b"),
        (r'"a\"b\\c\d"', r'a"b\cd'), ("'two\nlines'", "two\nlines"), ('"two\nlines"', "two\nlines"),
        ("'a\\\nb'", "a\\\nb"), ('"a\\\nb"', "ab"), ("a\\\nb", "ab"), ("a#b", "a"), ("'a#b'", "a#b"), (r"a\#b", "a#b"),
        ("a;b", "a"), ("'a;b'", "a;b"), ("'it'\\''s'", "it's"), ("\xe9\u2028", "\xe9\u2028"), ("a\r", "a"),
        ("a\\\r\nb", "ab"), ('"a\\\r\nb"', "ab"), ("'a\r\nb'", "a\r\nb"),
        ("<b>\x1b[31m", "<b>\x1b[31m"), ("\udcff", "\udcff"),
    ],
    ids=ascii,
)  # fmt: skip
def test_words(written: str, value: str) -> None:
    (section,) = parse(f"config t\n\toption o {written}\noption behind 1")
    assert section.options == {"o": value, "behind": "1"}


def test_an_option_that_is_set_again() -> None:
    (section,) = parse("config t\noption o 1\noption o 2\noption e ''\noption o ''\nlist l 1\noption l 2\nlist m ''\n")
    assert (section.options, section.lists) == ({"o": "2", "l": "2"}, {"m": [""]})
    (section,) = parse("config t\noption l 1\nlist l 2\nlist l 1")
    assert (section.options, section.lists) == ({}, {"l": ["1", "2", "1"]})


def test_sections_of_one_name_are_one() -> None:
    first, other = parse("config t 'n'\noption a 1\nconfig t\noption a 2\nconfig t n\noption b 3")
    assert first == Section("t", "n", {"a": "1", "b": "3"}, {}, 1)
    assert other == Section("t", "", {"a": "2"}, {}, 3)


def test_short_words_and_the_package() -> None:
    assert parse("p network\nc t n\no a 1\nl b 2") == [Section("t", "n", {"a": "1"}, {"b": ["2"]}, 2)]


@pytest.mark.parametrize("text", ["", "\n\n", "# config x", "  \t\r\n#", "package 'p'"])
def test_nothing(text: str) -> None:
    assert parse(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("option a 1", "line 1: option before the first config"),
        ("\nlist a 1", "line 2: list before the first config"),
        ("config t\n\n\noptions a 1", "line 4: 'options' is none of package, config, option, list"),
        ("config t\noption a 'b", "line 2: a ' without its end"),
        ('config t\noption a "b\\"', 'line 2: a " without its end'),
        ("config t\noption a 'x\ny' \\", "line 3: a \\ without its end"),
        ("config", "line 1: config takes 2 words at most, and one at least"),
        ("config t\noption a b c", "line 2: option takes 2 words at most, and one at least"),
        ("config t\noption 'x\ny' 1", "line 2: 'x\\ny' is no name"),
        ("config t n-1", "line 1: 'n-1' is no name"),
        ("config 't u'", "line 1: 't u' is no name"),
        ("config t\noption a.b 1", "line 2: 'a.b' is no name"),
        ("config t\noption '' 1", "line 2: '' is no name"),
        ("config t n\nconfig u n", "line 2: 'n' is a t since line 1"),
        ("<html>" * 50, "line 1: '" + ("<html>" * 50)[:40] + "' is none of package, config, option, list"),
    ],
)
def test_a_malformed_line_is_named(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(text)
    assert str(error.value) == said


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


@given(st.dictionaries(st.from_regex(r"\A[A-Za-z0-9_]{1,8}\Z"), st.text(min_size=1), max_size=5),
       st.lists(st.text(), min_size=1, max_size=4))  # fmt: skip
def test_what_is_written_is_read(options: dict[str, str], values: list[str]) -> None:
    lines = [f"option {name} {_quoted(value)}" for name, value in options.items()]
    lines += [f"list a_list_of_values {_quoted(value)}" for value in values]
    (section,) = parse("\n".join(["config t", *lines]))
    assert (section.options, section.lists) == (options, {"a_list_of_values": values})


@given(st.text(alphabet="config option list\n'\"\\#; \té"))
def test_any_text(text: str) -> None:
    try:
        parse("config t\n" + text)
    except UsageError as error:
        assert str(error).startswith("line ") and "\n" not in str(error)


@pytest.mark.parametrize(
    "text", ["'" * 99_999, '"' + "\\a" * 50_000, "a\\" * 50_000, "a'b'" * 25_000, "#\\\n" * 50_000], ids=range(5)
)
def test_a_long_text_takes_no_time_out_of_bounds(text: str) -> None:
    try:
        parse("config t\noption o " + text)
    except UsageError:
        return
