# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An account's logins and uploads, each written down before it is made, so that no crash forgets one (§4.3, §6.3).

Each is counted by two clocks, of which the stricter counts; where the record itself was lost the budget counts as used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, maybe, moment, of_type, seconds
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    LoginBudgetSpent,
    StateLost,
    UploadBudgetSpent,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS, Limit
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance, Attempt, Uptime, allowance

_FORGOTTEN = {limit.what: limit.reached - 1 for limit in (LOGINS, UPLOADS)}  # the most that a lost record can have held
_RECENT = "FROM attempts WHERE account = ? AND what = ? ORDER BY id DESC LIMIT 500"


class Ledger:
    """The attempts of one account from this workstation.

    ``uptime`` reads the clock that nobody sets; without it the wall clock counts alone. ``marker`` shows what the state
    has forgotten. Where that is so the run is told by ``warn``, and waits by ``sleep`` before a login; without
    ``sleep`` it is refused.
    """

    def __init__(
        self,
        state: StateDb,
        account: str,
        uptime: Callable[[], Uptime] | None = None,
        marker: Marker | None = None,
        sleep: Callable[[float], None] | None = None,
        warn: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self._state = state
        self._account = account
        self._uptime: Callable[[], Uptime | None] = uptime or (lambda: None)
        self._marker = marker
        self._sleep = sleep
        self._warn = warn
        self._warned: set[str] = set()

    def allowance(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Say what is left of a budget, and whether as many as needed fit; changes nothing."""
        uptime = self._uptime()
        forgotten = self._forgotten(limit, now, uptime)
        if allowance(limit, budget, forgotten, now, needed, uptime).used:
            self._warn_once(f"{self._found()} {self._may_have(limit)}")
        attempts = [attempt.righted(now, uptime) for _number, attempt in self._attempts(limit)]
        return allowance(limit, budget, attempts + forgotten, now, needed, uptime)

    def require(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Return what is left, or raise Login- or UploadBudgetSpent with ``retry_at`` where that is too little.

        Before a login, waits by itself for as long as a lost record may have held logins.
        """
        self.begin()
        if self._pending() is not None:
            self._record_loss(now)
        self._right(limit, now)
        if limit.what == LOGINS.what and self._sleep is not None:
            now = self._wait_out(limit, budget, now, needed, self._sleep)
        return self._sure(self.allowance(limit, budget, now, needed), limit, budget, needed)

    def begin(self) -> None:
        """Lay the marker beside a state that never had one, so that from now on no older one passes for it."""
        if self._marker is None or self._pending() is not None or self._marker.read() is not None:
            return
        self._marker.write(self._counted())
        with self._state.transaction() as db:
            self._remember_marker(db)

    def check(self, limit: Limit, budget: int, now: datetime, needed: int = 1) -> Allowance:
        """Foretell what ``require`` does: neither change anything nor wait, but tell that it would."""
        uptime = self._uptime()
        attempts = [attempt.righted(now, uptime) for _number, attempt in self._attempts(limit)]
        left = allowance(limit, budget, attempts, now, needed, uptime)
        until = allowance(limit, budget, self._forgotten(limit, now, uptime), now, needed, uptime).retry_at
        if until is None or limit.what != LOGINS.what or self._sleep is None or left.retry_at is not None:
            return self._sure(self.allowance(limit, budget, now, needed), limit, budget, needed)
        self._warn_once(
            f"{self._found()} {self._may_have(limit)} A run would wait until {until:%H:%M:%S} Hong Kong time."
        )
        return left

    def _sure(self, left: Allowance, limit: Limit, budget: int, needed: int) -> Allowance:
        if left.retry_at is None:
            return left
        spent = LoginBudgetSpent if limit.what == LOGINS.what else UploadBudgetSpent
        most = min(budget, limit.reached - 1)
        wanted = "the next is" if needed == 1 else f"the {needed} that are needed are"
        raise spent(
            f"{self._account} has used {min(left.used, most)} of {most} {limit.what}s that it may make "
            f"from here in any {limit.within.total_seconds() / 60:.0f} minutes; {wanted} possible at "
            f"{left.retry_at:%H:%M:%S} Hong Kong time.",
            retry_at=left.retry_at.isoformat(timespec="seconds"),
        )

    def spend(self, limit: Limit, budget: int, purpose: str, now: datetime) -> int:
        """Record an attempt that is about to be made and return its number, or raise as ``require`` does.

        The first one makes the state that of the run's environment.
        """
        uptime = self._uptime()
        with self._state.transaction() as db:
            self._state.claim(db)
            self._sure(self.allowance(limit, budget, now), limit, budget, 1)
            last = db.execute("SELECT coalesce(max(id), 0) FROM attempts").fetchone()[0]
            number = max(int(last), self._counted(), self._marked()) + 1
            db.execute(
                "INSERT INTO attempts (id, account, what, purpose, began, boot, began_up) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (number, self._account, limit.what, purpose, now.isoformat(), *_columns(uptime)),
            )
            if self._marker:
                db.execute("INSERT OR REPLACE INTO marked VALUES (?, NULL)", (self._account,))
        if self._marker:
            self._marker.write(number)
            with self._state.transaction() as db:  # now and not when it is settled: a copy may be made between the two
                self._remember_marker(db)
        return number

    def settle(self, number: int, outcome: str, now: datetime) -> None:
        """Record the facility's answer to an attempt: accepted, refused, or lost on the way."""
        _boot, seconds = _columns(self._uptime())
        with self._state.transaction() as db:
            db.execute(
                "UPDATE attempts SET settled = ?, outcome = ?, settled_up = ? WHERE id = ?",
                (now.isoformat(), outcome, seconds, number),
            )
            self._remember_marker(db)

    def _attempts(self, limit: Limit) -> list[tuple[int, Attempt]]:
        columns = "SELECT id, began, settled, boot, began_up, settled_up "
        return self._state.read(_numbered, columns + _RECENT, self._account, limit.what)

    def _right(self, limit: Limit, now: datetime) -> None:
        """After a clock was set back: write down when the attempts were made by the clocks as they are now."""
        uptime = self._uptime()
        self._right_loss(now, uptime)
        made = [(number, one, one.righted(now, uptime)) for number, one in self._attempts(limit)]
        changed = [(number, repaired) for number, one, repaired in made if repaired != one]
        if not changed:
            return
        with self._state.transaction() as db:
            for number, one in changed:
                boot, began_up = _columns(one.began_up)
                db.execute(
                    "UPDATE attempts SET began = ?, settled = ?, boot = ?, began_up = ?, settled_up = ? WHERE id = ?",
                    (
                        one.began.isoformat(),
                        one.settled.isoformat() if one.settled else None,
                        boot,
                        began_up,
                        one.settled_up.seconds if one.settled_up else None,
                        number,
                    ),
                )

    def _right_loss(self, now: datetime, uptime: Uptime | None) -> None:
        for number, loss in self._losses():
            repaired = loss.righted(now, uptime)
            if repaired != loss:
                with self._state.transaction() as db:
                    db.execute(
                        "UPDATE losses SET at = ?, boot = ?, up = ? WHERE id = ?",
                        (repaired.latest.isoformat(), *_columns(repaired.settled_up), number),
                    )

    def _pending(self) -> str | None:
        """Why the record is not what it was and nobody has taken note yet, None where all is well."""
        if self._marker is None:
            return None
        born = self._state.rows("SELECT found FROM losses WHERE account = ? AND at IS NULL", self._account)
        if born:
            return str(born[0]["found"])
        mark = self._marker.read()
        known = self._state.rows("SELECT touched FROM marked WHERE account = ?", self._account)
        if mark is None:
            return "the marker beside the state has vanished" if known else None
        if mark.fault is None and mark.attempt > self._counted():
            return "the state is older than the last attempt, or has shrunk"
        if mark.fault is None and known and known[0]["touched"] not in (None, mark.touched):
            return "the state is a copy, from a backup for instance"
        return mark.fault

    def _record_loss(self, now: datetime) -> None:
        """Take note of a loss, from when on nobody needs to find it again: the budget counts as used at this moment."""
        found, counted, uptime = self._pending(), max(self._counted(), self._marked()), self._uptime()
        with self._state.transaction() as db:
            db.execute("DELETE FROM losses WHERE account = ? AND at IS NULL", (self._account,))
            db.execute(
                "INSERT INTO losses (account, found, counted, at, boot, up) VALUES (?, ?, ?, ?, ?, ?)",
                (self._account, found, counted, now.isoformat(), *_columns(uptime)),
            )
            db.execute("INSERT OR REPLACE INTO marked VALUES (?, NULL)", (self._account,))
        if self._marker:
            self._marker.write(counted)
            with self._state.transaction() as db:
                self._remember_marker(db)

    def _forgotten(self, limit: Limit, now: datetime, uptime: Uptime | None) -> list[Attempt]:
        """What the last loss can have made forgotten, as attempts."""
        if self._pending() is not None:
            return [Attempt(now, now, uptime, uptime)] * _FORGOTTEN[limit.what]
        return [one.righted(now, uptime) for _number, one in self._losses()] * _FORGOTTEN[limit.what]

    def _losses(self) -> list[tuple[int, Attempt]]:
        """The last loss that somebody has taken note of, if there was one, with its number."""
        query = "SELECT * FROM losses WHERE account = ? AND at IS NOT NULL ORDER BY id DESC LIMIT 1"
        return self._state.read(_loss, query, self._account)

    def _wait_out(
        self, limit: Limit, budget: int, now: datetime, needed: int, sleep: Callable[[float], None]
    ) -> datetime:
        """Sleep until a loss no longer stands before the login; return what time it is then."""
        for _again in range(3):  # the clock may be set back meanwhile
            uptime = self._uptime()
            until = allowance(limit, budget, self._forgotten(limit, now, uptime), now, needed, uptime).retry_at
            if until is None:
                break
            self._warn_once(
                f"{self._found()} {self._may_have(limit)} This run waited for {until:%H:%M:%S} Hong Kong time."
            )
            asked = (until - now).total_seconds()
            sleep(asked)
            woken = self._uptime()
            now += timedelta(seconds=woken.seconds - uptime.seconds if woken and uptime else asked)
        return now

    def _found(self) -> str:
        found = self._pending()
        if found is None:
            found = self._state.rows("SELECT found FROM losses WHERE account = ? ORDER BY id DESC", self._account)[0][0]
        return f"{StateLost.code}: {self._account}: {found}."

    def _may_have(self, limit: Limit) -> str:
        minutes = f"{limit.within.total_seconds() / 60:.0f} minutes"
        return (
            f"What it has forgotten may be {_FORGOTTEN[limit.what]} {limit.what}s, so for {minutes} there are no more."
        )

    def _warn_once(self, sentence: str) -> None:
        if not self._warned:
            self._warned.add(sentence)
            self._warn(sentence)

    def _counted(self) -> int:
        """The number of the last attempt that the state knows of, or knows to have been lost."""
        queries = "SELECT max(id) AS number FROM attempts", "SELECT max(counted) AS number FROM losses"
        found = [self._state.read(_number, f"{query} WHERE account = ?", self._account)[0] for query in queries]
        return max(found)

    def _remember_marker(self, db: sqlite3.Connection) -> None:
        mark = self._marker.read() if self._marker else None
        if mark is not None:
            db.execute("INSERT OR REPLACE INTO marked VALUES (?, ?)", (self._account, mark.touched))

    def _marked(self) -> int:
        mark = self._marker.read() if self._marker else None
        return mark.attempt if mark else 0


def _number(row: Any) -> int:
    return of_type(int, row["number"] or 0)


def _columns(uptime: Uptime | None) -> tuple[str | None, float | None]:
    return (uptime.boot, uptime.seconds) if uptime else (None, None)


def _numbered(row: Any) -> tuple[int, Attempt]:
    boot = maybe(lambda text: of_type(str, text), row["boot"])
    began_up, settled_up = (maybe(seconds, row[name]) for name in ("began_up", "settled_up"))
    return of_type(int, row["id"]), Attempt(
        moment(row["began"]),
        maybe(moment, row["settled"]),
        None if began_up is None else Uptime(boot, began_up),
        None if began_up is None or settled_up is None else Uptime(boot, settled_up),
    )


def _loss(row: Any) -> tuple[int, Attempt]:
    at, up = moment(row["at"]), maybe(seconds, row["up"])
    uptime = None if up is None else Uptime(maybe(lambda text: of_type(str, text), row["boot"]), up)
    return of_type(int, row["id"]), Attempt(at, at, uptime, uptime)
