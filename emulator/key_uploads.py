# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where uploaded keys arrive: counted (§6.3), imported, answered with a result file (§6)."""

from dataclasses import replace
from datetime import datetime, timedelta

from emulator.clock import Clock
from emulator.events import EventLog
from emulator.faults import Fault, Faults
from emulator.folders import KEY_MANAGEMENT, Folders
from emulator.late_results import LateResults
from emulator.limits import Ledger
from emulator.registration import is_private
from emulator.registry import Registry
from emulator.renewal import Import, import_key


class UploadBlocked(PermissionError):
    """The account has uploaded too often and cannot upload for now."""


class KeyUploads:
    """Takes uploads over, and leaves results."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        folders: Folders,
        clock: Clock,
        events: EventLog,
        faults: Faults,
        late: LateResults,
    ) -> None:
        self._faults = faults
        self._late = late
        self._registry = registry
        self._ledger = ledger
        self._folders = folders
        self._clock = clock
        self._events = events

    def check_open(self, account: str, source: str) -> None:
        """Refuse while the account's uploads are blocked."""
        until = self._ledger.blocked_until(account, self._clock.now())
        if until:
            self._events.record(
                "denied",
                account=account,
                source=source,
                violation=f"§6.3: upload while blocked until {until:%H:%M:%S}",
                operation="upload while blocked",
                until=until.isoformat(timespec="seconds"),
            )
            raise UploadBlocked

    def receive(self, account: str, source: str, name: str, data: bytes) -> None:
        """Import an uploaded file; it has left the folder, and a result takes its place."""
        self.check_open(account, source)
        now = self._clock.now()
        participant = self._registry.owner(account)
        if participant is None:
            return  # registered no more since the session began
        outcome = import_key(participant, account, name, data, now)
        if outcome.reason is None:
            self._registry.save()
        self._events.record(
            "upload",
            account=account,
            source=source,
            violation=_offence(account, name, data),
            name=name,
            size=len(data),
            result="failed" if outcome.reason else "success",
            reason=outcome.reason,
        )
        self._count(account, source)
        self._answer(account, outcome)

    def _count(self, account: str, source: str) -> None:
        now = self._clock.now()
        self._ledger.note_upload(account, now)
        if until := self._ledger.blocked_until(account, now):
            self._events.record(
                "upload blocked",
                account=account,
                source=source,
                violation="§6.3: five keys uploaded within an hour, or 120 in a day",
                until=until.isoformat(timespec="seconds"),
            )

    def _answer(self, account: str, outcome: Import) -> None:
        if self._faults.trigger("no_result", account=account):
            return
        if self._faults.trigger("result_older", account=account):
            self._leave_result(account, replace(outcome, at=outcome.at - timedelta(days=1)))
        elif late := self._faults.trigger("result_late", account=account):
            self._late.schedule(account, replace(outcome, at=outcome.at + timedelta(seconds=late.number("seconds"))))
        elif self._faults.trigger("result_misnamed", account=account):
            name = outcome.result_name.replace(".", "_").replace("_txt", ".txt")
            self._folders.leave_for(account, name, outcome.result_text(), outcome.at)
        elif odd := self._faults.trigger("result_odd", account=account):
            self._leave_odd(account, outcome, odd)
        else:
            self._leave_result(account, outcome)

    def _leave_odd(self, account: str, outcome: Import, odd: Fault) -> None:
        settings = {name: str(setting) for name, setting in odd.settings.items()}
        word = "failed" if outcome.reason else "success"
        name = settings["called"].replace("{word}", word).replace("/", "_") or outcome.result_name
        text = replace(outcome, name=settings["file"] or outcome.name).result_text() + settings["more"]
        self._folders.leave_for(account, name, text, outcome.at, settings["encoding"])

    def deliver(self, now: datetime) -> None:
        """Leave the late results that are due by now."""
        if due := self._late.due(now):
            for account, outcome in due:
                self._leave_result(account, outcome)
            self._late.settle(due)

    def forget(self, customer_code: str) -> None:
        """Owe a participant no results any more."""
        self._late.forget(customer_code)

    def _leave_result(self, account: str, outcome: Import) -> None:
        folder = self._folders.visible_to(account)[KEY_MANAGEMENT]
        named = outcome
        while any(folder.glob(f"Result.{named.at:%Y%m%d.%H%M%S}.*")):
            named = replace(named, at=named.at + timedelta(seconds=1))  # two results never share a name
        self._folders.leave_for(account, named.result_name, named.result_text(), outcome.at)


def _offence(account: str, name: str, data: bytes) -> str | None:
    """What no client should ever upload, with the section that says so."""
    if is_private(data):
        return "§3.2: a private key was uploaded"
    return None if name == f"{account}.pub" else f"§6: {account} uploads its own key alone, {account}.pub"
