# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facility as a whole: its state below one root, and what the exchange does with it."""

import asyncio
import fcntl
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from emulator.admission import Verdict, judge_login
from emulator.clock import Clock
from emulator.events import EventLog
from emulator.folders import BadReport, Folders
from emulator.registration import Refused, check_package
from emulator.registry import Registry, replace_file
from emulator.reports import COMMON, Report, reports_for_all, reports_for_one

SITES = ("primary", "secondary")
LARGEST_REPORT = 2 * 1024**3  # bytes


class RootInUse(RuntimeError):
    """Another emulator works on the same root."""


class Facility:
    """State and rules; knows nothing of SSH or HTTP."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self._lock = _take(root / "lock")
        self._settings = root / "settings.json"
        self.clock = clock or Clock()
        self.site = SITES[0]
        self._load_settings()
        self.events = EventLog(root / "events.jsonl", self.clock.now)
        self.registry = Registry(root / "registry.json")
        self.folders = Folders(root / "folders")

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
        return participant.describe()

    async def publish_day(self, day: date, scale: float = 1.0) -> dict[str, Any]:
        """Publish a day's reports for everybody registered by now; what was published before stays as it is."""
        reports = list(reports_for_all(day))
        for code in self.registry.participants:
            reports += reports_for_one(code, day)
        if scale != 1.0:
            reports = [Report(r.folder, r.name, max(1, int(r.size * scale)), r.made_at) for r in reports]
        return await self._publish(reports, day)

    async def publish_one(self, day: date, name: str, folder: str, size: int) -> dict[str, Any]:
        """Publish one file; another size under the same name replaces it."""
        top = folder.partition("/")[0]
        if top != COMMON and top not in self.registry.participants:
            raise BadReport(f"{folder} is neither {COMMON} nor the folder of a registered participant")
        if not 0 <= size <= LARGEST_REPORT:
            raise BadReport(f"a report of {size} bytes is out of reach")
        return await self._publish([Report(folder, name, size, self.clock.now())], day)

    async def _publish(self, reports: list[Report], day: date) -> dict[str, Any]:
        now = self.clock.now()
        if day > now.date():
            raise BadReport(f"{day} has not come yet: the facility's clock says {now:%Y-%m-%d %H:%M}")
        published = [report for report in reports if await asyncio.to_thread(self._put, report, day, now)]
        outcome: dict[str, Any] = {
            "date": day.isoformat(),
            "published": len(published),
            "unchanged": len(reports) - len(published),
            "bytes": sum(report.size for report in published),
        }
        self.events.record("publish", **outcome)
        return outcome

    def _put(self, report: Report, day: date, now: datetime) -> bool:
        return self.folders.publish(Report(report.folder, report.name, report.size, min(report.made_at, now)), day)

    def judge_login(self, account: str, key: bytes, source: str) -> Verdict:
        """Whether this key opens this account from this address, now."""
        return judge_login(self.registry, account, key, source, self.clock.now())

    def receive_key(self, account: str, source: str, name: str, data: bytes) -> None:
        """Take over a file uploaded to KEY_MANAGEMENT: it leaves the folder at once, to be imported (§6)."""
        self.events.record("upload", account=account, source=source, name=name, size=len(data))

    def switch_site(self, site: str) -> None:
        """Make a site the active one (§2.2)."""
        self.site = site
        self.save_settings()
        self.events.record("site", active=site)

    def clock_changed(self) -> None:
        """Keep the clock's new setting, and say so in the log."""
        self.save_settings()
        self.events.record("clock", **self.clock.describe())

    def save_settings(self) -> None:
        """Keep clock and site for the next start."""
        replace_file(self._settings, json.dumps({"site": self.site, "clock": self.clock.dump()}))

    def _load_settings(self) -> None:
        if self._settings.exists():
            saved = json.loads(self._settings.read_text())
            self.site = saved["site"]
            self.clock.load(saved["clock"])

    def close(self) -> None:
        """Let go of the root."""
        self.events.close()
        self._lock.close()


def _take(path: Path) -> Any:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RootInUse(f"another emulator is running on {path.parent}") from None
    return lock
