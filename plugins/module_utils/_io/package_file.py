# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package as a zip file: the same members give the same bytes on every machine (§5)."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from datetime import datetime
from itertools import chain, count

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    disk_errors,
    make_folders,
    read_file,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import files_below, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, HostTrouble, PrivateKeyInPackage
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    FINGERPRINT_ENDING,
    PACKAGE_ENDING,
    PUBLIC_KEY_ENDING,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import Template, refuse_private

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell; the real one would change the bytes
_MODE = 0o644
_MOST_MEMBER_BYTES = 16 << 20
_MOST_UNPACKED = 32 << 20  # of a zip and the zips in it together: who looks through them has two copies in memory
_DEEPEST = 3  # zips in zips


class PackageFile:
    """The file CXXX.zip: ``dest`` names it, or the folder in which it shall lie."""

    def __init__(self, dest: str, customer_code: str) -> None:
        name = customer_code + PACKAGE_ENDING
        self.path = os.path.join(dest, name) if os.path.isdir(on_disk(dest)) or dest.endswith("/") else dest
        if os.path.basename(self.path) != name:
            raise BadInput(
                f"dest: the exchange wants the package to be named {name}, not '{os.path.basename(self.path)}' (§5)."
            )

    def present(self) -> bytes | None:
        """Return the bytes of the package that is there, None where there is none."""
        return read_file(self.path, _MOST_MEMBER_BYTES) if os.path.exists(on_disk(self.path)) else None

    def place_beside(self, content: bytes) -> str:
        """Return where the package that is there will be kept: under the time at which it was made, in Hong Kong."""
        with disk_errors(self.path):
            made = datetime.fromtimestamp(os.stat(on_disk(self.path)).st_mtime, HONG_KONG)
        stem = f"{os.path.splitext(self.path)[0]}.{made:%Y%m%d-%H%M%S}"
        names = (f"{stem}{more}{PACKAGE_ENDING}" for more in chain([""], (f".{number}" for number in count(2))))
        return next(path for path in names if _is_free_or_holds(path, content))

    def keep(self, content: bytes, path: str) -> None:
        """Keep what is there under that name, before another one takes its place."""
        write_file(path, content, _MODE)

    def write(self, data: bytes) -> None:
        with disk_errors(self.path):
            make_folders(os.path.dirname(self.path) or ".", 0o755)
        write_file(self.path, data, _MODE)


def _is_free_or_holds(path: str, content: bytes) -> bool:
    try:
        return not os.path.lexists(on_disk(path)) or read_file(path, _MOST_MEMBER_BYTES) == content
    except HostTrouble:
        return False


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


def unpack(data: bytes, most: int = _MOST_UNPACKED) -> dict[str, bytes] | None:
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


def _unpacked_size(data: bytes) -> int:
    """The same of a file, 0 where it is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _size(archive)
    except Exception:  # as above
        return 0


def refuse_private_inside(name: str, content: bytes) -> None:
    """Raise PrivateKeyInPackage if a file, or a zip in it (an office program's form is one), holds a private key.

    So is what unpacks to more than can be looked through: a small file may, to any size.
    """
    waiting, left = [(name, content, 0)], _MOST_UNPACKED
    while waiting:
        name, content, depth = waiting.pop()
        refuse_private(name, content)
        left -= _unpacked_size(content) if depth < _DEEPEST else 0
        if left < 0:
            raise PrivateKeyInPackage(
                f"'{name}' unpacks to more than the {_MOST_UNPACKED >> 20} MB that can be looked through, "
                "so nobody can say that it holds no private key.",
                hint="Leave it out, or put into it what is needed alone.",
            )
        members = (unpack(content) or {}) if depth < _DEEPEST else {}
        waiting += [(f"{name}/{inner}", data, depth + 1) for inner, data in members.items()]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_folder(folder: str) -> tuple[dict[str, str | bytes], dict[str, str]]:
    """Return a folder's public keys and fingerprints by account; a private key anywhere in it is refused (§5)."""
    keys: dict[str, str | bytes] = {}
    fingerprints: dict[str, str] = {}
    with disk_errors(folder):
        found = sorted(files_below(folder))
        if not os.path.isdir(on_disk(folder)):
            raise BadInput(f"source: {folder} is not a folder.")
    for path in found:
        content = read_file(path, _MOST_MEMBER_BYTES)
        refuse_private_inside(path, content)
        stem, ending = os.path.splitext(os.path.basename(path))
        if os.path.dirname(path) != folder.rstrip("/"):
            continue
        if ending == PUBLIC_KEY_ENDING:
            keys[stem] = content
        elif ending == FINGERPRINT_ENDING:
            fingerprints[stem] = text_of(content, path, BadInput)
    return keys, fingerprints


def read_template(path: str | None) -> Template | None:
    """Return the operator's address template, None where none is named. A zip inside it is scanned, too."""
    if path is None:
        return None
    content = read_file(path, _MOST_MEMBER_BYTES)
    refuse_private_inside(os.path.basename(path), content)
    return Template(os.path.basename(path), content)
