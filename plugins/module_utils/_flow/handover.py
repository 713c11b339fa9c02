# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync with handover_dir: after the run the back office gets what is new, each at least once (§4.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import known_of_partner
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Office, SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import Kept, SyncRequest
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    HandoverHung,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import (
    COMMAND,
    DAY,
    LINK,
    LINKS,
    LIST,
    LOOKED_BACK,
    Handover,
    Waiting,
    complete_days,
    day_text,
    is_handed_over,
    list_text,
    name_of_day,
    name_of_list,
    variables_of,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import report_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import GONE

_MOST = 1000  # failures that are named; all are counted
_LINKED_TOGETHER = 500  # links that are synced and recorded in one go
_LISTED_TOGETHER = 5_000  # reports in one list; so many are in memory at a time


@dataclass
class _Done:
    """What a run has handed over, in check mode what it would, and what has failed."""

    list_path: str | None = None
    listed: int = 0
    linked: int = 0
    commanded: int = 0
    complete: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0

    @property
    def is_something(self) -> bool:
        return bool(self.listed or self.linked or self.commanded or self.complete)

    def to_result(self) -> dict[str, Any]:
        facts = {"list": self.list_path, "listed": self.listed, "linked": self.linked, "commanded": self.commanded}
        return {**facts, "complete": self.complete, "waiting": self.waiting, "failed": self.failed}

    def warnings(self) -> list[str]:
        """Say what waits for the next run, and why the first of it does."""
        if not self.failed:
            return []
        first = self.failed[0]
        said = f"The back office waits for {self.waiting} hand-overs. The first, {first['what']}: {first['reason']}"
        return [f"{said} The next run tries again."]


def handing_over_to(
    asked: Handover,
    office: Office,
    request: SyncRequest,
    ports: SyncPorts,
    run: Callable[[], dict[str, Any]],
    plan_only: bool,
) -> dict[str, Any]:
    """Run, and hand over what is new and what waits, also where the run fails or the facility is closed.

    Nothing that goes wrong here fails the run: the reports are held, what is not handed over waits for the next run.
    """
    office.folder.require_usable(asked.links)
    try:
        result = run()
    except DcassError as error:
        done = _Handing(asked, office, request, ports, plan_only).hand_over(may_judge=False)
        error.facts.update(_with(error.facts, done))
        raise
    is_full = request.policy.scope == "all" and request.adopt_from is None
    done = _Handing(asked, office, request, ports, plan_only).hand_over(may_judge=is_full)
    if done.is_something:
        result.pop("skipped", None)  # the facility is closed, and something has changed all the same
    return {**result, **_with(result, done)}


def _with(facts: Mapping[str, Any], done: _Done) -> dict[str, Any]:
    return {
        "changed": bool(facts.get("changed")) or done.is_something,
        "handover": done.to_result(),
        "warnings": [*facts.get("warnings", []), *done.warnings()],
    }


class _Handing:
    """One hand-over: links first, since the list names them, then the list, the command, and complete days."""

    def __init__(
        self, asked: Handover, office: Office, request: SyncRequest, ports: SyncPorts, plan_only: bool
    ) -> None:
        self._asked, self._office, self._request, self._ports = asked, office, request, ports
        self._plan_only = plan_only
        self._account = request.settings.account.name
        self._began = ports.clock()
        self._done = _Done()
        self._days_left: set[date | None] = set()  # of what is not handed over by this run
        self._not_linked: set[str] = set()
        self._failed: list[tuple[Waiting, str, str]] = []  # with code and reason, to be recorded together

    def hand_over(self, may_judge: bool) -> _Done:
        """Hand over what is due; ``may_judge`` says that this run knows whether a day is complete."""
        try:
            self._hand_over(may_judge)
        except Exception as raised:  # of the state: what is on record there waits
            error = as_ours(raised)
            named = {"what": "all", "way": None, "error_code": error.code, "reason": str(error)}
            self._done.failed.append(named)
        return self._done

    def _hand_over(self, may_judge: bool) -> None:
        for way in (LINK, COMMAND):
            if way not in self._asked.ways:
                for items in self._due(way, _LISTED_TOGETHER):
                    self._leave(items)
        for items in self._due(LINK, _LINKED_TOGETHER) if self._asked.links else ():
            self._link(items)
        for items in self._due(LIST, _LISTED_TOGETHER):
            self._list(items)
        if self._asked.command:
            self._command()
        self._complete([item for items in self._due(DAY, _LISTED_TOGETHER) for item in items], may_judge)
        self._record_failed()

    def _due(self, way: str, most: int) -> Iterator[list[Waiting]]:
        """Yield what is due in one way, so many at a time; what fails is recorded after each of them."""
        after = 0
        while items := self._office.records.waiting(way, after, most):
            after = items[-1].number
            yield items
            self._record_failed()
        predicted = self._predicted(way) if way in self._asked.ways else iter(())
        while items := list(islice(predicted, most)):
            yield items

    def _record_failed(self) -> None:
        failed, self._failed = self._failed, []
        if not self._plan_only:
            self._office.records.fail(failed)

    def _predicted(self, way: str) -> Iterator[Waiting]:
        """What the plan would make due; only what it fetches can tell whether a repair has another content."""
        for one in self._ports.afterwards.planned():
            held = one.held()
            if one.item.reason != GONE and is_handed_over(held.folder):
                yield Waiting(0, way, held.path, held.day, one.size, "", False, self._began)

    def _link(self, items: Sequence[Waiting]) -> None:
        linked = []
        for item in items:
            if self._does(partial(self._office.folder.link, item.what, item.size), [item]):
                linked.append(item)
        folders = {item.what.rpartition("/")[0] for item in linked}
        if linked and self._does(partial(self._office.folder.sync_links, folders), linked):
            self._finish(linked)
            self._done.linked += len(linked)

    def _list(self, items: Sequence[Waiting]) -> None:
        places, name = self._places(item.what for item in items), name_of_list(self._account, items)
        entries = [{"report": item.what, **places[item.what], **_facts(item)} for item in items]
        text = list_text(self._account, entries, self._began)
        if self._does(partial(self._office.folder.write, name, text), items):
            self._finish(items)
            self._done.listed += len(items)
            self._done.list_path = None if self._plan_only else self._office.folder.locate(name)

    def _places(self, paths: Iterable[str]) -> dict[str, dict[str, str | None]]:
        """Tell where reports lie, and where their links are, as far as these are there."""
        return {
            path: {
                "path": self._ports.archive.locate(path),
                "link": self._office.folder.locate(f"{LINKS}/{path}")
                if self._asked.links and path not in self._not_linked
                else None,
            }
            for path in paths
        }

    def _command(self) -> None:
        """Run the command for one after the other, until one hangs or the time of a run is over."""
        over: DcassError | None = None
        for item in chain.from_iterable(self._due(COMMAND, _LISTED_TOGETHER)):
            over = over or self._over()
            trouble = over or self._trouble(partial(self._run_command, item))
            if trouble is None:
                self._finish([item])
                self._done.commanded += 1
            else:
                self._fail([item], trouble)
                over = trouble if isinstance(trouble, HandoverHung) else None

    def _over(self) -> DcassError | None:
        """Say that the time of a run is over, if it is."""
        most = self._request.settings.run_timeout
        if (self._ports.clock() - self._began).total_seconds() <= most:
            return None
        return HandoverHung(f"{self._asked.command[0]} has had {most:g} seconds in this run.")

    def _run_command(self, item: Waiting) -> None:
        path = self._office.folder.require_report(item.what, item.size)
        words = [*self._asked.command, path]
        self._office.run_command(words, variables_of(self._account, item), self._asked.seconds)

    def _complete(self, waiting: Sequence[Waiting], may_judge: bool) -> None:
        """Write the markers of complete days; one waits while anything else of its day does."""
        days = self._days() if may_judge else {}
        if not self._plan_only:
            self._office.records.add_days(sorted(set(days) - {item.day for item in waiting}), self._began)
            waiting = self._office.records.waiting(DAY, 0, _LISTED_TOGETHER)
        else:
            known = {item.day for item in waiting}
            predicted = [Waiting(0, DAY, str(day), day, 0, "", False, self._began) for day in days if day not in known]
            waiting = [*waiting, *predicted]
        held_up = set(self._days_left)
        came = self._judged([item.day for item in waiting if item.day])
        for item in waiting:
            if item.day is None or item.day in held_up:
                self._leave([item])
            else:
                self._mark(item, item.day, came.get(item.day, {}))

    def _mark(self, item: Waiting, day: date, came: Mapping[str, bool]) -> None:
        held = list(self._office.records.reports_of(day, self._request.policy.folders))
        reports = [{"report": path, "path": self._ports.archive.locate(path), **facts} for path, facts in held]
        name = name_of_day(self._account, day)
        text = day_text(self._account, day, came, reports, self._began)
        if self._does(partial(self._office.folder.write, name, text), [item]):
            self._finish([item])
            closed = [glob for glob, has_come in came.items() if not has_come]
            path = self._office.folder.locate(name)
            self._done.complete.append({"day": day.isoformat(), "path": path, "acknowledged": closed})

    def _days(self) -> dict[date, dict[str, bool]]:
        """The complete days that have new reports and no marker yet."""
        since = self._began.date() - timedelta(days=LOOKED_BACK)
        days = set(self._office.records.days_to_judge(since))
        if self._plan_only:
            days.update(day for day in map(_day_of, self._ports.afterwards.planned()) if day and day >= since)
        return self._judged(days)

    def _judged(self, some: Collection[date]) -> dict[date, dict[str, bool]]:
        """Return the complete ones of some days, with what was expected of them and whether that has come."""
        days = sorted(some)
        if not days:
            return {}
        manifest, policy, afterwards = self._ports.manifest, self._request.policy, self._ports.afterwards
        folders = [folder for folder in policy.folders if is_handed_over(folder)]
        brought = list(manifest.brought(folders, min(days)))
        for one in afterwards.planned():
            day = _day_of(one)
            if day:
                brought.append((f"{one.item.report.folder}/{one.item.report.name}", day))
        for copy in known_of_partner(self._request.partner_index, manifest, plan_only=True).values():
            name = copy.path.rpartition("/")[2]
            day = report_day(name, copy.mtime)
            if day:
                brought.append((copy.path, day))
        outstanding = manifest.outstanding() if afterwards.outstanding is None else afterwards.outstanding
        calendar = self._request.settings.calendar
        return complete_days(policy.expected, days, calendar, brought, manifest.acknowledged(), outstanding)

    def _does(self, work: Callable[[], None], items: Sequence[Waiting]) -> bool:
        """Do it, in check mode only say so; where it fails these wait for the next run."""
        trouble = self._trouble(work)
        if trouble is not None:
            self._fail(items, trouble)
        return trouble is None

    def _trouble(self, work: Callable[[], None]) -> DcassError | None:
        if self._plan_only:
            return None
        try:
            work()
        except Exception as raised:
            return as_ours(raised)
        return None

    def _finish(self, items: Sequence[Waiting]) -> None:
        if not self._plan_only:
            self._office.records.finish(items, self._ports.clock())

    def _fail(self, items: Sequence[Waiting], error: DcassError) -> None:
        self._leave(items)
        self._failed += [(item, error.code, str(error)) for item in items]
        named = {"error_code": error.code, "reason": str(error)}
        room = max(0, _MOST - len(self._done.failed))
        self._done.failed += [{"what": item.what, "way": item.way, **named} for item in items[:room]]

    def _leave(self, items: Sequence[Waiting]) -> None:
        """Let these wait for the next run."""
        self._done.waiting += len(items)
        self._days_left.update(item.day for item in items)
        self._not_linked.update(item.what for item in items if item.way == LINK)


def _facts(item: Waiting) -> dict[str, Any]:
    facts = {"number": item.number, "day": iso(item.day), "size": item.size, "sha256": item.sha256}
    return {**facts, "changed": item.changed}


def _day_of(kept: Kept) -> date | None:
    return kept.held().day
