# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there: written beside, synced, moved into place."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import in_words, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, DiskFull, LocalError

_SMALL = 1 << 20  # bytes


@contextlib.contextmanager
def disk_errors(path: str) -> Iterator[None]:
    """Turn the operating system's errors into sentences that name the path."""
    try:
        yield
    except OSError as error:
        named = isinstance(error.filename, (str, bytes))  # it may also be the number of an open file
        where = in_words(error.filename if named else path)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"No space is left for {where}.") from error
        raise LocalError(f"{where}: {error.strerror or error}.") from error
    except ValueError as error:  # a NUL in a path
        raise BadInput(f"{path!r} is no path.") from error


def write_file(path: str, data: bytes, mode: int) -> None:
    """Write a file with exactly that mode, synced, replacing an older one in one step."""
    with staged_file(path, data, mode):
        pass


@contextlib.contextmanager
def staged_file(path: str, data: bytes, mode: int) -> Iterator[None]:
    """Write a file like ``write_file``; it takes its place when what is done meanwhile has gone well, else never."""
    staged = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.new")
    with disk_errors(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(on_disk(staged))  # what a run left that was killed just here
        try:
            create_file(staged, data, mode)
            yield
            os.replace(on_disk(staged), on_disk(path))
        except Exception:
            with contextlib.suppress(OSError):
                os.unlink(on_disk(staged))
            raise
        sync_folder(os.path.dirname(path))


def create_file(path: str, data: bytes, mode: int) -> None:
    """Write a new file that nobody else could read meanwhile, and sync it."""
    descriptor = os.open(on_disk(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)
        file.flush()
        os.fsync(file.fileno())


def make_folders(path: str, mode: int) -> None:
    """Make a folder, and those above it that are missing, with exactly that mode whatever the umask."""
    if os.path.isdir(on_disk(path)):
        return
    make_folders(os.path.dirname(path) or ".", mode)
    with contextlib.suppress(FileExistsError):  # another run was quicker; a file in the way shows at its use
        os.mkdir(on_disk(path))
        os.chmod(on_disk(path), mode)


def sync_folder(path: str) -> None:
    """Make a folder's new, moved and removed names survive a power cut."""
    descriptor = os.open(on_disk(path or "."), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened_below(top: str, folder: str, how: int) -> Iterator[int]:
    """Open a folder below another one step by step, so that no link on the way leads elsewhere."""
    place = os.open(on_disk(top), os.O_DIRECTORY | how)
    try:
        for name in folder.split("/") if folder else ():
            above = place
            place = os.open(on_disk(name), os.O_DIRECTORY | os.O_NOFOLLOW | how, dir_fd=above)
            os.close(above)
        yield place
    finally:
        os.close(place)


def read_if_there(path: str, most: int = _SMALL) -> bytes | None:
    """Return a small file's content, None where there is no such file."""
    return read_file(path, most) if os.path.lexists(on_disk(path)) else None


def read_file(path: str, most: int = _SMALL) -> bytes:
    """Return a small file's content, or raise LocalError with the reason."""
    with disk_errors(path), os.fdopen(os.open(on_disk(path), os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # a pipe would never end
            raise LocalError(f"{path} is no regular file.")
        data = file.read(most + 1)
    if len(data) > most:
        raise LocalError(f"{path} is larger than {most} bytes.")
    return data
