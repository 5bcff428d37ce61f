"""The token: its owner's alone, one a boot, and never what somebody else has put there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from traffic_analyzer.errors import UsageError
from traffic_analyzer.faces.web.token import known_token, token_of

from ...nobody import as_nobody, public_folder

_BOOT, _NEXT = "6b6d8a3e-0000-4000-8000-000000000001", "6b6d8a3e-0000-4000-8000-000000000002"
_NOBODY = 65534
_PLANTED = "p" * 43


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run" / "token"


@pytest.fixture
def private_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def _plant(file: Path, mode: int = 0o600) -> None:
    file.write_text(f"{_PLANTED}\n{_BOOT}\n")
    file.chmod(mode)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _only_root() -> None:
    if os.geteuid():
        pytest.skip("another owner takes root")


@pytest.mark.usefixtures("private_umask")
def test_it_is_made(file: Path) -> None:
    token = token_of(file, _BOOT)
    assert file.read_text() == f"{token}\n{_BOOT}\n"
    assert (_mode(file), _mode(file.parent)) == (0o600, 0o755)
    assert len(token) == 43 and list(file.parent.iterdir()) == [file]


def test_it_lasts_for_a_boot(file: Path) -> None:
    token = token_of(file, _BOOT)
    assert token_of(file, _BOOT) == known_token(file, _BOOT) == token
    assert known_token(file, _NEXT) is None
    assert token_of(file, _NEXT) != token
    assert known_token(file, _BOOT) is None


def test_what_is_there_already_is_taken(file: Path) -> None:
    file.parent.mkdir()
    _plant(file)
    assert token_of(file, _BOOT) == _PLANTED


@pytest.mark.parametrize("text", ["", "\n", f"{_BOOT}\n", f"short\n{_BOOT}\n", f"{'a' * 42}!\n{_BOOT}\n", "\xff" * 999])
def test_what_is_no_token_is_replaced(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    file.chmod(0o600)
    assert known_token(file, _BOOT) is None
    token = token_of(file, _BOOT)
    assert file.read_text() == f"{token}\n{_BOOT}\n" and token not in text


def test_what_others_could_read_is_replaced(file: Path) -> None:
    file.parent.mkdir()
    _plant(file, 0o644)
    assert known_token(file, _BOOT) is None
    assert token_of(file, _BOOT) != _PLANTED
    assert _mode(file) == 0o600


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_is_not_followed(file: Path, tmp_path: Path, is_there: bool) -> None:
    file.parent.mkdir()
    target = tmp_path / "target"
    if is_there:
        _plant(target)
    file.symlink_to(target)
    assert known_token(file, _BOOT) is None
    assert token_of(file, _BOOT) != _PLANTED
    assert not file.is_symlink() and _mode(file) == 0o600
    assert target.exists() == is_there and (not is_there or target.read_text().startswith(_PLANTED))


def test_a_pipe_holds_nobody_up(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file, 0o600)
    assert known_token(file, _BOOT) is None
    assert token_of(file, _BOOT) == known_token(file, _BOOT)


def test_what_another_has_put_there_is_replaced(file: Path) -> None:
    _only_root()
    file.parent.mkdir(mode=0o755)
    _plant(file)
    os.chown(file, _NOBODY, _NOBODY)
    assert known_token(file, _BOOT) is None
    assert token_of(file, _BOOT) != _PLANTED
    assert file.stat().st_uid == os.geteuid()


@pytest.mark.parametrize("what", ["owner", "mode", "link"])
def test_a_folder_of_others_is_refused(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    if what == "owner":
        _only_root()
        os.chown(folder, _NOBODY, _NOBODY)
    elif what == "mode":
        folder.chmod(0o777)
    else:
        _only_root()
        folder.rename(tmp_path / "real")
        folder.symlink_to(tmp_path / "real")
        os.chown(folder, _NOBODY, _NOBODY, follow_symlinks=False)
    with pytest.raises(UsageError, match="^--web-token-file .*: others may write to .*; choose another folder$"):
        token_of(folder / "token", _BOOT)
    assert list(folder.iterdir()) == []


def test_a_folder_by_a_link_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "real")
    assert token_of(tmp_path / "run" / "token", _BOOT) == known_token(tmp_path / "real" / "token", _BOOT)


def test_the_folders_owner_is_believed_by_who_only_reads(tmp_path: Path) -> None:
    _only_root()
    file = tmp_path / "token"
    _plant(file)
    for path in (file, tmp_path):
        os.chown(path, _NOBODY, _NOBODY)
    assert known_token(file, _BOOT) == _PLANTED


def test_where_it_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "token").mkdir()
    with pytest.raises(UsageError, match="^--web-token-file .*/token: Is a directory$"):
        token_of(tmp_path / "token", _BOOT)
    assert [path.name for path in tmp_path.iterdir()] == ["token"]
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="^--web-token-file .*/file/token: Not a directory$"):
        token_of(tmp_path / "file" / "token", _BOOT)


def test_who_may_not(tmp_path: Path) -> None:
    with public_folder() as folder:
        token_of(folder / "token", _BOOT)
        with as_nobody():
            if os.geteuid() != _NOBODY:
                pytest.skip("to be somebody else takes root")
            with pytest.raises(UsageError, match="Permission denied$"):
                token_of(folder / "token", _BOOT)
            with pytest.raises(UsageError, match="Permission denied: run as who runs the collector"):
                known_token(folder / "token", _BOOT)
    assert known_token(tmp_path / "none" / "token", _BOOT) is None
