# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of report_sync: what it was asked, what it has seen and done so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_NAMED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import SizeDiffers
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT
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
    same,
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
    list_downloaded: bool = False
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
class Brought:
    """How much a run has brought, in check mode how much it would bring, and the first of it by path.

    All of it is in the manifest, and nowhere else.
    """

    reports: int = 0
    shared: int = 0  # of them, those that the pair's other account sees as well
    bytes: int = 0
    shorter: int = 0  # than they are listed
    first_shorter: Kept | None = None
    of_other_size: list[Kept] = field(default_factory=list)  # than listed, the first that came
    _first: list[Kept] = field(default_factory=list)

    def add(self, kept: Kept) -> None:
        """Count a report."""
        self.reports += 1
        self.shared += kept.item.report.folder != KEY_MANAGEMENT
        self.bytes += kept.size
        if kept.size != kept.item.report.size:
            self._add_of_other_size(kept)
        self._first.append(kept)
        if len(self._first) >= 2 * MOST_NAMED:
            self._first = self.first()

    def first(self) -> list[Kept]:
        """Return the first by path, as many as a result names."""
        return sorted(self._first, key=_path_of)[:MOST_NAMED]

    def _add_of_other_size(self, kept: Kept) -> None:
        if len(self.of_other_size) < MOST_NAMED:
            self.of_other_size.append(kept)
        if kept.size < kept.item.report.size:
            self.shorter += 1
            self.first_shorter = self.first_shorter or kept


@dataclass
class SyncRun:
    """What a run has seen and done so far.

    ``not_held`` are reports that are wanted and still at the facility; ``left_there`` are those among them that the
    facility would not hand out, and ``odd`` is what it lists that is no report, or a folder that it would not list.
    ``refused`` are the first that were left there, for whatever reason; ``drilled`` is what drills have brought, with
    its day, by path, and ``of_drills`` are the days of those among them that have come once more.
    """

    account: Account
    began: datetime
    partner: Mapping[str, Copy]
    connection: Mapping[str, Any] | None = None
    listing: Listing | None = None
    todo: Plan = field(init=False)
    absent: list[str] = field(default_factory=list)
    brought: Brought = field(default_factory=Brought)
    list_path: str | None = None  # of the file that names all of it, where one is asked for and begun
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_count: int = 0
    drilled: dict[str, list[tuple[str, Copy]]] = field(default_factory=dict)
    of_drills: dict[str, str] = field(default_factory=dict)
    not_held: list[Listed] = field(default_factory=list)
    left_there: list[Listed] = field(default_factory=list)
    odd: list[Refusal] = field(default_factory=list)
    reasons: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # code and sentence, by folder, name

    _is_plan: bool = False  # what is to be fetched counts as brought, and never will be

    def __post_init__(self) -> None:
        self.todo = Plan(self.account)

    @property
    def today(self) -> date:
        """The operating day it began on."""
        return operating_day(self.began)

    def keep(self, reports: Iterable[Kept]) -> None:
        """Count reports that are on record now, and let go of them."""
        for kept in reports:
            self.todo.settle(kept.item)
            self._count(kept)
            if kept.size < kept.item.report.size and kept.item.reason != SHORT:
                said = f"{kept.size} bytes came of {kept.item.report.size}."
                self.wait_for(kept.item.report, SizeDiffers.code, said)

    def keep_plan(self) -> None:
        """Count what would be fetched, in check mode."""
        self._is_plan = True
        for kept in self.planned():
            self._count(kept)

    def planned(self) -> Iterator[Kept]:
        """Yield what would be held, in check mode; what is held is in the manifest."""
        return (Kept(item, item.report.size) for item in self.todo.fetches()) if self._is_plan else iter(())

    def _count(self, kept: Kept) -> None:
        self.brought.add(kept)
        for day, copy in self.drilled.get(kept.item.path, ()) if self.drilled else ():
            if same(copy, kept.item.report):
                self.of_drills[copy.path] = day

    def unseen(self, folders: Collection[str], paths: Iterable[str]) -> set[str]:
        """Return those paths below ``dest`` that the run has not looked at: other folders', or below one refused."""
        places = {archive_path(self.account, one).rstrip("/") for one in self._not_listed()}
        return {
            path
            for path in paths
            if path.partition("/")[0] not in folders
            or not places.isdisjoint(accumulate(path.split("/"), "{}/{}".format))
        }

    def listed(self, paths: Collection[str]) -> set[str]:
        """Return those paths below ``dest`` that the facility lists, whether it hands them out or not."""
        if not paths or not self.listing:
            return set()
        wanted = frozenset(paths)
        listed = chain(self.listing.reports, self._not_listed())
        return {path for path in (archive_path(self.account, report) for report in listed) if path in wanted}

    def _not_listed(self) -> Iterator[Listed]:
        """What the listing refuses, as if it were listed."""
        refused = self.listing.refused if self.listing else []
        return (Listed(entry.folder, entry.name, 0, None) for entry in refused)

    def refuse(self, report: Listed, code: str, reason: str) -> None:
        """Leave a report where it is, since it can't be kept here; the rest goes on."""
        self._name(report.folder, report.name, code, reason)
        self.wait_for(report, code, reason)

    def leave_there(self, report: Listed, code: str, reason: str) -> None:
        """Leave a report where it is, since the facility does not hand it out; the rest goes on."""
        self.refuse(report, code, reason)
        self.left_there.append(report)

    def wait_for(self, report: Listed, code: str, reason: str) -> None:
        """Count a report as outstanding, though something of it is held."""
        self.not_held.append(report)
        self.reasons[report.folder, report.name] = (code, reason)

    def leave_odd(self, entry: Refusal) -> None:
        """Take note of what is no report, or a folder that can't be listed; the rest goes on."""
        self._name(entry.folder, entry.name, entry.error_code, entry.reason)
        self.odd.append(entry)

    def _name(self, folder: str, name: str, code: str, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_NAMED:
            self.refused.append({"folder": folder, "name": name, "error_code": code, "reason": reason})

    def leave_behind(self) -> None:
        """Count as not held what was to be fetched and has neither been fetched nor refused, since the run failed."""
        if not self._is_plan:
            self.not_held += self.todo.unsettled()

    def forget(self) -> None:
        """Keep nothing of what was listed: all is told, and what raised the error would hold it while that is sent."""
        self.listing = None
        if not self._is_plan:
            self.todo = Plan(self.account)
        for each in (self.not_held, self.left_there, self.odd, self.reasons):
            each.clear()


def _path_of(kept: Kept) -> str:
    return kept.item.path
