# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs of an account, each on record before it does anything, so that one that is killed is known of as well."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, maybe, moment, of_type
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import CLOSED, INTRADAY, SYNCED, Run

_KEPT = timedelta(days=800)  # longer than a key lives
_POLLS_KEPT = timedelta(days=14)  # such as came every five minutes and found nothing


class Runs:
    """The runs of one account on this workstation."""

    def __init__(self, state: StateDb, account: str) -> None:
        self._state = state
        self._account = account

    def begin(self, what: str, run_by: str, now: datetime) -> int:
        """Note that a run begins, and return its number; what is too old to be asked for is forgotten."""
        with self._state.transaction() as db:
            db.execute("DELETE FROM runs WHERE account = ? AND began < ?", (self._account, (now - _KEPT).isoformat()))
            db.execute(
                "DELETE FROM runs WHERE account = ? AND what = ? AND began < ? AND outcome IN (?, ?) AND fetched = 0",
                (self._account, INTRADAY, (now - _POLLS_KEPT).isoformat(), SYNCED, CLOSED),
            )
            row = db.execute(
                "INSERT INTO runs (account, what, run_by, began) VALUES (?, ?, ?, ?)",
                (self._account, what, run_by, now.isoformat()),
            )
        return int(row.lastrowid or 0)

    def end(self, number: int, run: Run) -> None:
        """Note how a run has ended."""
        with self._state.transaction() as db:
            db.execute(
                "UPDATE runs SET ended = ?, outcome = ?, fetched = ?, error_code = ?, msg = ?, hint = ? WHERE id = ?",
                (
                    run.ended.isoformat() if run.ended else None,
                    run.outcome,
                    run.fetched,
                    run.error_code,
                    run.msg,
                    run.hint,
                    number,
                ),
            )

    def last(self, most: int, kinds: Collection[str] = ()) -> list[Run]:
        """Return the last runs, the newest first; of these kinds, or of all."""
        query = (
            "SELECT id, what, run_by, began, ended, outcome, fetched, error_code, msg, hint FROM runs "
            "WHERE account = ? AND (? = '//' OR instr(?2, '/' || what || '/')) ORDER BY id DESC LIMIT ?"
        )
        return self._state.read(_run, query, self._account, f"/{'/'.join(kinds)}/", most)


def _run(row: Any) -> Run:
    return Run(
        what=of_type(str, row["what"]),
        run_by=of_type(str, row["run_by"]),
        began=moment(row["began"]),
        ended=maybe(moment, row["ended"]),
        outcome=maybe(_text, row["outcome"]),
        fetched=maybe(lambda value: of_type(int, value), row["fetched"]),
        error_code=maybe(_text, row["error_code"]),
        msg=maybe(_text, row["msg"]),
        hint=maybe(_text, row["hint"]),
        number=of_type(int, row["id"]),
    )


def _text(value: object) -> str:
    return of_type(str, value)
