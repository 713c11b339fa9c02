# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of each key an account has had: when it was made, registered, first seen to log in, and its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import (
    StateDb,
    day,
    maybe,
    moment,
    of_type,
    seconds,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import KeyExpired
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, Wait

_UPDATES = {
    "made_on": "UPDATE keys SET made_on = ? WHERE account = ? AND fingerprint = ?",
    "registered_on": "UPDATE keys SET registered_on = ? WHERE account = ? AND fingerprint = ?",
    "proven_at": "UPDATE keys SET proven_at = ? WHERE account = ? AND fingerprint = ?",
    "last_day": "UPDATE keys SET last_day = ? WHERE account = ? AND fingerprint = ?",
    "compromised_at": "UPDATE keys SET compromised_at = ? WHERE account = ? AND fingerprint = ?",
}


class KeyRecord:
    """The keys of one account."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def known(self) -> dict[str, KeyFacts]:
        """Return all recorded keys by fingerprint."""
        facts = self._state.read(_facts, "SELECT * FROM keys WHERE account = ?", self._account)
        return {known.fingerprint: known for known in facts}

    def made(self, fingerprint: str, day: date | None) -> None:
        """Record that a key was made, with its day where that is known."""
        self._set(fingerprint, "made_on", iso(day))

    def registered(self, fingerprint: str, day: date) -> None:
        """Record the day of registration or upload, from which the last one is counted (§6.1)."""
        self._set(fingerprint, "registered_on", day.isoformat())

    def proven(self, fingerprint: str, now: datetime) -> None:
        """Record that this key logged in, once: from then on it is never replaced except by renewal."""
        facts = self.known().get(fingerprint)
        if facts is None or not facts.proven:
            self._set(fingerprint, "proven_at", now.isoformat())

    def superseded(self, by: str, day: date) -> None:
        """Record that all other keys of the account end on that day, or earlier where that is known already."""
        for fingerprint, facts in self.known().items():
            if fingerprint != by and (facts.last_day is None or facts.last_day > day):
                self._set(fingerprint, "last_day", day.isoformat())

    def waits(self, fingerprint: str, wait: Wait) -> None:
        """Record how long a superseded key is kept yet."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE keys SET wait = ?, wait_boot = ?, wait_up = ? WHERE account = ? AND fingerprint = ?",
                (wait.left.total_seconds(), wait.read.boot, wait.read.seconds, self._account, fingerprint),
            )

    def compromised(self, fingerprint: str, now: datetime) -> None:
        """Record that somebody else may have the key."""
        self._set(fingerprint, "compromised_at", now.isoformat())

    def require_alive(self, fingerprint: str, today: date) -> None:
        """Raise KeyExpired for a key whose last day is past by this record: its login would be spent in vain (§6.1)."""
        facts = self.known().get(fingerprint)
        ends = facts.ends if facts else None
        if ends and ends < today:
            raise KeyExpired(
                f"The key of {self._account} expired on {ends} by this workstation's record, so no login was spent on "
                "it. If the exchange says otherwise, run once with -e dcass_try_expired_key=true."
            )

    def owner(self, fingerprint: str) -> str | None:
        """Return another account that has this key on record, None where there is none."""
        rows = self._state.rows(
            "SELECT account FROM keys WHERE fingerprint = ? AND account != ?", fingerprint, self._account
        )
        return str(rows[0]["account"]) if rows else None

    def _set(self, fingerprint: str, column: str, value: str | None) -> None:
        with self._state.transaction() as db:
            db.execute("INSERT OR IGNORE INTO keys (account, fingerprint) VALUES (?, ?)", (self._account, fingerprint))
            db.execute(_UPDATES[column], (value, self._account, fingerprint))


def _facts(row: Any) -> KeyFacts:
    return KeyFacts(
        row["fingerprint"],
        maybe(day, row["made_on"]),
        maybe(day, row["registered_on"]),
        maybe(moment, row["proven_at"]) is not None,
        maybe(day, row["last_day"]),
        maybe(moment, row["compromised_at"]) is not None,
        None if row["wait"] is None else _wait(row),
    )


def _wait(row: Any) -> Wait:
    read = Uptime(maybe(lambda boot: of_type(str, boot), row["wait_boot"]), seconds(row["wait_up"]))
    return Wait(timedelta(seconds=seconds(row["wait"])), read)
