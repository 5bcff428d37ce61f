"""The shim: what stands in for LuCI behaves as LuCI does, and looks after the token, the theme and the language."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from traffic_analyzer.faces.describe import describe_setting
from traffic_analyzer.settings import RUN

from ..repo.tree import ROOT
from .standalone import TOKEN, Endpoint, compile_page

_NAME = '<img src=x onerror="alert(1)">&amp;'
_WORDS = 'msgid "Settings"\nmsgstr "设置"\n'
_VALUES = {"iface": ["br-lan", _NAME], "commit_interval_minutes": 5}
#: A view that tells what it is given, to try the shim with.
_VIEW = """'use strict';
'require view';
'require dom';
'require poll';
'require traffic-analyzer.api as api';

return view.extend({
	render() {
		window.tried = { dom, poll, api };

		return E('div', { 'class': 'ta' }, [ 'there' ]);
	}
});
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with a view for trials in place of the overview, and with some words of Chinese."""
    luci = tmp_path_factory.mktemp("standalone") / "luci"
    shutil.copytree(ROOT / "luci", luci)
    (luci / "htdocs/luci-static/resources/view/traffic-analyzer/overview.js").write_text(_VIEW, "utf-8")
    shutil.rmtree(luci / "po", ignore_errors=True)
    (luci / "po" / "zh_Hans").mkdir(parents=True)
    (luci / "po" / "zh_Hans" / "traffic-analyzer.po").write_text(_WORDS, "utf-8")
    compile_page(luci, luci.parent / "page")
    return luci.parent / "page"


@pytest.fixture
def endpoint(built: Path) -> Iterator[Endpoint]:
    made = Endpoint(built)
    made.said["settings"] = {
        "settings": [describe_setting(one) | {"value": _VALUES.get(one.name, one.default)} for one in RUN]
    }
    with made.listening():
        yield made


@contextmanager
def _opened(browser: Browser, endpoint: Endpoint) -> Iterator[Page]:
    """A window without memory, that opened the link. What breaks the page's policy fails the test."""
    context = browser.new_context()
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    opened.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    opened.goto(f"{endpoint.address}/#token={TOKEN}&by=site")
    expect(opened.locator(".ta")).to_have_text("there")
    yield opened
    context.close()
    assert wrong == []


@pytest.fixture
def page(browser: Browser, endpoint: Endpoint) -> Iterator[Page]:
    with _opened(browser, endpoint) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(browser: Browser, built: Path) -> Iterator[Page]:
    """For what leaves no trace."""
    endpoint = Endpoint(built)
    with endpoint.listening(), _opened(browser, endpoint) as opened:
        yield opened


def _tried(page: Page, script: str, *given: Any) -> Any:
    whole = f"given => {{ const {{ dom, poll, api }} = window.tried; return ({script})(...given) }}"
    return page.evaluate(whole, given)


def test_the_token_leaves_the_address_and_is_kept(page: Page, endpoint: Endpoint) -> None:
    assert page.url == f"{endpoint.address}/#by=site"
    page.goto(f"{endpoint.address}/settings")
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert endpoint.asked == ["settings"]


def test_without_the_token_nothing_is_asked_until_another_window_has_it(browser: Browser, endpoint: Endpoint) -> None:
    context = browser.new_context()
    first, second = context.new_page(), context.new_page()
    first.goto(f"{endpoint.address}/settings")
    expect(first.locator(".alert-message")).to_contain_text("traffic-analyzer link")
    assert endpoint.asked == []
    second.goto(f"{endpoint.address}/#token={TOKEN}")
    expect(first.locator(".cbi-value").first).to_be_visible(timeout=10_000)
    context.close()


def test_a_wrong_token_is_told_until_the_right_one_is_given(browser: Browser, endpoint: Endpoint) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{endpoint.address}/settings#token=wrong")
    expect(page.locator(".alert-message")).to_contain_text("traffic-analyzer link")
    assert set(endpoint.asked) == {"settings"}
    page.evaluate(f"() => {{ window.location.hash = 'token={TOKEN}' }}")
    expect(page.locator(".cbi-value").first).to_be_visible()
    context.close()


