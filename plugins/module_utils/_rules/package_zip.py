# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package as a zip: the same members give the same bytes on every machine (§5)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

MOST_UNPACKED = 32 << 20  # bytes of a zip and the zips in it: who looks through them has two copies in memory
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell; the real one would change the bytes
_MODE = 0o644


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the zip: stored, not deflated, since compressors differ between machines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = 3
            member.external_attr = (0o100000 | _MODE) << 16
            archive.writestr(member, content)
    return buffer.getvalue()


def unpack(data: bytes, most: int = MOST_UNPACKED) -> dict[str, bytes] | None:
    """Return the members of a zip, None where it is no sound one, or has more bytes than that."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if _size(archive) > most:
                return None
            return {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # zipfile stumbles over damaged files in many ways, and none of them matters here
        return None


def _size(archive: zipfile.ZipFile) -> int:
    """The bytes of all members; of none of them more is read than it tells here."""
    return sum(info.file_size for info in archive.infolist())


def unpacked_size(data: bytes) -> int:
    """Return how many bytes a zip has unpacked, 0 where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _size(archive)
    except Exception:  # as above
        return 0
