# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renewal needs of the outside world: keys on disk, the records of them, and a login."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import Limit
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance, Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Event, Renewal, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Wait


class KeyFiles(Protocol):
    """The account's keys on disk, a folder for each version."""

    def public(self) -> PublicKey | None: ...
    def comment(self) -> str | None: ...
    def made_on(self) -> date | None: ...
    def content(self, name: str, version: str) -> bytes: ...
    def has(self, version: str) -> bool: ...
    def fingerprints(self) -> dict[str, str]: ...

    def load(self, passphrase: str | None) -> PrivateKey: ...
    def load_to_log_in(self, passphrase: str | None, version: str = "current") -> PrivateKey: ...
    def load_withdrawn(self, passphrase: str | None) -> PrivateKey: ...
    def require_pair(self, key: PrivateKey) -> None: ...

    def make(self, key: PrivateKey, comment: str, passphrase: str | None, day: date) -> str: ...
    def switch(self, version: str) -> None: ...
    def withdraw(self) -> None: ...
    def destroy(self, version: str) -> None: ...
    def sweep(self) -> None: ...


class KeyRecord(Protocol):
    """What is known of each key, by its fingerprint."""

    def known(self) -> dict[str, KeyFacts]: ...
    def owner(self, fingerprint: str) -> str | None: ...
    def made(self, fingerprint: str, day: date | None) -> None: ...
    def registered(self, fingerprint: str, day: date) -> None: ...
    def superseded(self, by: str, day: date) -> None: ...
    def waits(self, fingerprint: str, wait: Wait) -> None: ...
    def compromised(self, fingerprint: str, now: datetime) -> None: ...


class Journal(Protocol):
    """The account's renewals, each step written down before it is made."""

    def latest(self) -> Renewal | None: ...

    def begin(
        self, state: State, old_fingerprint: str, new_fingerprint: str, version: str, now: datetime
    ) -> Renewal: ...
    def record(self, renewal: Renewal, event: Event, now: datetime, **facts: object) -> Renewal: ...
    def story(self, renewal: Renewal) -> list[str]: ...


class Ledger(Protocol):
    """The logins and uploads that count at the facility."""

    def check(self, limit: Limit, budget: int, now: datetime, needed: int) -> Allowance: ...
    def require(self, limit: Limit, budget: int, now: datetime, needed: int) -> Allowance: ...
    def spend(self, limit: Limit, budget: int, purpose: str, now: datetime) -> int: ...
    def settle(self, number: int, outcome: str, now: datetime) -> None: ...


class Evidence(Protocol):
    """What an auditor will ask for."""

    def add(
        self,
        subject: str,
        at: datetime,
        facts: Mapping[str, object],
        files: Mapping[str, bytes],
        foreign: Mapping[str, bytes] | None = None,
    ) -> None: ...


class Stage(Protocol):
    """A part of a run with an end of its own."""

    @property
    def over(self) -> bool: ...


class Session(Protocol):
    """A login in being."""

    @property
    def connection(self) -> dict[str, Any]: ...
    def within(self, seconds: float | None = None) -> AbstractContextManager[Stage]: ...
    def list(self, folders: Iterable[str]) -> Listing: ...
    def read(self, report: Listed) -> bytes | None: ...
    def upload(self, folder: str, name: str, content: bytes) -> None: ...


@dataclass(frozen=True)
class RenewalPorts:
    """What a renewal works with, handed in: keys on disk, the records, a login, a key maker, the clock."""

    files: KeyFiles
    record: KeyRecord
    journal: Journal
    ledger: Ledger
    evidence: Evidence
    warning_days: Callable[[], Iterable[date]]
    log_in: Callable[[PrivateKey, str], AbstractContextManager[Session]]
    generate: Callable[[], PrivateKey]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    sibling: Callable[[], Renewal | None] = lambda: None  # the other account's renewal, where it is kept here, too
    uptime: Callable[[], Uptime | None] = lambda: None  # without it the days alone tell when a key has ended