@pytest.mark.parametrize("is_open", [False, True])
def test_a_link_of_somebody_elses_does_not_lose_the_token(page: Page, endpoint: Endpoint, is_open: bool) -> None:
    """Anybody can make a link with a token that is none."""
    if is_open:
        page.goto(f"{endpoint.address}/settings")
        expect(page.locator(".cbi-value").first).to_be_visible()
    with page.expect_request(lambda asked: asked.headers.get("authorization") == "Bearer junk"):
        page.goto(f"{endpoint.address}/settings#token=junk&by=site")
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert page.url == f"{endpoint.address}/settings#by=site"
    page.goto(f"{endpoint.address}/settings#token={TOKEN}")
    page.reload()
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert page.evaluate("() => Object.values(localStorage)") == [TOKEN]


def test_settings_are_shown_with_what_the_collector_has(page: Page, endpoint: Endpoint) -> None:
    page.goto(f"{endpoint.address}/settings")
    expect(page.locator("[data-name=iface] output")).to_have_text(f"br-lan, {_NAME}")
    expect(page.locator("[data-name=commit_interval_minutes] .cbi-value-field")).to_contain_text("5Minutes between")
    expect(page.locator("[data-name=copy_days] .cbi-value-field")).to_contain_text("7default")
    expect(page.locator("[data-name=copy_days] code")).to_have_text("--copy-days")
    assert page.locator("img[src=x], input, select").count() == 0


@pytest.mark.parametrize(
    ("script", "html"),
    [
        ("name => E('p', [ name, 1, null ])", "<p>&lt;img src=x onerror=\"alert(1)\"&gt;&amp;amp;1null</p>"),
        ("() => E('p', { 'title': 'a&b', 'lang': null, 'data-x': [ 1 ] })", '<p title="a&amp;b" data-x="[1]"></p>'),
        ("() => E('p', {}, E('b'))", "<p><b></b></p>"),
        ("() => { const p = E('p', [ 'a' ]); dom.content(p, [ E('i') ]); return p }", "<p><i></i></p>"),
        ("() => { const p = E('p', [ 'a' ]); dom.content(p, null); return p }", "<p></p>"),
        ("() => E('p', { 'click': () => null }, () => [ 'x' ])", "<p>x</p>"),
    ],
)  # fmt: skip
def test_elements_are_those_of_luci(shared: Page, script: str, html: str) -> None:
    assert _tried(shared, f"name => ({script})(name).outerHTML", _NAME) == html


@pytest.mark.parametrize(
    "script", ["name => E('p', name)", "name => E('p', {}, name)", "() => E('p', E('b'))", "() => E('p', {}, 1)"]
)
def test_what_luci_reads_as_html_is_an_error(shared: Page, script: str) -> None:
    assert "put it in a list" in _tried(
        shared, f"name => {{ try {{ ({script})(name); return '' }} catch (error) {{ return error.message }} }}", _NAME
    )


@pytest.mark.parametrize(
    ("script", "question"),
    [
        ("api.live(7)", "live?since=7"), ("api.status()", "status"), ("api.report('a b/c')", "reports/a%20b%2Fc"),
        ("api.report('top', { device: [ 'a', 'b&c' ], limit: 5, by: null, nonsense: 1 })",
         "reports/top?device=a&device=b%26c&limit=5"),
    ],
)  # fmt: skip
def test_questions_are_those_of_the_endpoint(page: Page, endpoint: Endpoint, script: str, question: str) -> None:
    code, message = _tried(page, f"() => {script}.then(() => null, error => [ error.code, error.message ])")
    assert (endpoint.asked, code) == ([question], "refused")
    assert "there is nothing here" in message


def test_reports_are_asked_for_once_they_were_told(page: Page, endpoint: Endpoint) -> None:
    assert _tried(page, "() => api.reports().catch(error => error.code)") == "refused"
    endpoint.said["reports"] = {"reports": [{"name": "top"}]}
    script = "() => Promise.all([ api.reports(), api.reports() ]).then(([ one, other ]) => one === other && one)"
    assert _tried(page, script) == [{"name": "top"}]
    assert endpoint.asked == ["reports", "reports"]


def test_polling_rests_while_nobody_looks(page: Page) -> None:
    page.clock.install()
    _tried(page, "() => { window.calls = [ 0, 0 ]; [ 1, 3 ].forEach((s, at) => poll.add(() => { calls[at]++ }, s)) }")
    calls = "() => window.calls"
    show = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.clock.run_for(10)
    assert page.evaluate(calls) == [1, 0]  # what comes second waits until it is due
    page.clock.run_for(3_000)
    assert page.evaluate(calls) == [4, 1]
    page.evaluate(show, True)
    page.clock.run_for(60_000)
    assert page.evaluate(calls) == [4, 1]
    page.evaluate(show, False)
    page.clock.run_for(10)
    assert page.evaluate(calls) == [5, 2]


