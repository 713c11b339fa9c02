# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facility as a whole: its state below one root, and what it does by itself as time passes."""

import fcntl
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from emulator.clock import Clock
from emulator.events import Event, EventLog
from emulator.faults import Faults
from emulator.folders import KEY_MANAGEMENT, Folders
from emulator.gate import Gate
from emulator.hours import Hours
from emulator.housekeeping import sweep, warn
from emulator.key_uploads import KeyUploads
from emulator.late_results import LateResults
from emulator.limits import Ledger
from emulator.names import is_intraday
from emulator.registration import Refused, check_package
from emulator.registry import Registry, replace_file

SITES = ("primary", "secondary")


class RootInUse(RuntimeError):
    """Another emulator works on the same root."""


class Facility:
    """State and rules; knows nothing of SSH or HTTP."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self._lock = _take(root / "lock")
        self._settings = root / "settings.json"
        self.clock, self.hours, self.site = Clock(), Hours(), SITES[0]
        self._warned_through: date | None = None
        self._swept_on: date | None = None
        self._fetched: set[tuple[str, ...]] = set()
        self._load_settings()
        self.events = EventLog(root / "events.jsonl", self.clock.now)
        self.registry = Registry(root / "registry.json")
        self.folders = Folders(root / "folders")
        self.ledger = Ledger()
        self._recall(self.events.events())
        self.gate = Gate(self.registry, self.ledger, self.hours, self.clock, self.events)
        self.faults = Faults(self.events)
        late = LateResults(root / "late-results.json")
        self.keys = KeyUploads(self.registry, self.ledger, self.folders, self.clock, self.events, self.faults, late)

    def register(self, name: str, data: bytes) -> list[dict[str, Any]]:
        """Check a registration package and register what it applies for, or raise `Refused` and change nothing."""
        try:
            application = check_package(name, data)
        except Refused as refusal:
            self.events.record("registration refused", package=name, reasons=refusal.reasons)
            raise
        again = application.customer_code in self.registry.participants
        participant = self.registry.register(application, self.clock.now())
        for account in participant.accounts:
            self.folders.visible_to(account)
        self.events.record(
            "registration", customer_code=participant.customer_code, addresses=participant.addresses, again=again
        )
        return participant.describe(self.clock.today())

    def forget(self, customer_code: str) -> None:
        """Make a participant as if it had never been registered: a clean slate for the next rehearsal."""
        if customer_code not in self.registry.participants:
            raise Refused([f"no participant {customer_code} is registered"])
        self.registry.forget(customer_code)
        self.folders.forget(customer_code)
        self.keys.forget(customer_code)
        self._forget_counts(customer_code)
        self.events.record("forgotten", customer_code=customer_code)

    def _forget_counts(self, customer_code: str) -> None:
        self.ledger.forget(customer_code)
        self._fetched = {fetch for fetch in self._fetched if not fetch[0].startswith(customer_code)}

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts: valid keys, and until when logins or uploads are closed."""
        now, described = self.clock.now(), []
        for participant in self.registry.participants.values():
            for entry in participant.describe(now.date()):
                locked = self.ledger.locked_until(entry["account"], now)
                blocked = self.ledger.blocked_until(entry["account"], now)
                entry["locked_until"] = locked and locked.isoformat(timespec="seconds")
                entry["uploads_blocked_until"] = blocked and blocked.isoformat(timespec="seconds")
                described.append(entry)
        return described

    def note_download(
        self, account: str, source: str, path: str, size: int, sent: int, made: float, *, cut_off: bool
    ) -> None:
        """Log a download; the same report twice on one day is a violation, RPI reports excepted (§4.1).

        `size` and `made` tell which version it was. What the facility itself has `cut_off` may be fetched again.
        """
        fetch = (account, path, str(int(made)), str(size), self.clock.today().isoformat())
        twice = fetch in self._fetched and not is_intraday(path) and not path.startswith(f"/{KEY_MANAGEMENT}/")
        download = {"path": path, "size": size, "sent": sent, "made": int(made), "cut_off": cut_off}
        if _is_whole(download):
            self._fetched.add(fetch)
        self.events.record(
            "download",
            account=account,
            source=source,
            violation="§4.1: a report is downloaded once a day" if twice and sent else None,
            **download,
        )

    def catch_up(self) -> None:
        """Do what fell due since somebody last looked: late results, expiry warnings (§6.2), files leaving (§4.1)."""
        before = self._warned_through
        self._do_what_is_due()
        if self._warned_through != before:
            self.save_settings()

    def _do_what_is_due(self) -> None:
        now = self.clock.now()
        self.keys.deliver(now)
        self._warned_through = warn(self.folders, self.registry, self._warned_through, now)
        if self._swept_on != now.date():
            self._swept_on = now.date()
            gone = sweep(self.folders, now.date())
            if gone:
                self.events.record("removed", files=len(gone), after_days=10)

    def switch_site(self, site: str) -> None:
        """Make a site the active one (§2.2)."""
        self.site = site
        self.save_settings()
        self.events.record("site", active=site)

    def clock_changed(self) -> None:
        """Say so in the log, let time do its work, and keep the clock's new setting."""
        self.events.record("clock", **self.clock.describe())
        self._do_what_is_due()
        self.save_settings()

    def hours_changed(self) -> None:
        """Keep the new hours, and say so in the log."""
        self.save_settings()
        self.events.record("hours", **self.hours.describe())

    def save_settings(self) -> None:
        """Keep clock, hours and site for the next start."""
        settings = {
            "site": self.site,
            "clock": self.clock.dump(),
            "hours": self.hours.describe(),
            "warned_through": self._warned_through and self._warned_through.isoformat(),
        }
        replace_file(self._settings, json.dumps(settings, indent=1))

    def _load_settings(self) -> None:
        if self._settings.exists():
            saved = json.loads(self._settings.read_text())
            self.site = saved["site"]
            self.clock.load(saved["clock"])
            self.hours.change(**saved["hours"])
            self._warned_through = saved["warned_through"] and date.fromisoformat(saved["warned_through"])

    def _recall(self, events: list[Event]) -> None:
        # Locks, blocks and what was fetched today outlast a restart: the log is their only record.
        for event in events:
            moment, account, detail = datetime.fromisoformat(event["time"]), event["account"], event["detail"]
            if event["event"] == "login" and detail.get("counts", True):
                self.ledger.note_login(account, moment)
            elif event["event"] == "upload":
                self.ledger.note_upload(account, moment)
            elif event["event"] == "download" and _is_whole(detail):
                fetch = (account, detail["path"], str(detail["made"]), str(detail["size"]), moment.date().isoformat())
                self._fetched.add(fetch)
            elif event["event"] == "forgotten":
                self._forget_counts(detail["customer_code"])

    def close(self) -> None:
        """Let go of the root."""
        self.events.close()
        self._lock.close()


def _is_whole(download: dict[str, Any]) -> bool:
    return bool(download["sent"] >= download["size"] and not download.get("cut_off"))


def _take(path: Path) -> Any:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RootInUse(f"another emulator is running on {path.parent}") from None
    return lock
