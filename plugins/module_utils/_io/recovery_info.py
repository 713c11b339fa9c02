# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a workstation still knows of an account when its state can't be read: keys, evidence, results on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import read_file
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import files_below
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import number_of, parse
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import day_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import is_about, parse_name, reason


class RecoveryInfo:
    """Reads files alone, and passes over what can't be read: nothing here is vouched for."""

    def __init__(self, files: KeyFiles, state_dir: str, dest: str | None, account: Account) -> None:
        self.state_path = os.path.join(state_dir, FILE_NAME)
        self._files = files
        self._evidence = os.path.join(state_dir, "evidence", account.name)
        self._results = os.path.join(dest, KEY_MANAGEMENT, account.name) if dest else None
        self._account = account

    def versions(self) -> list[dict[str, Any]]:
        """Return each version of the key, the oldest first, and which one the link leads to."""
        current, public = self._files.current_version(), self._files.public()
        try:
            fingerprints: dict[str, str | None] = {**self._files.fingerprints()}
        except LocalError:
            fingerprints = {}
        if current:
            fingerprints[current] = public.fingerprint if public else None
        return [
            {
                "version": version,
                "fingerprint": fingerprints[version],
                "made_on": iso(day_of(version)),
                "current": version == current,
                "private_key": self._files.has(version),
            }
            for version in sorted(fingerprints)
        ]

    def evidence(self) -> list[dict[str, Any]]:
        """Return the entries that can be read, in their order; that nobody changed them can't be verified now."""
        entries = [parse(data) for data in _contents(self._evidence, _is_entry).values()]
        return [
            {"number": entry.number, "subject": entry.subject, "at": entry.at, "facts": dict(entry.facts)}
            for entry in sorted((one for one in entries if one), key=lambda one: one.number)
        ]

    def results(self) -> list[dict[str, Any]]:
        """Return the facility's results that the archive holds, the oldest first (§6)."""
        texts = _contents(self._results, parse_name)
        found = sorted((one for one in map(parse_name, texts) if one), key=lambda one: (one.at, one.name))
        return [
            {
                "name": one.name,
                "at": one.at.isoformat(),
                "good": one.good,
                "names_our_key": is_about(texts[one.name], self._account),
                "reason": None if one.good else reason(texts[one.name]),
            }
            for one in found
        ]


def _is_entry(name: str) -> bool:
    return name.endswith(".json") and number_of(name[: -len(".json")]) is not None


def _contents(folder: str | None, wanted: Callable[[str], object]) -> dict[str, bytes]:
    """The wanted files in a folder and below it, by their bare names; without those that can't be read."""
    found = {}
    for path in files_below(folder) if folder else ():
        name = os.path.basename(path)
        if wanted(name):
            with contextlib.suppress(LocalError):
                found[name] = read_file(path)
    return found
