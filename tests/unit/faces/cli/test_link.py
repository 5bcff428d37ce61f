"""``link``: the page's address with its token, for who may read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.__main__ import main
from traffic_analyzer.clock import boot_id
from traffic_analyzer.faces.web.token import token_of


def test_the_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run" / "token"
    token = token_of(file, boot_id())
    assert main(["link", "--web-token-file", str(file)]) == 0
    assert capsys.readouterr().out == f"http://127.0.0.1:8377/#token={token}\n"
    assert main(["link", "--web-token-file", str(file), "--web-listen", "[::]:80"]) == 0
    assert capsys.readouterr().out == f"http://[::1]:80/#token={token}\n"


def test_it_may_come_before_the_collector(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "run" / "token"
    assert main(["link", "--web-token-file", str(file)]) == 0
    assert capsys.readouterr().out.strip().endswith(f"#token={token_of(file, boot_id())}")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--web-listen", "off"], "--web-listen off: there is no page to link to"),
        (["--web-listen", "8377"], "--web-listen 8377: write an address of this machine and a port"),
    ],
)
def test_no_link(tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str) -> None:
    assert main(["link", "--web-token-file", str(tmp_path / "token"), *flags]) == 2
    assert capsys.readouterr().err.startswith(f"traffic-analyzer: {said}")
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_for_a_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").write_text("")
    assert main(["link", "--web-token-file", str(tmp_path / "run" / "token")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "Not a directory" in said.err and said.err.count("\n") == 1
