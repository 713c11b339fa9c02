# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of renewals: each step is on disk before what it announces is done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, day, maybe, moment, of_type
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import ENDS, NEXT, Event, Renewal, State

_UPDATE = (
    "UPDATE renewals SET state = ?, ended = ?, new_fingerprint = ?, version = ?, uploads = ?, seen_before = ?, "
    "uploaded_at = ?, result_name = ?, result = ?, proven_at = ?, result_day = ? WHERE id = ?"
)


class Journal:
    """The renewals of one account."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def latest(self) -> Renewal | None:
        """Return the account's last renewal, finished or not."""
        found = self._state.read(
            _renewal, "SELECT * FROM renewals WHERE account = ? ORDER BY id DESC LIMIT 1", self._account
        )
        return found[0] if found else None

    def begin(self, state: State, old_fingerprint: str, new_fingerprint: str, version: str, now: datetime) -> Renewal:
        """Record that a renewal begins, before anything of it is done."""
        with self._state.transaction() as db:
            row = db.execute(
                "INSERT INTO renewals (account, state, began, old_fingerprint, new_fingerprint, version) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (self._account, state.value, now.isoformat(), old_fingerprint, new_fingerprint, version),
            )
            number = int(row.lastrowid or 0)
            _note(db, number, now, "begun", state)
        return Renewal(number, state, now, None, old_fingerprint, new_fingerprint, version)

    def record(self, renewal: Renewal, event: Event, now: datetime, **facts: Any) -> Renewal:
        """Record what happened and what it led to, in one step; returns the renewal as it is then."""
        state = NEXT[renewal.state, event]
        after = replace(renewal, state=state, ended=now if state in ENDS else None, **facts)
        with self._state.transaction() as db:
            db.execute(
                _UPDATE,
                (
                    after.state.value,
                    _text(after.ended),
                    after.new_fingerprint,
                    after.version,
                    after.uploads,
                    json.dumps(after.seen_before),
                    _text(after.uploaded_at),
                    after.result_name,
                    after.result,
                    _text(after.proven_at),
                    after.result_day.isoformat() if after.result_day else None,
                    after.id,
                ),
            )
            _note(db, after.id, now, event.value, state)
        return after

    def story(self, renewal: Renewal) -> list[str]:
        """Return a renewal's steps in order, a line each, for the evidence."""
        rows = self._state.rows("SELECT at, event, state FROM renewal_events WHERE renewal = ? ORDER BY id", renewal.id)
        return [f"{row['at']} {row['event']}: {row['state']}" for row in rows]


def _note(db: Any, renewal: int, now: datetime, event: str, state: State) -> None:
    db.execute(
        "INSERT INTO renewal_events (renewal, at, event, state) VALUES (?, ?, ?, ?)",
        (renewal, now.isoformat(), event, state.value),
    )


def _renewal(row: Any) -> Renewal:
    return Renewal(
        id=row["id"],
        state=State(row["state"]),
        began=moment(row["began"]),
        ended=maybe(moment, row["ended"]),
        old_fingerprint=of_type(str, row["old_fingerprint"]),
        new_fingerprint=of_type(str, row["new_fingerprint"]),
        version=of_type(str, row["version"]),
        uploads=of_type(int, row["uploads"]),
        seen_before=tuple(of_type(str, name) for name in of_type(list, json.loads(row["seen_before"]))),
        uploaded_at=maybe(moment, row["uploaded_at"]),
        result_name=maybe(lambda name: of_type(str, name), row["result_name"]),
        result=maybe(lambda text: of_type(bytes, text), row["result"]),
        proven_at=maybe(moment, row["proven_at"]),
        result_day=maybe(day, row["result_day"]),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
