"""Files that come, change, go, and are not to be read."""

from __future__ import annotations

import os
from pathlib import Path

from traffic_analyzer.records import NameSource, Notice
from traffic_analyzer.roster.entry import Entry
from traffic_analyzer.roster.files import FILE_BYTES_MAX, SOURCES, Files, Source, sources
from traffic_analyzer.roster.hosts import parse_hosts
from traffic_analyzer.roster.labels import parse_labels
from traffic_analyzer.roster.leases import parse_dnsmasq

from ..nobody import as_nobody, public_folder

_MAC = "00:11:22:aa:bb:cc"


def _lease(name: str) -> str:
    return f"1795450098 {_MAC} 192.168.1.20 {name} *\n"


def _label(name: str) -> str:
    return f"config device\n\toption mac '{_MAC}'\n\toption name '{name}'\n"


def _files(folder: Path) -> Files:
    return Files((
        Source(NameSource.LABEL, str(folder / "labels"), parse_labels),
        Source(NameSource.LEASE, str(folder / "one.leases"), parse_dnsmasq),
        Source(NameSource.LEASE, str(folder / "more" / "*.leases"), parse_dnsmasq),
        Source(NameSource.HOSTS, str(folder / "hosts"), parse_hosts),
    ))  # fmt: skip


def _changed(files: Files) -> dict[NameSource, list[str]]:
    return {source: [entry.name for entry in entries if not entry.device[:1].isdigit() or ":" in entry.device]
            for source, entries in files.changed()}  # fmt: skip


def test_what_is_missing_says_nothing(tmp_path: Path) -> None:
    files = _files(tmp_path)
    assert (files.changed(), files.notices) == ([], [])
    assert Files().notices == []


def test_a_source_is_told_whole_when_one_of_its_files_changes(tmp_path: Path) -> None:
    files = _files(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "one.leases").write_text(_lease("phone"))
    (tmp_path / "more" / "b.leases").write_text(_lease("tablet"))
    (tmp_path / "more" / "a.leases").write_text(_lease("laptop"))
    (tmp_path / "hosts").write_text("192.168.1.5 nas\n")
    assert files.changed()[1] == (NameSource.HOSTS, [Entry("", bytes([192, 168, 1, 5]), "nas")])
    assert _changed(files) == {}
    (tmp_path / "more" / "a.leases").write_text(_lease("laptop-2"))
    assert _changed(files) == {NameSource.LEASE: ["phone", "laptop-2", "tablet"]}
    (tmp_path / "more" / "b.leases").unlink()
    assert _changed(files) == {NameSource.LEASE: ["phone", "laptop-2"]}
    (tmp_path / "one.leases").unlink()
    (tmp_path / "more" / "a.leases").unlink()
    (tmp_path / "hosts").unlink()
    assert _changed(files) == {NameSource.LEASE: [], NameSource.HOSTS: []}
    assert (_changed(files), files.notices) == ({}, [])


def test_a_file_is_read_again_when_it_is_another(tmp_path: Path) -> None:
    files, path = _files(tmp_path), tmp_path / "one.leases"
    path.write_text(_lease("phone"))
    assert _changed(files) == {NameSource.LEASE: ["phone"]}
    status = path.stat()
    (tmp_path / "new").write_text(_lease("photo"))
    os.utime(tmp_path / "new", ns=(status.st_mtime_ns, status.st_mtime_ns))
    (tmp_path / "new").replace(path)  # as long, as old
    assert _changed(files) == {NameSource.LEASE: ["photo"]}
    path.write_text(_lease("phono"))
    os.utime(path, ns=(1, 1))
    assert _changed(files) == {NameSource.LEASE: ["phono"]}
    os.utime(path, ns=(2, 2))  # touched
    assert _changed(files) == {}


def test_a_malformed_file_keeps_what_it_said(tmp_path: Path) -> None:
    files, path = _files(tmp_path), tmp_path / "labels"
    path.write_text(_label("tv"))
    assert _changed(files) == {NameSource.LABEL: ["tv"]}
    path.write_text(_label("tv") + "option name 'x")
    for _ in range(2):
        assert _changed(files) == {}
        assert files.notices == [Notice("names-file", str(path), "line 4: a ' without its end")]
    path.write_text(_label("radio"))
    assert _changed(files) == {NameSource.LABEL: ["radio"]}
    assert files.notices == []


