# SPDX-License-Identifier: GPL-2.0-only
"""``.ipk`` files, as opkg of OpenWrt 24.10 reads them: a gzipped tar of three members, two of them gzipped tars."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import scripts
from .recipes import Package


@dataclass(frozen=True)
class _Member:
    name: str  #: from ``./`` on
    content: bytes | None  #: None: a folder
    mode: int


def pack(package: Package, tree: Path, architecture: str, date_unix_s: int) -> bytes:
    """The file for what lies below *tree*: root's, sorted, all of one date; the same bytes each time.

    :param architecture: OpenWrt's name of it, or ``all``.
    :param date_unix_s: of everything inside.
    """
    data = _tar(_below(tree), date_unix_s)
    control = [_Member("./", None, 0o755), _text("control", _control(package, architecture, len(data), date_unix_s))]
    if package.conffiles:
        control.append(_text("conffiles", "".join(f"{path}\n" for path in sorted(package.conffiles))))
    control += [_text(name, text, 0o755) for name, text in scripts.of_opkg(package).items()]
    members = [
        _text("debian-binary", "2.0\n"),
        _Member("./data.tar.gz", _gzip(data), 0o644),
        _Member("./control.tar.gz", _gzip(_tar(sorted(control, key=lambda member: member.name), date_unix_s)), 0o644),
    ]
    return _gzip(_tar(members, date_unix_s))


def _control(package: Package, architecture: str, installed_bytes: int, date_unix_s: int) -> str:
    fields = {
        "Package": package.name,
        "Version": package.version,
        "Depends": ", ".join(package.depends),
        "Source": package.source,
        "SourceName": package.source.rsplit("/", 1)[-1],
        "License": package.license,
        "Section": package.section,
        "Require-User": package.user,
        "SourceDateEpoch": str(date_unix_s),
        "Maintainer": package.maintainer,
        "Architecture": architecture,
        "Installed-Size": str(installed_bytes),
        "Description": f" {package.description}",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _below(tree: Path) -> list[_Member]:
    paths = sorted(tree.rglob("*"), key=lambda path: path.relative_to(tree).parts)
    members = [_Member("./", None, 0o755)]
    for path in paths:
        name = f"./{path.relative_to(tree).as_posix()}"
        if path.is_dir():
            members.append(_Member(f"{name}/", None, 0o755))
        else:
            members.append(_Member(name, path.read_bytes(), path.stat().st_mode & 0o777))
    return members


def _text(name: str, text: str, mode: int = 0o644) -> _Member:
    return _Member(f"./{name}", text.encode(), mode)


def _tar(members: Iterable[_Member], date_unix_s: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            entry = tarfile.TarInfo(member.name)
            entry.mode, entry.mtime = member.mode, date_unix_s
            if member.content is None:
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = len(member.content)
                archive.addfile(entry, io.BytesIO(member.content))
    return made.getvalue()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
