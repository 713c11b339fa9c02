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
from datetime import date

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    create_file,
    disk_errors,
    make_folders,
    read_file,
    sync_folder,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import encode, load_private
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import names_in, on_disk, real_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadPrivateKey,
    BadPublicKey,
    KeyCompromised,
    KeyMismatch,
    LocalError,
    NoKey,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import day_of, version_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey

PRIVATE_NAME = "id_rsa"
_WITHDRAWN_NAME = "id_rsa.withdrawn"  # a compromised key: nobody finds it under its old name any more
PRIVATE_MODE, PUBLIC_MODE, FOLDER_MODE = 0o600, 0o644, 0o750
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
        """Return the path of one of a version's files."""
        return os.path.join(self.folder, version, name)

    def exists(self) -> bool:
        """Say whether there is a current key; raise LocalError where this user may not look."""
        try:
            with disk_errors(self.folder):
                os.lstat(on_disk(self.path(PRIVATE_NAME)))
        except LocalError as error:
            if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
                return False
            raise
        return True

    def current_version(self) -> str | None:
        """Return the name of the version that the link leads to, None where it leads nowhere."""
        return os.path.basename(real_path(self.current)) if os.path.isdir(on_disk(self.current)) else None

    def versions(self) -> list[str]:
        """Return the names of the finished versions, the oldest first."""
        return [name for name in self._folders() if os.path.isfile(on_disk(self.path(PRIVATE_NAME, name)))]

    def _folders(self) -> list[str]:
        if not os.path.isdir(on_disk(self.folder)):
            return []
        with disk_errors(self.folder):
            names = names_in(self.folder)
        return [name for name in names if name != "current" and not name.startswith(".")]

    def load(self, passphrase: str | None) -> PrivateKey:
        """Read the current private key, or raise NoKey, KeyCompromised or BadPrivateKey."""
        path = self.path(PRIVATE_NAME)
        if not self.exists():
            if self.withdrawn():
                raise KeyCompromised(f"The key of {self._account} is compromised and has been withdrawn.")
            raise NoKey(f"{self._account} has no key: {path} does not exist.")
        return load_private(read_file(path), passphrase, path)

    def public(self) -> PublicKey | None:
        """Return the current public key by its file, None where that can't be read; needs no passphrase."""
        return self._public("current")

    def _public(self, version: str) -> PublicKey | None:
        try:
            path = self.path(self._account.public_key_name, version)
            return rfc4716.read(text_of(read_file(path), path, BadPublicKey)).key
        except (LocalError, BadPublicKey):
            return None

    def comment(self) -> str | None:
        """Return the comment of the current public key file, None where we would not write it; ours is the account."""
        try:
            path = self.path(self._account.public_key_name)
            found = rfc4716.read(text_of(read_file(path), path, BadPublicKey)).comment
            return found if rfc4716.can_be_written(found) else None
        except (LocalError, BadPublicKey):
            return None

    def content(self, name: str, version: str) -> bytes:
        """Return one of a version's public files as it stands."""
        return read_file(self.path(name, version))

    def made_on(self) -> date | None:
        """Return the day on which the current version was made, where its name tells."""
        return day_of(os.path.basename(real_path(self.current)))

    def make(self, key: PrivateKey, comment: str, passphrase: str | None, day: date) -> str:
        """Write a new version beside the others and return its name; ``current`` still points where it did."""
        name = version_name(key, day)
        unfinished = os.path.join(self.folder, _UNFINISHED + secrets.token_hex(4))
        with disk_errors(self.folder):
            make_folders(self.folder, FOLDER_MODE)
            os.chmod(on_disk(self.folder), FOLDER_MODE)
            self.sweep()
            os.mkdir(on_disk(unfinished), 0o700)
            create_file(os.path.join(unfinished, PRIVATE_NAME), encode(key, passphrase), PRIVATE_MODE)
            create_file(
                os.path.join(unfinished, self._account.public_key_name),
                rfc4716.write(key.public, comment).encode(),
                PUBLIC_MODE,
            )
            create_file(
                os.path.join(unfinished, self._account.fingerprint_name), key.public.fingerprint_text, PUBLIC_MODE
            )
            os.chmod(on_disk(unfinished), FOLDER_MODE)
            for path in (self.folder, unfinished, *(os.path.join(unfinished, file) for file in names_in(unfinished))):
                self._own(path)
            sync_folder(unfinished)
            os.rename(on_disk(unfinished), on_disk(os.path.join(self.folder, name)))
            sync_folder(self.folder)
        return name

    def switch(self, version: str) -> None:
        """Make a version the current one, in one step."""
        link = os.path.join(self.folder, ".current-" + secrets.token_hex(4))
        with disk_errors(self.folder):
            if os.path.isdir(on_disk(self.current)) and not os.path.islink(on_disk(self.current)):
                raise LocalError(f"{self.current} is a folder, not a link; each version has its own folder beside it.")
            self.sweep()
            os.symlink(on_disk(version), on_disk(link))
            os.replace(on_disk(link), on_disk(self.current))
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
        """Return if the current public key file is the private key's, or raise KeyMismatch."""
        public = self.public()
        if public is None or public.blob != key.public.blob:
            path = self.path(self._account.public_key_name)
            flaw = "can't be read" if public is None else "is that of another key"
            raise KeyMismatch(f"{path} {flaw}: it does not belong to the private key beside it.")

    def has(self, version: str) -> bool:
        """Say whether a version is on disk, whole."""
        return os.path.isfile(on_disk(self.path(PRIVATE_NAME, version)))

    def withdrawn(self) -> bool:
        """Say whether the current key has been put out of use as compromised."""
        return os.path.lexists(on_disk(self.path(_WITHDRAWN_NAME)))

    def withdraw(self) -> None:
        """Put the current key out of use, in one step; done already is done."""
        with disk_errors(self.current):
            if os.path.lexists(on_disk(self.path(PRIVATE_NAME))):
                os.rename(on_disk(self.path(PRIVATE_NAME)), on_disk(self.path(_WITHDRAWN_NAME)))
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
        tombstone = os.path.join(self.folder, _DESTROYED + secrets.token_hex(4))
        with disk_errors(self.folder):
            os.rename(on_disk(os.path.join(self.folder, version)), on_disk(tombstone))
            sync_folder(self.folder)
            self.sweep()

    def _own(self, path: str) -> None:
        """Give a path to whom it shall belong; what root makes belongs to the owner of the account's folder."""
        if os.geteuid() == 0 or self._owner is not None or self._group is not None:
            found = os.stat(on_disk(self.folder))
            os.chown(
                on_disk(path),
                found.st_uid if self._owner is None else self._owner,
                found.st_gid if self._group is None else self._group,
            )

    def sweep(self) -> None:
        """Remove what a crash left: a key that was never current, shown or sent, or one that was being destroyed."""
        with disk_errors(self.folder):
            for name in names_in(self.folder):
                if name.startswith((_UNFINISHED, _DESTROYED)):
                    shutil.rmtree(on_disk(os.path.join(self.folder, name)))
                elif name.startswith(".current-"):
                    os.unlink(on_disk(os.path.join(self.folder, name)))


def _require_private(key: PrivateKey, path: str) -> PrivateKey:
    mode = stat.S_IMODE(os.stat(on_disk(path)).st_mode)
    if mode & 0o077:
        raise BadPrivateKey(
            f"{path} can be read by others (mode {mode:04o}).",
            hint="Run the playbook dcass.sftp.rollout, which repairs it. If others have read it, make another.",
        )
    return key
