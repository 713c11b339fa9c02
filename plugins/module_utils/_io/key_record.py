# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each key an account has had: when it was made, registered, and first seen to log in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb

_UPDATES = {
    "made_on": "UPDATE keys SET made_on = ? WHERE account = ? AND fingerprint = ?",
    "registered_on": "UPDATE keys SET registered_on = ? WHERE account = ? AND fingerprint = ?",
    "proven_at": "UPDATE keys SET proven_at = ? WHERE account = ? AND fingerprint = ?",
}


@dataclass(frozen=True)
class KeyFacts:
    """The record of one key, by its MD5 fingerprint."""

    fingerprint: str
    made_on: date | None
    registered_on: date | None
    proven: bool

    @property
    def in_use(self) -> bool:
        """Whether the exchange knows the key: told by the operator, or seen by a login that worked."""
        return self.proven or self.registered_on is not None


class KeyRecord:
    """The keys of one account."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def known(self) -> dict[str, KeyFacts]:
        """Return all recorded keys by fingerprint."""
        rows = self._state.rows("SELECT * FROM keys WHERE account = ?", self._account)
        return {
            row["fingerprint"]: KeyFacts(
                row["fingerprint"], _day(row["made_on"]), _day(row["registered_on"]), bool(row["proven_at"])
            )
            for row in rows
        }

    def made(self, fingerprint: str, day: date | None) -> None:
        self._set(fingerprint, "made_on", day.isoformat() if day else None)

    def registered(self, fingerprint: str, day: date) -> None:
        self._set(fingerprint, "registered_on", day.isoformat())

    def proven(self, fingerprint: str, now: datetime) -> None:
        """Record that this key logged in, once: from then on it is never replaced except by renewal."""
        facts = self.known().get(fingerprint)
        if facts is None or not facts.proven:
            self._set(fingerprint, "proven_at", now.isoformat())

    def _set(self, fingerprint: str, column: str, value: str | None) -> None:
        with self._state.transaction() as db:
            db.execute("INSERT OR IGNORE INTO keys (account, fingerprint) VALUES (?, ?)", (self._account, fingerprint))
            db.execute(_UPDATES[column], (value, self._account, fingerprint))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
