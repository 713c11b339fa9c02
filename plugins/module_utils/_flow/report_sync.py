# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync: bring every report home exactly once, with one login."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow import completeness
from ansible_collections.dcass.sftp.plugins.module_utils._flow import sync_result as result
from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from, index_of, known_of_partner
from ansible_collections.dcass.sftp.plugins.module_utils._flow.recording import Recording
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_listing import look
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import ByHand, Office, Session, SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import Kept, SyncRequest, SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_trouble import (
    differing_sizes,
    trouble_with_facility,
)
from ansible_collections.dcass.sftp.plugins.module_utils._flow.turns import Turn, in_turn
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_NAMED, MOST_ODD
from ansible_collections.dcass.sftp.plugins.module_utils._rules.drills import drill_folder
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    Busy,
    DcassError,
    FolderRefused,
    NothingReadable,
    UnsafeRemoteName,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import on_holidays, parse_expected
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import COMMON, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import BUSY, PROGRESS, WINDOW, absolute_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import (
    Fetched,
    Part,
    Unreadable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import ADOPT, DRILL, INTRADAY, SYNC
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings, settings_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Policy

if TYPE_CHECKING:
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import Handover

_WHO = 200  # characters of a name

__all__ = [
    "ByHand",
    "Office",
    "Session",
    "SyncPorts",
    "SyncRequest",
    "Turn",
    "adopt",
    "handing_over",
    "in_turn",
    "kind_of",
    "nothing_where_busy",
    "shorten",
    "standby",
    "sync",
    "sync_request",
]  # what the module wires


def sync_request(options: Mapping[str, Any], now: datetime) -> SyncRequest:
    """Build the request from module options, or raise BadInput; ``now`` is asked for the day of a drill."""
    settings = settings_from(options)
    WINDOW.require(options["window"])
    PROGRESS.require(options["progress"])
    folders = options["folders"] or [COMMON, settings.account.customer_code, KEY_MANAGEMENT]
    if any("" in options[name] for name in ("include", "exclude", "intraday")):
        raise BadInput("include, exclude and intraday: an empty glob matches nothing.")
    policy = Policy(
        folders=tuple(_folder(folder) for folder in folders),
        include=tuple(options["include"]),
        exclude=tuple(options["exclude"]),
        intraday=tuple(options["intraday"]),
        scope=options["scope"],
        expected=(
            *(parse_expected("expected", text) for text in options["expected"]),
            *(on_holidays("expected_on_holidays", text) for text in options["expected_on_holidays"]),
        ),
    )
    given, adopt_from = options["partner_index"], options["adopt_from"]
    drill = drill_folder(settings.calendar, now) if options["drill"] else ""
    if adopt_from is not None and (drill or options["standby"]):
        raise BadInput("adopt_from goes neither with drill nor with standby: it is a run of its own.")
    return SyncRequest(
        settings,
        policy,
        absolute_path("dest", options["dest"]),
        options["window"],
        partner_index=None if given is None else copies_from(given, settings.account, drill),
        standby=options["standby"],
        return_index=options["return_index"],
        list_downloaded=options["list_downloaded"],
        drill=drill,
        adopt_by=foreign.line(options["adopt_by"] or "", _WHO),
        adopt_from=None if adopt_from is None else _outside(options["dest"], adopt_from),
        handover=None if drill or options["standby"] else _handover(options, settings),
    )


def shorten(options: Mapping[str, Any]) -> None:
    """Leave the first of what the partner holds in the options, which Ansible returns; the request has all."""
    del (options["partner_index"] or [])[MOST_NAMED:]


def _handover(options: Mapping[str, Any], settings: Settings) -> Handover | None:
    if not any(options[name] for name in ("handover_dir", "handover_links", "handover_command")):
        return None
    # imported here: most workstations hand over nothing, and shall not wait for it
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import handover_from

    return handover_from(options, settings)


def _folder(text: str) -> str:
    try:
        return safe_name(text.strip("/").encode("utf-8", "surrogateescape"))
    except UnsafeRemoteName:
        raise BadInput(f"folders: '{text}' is not the name of one folder of the facility.") from None


def _outside(dest: str, adopt_from: str) -> str:
    place = absolute_path("adopt_from", adopt_from)
    if f"{normpath(place)}/".startswith(f"{normpath(dest)}/"):
        raise BadInput(f"adopt_from is {adopt_from!r}, which lies in the archive: it must be a folder outside of it.")
    return place


def kind_of(request: SyncRequest) -> str:
    """Return the word by which a run is noted."""
    if request.adopt_from is not None:
        return ADOPT
    if request.drill:
        return DRILL
    return SYNC if request.policy.scope == "all" else INTRADAY


def nothing_where_busy(options: Mapping[str, Any]) -> Callable[[str], dict[str, Any]] | None:
    """What a run ends with that finds its account busy; None where it fails: as asked, or since people wait for it."""
    if options[BUSY.name] == "fail" or options["adopt_from"] is not None:
        return None
    return lambda said: {**result.nothing(Busy.code, "drill" if options["drill"] else ""), "msg": said}


def standby(request: SyncRequest, ports: SyncPorts, plan_only: bool) -> dict[str, Any]:
    """Take note of what the partner holds and tell what is held here, without a login."""
    known_of_partner(request.partner_index, ports.manifest, plan_only)
    index = index_of(request, ports.archive, ports.manifest, ports.clock())
    return {**result.nothing("standby", request.drill), "index": index}


def handing_over(
    request: SyncRequest,
    ports: SyncPorts,
    office: Office | None,
    run: Callable[[], dict[str, Any]],
    plan_only: bool,
) -> dict[str, Any]:
    """Run; then hand to the back office what is new and what waits, whatever came of the run."""
    if request.handover is None or office is None:
        return run()
    # imported here: as above
    from ansible_collections.dcass.sftp.plugins.module_utils._flow.handover import handing_over_to

    return handing_over_to(request.handover, office, request, ports, run, plan_only)


def adopt(request: SyncRequest, ports: SyncPorts, by_hand: ByHand, plan_only: bool) -> dict[str, Any]:
    """Take in what people have fetched by hand, with a login that lists and fetches nothing."""
    # imported here: of a thousand runs one adopts
    from ansible_collections.dcass.sftp.plugins.module_utils._flow.adoption import adopt_reports

    return adopt_reports(request, ports, by_hand, plan_only)


def sync(request: SyncRequest, ports: SyncPorts, plan_only: bool) -> dict[str, Any]:
    """List, decide, fetch, record; with ``plan_only`` list and decide (which costs the login, too).

    What the disk can't take fails the run at its end, after everything else has come home.
    """
    known = known_of_partner(request.partner_index, ports.manifest, plan_only)
    run = SyncRun(request.settings.account, ports.clock(), known)
    ports.afterwards.planned = run.planned
    hours = opening_hours.check_hours(request.settings, run.began)
    if hours.skip_result:
        return {**result.nothing("closed", request.drill), **hours.skip_result, **_index(request, run, ports)}
    ports.archive.require_usable()
    if not plan_only:
        ports.archive.sweep()
    facts: dict[str, Any] = {}
    trouble: DcassError | None = None
    try:
        with ports.log_in() as session:
            trouble = _bring_home(session, request, ports, run, plan_only)
        trouble = trouble_with_facility(request, run) or trouble or differing_sizes(run)
        if trouble:
            raise trouble
    except Exception as raised:
        error = as_ours(raised)
        error.facts["warnings"] = hours.warnings + result.warnings(run, request)
        run.leave_behind()
        has_ended = error is trouble and not isinstance(error, FolderRefused)
        with suppress(Exception):  # where it is the state that fails, the first error tells more
            outstanding = _add_results(error.facts, request, ports, run, has_ended)
            if outstanding is not None and not plan_only:
                ports.manifest.record_outstanding(outstanding)
        run.forget()
        if error is raised:
            raise
        raise error from raised

    outstanding = _add_results(facts, request, ports, run, True)
    if not plan_only:
        ports.manifest.finish(
            request.policy.scope, run.began, ports.clock(), run.brought.reports, run.brought.bytes, outstanding
        )
    return {
        **facts,
        "outcome": "synced",
        "warnings": hours.warnings + result.warnings(run, request) + result.drill_warnings(run),
        "diff": result.difference(run),
    }


def _bring_home(
    session: Session, request: SyncRequest, ports: SyncPorts, run: SyncRun, plan_only: bool
) -> DcassError | None:
    """List, decide and fetch; return what the archive could not take, for which the run fails at its end."""
    look(session, request, ports, run)
    trouble = _leave_out(ports, run, may_write=not plan_only)
    run.list_path = ports.downloaded_list.path if ports.downloaded_list else None
    if plan_only:
        run.keep_plan()
    else:
        with _listing(ports, run) as keep:
            _fetch(session, ports, run, keep)
    run.connection = session.connection  # as it has turned out to be
    return trouble


def _add_results(
    facts: dict[str, Any],
    request: SyncRequest,
    ports: SyncPorts,
    run: SyncRun,
    has_ended: bool,
) -> list[Outstanding] | None:
    """Add to the facts what a run has done and seen, and what is outstanding after it; return the latter.

    One piece after the other, so that what is known is there when the next can't be had. None: what is outstanding
    stays as it was, since nothing was listed, or since it was a drill.
    """
    archive, manifest, account = ports.archive, ports.manifest, request.settings.account
    facts.update(result.done(run, archive), drill=bool(request.drill))
    facts.update(_index(request, run, ports))
    if run.listing is None:
        return None
    outstanding = None
    facts.update(result.NOTHING_OUTSTANDING)
    if not request.drill:
        outstanding = completeness.outstanding_after(
            request.settings, request.policy, run, archive, manifest, has_ended
        )
        facts.update(completeness.describe(run, outstanding))
        ports.afterwards.outstanding = outstanding
    facts["warnings_found"] = result.expiry_warnings(run, account, archive, manifest, ports.registered_on)
    return outstanding


def _index(request: SyncRequest, run: SyncRun, ports: SyncPorts) -> dict[str, Any]:
    if not request.return_index:
        return {}
    return {"index": index_of(request, ports.archive, ports.manifest, ports.clock(), run)}


def _leave_out(ports: SyncPorts, run: SyncRun, may_write: bool) -> DcassError | None:
    """Leave out of the plan what the archive can't take, and return why the run is to fail for it."""
    if not run.todo:
        return None
    # imported here: most runs find nothing new, and shall not wait for it
    from ansible_collections.dcass.sftp.plugins.module_utils._flow.leaving_out import leave_out

    return leave_out(ports.archive, ports.manifest, run, may_write)


@contextmanager
def _listing(ports: SyncPorts, run: SyncRun) -> Iterator[Callable[[list[Kept]], None]]:
    """Let what is told of reports on record, by the function that the body gets, go into the list, if there is one."""
    if ports.downloaded_list is None:
        yield run.keep
        return
    with ports.downloaded_list.writing() as add:

        def keep(reports: list[Kept]) -> None:
            run.keep(reports)
            add(result.entry_of(kept, ports.archive) for kept in reports)

        yield keep


def _fetch(session: Session, ports: SyncPorts, run: SyncRun, keep: Callable[[list[Kept]], None]) -> None:
    """Fetch the plan, and let what arrives be recorded, and told to ``keep``, while more does."""
    if not run.todo:
        return
    ports.tally.expect(len(run.todo), run.todo.size)
    outcomes = session.fetch(run.todo.fetches(), _begin(ports))
    with Recording(ports.archive, ports.manifest, ports.clock, keep) as recording, closing(outcomes):
        for outcome in outcomes:
            ports.tally.end(outcome)
            if isinstance(outcome, Fetched):
                recording.add(outcome)
            elif isinstance(outcome, Unreadable):
                report = outcome.item.report
                run.todo.settle(outcome.item)
                run.leave_there(report, outcome.error_code, f"{report.name} can't be read: {outcome.reason}.")
                _require_some_readable(run)


def _require_some_readable(run: SyncRun) -> None:
    """Ask for no more where more can't be had than any honest facility lists."""
    if len(run.left_there) > MOST_ODD:
        raise NothingReadable(
            f"More than {MOST_ODD} reports can't be had, and no more were asked for. The first: "
            f"{run.refused[0]['reason']}"
        )


def _begin(ports: SyncPorts) -> Callable[[Fetch], Part]:
    archive, tally = ports.archive, ports.tally
    return lambda item: tally.begin(item, archive.begin(item.path, item.report.mtime, keep_earlier=not item.repair))
