# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's keys on disk: one folder a version, and the link ``current`` that one atomic switch moves.

key_dir/CXYZ001/20261122-c1b13029/{id_rsa,CXYZ001.pub,CXYZ001.fpt}
key_dir/CXYZ001/current -> 20261122-c1b13029
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Sequence
from datetime import date, datetime

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    create_file,
    disk_errors,
    make_folders,
    read_file,
    sync_folder,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import PrivateKey, encode, load_private
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    BadPrivateKey,
    BadPublicKey,
    HostTrouble,
    KeyCompromised,
    KeyMismatch,
    NoKey,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey

PRIVATE_NAME = "id_rsa"
_WITHDRAWN_NAME = "id_rsa.withdrawn"  # a compromised key: nobody finds it under its old name any more
_PRIVATE_MODE, _PUBLIC_MODE, _FOLDER_MODE = 0o600, 0o644, 0o750
_UNFINISHED, _DESTROYED = ".unfinished-", ".destroyed-"


class KeyFiles:
    """The key folder of one account. ``owner`` and ``group`` are numbers, None to leave them as they are."""

    def __init__(self, key_dir: str, account: Account, owner: int | None = None, group: int | None = None) -> None:
        self.folder = os.path.join(key_dir, account.name)
        self.current = os.path.join(self.folder, "current")
        self._account = account
        self._owner = owner
        self._group = group

    def path(self, name: str, version: str = "current") -> str:
        return os.path.join(self.folder, version, name)

    def exists(self) -> bool:
        """Say whether there is a key in use; raise HostTrouble where this user may not look."""
        try:
            with disk_errors(self.folder):
                os.lstat(self.path(PRIVATE_NAME))
        except HostTrouble as error:
            if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                return False
            raise
        return True

    def current_version(self) -> str | None:
        """Return the name of the version that the link leads to, None where it leads nowhere."""
        return os.path.basename(os.path.realpath(self.current)) if os.path.isdir(self.current) else None

    def versions(self) -> list[str]:
        """Return the names of the finished versions, the oldest first."""
        return [name for name in self._folders() if os.path.isfile(self.path(PRIVATE_NAME, name))]

    def _folders(self) -> list[str]:
        if not os.path.isdir(self.folder):
            return []
        with disk_errors(self.folder):
            names = sorted(os.listdir(self.folder))
        return [name for name in names if name != "current" and not name.startswith(".")]

    def load(self, passphrase: str | None) -> PrivateKey:
        """Read the private key in use, or raise NoKey, KeyCompromised or BadPrivateKey."""
        path = self.path(PRIVATE_NAME)
        if not self.exists():
            if self.withdrawn():
                raise KeyCompromised(f"The key of {self._account} is compromised and has been withdrawn.")
            raise NoKey(f"{self._account} has no key: {path} does not exist.")
        return load_private(read_file(path), passphrase, path)

    def public(self) -> PublicKey | None:
        """Return the public key in use by its file, None where that can't be read; needs no passphrase."""
        return self._public("current")

    def _public(self, version: str) -> PublicKey | None:
        try:
            path = self.path(self._account.public_key_name, version)
            return rfc4716.read(read_file(path).decode("utf-8", "replace")).key
        except (HostTrouble, BadPublicKey):
            return None

    def content(self, name: str, version: str) -> bytes:
        """Return one of a version's public files as it stands."""
        return read_file(self.path(name, version))

    def made_on(self) -> date | None:
        """Return the day on which the version in use was made, where its name tells."""
        name = os.path.basename(os.path.realpath(self.current))
        try:
            return datetime.strptime(name.partition("-")[0], "%Y%m%d").date()
        except ValueError:
            return None

    def make(self, key: PrivateKey, comment: str, passphrase: str | None, day: date) -> str:
        """Write a new version beside the others and return its name; ``current`` still points where it did."""
        name = version_name(key, day)
        unfinished = os.path.join(self.folder, _UNFINISHED + secrets.token_hex(4))
        with disk_errors(self.folder):
            make_folders(self.folder, _FOLDER_MODE)
            os.chmod(self.folder, _FOLDER_MODE)
            self._sweep()
            os.mkdir(unfinished, 0o700)
            create_file(os.path.join(unfinished, PRIVATE_NAME), encode(key, passphrase), _PRIVATE_MODE)
            create_file(
                os.path.join(unfinished, self._account.public_key_name),
                rfc4716.write(key.public, comment).encode(),
                _PUBLIC_MODE,
            )
            create_file(
                os.path.join(unfinished, self._account.fingerprint_name), fingerprint_text(key.public), _PUBLIC_MODE
            )
            os.chmod(unfinished, _FOLDER_MODE)
            for path in (self.folder, unfinished, *(os.path.join(unfinished, file) for file in os.listdir(unfinished))):
                self._own(path)
            sync_folder(unfinished)
            os.rename(unfinished, os.path.join(self.folder, name))
            sync_folder(self.folder)
        return name

    def switch(self, version: str) -> None:
        """Make a version the current one, in one step."""
        link = os.path.join(self.folder, ".current-" + secrets.token_hex(4))
        with disk_errors(self.folder):
            if os.path.isdir(self.current) and not os.path.islink(self.current):
                raise HostTrouble(f"{self.current} is a folder, not a link; each version has its own folder beside it.")
            self._sweep()
            os.symlink(version, link)
            os.replace(link, self.current)
            sync_folder(self.folder)

    def load_to_log_in(self, passphrase: str | None, version: str = "current") -> PrivateKey:
        """Read a private key as ``load`` does, but, like OpenSSH, not where others could read it, too."""
        path = self.path(PRIVATE_NAME, version)
        key = self.load(passphrase) if version == "current" else load_private(read_file(path), passphrase, path)
        return _require_private(key, path)

    def load_withdrawn(self, passphrase: str | None) -> PrivateKey:
        """Read the compromised key, to see whether the facility still lets it in."""
        path = self.path(_WITHDRAWN_NAME)
        return _require_private(load_private(read_file(path), passphrase, path), path)

    def require_pair(self, key: PrivateKey) -> None:
        """Return if the public key file in use is the private key's, or raise KeyMismatch."""
        public = self.public()
        if public is None or public.blob != key.public.blob:
            path = self.path(self._account.public_key_name)
            told = "can't be read" if public is None else "is that of another key"
            raise KeyMismatch(f"{path} {told}: it does not belong to the private key beside it.")

    def has(self, version: str) -> bool:
        """Say whether a version is on disk, whole."""
        return os.path.isfile(self.path(PRIVATE_NAME, version))

    def withdrawn(self) -> bool:
        """Say whether the key in use has been put out of use as compromised."""
        return os.path.lexists(self.path(_WITHDRAWN_NAME))

    def withdraw(self) -> None:
        """Put the key in use out of use, in one step; done already is done."""
        with disk_errors(self.current):
            if os.path.lexists(self.path(PRIVATE_NAME)):
                os.rename(self.path(PRIVATE_NAME), self.path(_WITHDRAWN_NAME))
                sync_folder(self.current)

    def fingerprints(self) -> dict[str, str]:
        """Return each version that is not in use, with the fingerprint that its public key file has."""
        current, found = self.current_version(), {}
        for version in self._folders():
            public = self._public(version)
            if version != current and public is not None:
                found[version] = public.fingerprint
        return found

    def destroy(self, version: str) -> None:
        """Remove a version for good: out of reach in one step, then file by file."""
        grave = os.path.join(self.folder, _DESTROYED + secrets.token_hex(4))
        with disk_errors(self.folder):
            os.rename(os.path.join(self.folder, version), grave)
            sync_folder(self.folder)
            self._sweep()

    def public_text(self, key: PublicKey, comment: str | None) -> str:
        """Return the public key file as it stands, or as ``mend`` would write it."""
        path = self.path(self._account.public_key_name)
        if _public_file_fits(path, key, comment):
            return read_file(path).decode("utf-8", "replace")
        return rfc4716.write(key, comment if comment is not None else self._account.name)

    def faults(self, key: PrivateKey, comment: str | None, passphrase: str | None) -> list[str]:
        """Name what ``mend`` would put right in the version in use; empty when all is as it should be."""
        found = []
        if not _public_file_fits(self.path(self._account.public_key_name), key.public, comment):
            found.append("public_key")
        if not _holds(self.path(self._account.fingerprint_name), fingerprint_text(key.public)):
            found.append("fingerprint")
        if passphrase and not key.encrypted:
            found.append("passphrase")
        if any(self._misplaced(path, mode) for path, mode in self._modes()):
            found.append("permissions")
        return found

    def mend(self, key: PrivateKey, comment: str | None, passphrase: str | None, faults: Sequence[str]) -> None:
        """Put the named faults right; the key itself stays what it is."""
        if "public_key" in faults:
            text = self.public_text(key.public, comment)
            write_file(self.path(self._account.public_key_name), text.encode(), _PUBLIC_MODE)
        if "fingerprint" in faults:
            write_file(self.path(self._account.fingerprint_name), fingerprint_text(key.public), _PUBLIC_MODE)
        if "passphrase" in faults:
            write_file(self.path(PRIVATE_NAME), encode(key, passphrase), _PRIVATE_MODE)
        with disk_errors(self.folder):
            for path, mode in self._modes():
                os.chmod(path, mode)
                self._own(path)

    def _modes(self) -> list[tuple[str, int]]:
        files = [(self.path(PRIVATE_NAME), _PRIVATE_MODE)]
        files += [
            (self.path(name), _PUBLIC_MODE) for name in (self._account.public_key_name, self._account.fingerprint_name)
        ]
        return [(self.folder, _FOLDER_MODE), (os.path.realpath(self.current), _FOLDER_MODE), *files]

    def _misplaced(self, path: str, mode: int) -> bool:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return False  # a missing file is a fault of its own
        return (
            stat.S_IMODE(found.st_mode) != mode
            or self._owner not in (None, found.st_uid)
            or self._group not in (None, found.st_gid)
        )

    def _own(self, path: str) -> None:
        """Give a path to whom it shall belong; what root makes belongs to the owner of the account's folder."""
        if os.geteuid() == 0 or self._owner is not None or self._group is not None:
            found = os.stat(self.folder)
            os.chown(
                path,
                found.st_uid if self._owner is None else self._owner,
                found.st_gid if self._group is None else self._group,
            )

    def _sweep(self) -> None:
        """Remove what a crash left: a key that was never current, shown or sent, or one that was being destroyed."""
        for name in os.listdir(self.folder):
            if name.startswith((_UNFINISHED, _DESTROYED)):
                shutil.rmtree(os.path.join(self.folder, name))
            elif name.startswith(".current-"):
                os.unlink(os.path.join(self.folder, name))


def version_name(key: PrivateKey, day: date) -> str:
    """Return the name of a key's folder: the day it was made, and how its fingerprint begins."""
    return f"{day:%Y%m%d}-{key.public.fingerprint.replace(':', '')[:8]}"


def _require_private(key: PrivateKey, path: str) -> PrivateKey:
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & 0o077:
        raise BadPrivateKey(
            f"{path} can be read by others (mode {mode:04o}).",
            hint="Run the playbook dcass.sftp.rollout, which mends it. If others have read it, make another.",
        )
    return key


def fingerprint_text(key: PublicKey) -> bytes:
    """Return the content of a fingerprint file: 16 octets and a line end (§3.2.2)."""
    return key.fingerprint.encode("ascii") + b"\n"


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
        found = rfc4716.read(read_file(path).decode("utf-8", "replace"))
    except (HostTrouble, BadPublicKey):
        return False
    return found.key.blob == key.blob and (comment is None or rfc4716.as_written(comment) == found.comment)


def _holds(path: str, content: bytes) -> bool:
    try:
        return read_file(path) == content
    except HostTrouble:
        return False
