# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a run fetches, and why; a report is fetched once, and again only when it changed (§4.1)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import translate
from functools import cache
from itertools import compress
from operator import attrgetter
from typing import NamedTuple

from ansible_collections.dcass.sftp.plugins.module_utils._rules.clashes import folders_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import Expected
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import COMMON, INTRADAY, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

MOST_BYTES = 2**63 - 1  # what a file can have, and a state can record
NEW, GONE, CHANGED = "new", "gone from the archive", "changed at the facility"
SHORT = "came shorter than it is listed"
_TOGETHER = 500  # reports looked up in the record at a time: all of a large folder at once would fill the memory


@dataclass(frozen=True)
class Listed:
    """A report as the facility lists it: folder, name below it, size in bytes, time in Unix seconds where told."""

    __slots__ = ("folder", "mtime", "name", "size")  # by hand: there may be 100,000, and Python 3.9 is among our hosts
    folder: str
    name: str
    size: int
    mtime: int | None

    @property
    def remote(self) -> str:
        """The path by which the facility knows it."""
        return f"/{self.folder}/{self.name}"


class Origin(NamedTuple):
    """The file of a report that people fetched by hand, and who had it adopted: who says so, else the file's owner."""

    path: str
    who: str


class HeldReport(NamedTuple):
    """A report on record as whole and on disk, by its path below ``dest``; ``day`` is its business day.

    ``size`` is on disk; ``listed_size`` is what the facility lists where that is, with a few servers, another one.
    ``origin`` is where it was adopted from; None: a run fetched it.
    """

    path: str
    folder: str
    name: str
    size: int
    mtime: int | None
    sha256: str
    day: date | None
    listed_size: int | None = None
    confirmed: bool = True  # false: it came shorter than listed, and has not been read again by another run
    origin: Origin | None = None

    @property
    def is_short(self) -> bool:
        """Whether fewer bytes came than the facility lists: nobody knows whether it is whole."""
        return self.listed_size is not None and self.size < self.listed_size

    def as_listed(self) -> Copy:
        """Tell it as the facility lists it; what is short does not count as held, here or for a partner."""
        is_other = self.listed_size is not None and not self.is_short
        return Copy(self.path, self.listed_size if is_other and self.listed_size else self.size, self.mtime)


@dataclass(frozen=True)
class Copy:
    """A report that an archive holds, with size and time as listed: what one workstation of a pair tells the other."""

    __slots__ = ("mtime", "path", "size")
    path: str
    size: int
    mtime: int | None


@dataclass(frozen=True)
class Policy:
    """What the operator wants: folders, globs, and whether this run takes all or the intraday reports alone (§4.1)."""

    folders: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    intraday: tuple[str, ...] = (INTRADAY,)
    scope: str = "all"
    expected: tuple[Expected, ...] = ()

    def wants(self, report: Listed) -> bool:
        """Say whether the archive shall ever hold this report, whatever this run's scope."""
        if self.include and not matches(report, self.include):
            return False
        return not matches(report, self.exclude)

    def in_scope(self, report: Listed) -> bool:
        """Say whether this run is about a report: all of them, or the intraday ones alone (§4.1)."""
        return self.scope == "all" or matches(report, self.intraday)


class Fetch(NamedTuple):
    """One report to fetch: where it goes below ``dest``, and the reason. A ``repair`` replaces a damaged copy.

    Where it has an ``origin`` it is here already, and only has to be adopted. ``number`` is its place in the plan.
    """

    report: Listed
    path: str
    reason: str
    repair: bool = False
    origin: Origin | None = None
    number: int = 0


