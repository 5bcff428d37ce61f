"""Python as packages carry it, and what the router makes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

from packing import parcel  # isort: skip
from packing.contents import PackingError  # isort: skip

_SITE = "usr/lib/python3.11/site-packages"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """What a package of a module and a folder installs, and the script that it is installed with."""
    sources = tmp_path / "sources"
    (sources / "p").mkdir(parents=True)
    (sources / "p" / "a.py").write_text('"""What."""\n\n\ndef f(x: int) -> str:\n    return __file__\n')
    (sources / "m.py").write_text("import p.a\n\nVALUE = p.a.f(1)\n")
    site = tmp_path / _SITE
    files = {f"{site}/{path.relative_to(sources)}": path for path in sources.rglob("*.py")}
    for path, content in parcel.parcels("x", {**files, f"{site}/p/data": sources / "m.py"}).items():
        target = Path(path) if path.startswith(str(tmp_path)) else tmp_path / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return site


def _unpack(site: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    script = site.parents[3] / "etc" / "uci-defaults" / "x"
    text = script.read_text().replace("\npython3 ", f"\n{sys.executable} ")
    return subprocess.run(["sh", "-c", f"{before}\n{text}"], capture_output=True, text=True, check=False)


def _below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_it_becomes_byte_code_that_is_imported(site: Path) -> None:
    assert _below(site) == ["m.tar.bz2", "p.tar.bz2"]
    assert _unpack(site).returncode == 0
    assert _below(site) == ["m.pyc", "m.tar.bz2", "p.tar.bz2", "p/a.pyc"]
    said = subprocess.run([sys.executable, "-c", "import m, p.a; print(m.VALUE, p.a.f.__code__.co_filename)"],
                          env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True).stdout  # fmt: skip
    assert said.split() == [f"{site}/p/a.pyc", f"{site}/p/a.py"]


def test_what_another_version_left_goes(site: Path) -> None:
    (site / "p").mkdir()
    (site / "p" / "old.pyc").touch()
    (site / "p" / "data").touch()
    assert _unpack(site).returncode == _unpack(site).returncode == 0
    assert _below(site / "p") == ["a.pyc", "data"]


def test_what_fails_is_told_and_leaves_nothing(site: Path) -> None:
    done = _unpack(site, "ulimit -f 0")
    assert done.returncode == 1
    assert _below(site) == ["m.tar.bz2", "p.tar.bz2"]
    assert done.stderr.startswith(f"{site}/m.tar.bz2 was not unpacked: ") and done.stderr.count("\n") == 1


def test_a_source_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = = 1\n")
    with pytest.raises(PackingError, match="a.py: line 1: "):
        parcel.parcels("x", {f"/{_SITE}/a.py": tmp_path / "a.py"})


def test_what_is_no_module_is_left_alone() -> None:
    assert parcel.parcels("x", {f"/{_SITE}/p/data": ROOT / "LICENSE", "/usr/bin/x.py": ROOT / "LICENSE"}) == {}
