# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a run fetches, and why; a report is fetched once, and again only when it changed (§4.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

COMMON, KEY_MANAGEMENT = "COMMON", "KEY_MANAGEMENT"  # §4.2
GONE = "gone from the archive"
EXPIRY_WARNING = "SSHKeyExpireWarning_*.txt"  # §6.2


@dataclass(frozen=True)
class Listed:
    """A report as the facility lists it: folder, name below it, size in bytes, time in Unix seconds where told."""

    folder: str
    name: str
    size: int
    mtime: int | None

    @property
    def remote(self) -> str:
        """The path by which the facility knows it."""
        return f"/{self.folder}/{self.name}"


@dataclass(frozen=True)
class Held:
    """A report on record as whole and on disk, by its path below ``dest``; ``day`` is its trading day."""

    path: str
    folder: str
    name: str
    size: int
    mtime: int | None
    sha256: str
    day: date | None


@dataclass(frozen=True)
class Policy:
    """What the operator wants: folders, globs, and whether this run takes all or the intraday reports alone (§4.1)."""

    folders: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    intraday: tuple[str, ...] = ("*RPI*",)
    scope: str = "all"
    expected: tuple[str, ...] = ()

    def wants(self, report: Listed) -> bool:
        """Say whether the archive shall ever hold this report, whatever this run's scope."""
        if self.include and not matches(report, self.include):
            return False
        return not matches(report, self.exclude)

    def in_scope(self, report: Listed) -> bool:
        return self.scope == "all" or matches(report, self.intraday)


@dataclass(frozen=True)
class Fetch:
    """One report to fetch: where it goes below ``dest``, and the reason. A ``repair`` replaces a damaged copy."""

    report: Listed
    path: str
    reason: str
    repair: bool = False


@dataclass(frozen=True)
class Plan:
    """What a run will do: ``fetch``, leave ``unchanged`` alone; ``later`` are wanted, but not in this run's scope."""

    fetch: tuple[Fetch, ...]
    unchanged: tuple[Listed, ...]
    later: tuple[Listed, ...]

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(item.report.size for item in self.fetch)


def matches(report: Listed, globs: Iterable[str]) -> bool:
    """Say whether any glob fits the report, see ``fits``."""
    return any(fits(glob, f"{report.folder}/{report.name}") for glob in globs)


def fits(glob: str, path: str) -> bool:
    """Match the last part of FOLDER/NAME, or all of it where the glob holds a slash; capitals matter."""
    return fnmatchcase(path if "/" in glob else path.rpartition("/")[2], glob)


def archive_path(account: Account, report: Listed) -> str:
    """Return a report's path below ``dest``; what KEY_MANAGEMENT shows belongs to one account alone (§4.2, §6)."""
    if report.folder == KEY_MANAGEMENT:
        return f"{KEY_MANAGEMENT}/{account}/{report.name}"
    return f"{report.folder}/{report.name}"


def plan(
    account: Account, listing: Iterable[Listed], held: Mapping[str, Held], absent: Collection[str], policy: Policy
) -> Plan:
    """Decide for each listed report; ``absent`` are recorded paths that the disk lacks."""
    fetch, unchanged, later = [], [], []
    once = {archive_path(account, report): report for report in listing}  # a listing may name a report twice
    for path, report in once.items():
        reason = _reason(report, held.get(path), path in absent)
        if reason is None:
            unchanged.append(report)
        elif not policy.wants(report):
            continue
        elif policy.in_scope(report):
            fetch.append(Fetch(report, path, reason, repair=reason == GONE))
        else:
            later.append(report)
    return Plan(tuple(fetch), tuple(unchanged), tuple(later))


def _reason(report: Listed, held: Held | None, absent: bool) -> str | None:
    if held is None:
        return "new"
    if held.size != report.size or (report.mtime is not None and held.mtime != report.mtime):
        return "changed at the facility"
    return GONE if absent else None
