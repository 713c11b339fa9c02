# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of key_renewal: what it was asked, what it works with, and what it has done so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import RenewalPorts
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS, UPLOADS_A_DAY
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import version_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Cost, Event, Renewal, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import Other
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey

PURPOSE = "key_renewal"  # of its logins and uploads, in the ledger


@dataclass(frozen=True)
class RenewalRequest:
    """What the operator wants. ``renew_before`` is days, ``result_timeout`` seconds."""

    settings: Settings
    renew_before: int
    force: bool
    result_timeout: float
    retire_old: bool
    other: Other | None = None
    compromised: str | None = None
    registered_on: date | None = None


@dataclass
class RenewalRun:
    """One run of the module: what it was asked, what it works with, and what it has done so far."""

    request: RenewalRequest
    ports: RenewalPorts
    changed: bool = False
    connection: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    chosen: PrivateKey | None = None  # a pair in memory, not on disk yet
    waited: bool = False  # for a result, in this run
    last_chance: bool = False  # the current key is about to end
    read: dict[str, bytes] = field(default_factory=dict)  # results that this run has read
    remarks: dict[str, str] = field(default_factory=dict)  # what is to be told of those that decide nothing, by name
    answers: set[str] = field(default_factory=set)  # names of results that are about our key, or may be
    reports_until: float | None = None  # Unix seconds of the newest reports that the facility shows

    @property
    def account(self) -> Account:
        """The account whose key it is."""
        return self.request.settings.account

    @property
    def all_warnings(self) -> list[str]:
        """What people should see, remarks last."""
        return [*self.warnings, *(remark for _name, remark in sorted(self.remarks.items()))]

    def note(self, renewal: Renewal, event: Event, **facts: object) -> Renewal:
        """Write into the journal what happened."""
        self.changed = True
        return self.ports.journal.record(renewal, event, self.ports.clock(), **facts)

    def require(self, cost: Cost, plan_only: bool = False) -> None:
        """Raise where the next step's logins and uploads do not all fit, before the first of them is made."""
        now, ledger = self.ports.clock(), self.ports.ledger
        ask = ledger.check if plan_only else ledger.require
        if cost.uploads:  # first, since they may have to wait for an hour, and the run waits for logins by itself
            for limit in (UPLOADS, UPLOADS_A_DAY):
                ask(limit, limit.reached - 1, now, cost.uploads)
        if cost.logins:
            ask(LOGINS, self.request.settings.login_budget, now, cost.logins)

    def choose(self) -> tuple[PrivateKey, str]:
        """Make a pair in memory; return it and the name that its folder will have."""
        self.chosen = self.ports.generate()
        return self.chosen, version_name(self.chosen, self.ports.clock().date())

    def begin(self, state: State, old: PublicKey) -> Renewal:
        """Record that a renewal of the current key begins, with the pair that it is for."""
        record, files = self.ports.record, self.ports.files
        if old.fingerprint not in record.known():  # what is not on record could never be told from an unknown key
            record.made(old.fingerprint, files.made_on())
        key, version = self.choose()
        self.changed = True
        return self.ports.journal.begin(state, old.fingerprint, key.public.fingerprint, version, self.ports.clock())

    def load_new(self, renewal: Renewal) -> PrivateKey:
        """Load the new private key, to log in with it."""
        return self.ports.files.load_to_log_in(self.request.settings.passphrase, renewal.version)
