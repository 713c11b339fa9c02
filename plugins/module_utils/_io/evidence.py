# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's evidence on disk: state_dir/evidence/ACCOUNT/NNNN.json, its files in NNNN/, its hash in the database."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    create_file,
    disk_errors,
    make_folders,
    read_file,
    sync_folder,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import names_in, on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, of_type
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadAccount,
    LocalError,
    PrivateKeyInPackage,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import (
    QUARANTINED,
    Entry,
    Found,
    name_of,
    next_entry,
    number_of,
    parse,
    verify,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import parse_account, safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private_inside

_FOLDER, _ENDING = "evidence", ".json"
_MOST_BYTES = 16 << 20
_FILE_MODE, _FOLDER_MODE = 0o640, 0o750


class Evidence:
    """The evidence of one account. It writes only in ``add``."""

    def __init__(self, state: StateDb, state_dir: str, account: str) -> None:
        self._state = state
        self._account = account
        self._state_dir = state_dir
        self._folder = os.path.join(state_dir, _FOLDER, account)

    def add(
        self,
        subject: str,
        at: datetime,
        facts: Mapping[str, Any],
        files: Mapping[str, bytes],
        foreign: Mapping[str, bytes] | None = None,
    ) -> None:
        """Keep what was done, once for each subject, and finish what a crash left; hold the account meanwhile.

        Raises PrivateKeyInPackage, before anything is written, where the facts or a file hold a private key.
        ``foreign`` files are the facility's words, and are kept whatever they hold: what looks like a private key, or
        can't be searched for one, gets the name NAME.quarantined, and nobody else may read it.
        """
        _refuse_private(subject, facts, files)
        files = {**files, **_quarantined(foreign or {})}
        kept, anchors = self._kept(), self._anchors()
        if all(entry.subject != subject for entry in _parsed(kept)):
            entry = next_entry(kept, anchors, self._account, subject, at.isoformat(), facts, files)
            self._write(entry, files)
            kept[entry.number] = entry.data()
        self._anchor({number: data for number, data in kept.items() if number > max(anchors, default=0)})

    def entries(self) -> list[Entry]:
        """Return the entries that can be read, in their order; whether they are true is for ``verify`` to say."""
        return _parsed(self._kept())

    def head(self) -> tuple[int, str | None]:
        """Return how many entries are on record, and the hash of the last: what a log elsewhere keeps, as an anchor."""
        anchors = self._anchors()
        return len(anchors), anchors[max(anchors)] if anchors else None

    def recorded(self) -> dict[int, str]:
        """Return the hash of each entry that is on record."""
        return self._anchors()

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield each entry and each file that lies with one, by its path below the account's evidence."""
        for number, data in sorted(self._kept().items()):
            yield name_of(number) + _ENDING, data
            for name in _listed(self._path(number)):
                yield f"{name_of(number)}/{name}", _read(os.path.join(self._path(number), name))

    def verify(self) -> tuple[int, list[str]]:
        """Return how many entries there are, and what is wrong with them, a sentence each."""
        anchors = self._anchors()
        try:
            kept, files = self._kept(), {number: self._hashes(number) for number in self._numbers("")}
            known = {name_of(number) for number in files} | {name_of(number) + _ENDING for number in kept}
            strays = [name for name in self._names() if name not in known]
        except LocalError as error:
            return 0, [str(error)]
        found = {number: Found(kept.get(number), files.get(number, {})) for number in {*kept, *files}}
        return len(kept), verify(self._account, found, strays, anchors)

    def _kept(self) -> dict[int, bytes]:
        """The bytes of each entry."""
        return {number: _read(self._path(number, _ENDING)) for number in self._numbers(_ENDING)}

    def _anchors(self) -> dict[int, str]:
        query = "SELECT number, sha256 FROM evidence WHERE account = ?"
        return dict(self._state.read(_anchor_of, query, self._account))

    def _anchor(self, kept: Mapping[int, bytes]) -> None:
        if kept:
            values = [(self._account, number, sha256(data)) for number, data in kept.items()]
            with self._state.transaction() as db:
                db.executemany("INSERT INTO evidence (account, number, sha256) VALUES (?, ?, ?)", values)

    def _write(self, entry: Entry, files: Mapping[str, bytes]) -> None:
        """Write the files, then the entry that names them; each step is on disk before the next."""
        folder = self._path(entry.number)
        with disk_errors(folder):
            make_folders(folder, _FOLDER_MODE)
            for left in names_in(folder):  # by a run that was killed here: no entry names it
                os.unlink(on_disk(os.path.join(folder, left)))
            for name, data in files.items():
                create_file(os.path.join(folder, name), data, 0o600 if name.endswith(QUARANTINED) else _FILE_MODE)
            for place in (folder, self._folder, os.path.dirname(self._folder), self._state_dir):
                sync_folder(place)
        write_file(self._path(entry.number, _ENDING), entry.data(), _FILE_MODE)

    def _names(self) -> list[str]:
        return _listed(self._folder)

    def _numbers(self, ending: str) -> list[int]:
        """The numbers of the entries' files, or with no ending of their folders."""
        stems = (name[: len(name) - len(ending)] for name in self._names() if name.endswith(ending))
        numbers = sorted(number for number in map(number_of, stems) if number)
        return [number for number in numbers if ending or stat.S_ISDIR(_kind(self._path(number)))]

    def _path(self, number: int, ending: str = "") -> str:
        return os.path.join(self._folder, name_of(number) + ending)

    def _hashes(self, number: int) -> dict[str, str]:
        """The SHA-256 of each file that lies with an entry."""
        folder = self._path(number)
        return {name: sha256(_read(os.path.join(folder, name))) for name in _listed(folder)}


def accounts_on_record(state: StateDb, state_dir: str) -> list[str]:
    """Return the accounts that have evidence, or should have it by the database."""
    recorded = state.read(lambda row: of_type(str, row["account"]), "SELECT DISTINCT account FROM evidence")
    return sorted({*recorded, *filter(_is_account, _listed(os.path.join(state_dir, _FOLDER)))})


def _anchor_of(row: Any) -> tuple[int, str]:
    return of_type(int, row["number"]), of_type(str, row["sha256"])


def _parsed(kept: Mapping[int, bytes]) -> list[Entry]:
    return [entry for entry in map(parse, kept.values()) if entry]


def _refuse_private(subject: str, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    for text in _texts([subject, facts]):
        refuse_private_inside(f"the evidence of '{subject}'", text.encode("utf-8", "surrogatepass"))
    for name, data in files.items():
        refuse_private_inside(safe_name(name.encode("utf-8", "surrogateescape")), data)


def _quarantined(foreign: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what others have written by the names under which it is kept."""
    kept = {}
    for name, data in foreign.items():
        try:
            refuse_private_inside(name, data)
            kept[name] = data
        except PrivateKeyInPackage:
            kept[name + QUARANTINED] = data
    return kept


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)


def _is_account(name: str) -> bool:
    with contextlib.suppress(BadAccount):
        return bool(parse_account(name))
    return False


def _kind(path: str) -> int:
    with disk_errors(path):
        return os.lstat(on_disk(path)).st_mode


def _listed(folder: str) -> list[str]:
    """The names in a folder; none where there is no folder."""
    with disk_errors(folder), contextlib.suppress(FileNotFoundError):
        return names_in(folder)
    return []


def _read(path: str) -> bytes:
    if not stat.S_ISREG(_kind(path)):  # not even a link: evidence lies where it was written
        raise LocalError(f"{path} is no regular file.")
    return read_file(path, _MOST_BYTES)