def test_what_is_not_to_be_read(tmp_path: Path) -> None:
    files, path = _files(tmp_path), tmp_path / "one.leases"
    path.write_text(_lease("phone"))
    assert _changed(files) == {NameSource.LEASE: ["phone"]}
    path.write_text(_lease("tablet") + " " * FILE_BYTES_MAX)
    assert _changed(files) == {}
    assert files.notices == [Notice("names-file", str(path), "has more than 1,048,576 bytes")]
    path.write_text(_lease("tablet").ljust(FILE_BYTES_MAX))
    assert _changed(files) == {NameSource.LEASE: ["tablet"]}
    for make, said in ((path.mkdir, "is no file"), (lambda: os.mkfifo(path), "is no file"),
                       (lambda: path.symlink_to(path), "Too many levels of symbolic links")):  # fmt: skip
        path.rmdir() if path.is_dir() else path.unlink()
        make()
        assert _changed(files) == {}
        assert files.notices == [Notice("names-file", str(path), said)]
    path.unlink()
    path.write_text(_lease("laptop"))
    assert _changed(files) == {NameSource.LEASE: ["laptop"]}
    assert files.notices == []


def test_a_file_that_may_not_be_read_is_tried_again() -> None:
    with public_folder() as folder:
        files, path = _files(folder), folder / "one.leases"
        path.write_text(_lease("phone"))
        path.chmod(0)
        with as_nobody():
            assert _changed(files) == {}
        assert files.notices == [Notice("names-file", str(path), "Permission denied")]
        path.chmod(0o444)
        with as_nobody():
            assert _changed(files) == {NameSource.LEASE: ["phone"]}
        assert files.notices == []


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_bytes(b"192.168.1.5 K\xc3\xbcche\n192.168.1.6 K\xfcche\x1b[2J\n")
    ((_, entries),) = _files(tmp_path).changed()
    assert [entry.name for entry in entries] == ["Küche", "K\\xfcche\x1b[2J"]


def test_leases_are_where_the_servers_are_told_to_keep_them(tmp_path: Path) -> None:
    configured = next(source for source in SOURCES if source.path == "/etc/config/dhcp")
    files = Files((
        configured._replace(path=str(tmp_path / "dhcp")),
        Source(NameSource.LEASE, str(tmp_path / "usual"), parse_dnsmasq),
    ))  # fmt: skip
    servers = f"config dnsmasq\noption leasefile {tmp_path}/usual\nconfig odhcpd\noption leasefile {tmp_path}/other\n"
    (tmp_path / "usual").write_text(_lease("phone"))
    (tmp_path / "other").write_text(f"# br-lan {_MAC} ipv4 tablet 1795450098 c0a80114 32 192.168.1.20/32\n")
    assert _changed(files) == {NameSource.LEASE: ["phone"]}
    (tmp_path / "dhcp").write_text(servers)
    assert _changed(files) == {NameSource.LEASE: ["phone", "tablet"]}
    (tmp_path / "dhcp").write_text(servers + "nonsense")  # where they were is kept too
    assert (_changed(files), len(files.notices)) == ({}, 1)
    (tmp_path / "dhcp").write_text("config dnsmasq\n")
    assert (_changed(files), files.notices) == ({NameSource.LEASE: ["phone"]}, [])


def test_files_of_a_pattern_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    for number in range(100):
        (tmp_path / "more" / f"{number:03}.leases").write_text(_lease(f"host-{number}"))
    assert _changed(_files(tmp_path)) == {NameSource.LEASE: [f"host-{number}" for number in range(64)]}


def test_the_default_places() -> None:
    assert [(source.source, source.path) for source in sources("/etc/labels") if "*" not in source.path] == [
        (NameSource.LABEL, "/etc/labels"), (NameSource.STATIC_LEASE, "/etc/config/dhcp"),
        (NameSource.LEASE, "/tmp/dhcp.leases"), (NameSource.LEASE, "/tmp/hosts/odhcpd"),
        (NameSource.LEASE, "/tmp/odhcpd.leases"), (NameSource.LEASE, "/var/lib/misc/dnsmasq.leases"),
        (NameSource.HOSTS, "/etc/hosts"),
    ]  # fmt: skip
