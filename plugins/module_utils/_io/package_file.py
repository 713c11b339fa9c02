# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package as a zip file: the same members give the same bytes on every machine (§5)."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import chain, count
from typing import TypeVar

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    disk_errors,
    make_folders,
    read_file,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import files_below, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, HostTrouble
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import Template, refuse_private

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell; the real one would change the bytes
_MODE = 0o644
_MOST_MEMBER_BYTES = 16 << 20
_MOST_SEARCHED_BYTES = 64 << 20  # in all zips that one file holds, one in the other
_MOST_MEMBERS = 10_000  # an office program's form has some dozens
T = TypeVar("T")


class PackageFile:
    """The file CXXX.zip: ``dest`` names it, or the folder in which it shall lie."""

    def __init__(self, dest: str, customer_code: str) -> None:
        name = customer_code + ".zip"
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
        names = (f"{stem}{more}.zip" for more in chain([""], (f".{number}" for number in count(2))))
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


def unpack(data: bytes) -> dict[str, bytes] | None:
    """Return the members of a zip, None where it is no sound one, or unfolds to too much."""
    try:
        return dict(_members(data, [_MOST_SEARCHED_BYTES, _MOST_MEMBERS]))
    except (_Unsound, _TooMuch):
        return None


class Unsearchable(BadInput):
    """A zip that unfolds to more than anybody would look through."""


def refuse_private_inside(name: str, content: bytes) -> None:
    """Raise PrivateKeyInPackage if a file, or a zip in it (an office program's form is one), holds a private key.

    Raises Unsearchable where the zips unfold to too much.
    """
    left = [_MOST_SEARCHED_BYTES, _MOST_MEMBERS]

    def search(name: str, content: bytes, depth: int) -> None:
        refuse_private(name, content)
        with contextlib.suppress(_Unsound):
            for inner, data in _members(content, left) if depth else ():
                search(f"{name}/{inner}", data, depth - 1)

    try:
        search(name, content, depth=3)
    except _TooMuch:
        raise Unsearchable(
            f"{name} holds zips that unfold to more than {_MOST_SEARCHED_BYTES >> 20} MB or {_MOST_MEMBERS} members: "
            "it can't be searched for private keys."
        ) from None


class _TooMuch(Exception):
    """What is left to be searched is used up."""


class _Unsound(Exception):
    """It is no zip, or damaged, encrypted or packed in a way that nobody here reads."""


def _members(data: bytes, left: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the members of a zip, one in memory at a time; ``left`` holds the bytes and members that may come yet."""
    archive = _attempt(partial(zipfile.ZipFile, io.BytesIO(data)))
    with archive:
        for info in archive.infolist():
            if info.file_size > _MOST_MEMBER_BYTES:
                continue
            left[0] -= info.file_size
            left[1] -= 1
            if min(left) < 0:
                raise _TooMuch
            yield info.filename, _attempt(partial(archive.read, info))


def _attempt(read: Callable[[], T]) -> T:
    try:
        return read()
    except Exception as error:  # zipfile stumbles over damaged files in many ways, and none of them matters here
        raise _Unsound from error


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
        if ending == ".pub":
            keys[stem] = content
        elif ending == ".fpt":
            fingerprints[stem] = text_of(content, path, BadInput)
    return keys, fingerprints


def read_template(path: str | None) -> Template | None:
    """Return the operator's address template, None where none is named. A zip inside it is scanned, too."""
    if path is None:
        return None
    content = read_file(path, _MOST_MEMBER_BYTES)
    refuse_private_inside(os.path.basename(path), content)
    return Template(os.path.basename(path), content)
