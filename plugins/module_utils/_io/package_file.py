# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package on disk, and the folder that it is made from (§5)."""

from __future__ import annotations

import os
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
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    FINGERPRINT_ENDING,
    PACKAGE_ENDING,
    PUBLIC_KEY_ENDING,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private_inside
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import Template

_MODE = 0o644
_MOST_MEMBER_BYTES = 16 << 20


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

    def place_aside(self, content: bytes) -> str:
        """Return where the package that is there will be kept: under the time at which it was made, in Hong Kong."""
        with disk_errors(self.path):
            made = datetime.fromtimestamp(os.stat(on_disk(self.path)).st_mtime, HONG_KONG)
        stem = f"{os.path.splitext(self.path)[0]}.{made:%Y%m%d-%H%M%S}"
        names = (f"{stem}{more}{PACKAGE_ENDING}" for more in chain([""], (f".{number}" for number in count(2))))
        return next(path for path in names if _is_free_or_same(path, content))

    def keep(self, content: bytes, path: str) -> None:
        """Keep what is there under that name, before another one takes its place."""
        write_file(path, content, _MODE)

    def write(self, data: bytes) -> None:
        """Put the package in its place, in one step."""
        with disk_errors(self.path):
            make_folders(os.path.dirname(self.path) or ".", 0o755)
        write_file(self.path, data, _MODE)


def _is_free_or_same(path: str, content: bytes) -> bool:
    try:
        return not os.path.lexists(on_disk(path)) or read_file(path, _MOST_MEMBER_BYTES) == content
    except LocalError:
        return False


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
