# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An export on disk: a zip whose same contents give the same bytes, written as they come, and its hash beside it."""

from __future__ import annotations

import contextlib
import hashlib
import linecache
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from ansible_collections.dcass.sftp.plugins.module_utils._io import export_verify
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, read_file, write_file
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.export import Sealed, sums_line

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell
_MODE = 0o640  # who may read the state may read what is made of it
_MOST_RECORD = 1 << 20  # bytes of a site's record
_BLOCK = 1 << 20

Pack = Callable[[str, Iterable[bytes]], Sealed]


class ExportFile:
    """The file NAME in a folder that is there."""

    def __init__(self, dest: str, name: str) -> None:
        if not os.path.isdir(on_disk(dest)):
            raise BadInput(f"dest: {dest} is no folder.")
        self.path = os.path.join(dest, name)

    def write(self, fill: Callable[[Pack], None], plan_only: bool) -> tuple[bool, str, int]:
        """Let ``fill`` pack all files; say whether the zip was not there already, byte for byte, its hash and its size.

        It takes its place in one step. With ``plan_only`` it goes to a file without a name, and nothing is kept.
        """
        with disk_errors(self.path), tempfile.TemporaryFile(dir=on_disk(os.path.dirname(self.path))) as staged:
            with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as archive:
                fill(_packing(archive))
            digest, size = _hash_of(staged), staged.tell()
            changed = not self._is_there(digest)
            if changed and not plan_only:
                self._put(staged, digest)
        return changed, digest, size

    def _is_there(self, digest: str) -> bool:
        with contextlib.suppress(FileNotFoundError), open(on_disk(self.path), "rb") as file:
            return _hash_of(file) == digest and os.path.exists(on_disk(f"{self.path}.sha256"))
        return False

    def _put(self, staged: IO[bytes], digest: str) -> None:
        place = f"{self.path}.new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(on_disk(place))
        descriptor = os.open(on_disk(place), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for block in _blocks(staged):
                file.write(block)
            os.fchmod(file.fileno(), _MODE)
            file.flush()
            os.fsync(file.fileno())
        os.replace(on_disk(place), on_disk(self.path))
        write_file(f"{self.path}.sha256", sums_line(os.path.basename(self.path), digest).encode(), _MODE)


def _packing(archive: zipfile.ZipFile) -> Pack:
    def pack(name: str, blocks: Iterable[bytes]) -> Sealed:
        member = zipfile.ZipInfo(name, _EPOCH)
        member.create_system, member.compress_type = 3, zipfile.ZIP_DEFLATED
        member.external_attr = (0o100000 | 0o644) << 16
        sealed, digest = Sealed(), hashlib.sha256()
        with archive.open(member, "w", force_zip64=True) as file:
            for block in blocks:
                file.write(block)
                digest.update(block)
                sealed.size += len(block)
        sealed.sha256 = digest.hexdigest()
        return sealed

    return pack


def _hash_of(file: IO[bytes]) -> str:
    return sha256_of(_blocks(file))


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(_BLOCK), b"")


def script() -> bytes:
    """Return the script that verifies an export, as it stands in the collection."""
    return "".join(linecache.getlines(export_verify.__file__, vars(export_verify))).encode()


def site_record(path: str | None) -> str:
    """Return the record of the switches of site; nothing where there is none."""
    if path is None or not os.path.lexists(on_disk(path)):
        return ""
    return read_file(path, _MOST_RECORD).decode("utf-8", "replace")
