# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of report_sync: what it was asked, what it has seen and done so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Refusal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import report_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    SHORT,
    Copy,
    Fetch,
    HeldReport,
    Listed,
    Plan,
    Policy,
    archive_path,
)

if TYPE_CHECKING:
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import Handover


@dataclass(frozen=True)
class SyncRequest:
    """What the operator asks for: which facility, where the archive lies, what it shall hold.

    ``partner_index`` is what the other workstation of the pair has told, None where it was not heard. ``drill`` is the
    folder below ``dest`` of a drill's day, empty for all other runs; ``adopt_from`` is where people have laid reports,
    and ``adopt_by`` who has them adopted, if that is said.
    """

    settings: Settings
    policy: Policy
    dest: str
    window: int
    partner_index: list[Copy] | None
    standby: bool
    return_index: bool
    drill: str = ""
    adopt_from: str | None = None
    adopt_by: str = ""
    handover: Handover | None = None

    @property
    def purpose(self) -> str:
        """What its login is for, in the record of logins."""
        if self.adopt_from is not None:
            return "report_sync, adopt"
        return "report_sync, drill" if self.drill else "report_sync"


class Kept(NamedTuple):
    """A report that is on disk and in the manifest, with its bytes; in a plan, one that would be."""

    item: Fetch
    size: int
    sha256: str | None = None

    def held(self) -> HeldReport:
        """How the manifest records it."""
        report = self.item.report
        day = report_day(report.name, report.mtime)
        listed = None if report.size == self.size else report.size
        path, digest = self.item.path, self.sha256 or ""
        is_confirmed = self.size >= report.size or self.item.reason == SHORT  # by two runs
        return HeldReport(
            path,
            report.folder,
            report.name,
            self.size,
            report.mtime,
            digest,
            day,
            listed,
            is_confirmed,
            self.item.origin,
        )


@dataclass
class SyncRun:
    """What a run has seen and done so far.

    ``not_held`` are reports that are wanted and still at the facility; ``left_there`` are those among them that the
    facility would not hand out, and ``odd`` is what it lists that is no report, or a folder that it would not list.
    """

    began: datetime
    partner: Mapping[str, Copy]
    connection: Mapping[str, Any] | None = None
    listing: Listing | None = None
    todo: Plan = field(default_factory=Plan)
    absent: list[str] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    not_held: list[Listed] = field(default_factory=list)
    left_there: list[Listed] = field(default_factory=list)
    odd: list[Refusal] = field(default_factory=list)
    reasons: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # code and sentence, by folder, name

    @property
    def today(self) -> date:
        """The operating day it began on."""
        return operating_day(self.began)

    def unseen(self, account: Account, folders: Collection[str], paths: Iterable[str]) -> set[str]:
        """Return those paths below ``dest`` that the run has not looked at: other folders', or below one refused."""
        refused = self.listing.refused if self.listing else []
        places = {archive_path(account, Listed(entry.folder, entry.name, 0, None)).rstrip("/") for entry in refused}
        return {
            path
            for path in paths
            if path.partition("/")[0] not in folders
            or not places.isdisjoint(accumulate(path.split("/"), "{}/{}".format))
        }

    def listed(self, account: Account, paths: Collection[str]) -> set[str]:
        """Return those paths below ``dest`` that the facility lists, whether it hands them out or not."""
        if not paths or not self.listing:
            return set()
        wanted = frozenset(paths)
        refused = (Listed(entry.folder, entry.name, 0, None) for entry in self.listing.refused)
        listed = chain(self.listing.reports, refused)
        return {path for path in (archive_path(account, report) for report in listed) if path in wanted}

    def refuse(self, item: Fetch, code: str, reason: str) -> None:
        """Leave a report where it is, since it can't be kept here; the rest goes on."""
        self._refuse(item.report, code, reason)

    def leave_there(self, report: Listed, code: str, reason: str) -> None:
        """Leave a report where it is, since the facility does not hand it out; the rest goes on."""
        self._refuse(report, code, reason)
        self.left_there.append(report)

    def wait_for(self, report: Listed, code: str, reason: str) -> None:
        """Count a report as outstanding, though something of it is held."""
        self.not_held.append(report)
        self.reasons[report.folder, report.name] = (code, reason)

    def leave_odd(self, entry: Refusal) -> None:
        """Take note of what is no report, or a folder that can't be listed; the rest goes on."""
        self.refused.append(_refusal(entry.folder, entry.name, entry.error_code, entry.reason))
        self.odd.append(entry)

    def _refuse(self, report: Listed, code: str, reason: str) -> None:
        self.refused.append(_refusal(report.folder, report.name, code, reason))
        self.not_held.append(report)
        self.reasons[report.folder, report.name] = (code, reason)

    def leave_behind(self) -> None:
        """Count as not held what was to be fetched and has neither been fetched nor refused, since the run failed."""
        done = {(kept.item.report.folder, kept.item.report.name) for kept in self.kept}
        done.update((report.folder, report.name) for report in self.not_held)
        self.not_held += [item.report for item in self.todo.fetch if (item.report.folder, item.report.name) not in done]

    def forget(self) -> None:
        """Keep nothing of what was listed: all is told, and what raised the error would hold it while that is sent."""
        self.listing, self.todo = None, Plan()
        for each in (self.not_held, self.left_there, self.odd, self.reasons):
            each.clear()


def _refusal(folder: str, name: str, code: str, reason: str) -> dict[str, str]:
    return {"folder": folder, "name": name, "error_code": code, "reason": reason}
