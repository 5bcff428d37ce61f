"""The word that opens the endpoint: made once a boot, in a file that only its owner can read."""

from __future__ import annotations

import os
import re
import stat
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import UsageError

_TOKEN_BYTES = 32
_TOKEN = re.compile("[A-Za-z0-9_-]{43}")
_FILE_BYTES = 256  # more than any file of ours has
_FOLDER_MODE, _FILE_MODE = 0o755, 0o600
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAKE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def token_of(path: Path, boot_id: str) -> str:
    """The token in the file at *path*, made anew where there is none of this boot that nobody else can have written.

    Line 1 is the token, line 2 the boot that it is of. What is planted there, a link or a file of somebody else's, is
    replaced and not followed.

    :raises UsageError: the file cannot be read or made, or its folder is somebody else's.
    """
    with _folder(path) as folder:
        return _read(folder, path.name, boot_id, {os.geteuid()}) or _make(folder, path.name, boot_id)


def known_token(path: Path, boot_id: str) -> str | None:
    """The token in the file at *path* as whoever may read it finds it: that of the folder's owner too.

    None where there is none of this boot.

    :raises UsageError: the file cannot be read.
    """
    try:
        owners = {os.geteuid(), path.parent.stat().st_uid}
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _refused(path, error) from None
    try:
        return _read(folder, path.name, boot_id, owners)
    except PermissionError as error:
        raise UsageError(f"--web-token-file {path}: {error.strerror}: run as who runs the collector, which is root "
                         "where nothing else was chosen") from None  # fmt: skip
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        os.close(folder)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    """A descriptor of the folder that *path* is in, made if missing; errors of the block are explained too."""
    try:
        with suppress(FileExistsError):
            path.parent.mkdir(parents=True)
            path.parent.chmod(_FOLDER_MODE)  # whatever the umask is
        trusted = {0, os.geteuid()}
        is_ours = path.parent.lstat().st_uid in trusted  # a link may be one's own, like /var/run
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            found = os.fstat(folder)
            is_open = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
            if not is_ours or found.st_uid not in trusted or is_open:
                raise UsageError(f"--web-token-file {path}: others may write to {path.parent}; choose another folder")
            yield folder
        finally:
            os.close(folder)
    except OSError as error:
        raise _refused(path, error) from None


def _refused(path: Path, error: OSError) -> UsageError:
    return UsageError(f"--web-token-file {path}: {error.strerror}")


def _read(folder: int, name: str, boot_id: str, owners: set[int]) -> str | None:
    """The token of this boot, in a plain file of one of *owners* that nobody else can read; else None."""
    try:
        fd = os.open(name, _READ, dir_fd=folder)
    except PermissionError:
        raise
    except OSError:
        return None  # none, or a link, which O_NOFOLLOW refuses
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in owners or found.st_mode & 0o077:
            return None
        lines = os.read(fd, _FILE_BYTES).decode("ascii", "replace").splitlines()
    finally:
        os.close(fd)
    is_of_this_boot = lines[1:2] == [boot_id]
    return lines[0] if is_of_this_boot and _TOKEN.fullmatch(lines[0]) else None


def _make(folder: int, name: str, boot_id: str) -> str:
    """A new token in a file that takes the place of whatever is there, whole."""
    token = urlsafe_b64encode(os.urandom(_TOKEN_BYTES)).decode("ascii").rstrip("=")
    made = f".{name}.{os.urandom(8).hex()}"
    fd = os.open(made, _MAKE, _FILE_MODE, dir_fd=folder)
    try:
        try:
            os.fchmod(fd, _FILE_MODE)
            os.write(fd, f"{token}\n{boot_id}\n".encode("ascii"))
        finally:
            os.close(fd)
        os.rename(made, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(made, dir_fd=folder)
        raise
    return token
