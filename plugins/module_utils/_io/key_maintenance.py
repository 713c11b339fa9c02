# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the current key as it should be: its public files, its protection, owners and modes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, read_file, write_file
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import (
    FOLDER_MODE,
    PRIVATE_MODE,
    PRIVATE_NAME,
    PUBLIC_MODE,
    KeyFiles,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import encode
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk, real_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, BadPublicKey, LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey


class KeyMaintenance(KeyFiles):
    """The key folder of one account, and what may be wrong in it."""

    def faults(self, key: PrivateKey, comment: str | None, passphrase: str | None) -> list[str]:
        """Name what ``repair`` would put right in the current version; empty when all is as it should be."""
        found = []
        if not _public_file_fits(self.path(self._account.public_key_name), key.public, comment):
            found.append("public_key")
        if not _contains(self.path(self._account.fingerprint_name), key.public.fingerprint_text):
            found.append("fingerprint")
        if passphrase and not key.encrypted:
            found.append("passphrase")
        if any(self._misplaced(path, mode) for path, mode in self._modes()):
            found.append("permissions")
        return found

    def repair(self, key: PrivateKey, comment: str | None, passphrase: str | None, faults: Sequence[str]) -> None:
        """Put the named faults right; the key itself stays what it is."""
        if "public_key" in faults:
            text = self.public_text(key.public, comment)
            write_file(self.path(self._account.public_key_name), text.encode(), PUBLIC_MODE)
        if "fingerprint" in faults:
            write_file(self.path(self._account.fingerprint_name), key.public.fingerprint_text, PUBLIC_MODE)
        if "passphrase" in faults:
            write_file(self.path(PRIVATE_NAME), encode(key, passphrase), PRIVATE_MODE)
        with disk_errors(self.folder):
            for path, mode in self._modes():
                os.chmod(on_disk(path), mode)
                self._own(path)

    def _modes(self) -> list[tuple[str, int]]:
        files = [(self.path(PRIVATE_NAME), PRIVATE_MODE)]
        files += [
            (self.path(name), PUBLIC_MODE) for name in (self._account.public_key_name, self._account.fingerprint_name)
        ]
        return [(self.folder, FOLDER_MODE), (real_path(self.current), FOLDER_MODE), *files]

    def _misplaced(self, path: str, mode: int) -> bool:
        try:
            found = os.stat(on_disk(path))
        except FileNotFoundError:
            return False  # a missing file is a fault of its own
        return (
            stat.S_IMODE(found.st_mode) != mode
            or self._owner not in (None, found.st_uid)
            or self._group not in (None, found.st_gid)
        )

    def public_text(self, key: PublicKey, comment: str | None) -> str:
        """Return the public key file as it stands, or as ``repair`` would write it."""
        path = self.path(self._account.public_key_name)
        if _public_file_fits(path, key, comment):
            return read_file(path).decode("ascii")
        return rfc4716.write(key, comment if comment is not None else self._account.name)


def user_number(name: str | None) -> int | None:
    """Return a user's number, or raise BadInput."""
    import pwd

    return _number("owner", name, lambda text: pwd.getpwnam(text).pw_uid)


def group_number(name: str | None) -> int | None:
    """Return a group's number, or raise BadInput."""
    import grp

    return _number("group", name, lambda text: grp.getgrnam(text).gr_gid)


def _number(option: str, name: str | None, look_up: Callable[[str], int]) -> int | None:
    if name is None:
        return None
    if name.isascii() and name.isdigit() and int(name) < 1 << 32:
        return int(name)
    try:
        return look_up(name)
    except KeyError:
        raise BadInput(
            f"{option}: this workstation has no {'user' if option == 'owner' else option} '{name}'."
        ) from None


def _public_file_fits(path: str, key: PublicKey, comment: str | None) -> bool:
    try:
        found = rfc4716.read(read_file(path).decode("ascii"))
    except (LocalError, BadPublicKey, UnicodeDecodeError):
        return False
    if found.key.blob != key.blob or not rfc4716.can_be_written(found.comment):
        return False
    return comment is None or rfc4716.as_written(comment) == found.comment


def _contains(path: str, content: bytes) -> bool:
    try:
        return read_file(path) == content
    except LocalError:
        return False
