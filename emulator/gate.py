# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in: the account, how often, when, from which workstation, with which key (§3.1, §4.1, §4.3, §6.1, §7)."""

import base64
from dataclasses import dataclass
from typing import Any

from emulator.clock import Clock
from emulator.events import EventLog
from emulator.hours import Hours
from emulator.limits import LOGINS, Ledger
from emulator.registry import Registry


@dataclass(frozen=True)
class Verdict:
    """A decision with its reason, and where it is a refusal the section of the guide behind it."""

    accepted: bool
    reason: str
    section: str | None = None
    counts: bool = True


@dataclass(frozen=True)
class Gate:
    """Decides on logins and keeps count of them."""

    registry: Registry
    ledger: Ledger
    hours: Hours
    clock: Clock
    events: EventLog

    def judge(self, account: str, key: bytes, source: str) -> Verdict:
        """Whether this key opens this account from this address, now; the first broken rule gives the reason."""
        return self._turned_away(account, source) or self._judge_key(account, base64.b64encode(key).decode())

    def judge_method(self, account: str, method: str, source: str) -> Verdict:
        """Why nobody gets in by a password or the like: the first broken rule, or that only keys open the door."""
        refusal = Verdict(False, f"tried with {method}: a registered key is the only way in", "§3.2")
        return self._turned_away(account, source) or refusal

    def _turned_away(self, account: str, source: str) -> Verdict | None:
        now = self.clock.now()
        participant = self.registry.owner(account)
        if participant is None:
            if self.registry.owner(account.upper()):
                return Verdict(False, f"accounts are case sensitive: {account.upper()} in capital letters", "§3.1")
            return Verdict(False, "no such account is registered", "§5")
        if until := self.ledger.locked_until(account, now):
            # Who is locked out is not locked out for longer by trying.
            return Verdict(False, f"locked until {until:%H:%M:%S}: {LOGINS} logins in 5 minutes", "§4.3", counts=False)
        if self.hours.is_closed(now, steered=self.clock.mode != "real"):
            return Verdict(False, f"the facility is closed at {now:%a %Y-%m-%d %H:%M}", "§4.1")
        if source not in participant.addresses:
            return Verdict(False, f"{source} is not a registered workstation of {participant.customer_code}", "§7")
        return None

    def _judge_key(self, account: str, blob: str) -> Verdict:
        participant = self.registry.participants[account[:4]]
        known = [kept for kept in participant.accounts[account] if kept.blob == blob]
        if not known:
            others = [name for name, keys in participant.accounts.items() if blob in {key.blob for key in keys}]
            whose = f"the key of {others[0]}" if others else "not a registered key"
            return Verdict(False, f"this is {whose}", "§3.2")
        last = max(key.last_day for key in known)
        if last < self.clock.today():
            return Verdict(False, f"the key's last day was {last}", "§6.1")
        return Verdict(True, f"valid through {last}")

    def note_accepted(self, account: str, source: str, **detail: Any) -> None:
        """Log and count a login."""
        self.events.record("login", account=account, source=source, outcome="accepted", **detail)
        self._count(account, source)

    def note_refused(self, account: str, source: str, verdict: Verdict) -> None:
        """Log a refused attempt, and count it: the guide makes no difference between logins that succeed and fail."""
        violation = f"{verdict.section}: login refused, {verdict.reason}"
        self.events.record(
            "login",
            account=account,
            source=source,
            violation=violation,
            outcome="refused",
            reason=verdict.reason,
            counts=verdict.counts,
        )
        if verdict.counts:
            self._count(account, source)

    def _count(self, account: str, source: str) -> None:
        if self.registry.owner(account) is None:
            return
        now = self.clock.now()
        self.ledger.note_login(account, now)
        if until := self.ledger.locked_until(account, now):
            self.events.record(
                "locked",
                account=account,
                source=source,
                violation=f"§4.3: {LOGINS} logins within 5 minutes",
                until=until.isoformat(timespec="seconds"),
            )