@dataclass
class Plan:
    """What a run will do: what it fetches, and how many reports it leaves where they are.

    ``later`` are wanted, but not in this run's scope. What is to be fetched may be 100,000: of each the plan keeps what
    is listed and the reason, and makes a ``Fetch`` when that is asked for.
    """

    account: Account
    later: list[Listed] = field(default_factory=list)
    unchanged: int = 0
    held_by_partner: int = 0
    _reports: list[Listed] = field(default_factory=list)
    _reasons: list[str] = field(default_factory=list)
    _is_settled: bytearray = field(default_factory=bytearray)  # by number

    def __len__(self) -> int:
        """How many reports are to be fetched."""
        return len(self._reports)

    def add(self, report: Listed, reason: str) -> None:
        """Let a report be fetched after those that are to be fetched already."""
        self._reports.append(report)
        self._reasons.append(reason)
        self._is_settled.append(False)

    def fetches(self) -> Iterator[Fetch]:
        """Yield what is to be fetched, in the order of the plan."""
        for number, (report, reason) in enumerate(zip(self._reports, self._reasons)):
            yield Fetch(report, archive_path(self.account, report), reason, repair=reason == GONE, number=number)

    def paths(self) -> Iterator[str]:
        """Yield the paths of what is to be fetched."""
        return (archive_path(self.account, report) for report in self._reports)

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(report.size for report in self._reports)

    def settle(self, item: Fetch) -> None:
        """Take note that it has come, or that it is known why it has not."""
        self._is_settled[item.number] = True

    def unsettled(self) -> Iterator[Listed]:
        """Yield the reports of which a run that was cut off has nothing to say."""
        return (report for report, is_settled in zip(self._reports, self._is_settled) if not is_settled)

    def leave_out(self, paths: Collection[str]) -> list[Listed]:
        """Take these paths out of what is to be fetched, before any of it is, and return what they stood for."""
        if not paths:
            return []
        stays = [path not in paths for path in self.paths()]
        left_out = [report for report, it_stays in zip(self._reports, stays) if not it_stays]
        self._reports, self._reasons = list(compress(self._reports, stays)), list(compress(self._reasons, stays))
        self._is_settled = bytearray(len(self))
        return left_out

    def too_much_for(self, room: int) -> set[str]:
        """Return the paths without which the fetch has at most so many bytes: the largest, for those are the fewest."""
        over, paths = self.size - room, set()
        by_size = sorted(self._reports, key=attrgetter("size")) if over > 0 else []
        while over > 0:
            largest = by_size.pop()
            over -= largest.size
            paths.add(archive_path(self.account, largest))
        return paths

    def too_many_for(self, room: int | None, missing: Collection[str]) -> set[str]:
        """Return the paths without which the fetch makes at most so many files and folders: the last in the plan.

        ``missing`` are folders below ``dest`` that have to be made; no ``room`` means that nothing counts files. An
        earlier version that is kept counts, too: where a link is no file of its own that is one too many.
        """
        if room is None:
            return set()
        paths, made = set(), set[str]()
        for item in self.fetches():
            to_make = {folder for folder in folders_of(item.path) if folder in missing} - made
            needed = len(to_make) + (1 if item.reason in (NEW, GONE) else 2)
            if needed <= room:
                room -= needed
                made |= to_make
            else:
                paths.add(item.path)
        return paths


def matches(report: Listed, globs: Iterable[str]) -> bool:
    """Say whether any glob fits the report, see ``fits``."""
    return any(fits(glob, f"{report.folder}/{report.name}") for glob in globs)


def fits(glob: str, path: str) -> bool:
    """Match the last part of FOLDER/NAME, or all of it where the glob holds a slash; capitals and small letters alike.

    The exchange's own files are spelled either way: RPI03 and rpi______.
    """
    return _pattern(glob).match(path if "/" in glob else path.rpartition("/")[2]) is not None


@cache
def _pattern(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob), re.IGNORECASE)


def archive_path(account: Account, report: Listed) -> str:
    """Return a report's path below ``dest``; what KEY_MANAGEMENT shows belongs to one account alone (§4.2, §6)."""
    if report.folder == KEY_MANAGEMENT:
        return f"{KEY_MANAGEMENT}/{account}/{report.name}"
    return f"{report.folder}/{report.name}"


def shared_folders(account: Account) -> tuple[str, str]:
    """Return the folders that show both accounts of a participant the same reports (§4.2)."""
    return COMMON, account.customer_code


def batches(account: Account, listing: list[Listed]) -> Iterator[dict[str, Listed]]:
    """Sort a listing by folder and name, and go through it a few hundred paths at a time.

    A report that is listed twice comes once, as it was listed last.
    """
    listing.sort(key=attrgetter("name"))
    listing.sort(key=attrgetter("folder"))
    batch: dict[str, Listed] = {}
    for report in listing:
        path = archive_path(account, report)
        if len(batch) >= _TOGETHER and path not in batch:
            yield batch
            batch = {}
        batch[path] = report
    yield batch


def plan_downloads(
    todo: Plan,
    batch: Mapping[str, Listed],
    held: Mapping[str, HeldReport],
    absent: Collection[str],
    partner: Mapping[str, Copy],
    policy: Policy,
) -> None:
    """Decide for each listed report of a batch, by its path, what the plan says of it.

    ``absent`` are recorded paths that the disk lacks; ``partner`` is what the pair's other workstation holds.
    """
    for path, report in batch.items():
        mine, theirs = held.get(path), partner.get(path)
        recorded = mine is not None and _is_record_of(mine, report)
        if mine and recorded and not mine.confirmed and path not in absent and policy.in_scope(report):
            todo.add(report, SHORT)
        elif recorded and path not in absent:
            todo.unchanged += 1
        elif not policy.wants(report):
            continue
        elif theirs is not None and same(theirs, report) and not recorded:
            todo.held_by_partner += 1
        elif policy.in_scope(report):
            todo.add(report, GONE if recorded else CHANGED if mine or theirs else NEW)
        else:
            todo.later.append(report)


def _is_record_of(mine: HeldReport, report: Listed) -> bool:
    return same(Copy(mine.path, mine.size if mine.listed_size is None else mine.listed_size, mine.mtime), report)


def same(copy: Copy, report: Listed) -> bool:
    """Say whether a copy is of what is listed: of its size, and of its time where that is told."""
    return copy.size == report.size and report.mtime in (None, copy.mtime)
