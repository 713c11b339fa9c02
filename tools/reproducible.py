# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives whose bytes follow from what is in them and from the commit's date alone: no clock, no umask, no user."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
from collections.abc import Iterable, Iterator

import environments

Member = tuple[str, bytes | None, bool]  # its path, what is in it, none of a folder, and whether it is a program


def moment() -> int:
    """The second that counts as the time of everything: SOURCE_DATE_EPOCH, else that of the checkout's last commit."""
    log = ["git", "log", "-1", "--format=%ct"]
    return int(
        os.environ.get("SOURCE_DATE_EPOCH")
        or subprocess.run(log, cwd=environments.ROOT, check=True, capture_output=True, text=True).stdout
    )


def write(archive: pathlib.Path, members: Iterable[Member]) -> None:
    """A .tar.gz of these files and folders in their order."""
    date = moment()
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=date) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, content, is_program in members:
            info = tarfile.TarInfo(name)
            info.mtime, info.mode = date, 0o755 if is_program or content is None else 0o644
            info.type, info.size = (tarfile.DIRTYPE, 0) if content is None else (tarfile.REGTYPE, len(content))
            tar.addfile(info, io.BytesIO(content or b""))


def members_of(folder: pathlib.Path, under: str) -> Iterator[tuple[str, bytes, bool]]:
    """The files of a folder by their names, to lie below `under`."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        is_program = bool(path.stat().st_mode & 0o100)
        yield f"{under}/{path.relative_to(folder).as_posix()}", path.read_bytes(), is_program


def settle(tarball: pathlib.Path) -> None:
    """Write a collection's tarball anew: ansible-galaxy lists files as the disk does, and notes when it was."""
    with tarfile.open(tarball) as tar:
        found = {member.name: (_content(tar, member), bool(member.mode & 0o100)) for member in tar}
    files, manifest = (json.loads(found.pop(name)[0] or b"") for name in ("FILES.json", "MANIFEST.json"))
    files["files"].sort(key=lambda entry: str(entry["name"]))
    listed = json.dumps(files, indent=1).encode()
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(listed).hexdigest()
    first = [("MANIFEST.json", json.dumps(manifest, indent=1).encode(), False), ("FILES.json", listed, False)]
    write(tarball, [*first, *((name, *found[name]) for name in sorted(found))])


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | None:
    handle = tar.extractfile(member)
    return handle.read() if handle else None
