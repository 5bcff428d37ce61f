"""The configuration file may be absent only where nobody named it."""

from __future__ import annotations

from pathlib import Path

import pytest

from traffic_analyzer.configuration import sections_of
from traffic_analyzer.errors import UsageError

from .nobody import as_nobody, public_folder


def test_what_is_there_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"config quota 'a'\n\toption limit '5GB'\n# not UTF-8: \xff\nconfig device\n")
    assert [(s.type, s.name, s.options) for s in sections_of(path, False)] == [
        ("quota", "a", {"limit": "5GB"}), ("device", "", {}),
    ]  # fmt: skip


def test_absent(tmp_path: Path) -> None:
    path = tmp_path / "config"
    assert sections_of(path, may_be_absent=True) == []
    with pytest.raises(UsageError, match=f"^--config {path}: no such file$"):
        sections_of(path, may_be_absent=False)


@pytest.mark.parametrize("may_be_absent", [True, False])
def test_unreadable(may_be_absent: bool) -> None:
    with public_folder() as folder:
        path = folder / "config"
        path.write_text("config quota 'a'\n")
        path.chmod(0)
        with as_nobody(), pytest.raises(UsageError, match=f"^--config {path}: Permission denied$"):
            sections_of(path, may_be_absent)
        with pytest.raises(UsageError, match=f"^--config {folder}: Is a directory$"):
            sections_of(folder, may_be_absent)


def test_malformed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("config quota 'a'\nopton limit 5GB\n")
    with pytest.raises(UsageError, match=f"^{path} line 2: 'opton' is none of "):
        sections_of(path, True)
