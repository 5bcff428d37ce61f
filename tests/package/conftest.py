"""The packages of OpenWrt, made once of this checkout, as ``make package`` makes them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import peewee
import pytest

ROOT = Path(__file__).resolve().parents[2]
ARCHITECTURES = ("mips_24kc", "x86_64")
DATE_UNIX_S = 1_700_000_000
OBJECTS = ROOT / "build" / "ebpf" / "traffic_analyzer.{}.o"

sys.path.insert(0, str(ROOT / "package"))


@dataclass(frozen=True)
class Ipk:
    """One file, opened."""

    path: Path

    @property
    def outer(self) -> tarfile.TarFile:
        return tarfile.open(self.path, "r:gz")

    @property
    def data(self) -> tarfile.TarFile:
        return self._inner("./data.tar.gz")

    @property
    def control(self) -> tarfile.TarFile:
        return self._inner("./control.tar.gz")

    @property
    def fields(self) -> dict[str, str]:
        """Of the control file."""
        lines = self.text("control").splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def text(self, name: str) -> str:
        """A file of the control archive."""
        file = self.control.extractfile(f"./{name}")
        assert file is not None
        return file.read().decode()

    def installed(self) -> set[str]:
        """Absolute paths."""
        return {member.name.removeprefix(".") for member in self.data if member.isfile()}

    def _inner(self, name: str) -> tarfile.TarFile:
        file = self.outer.extractfile(name)
        assert file is not None
        return tarfile.open(fileobj=io.BytesIO(file.read()), mode="r:gz")


def packing(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """``python3 -m packing …``, to its end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "package"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", "packing", *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def build(dist: Path, architectures: Sequence[str] = ARCHITECTURES, **options: object) -> str:
    """Make all packages in *dist*; what was printed."""
    missing = [order for order in ("bpfel", "bpfeb") if not Path(str(OBJECTS).format(order)).exists()]
    if missing:
        pytest.skip("no objects: `make build` makes them")
    done = packing("build", dist, *architectures, "--objects", OBJECTS, "--peewee", peewee.__file__, "--date",
                   DATE_UNIX_S, **options)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all packages for :data:`ARCHITECTURES`."""
    folder = tmp_path_factory.mktemp("dist")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def ipks(dist: Path) -> dict[str, Ipk]:
    """By name and architecture: ``traffic-analyzer_x86_64``."""
    return {"{0}_{2}".format(*path.stem.split("_", 2)): Ipk(path) for path in sorted(dist.glob("*.ipk"))}
