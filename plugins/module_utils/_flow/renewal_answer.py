# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exchange answers to an upload: the results in KEY_MANAGEMENT, and what of them can be believed (§6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._flow.facility_clock import newest_of, reports_of
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_evidence import rejected
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import Session
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import FIRST_LOOK, MOST_SMALL_BYTES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import (
    CLOCK_MARGIN,
    UNACKNOWLEDGED,
    Renewal,
    State,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import (
    ResultName,
    fresh,
    is_about,
    near,
    reason,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed

Names = Mapping[str, Listed]  # what KEY_MANAGEMENT shows

_LONGEST_PAUSE = timedelta(days=14)  # in which the facility may show no new reports
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds between two looks for the result; the last one goes on


def await_answer(run: RenewalRun, session: Session, renewal: Renewal) -> Renewal:
    """Look until the result of this upload appears, or the time for it is over, also in the middle of a look."""
    with session.within(_time_for_results(run)) as wait:
        try:
            return _look_for_answer(run, session, renewal)
        except ConnectionLost:
            if not wait.over:
                raise
            run.waited = True
            return renewal


def _time_for_results(run: RenewalRun) -> float:
    return max(run.request.result_timeout, FIRST_LOOK)


def _look_for_answer(run: RenewalRun, session: Session, renewal: Renewal) -> Renewal:
    pauses = iter(_PAUSES)
    pause = next(pauses)
    until = run.ports.clock() + timedelta(seconds=run.request.result_timeout)
    while True:
        answered = take_answer(run, session, names_of(session), renewal)
        if answered is not renewal:
            return answered
        if run.ports.clock() >= until or run.read:  # an answer of an impossible day tells no more by waiting
            run.waited = True
            return renewal
        run.ports.sleep(pause)
        pause = next(pauses, pause)


def take_answer(run: RenewalRun, session: Session, names: Names, renewal: Renewal) -> Renewal:
    """Record the result of this renewal's upload if there is one, else return the renewal as it is."""
    now = run.ports.clock()
    own = []
    for name, text in results_of(run, session, names, renewal):
        if not name.good or _day_of(run, session, names, renewal, name):  # a no may be of any day: the new key is tried
            own.append((name, text))
        else:
            run.remarks[name.name] = (
                f"The facility shows {name.name}, which names {run.account.public_key_name}; its day is too far from "
                "this upload's, so it is not taken for the result."
            )
    if renewal.state in UNACKNOWLEDGED:  # what was cut short is refused for that, and is uploaded again, whole
        own = [(name, text) for name, text in own if name.good]
    if not own:
        return renewal
    name, text = min(own, key=lambda result: not result[0].good)
    facts = dated(run, session, names, renewal, name)
    renewal = run.note(renewal, renewal.verdict(name, now), result_name=name.name, result=text, **facts)
    if renewal.state is State.REJECTED:
        raise rejected(run, renewal)
    return renewal


def results_of(run: RenewalRun, session: Session, names: Names, renewal: Renewal) -> list[tuple[ResultName, bytes]]:
    """Return the results that were not there before the upload and whose text names the account's key."""
    found = []
    with session.within(_time_for_results(run)):
        for name in fresh(names, renewal.seen_before):
            size = names[name.name].size
            if size > MOST_SMALL_BYTES:
                run.answers.add(name.name)
                run.remarks[name.name] = (
                    f"The facility shows {name.name}, of {size} bytes: too large to be read here. The next sync brings "
                    "it home."
                )
                continue
            if name.name not in run.read:
                run.read[name.name] = session.read(names[name.name]) or b""
            text = run.read[name.name]
            if not text:
                del run.read[name.name]  # it is being written: another look will tell
            if is_about(text, run.account):
                found.append((name, text))
                run.answers.add(name.name)
                if len(text) < size:
                    run.warnings.append(f"{name.name}: {len(text)} bytes came of {size}.")
            elif not name.good:
                run.remarks[name.name] = (
                    f"The facility shows {name.name}, which does not name {run.account.public_key_name}: "
                    f"{reason(text) or 'it is empty'}"
                )
    return found


def names_of(session: Session) -> Names:
    """List KEY_MANAGEMENT; raise what kept the facility from listing it whole."""
    with session.within():
        listing = session.list((KEY_MANAGEMENT,))
    if listing.trouble:
        raise listing.trouble
    return {report.name: report for report in listing.reports}


def remark_on_no(run: RenewalRun, name: str, text: bytes) -> None:
    """Take note of a result that says no of a key that logs in."""
    run.remarks[name] = (
        f"The facility shows {name}, which refuses {run.account.public_key_name}: {reason(text)} The new key of "
        f"{run.account} logs in all the same."
    )


def _day_of(run: RenewalRun, session: Session, names: Names, renewal: Renewal, name: ResultName) -> date | None:
    """Return the facility's day of a result, None where it can't be believed.

    A day far from this journal's must be that of its file as well, and fit the reports that the facility shows.
    """
    now = run.ports.clock()
    day = renewal.day_of(name, names[name.name].mtime, now)
    if day is None or near(name, renewal.began, now, CLOCK_MARGIN):
        return day
    if run.reports_until is None:
        run.reports_until = newest_of(reports_of(run, session))
    newest = run.reports_until
    fits = not newest or -CLOCK_MARGIN.total_seconds() <= name.at.timestamp() - newest <= _LONGEST_PAUSE.total_seconds()
    return day if fits else None


def dated(
    run: RenewalRun, session: Session, names: Names, renewal: Renewal, name: ResultName
) -> dict[str, date | None]:
    """Return the day of a result for the journal, and warn where it is not that of this workstation's clock."""
    now = run.ports.clock()
    day = _day_of(run, session, names, renewal, name)
    run.remarks.pop(name.name, None)
    if not near(name, renewal.began, now, CLOCK_MARGIN):
        if day:
            counts = "The facility's day was taken, since its file is of that time as well."
        else:
            counts = f"The days of the new key are counted from {renewal.uploaded_on}, by this clock."
        run.warnings.append(
            f"The facility dates the result of this upload on {name.at.date()} ({name.name}); this workstation's "
            f"clock says {now:%Y-%m-%d}. {counts} Set this workstation's clock right (chrony, NTP), if it is wrong."
        )
    return {"result_day": day}