def test_what_is_not_answered_is_not_asked_again(page: Page) -> None:
    page.clock.install()
    _tried(page, "() => { window.calls = 0; poll.add(() => { calls++; return new Promise(() => null) }, 1) }")
    page.clock.run_for(5_000)
    assert page.evaluate("() => window.calls") == 1


def test_a_slow_collector_is_told(page: Page) -> None:
    page.clock.install()
    page.evaluate("""() => {
        window.fetch = (_, { signal }) => new Promise((_, fail) => signal.addEventListener('abort', fail));
        window.asking = window.tried.api.live(0).catch(error => error.code);
    }""")
    page.clock.run_for(20_000)
    assert page.evaluate("() => window.asking") == "slow"


def test_a_refusal_is_told_in_the_words_of_the_page(page: Page) -> None:
    said = {"error": "device x: no device of that name", "reason": "device-unknown", "subject": _NAME}
    for reason, text in (("device-unknown", f"No device is called “{_NAME}”."),
                         ("new", "The collector does not take this question: device x:")):  # fmt: skip
        found = _tried(page, """said => {
            window.fetch = async () => new Response(JSON.stringify(said), { status: 400 });
            return api.status().catch(error => [ error.code, error.message ]);
        }""", said | {"reason": reason})  # fmt: skip
        assert found[0] == "refused" and found[1].startswith(text)


def test_every_reason_of_a_refusal_has_words() -> None:
    api = (ROOT / "luci/htdocs/luci-static/resources/traffic-analyzer/api.js").read_text("utf-8")
    package = "".join(path.read_text("utf-8") for path in (ROOT / "python").rglob("reports/*.py"))
    found = set(re.findall(r'"((?:device|domain|iface|protocol)-(?:unknown|malformed))"', package))
    assert len(found) == 4 and found == set(re.findall(r"^\t'([a-z-]+)': \(\) => _\('", api, re.MULTILINE))


def test_a_stopped_collector_is_told(browser: Browser, built: Path) -> None:
    endpoint = Endpoint(built)
    context = browser.new_context()
    page = context.new_page()
    with endpoint.listening():
        page.goto(f"{endpoint.address}/#token={TOKEN}")
        expect(page.locator(".ta")).to_have_text("there")
    code, message = _tried(page, "() => api.live(0).catch(error => [ error.code, error.message ])")
    assert code == "stopped" and "Start it with “traffic-analyzer run”" in message
    endpoint.said["live"] = {"sequence": 3}
    with endpoint.listening():
        assert _tried(page, "() => api.live(0)") == {"sequence": 3}
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_is_the_systems_until_one_is_chosen(page: Page, endpoint: Endpoint, scheme: str) -> None:
    other = {"light": "dark", "dark": "light"}
    dark = """() => [
        document.documentElement.dataset.darkmode, document.querySelector('.ta').classList.contains('ta-dark')
    ]"""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{endpoint.address}/settings")
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert page.evaluate(dark) == [str(scheme == "dark").lower(), scheme == "dark"]
    page.locator("#theme button", has_text=other[scheme].title()).click()
    page.wait_for_function(f"() => {{ const now = ({dark})(); return `${{now[1]}}` === now[0] }}")
    page.reload()
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert page.evaluate(dark) == [str(scheme == "light").lower(), scheme == "light"]


@pytest.mark.parametrize(
    ("languages", "title"),
    [
        (["zh-CN"], "设置"), (["zh"], "设置"), (["zh-SG", "en"], "设置"), (["de", "zh-Hans-CN"], "设置"),
        (["zh-TW", "en"], "Settings"), (["en-GB", "zh-CN"], "Settings"), (["de"], "Settings"), ([], "Settings"),
        (["not_a-tag-", "zh-CN"], "设置"),
    ],
)  # fmt: skip
def test_the_first_language_that_is_there(page: Page, endpoint: Endpoint, languages: list[str], title: str) -> None:
    page.add_init_script(f"Object.defineProperty(navigator, 'languages', {{ value: {languages!r} }})")
    page.goto(f"{endpoint.address}/settings")
    expect(page.locator("h2")).to_have_text(title)
    assert page.title() == f"{title} · traffic-analyzer"


def test_nothing_is_wider_than_a_phone(page: Page, endpoint: Endpoint) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{endpoint.address}/settings")
    expect(page.locator(".cbi-value").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
