"""Whatever happened to the file, afterwards a database can be opened, or it is said why not for now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.store.damage.check import check
from traffic_analyzer.store.damage.copy import make_copy
from traffic_analyzer.store.damage.files import copy_of, sibling
from traffic_analyzer.store.damage.rescue import Rescue, in_ram, rescue, set_aside, unwritten
from traffic_analyzer.store.database import open_writable

from ...disks import small_disk, worn_disk
from .damage import PAGE_BYTES, SUM, connect, database, fill, flip, garbage, overwrite, total, truncate

_NOW = 1_800_000_000  # 2027-01-15 08:00 UTC
_ASIDE = "traffic.db.set-aside-20270115T080000Z"

_HARMS: list[Callable[[Path], None]] = [
    lambda p: overwrite(p, 0, bytes(100)),
    lambda p: overwrite(p, 0, garbage(1, 100)),
    lambda p: overwrite(p, 0, garbage(2, 65_536)),
    lambda p: overwrite(p, 0, bytes(p.stat().st_size)),
    lambda p: truncate(p, 50),
    lambda p: truncate(p, 5000),
    lambda p: truncate(p, p.stat().st_size // 2),
    lambda p: flip(p, 3, 300),
    lambda p: overwrite(p, 30 * PAGE_BYTES, bytes(PAGE_BYTES)),
]


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return database(tmp_path / "traffic.db")


def test_nothing_is_wrong(path: Path) -> None:
    assert rescue(path, _NOW) is None
    assert rescue(path, _NOW, thorough=True) is None
    assert rescue(path.with_name("missing.db"), _NOW) is None
    path.with_name("empty.db").touch()
    assert rescue(path.with_name("empty.db"), _NOW) is None
    assert _names(path.parent) == {"traffic.db", "empty.db"}


@pytest.mark.parametrize("harm", _HARMS)
def test_a_new_one_begins(path: Path, harm: Callable[[Path], None]) -> None:
    harm(path)
    damaged = path.read_bytes()
    done = rescue(path, _NOW)
    assert done is not None and done.path == path and done.reason
    assert done.copied_unix_s is None and not done.trouble
    assert done.set_aside == path.with_name(_ASIDE)
    assert done.set_aside.read_bytes() == damaged
    assert path.with_name(_ASIDE + ".txt").read_text() == done.reason + "\n"
    assert done.detail.endswith(f"; set aside as {_ASIDE}, a new one begins")
    assert not path.exists()
    open_writable(path).close()
    assert rescue(path, _NOW) is None


@pytest.mark.parametrize("harm", [*_HARMS, Path.unlink, lambda p: truncate(p, 0), lambda p: p.write_bytes(b"x" * 5000)])
@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_the_copy_takes_over(tmp_path: Path, journal_mode: str, harm: Callable[[Path], None]) -> None:
    path = database(tmp_path / "traffic.db", journal_mode)
    make_copy(path, _NOW - 90_000)
    with closing(connect(path)) as writer:
        fill(writer, 10_000, 10_010)
    harm(path)
    done = rescue(path, _NOW)
    assert done is not None and done.copied_unix_s == _NOW - 90_000
    assert done.detail.endswith(", the copy of 2027-01-14 07:00 UTC took over")
    assert total(path) == SUM
    assert rescue(path, _NOW, thorough=True) is None


def test_a_bad_copy_does_not(path: Path) -> None:
    make_copy(path, _NOW)
    for file in (path, copy_of(path)):
        flip(file, 4, 300)
    done = rescue(path, _NOW)
    assert done is not None and done.copied_unix_s is None and done.set_aside
    assert not path.exists()


def test_what_belongs_to_it_goes_with_it(tmp_path: Path) -> None:
    source = database(tmp_path / "source.db", "wal")
    path = tmp_path / "traffic.db"
    with closing(connect(source)) as writer:
        fill(writer, 10_000, 10_010)
        for suffix in ("", "-wal", "-shm"):
            sibling(path, suffix).write_bytes(sibling(source, suffix).read_bytes())
    aside = set_aside(path, "a reason", _NOW)
    assert {n for n in _names(tmp_path) if n.startswith("traffic")} == {
        _ASIDE, _ASIDE + "-wal", _ASIDE + "-shm", _ASIDE + ".txt",
    }  # fmt: skip
    assert total(aside) == SUM + sum(range(10_000, 10_010))


def test_what_was_half_made_goes(path: Path) -> None:
    make_copy(path, _NOW)
    kept = _names(path.parent)
    for name in (".new", ".new-wal", ".copy", ".copy-journal", ".copy.gz.new"):
        sibling(path, name).write_bytes(bytes(100))
    assert rescue(path, _NOW) is None
    assert _names(path.parent) == kept


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    path, other = tmp_path / "traffic.db", tmp_path / "traffic.db2.set-aside-1"
    other.touch()
    for now_unix_s in (_NOW, _NOW + 1, _NOW + 1, _NOW):
        path.write_text(str(now_unix_s))
        aside = set_aside(path, "a reason", now_unix_s)
        assert _names(tmp_path) == {aside.name, aside.name + ".txt", other.name}
        assert aside.read_text() == str(now_unix_s)


def test_a_link_stays_and_its_file_goes(path: Path) -> None:
    folder = path.parent / "elsewhere"
    folder.mkdir()
    target = path.rename(folder / "flash.db")
    path.symlink_to(target)
    truncate(target, 5000)
    done = rescue(path, _NOW)
    assert done is not None and done.set_aside is not None and done.set_aside.parent == folder
    assert path.is_symlink()
    open_writable(path).close()
    assert target.exists()


def test_a_mistake_stays_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "passwd"
    path.write_text("root:x:0:0:root:/root:/bin/sh\n" * 500)
    with pytest.raises(StoreError, match="not an SQLite database"):
        rescue(path, _NOW)
    assert _names(tmp_path) == {"passwd"}


def test_an_index_that_is_wrong_takes_a_thorough_one(path: Path) -> None:
    with closing(connect(path)) as writer:
        (page,) = writer.execute("SELECT rootpage FROM sqlite_master WHERE name = 'meta_kv'").fetchone()
        writer.execute("INSERT INTO meta_kv VALUES ('a', 'b')")
    overwrite(path, (page - 1) * PAGE_BYTES, bytes([13, 0, 0, 0, 0, 16, 0, 0]))
    assert rescue(path, _NOW) is None
    assert rescue(path, _NOW, thorough=True) is not None


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = database(disk.folder / "traffic.db")
        overwrite(path, 30 * PAGE_BYTES, bytes(PAGE_BYTES))
        disk.fill()
        done = rescue(path, _NOW)
        assert done is not None and done.set_aside is not None and not done.trouble
        assert not path.exists()
        assert _names(disk.folder) == {"ballast", _ASIDE}


def test_the_copy_counts_more_than_what_was_set_aside(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = database(disk.folder / "traffic.db")
        make_copy(path, _NOW)
        overwrite(path, 30 * PAGE_BYTES, bytes(PAGE_BYTES))
        disk.fill()
        done = rescue(path, _NOW)
        assert done is not None and done.set_aside is None and done.copied_unix_s == _NOW
        assert "; nothing of it is kept, the copy of 2027-01-15 08:00 UTC took over" in done.detail
        assert total(path) == SUM


def test_no_room_for_the_copy_is_trouble_that_passes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = database(disk.folder / "traffic.db")
        make_copy(path, _NOW)
        path.unlink()
        disk.fill()
        done = rescue(path, _NOW)
        assert done is not None and done.trouble == "its copy cannot be put in its place (No space left on device)"
        assert not path.exists()
        disk.free()
        done = rescue(path, _NOW)
        assert done is not None and done.copied_unix_s == _NOW and not done.trouble
        assert total(path) == SUM


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_a_read_only_disk(tmp_path: Path, journal_mode: str) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        path = database(disk.folder / "traffic.db", journal_mode)
        make_copy(path, _NOW)
        overwrite(path, 30 * PAGE_BYTES, bytes(PAGE_BYTES))
        disk.remount("ro")
        damaged, names = path.read_bytes(), _names(disk.folder)
        done = rescue(path, _NOW)
        assert done is not None and done.trouble == "it cannot be set aside (Read-only file system)"
        assert (path.read_bytes(), _names(disk.folder)) == (damaged, names)
        disk.remount("rw")
        done = rescue(path, _NOW)
        assert done is not None and not done.trouble and done.copied_unix_s == _NOW
        assert check(path) is None


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_worn_disk(tmp_path: Path, share: float) -> None:
    """Sectors that cannot be read any more, from the file's begin on or from its middle."""
    with worn_disk(tmp_path / "disk", 32) as disk:
        path = database(disk.folder / "traffic.db")
        first, last = disk.blocks(path)
        make_copy(path, _NOW)
        disk.wear(first + round(share * (last - first)))
        with pytest.raises(OSError, match="Input/output error"):
            path.read_bytes()
        done = rescue(path, _NOW)
        assert done is not None and done.set_aside is not None and not done.trouble
        open_writable(path).close()
        assert rescue(path, _NOW, thorough=True) is None


def test_notices() -> None:
    done = Rescue(Path("traffic.db"), "a reason", None, None, "it cannot be set aside (x)")
    assert done.notice() == ("database-set-aside", "traffic.db", "a reason; it cannot be set aside (x)")
    assert unwritten(Path("a.db"), "full", "10:00") == ("archive-unwritten", "a.db", "full, since 10:00")
    assert in_ram(Path("a.db"), "full") == ("database-in-ram", "a.db", "full")
