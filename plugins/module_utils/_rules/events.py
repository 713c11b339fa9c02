# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has happened with an account that matters, each thing once, made of what account_info tells.

A run is told when it has ended, what persists, such as a missing report, when it is new. ``Emitted`` is what was told
before: whoever writes the events keeps it. So what a killed run did not tell the next look does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import (
    EXPIRING,
    LOST,
    MISSING,
    kept_state,
    last_day_at_facility,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AuthenticationFailed,
    HostKeyMismatch,
    HostKeyRevoked,
    RenewalRejected,
    SecondStepWanted,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import RUN_FAILED, RUN_KILLED, Run, killed

SCHEMA = 1  # of a line; a field that is added does not count
MOST = 500  # events of one look; what is more comes with the next
SYNCED, RENEWED, REJECTED, WITHDRAWN = "synced", "renewed", "rejected", "withdrawn"
DAY_COMPLETE, NOT_HANDED_OVER = "day_complete", "not_handed_over"
SITE_SWITCHED, LOGIN_REFUSED, HOST_KEY_CHANGED = "site_switched", "login_refused", "host_key_changed"
ERROR, WARNING, INFO = 3, 4, 6  # syslog's
PRIORITIES = {
    SYNCED: INFO,
    RENEWED: INFO,
    DAY_COMPLETE: INFO,
    NOT_HANDED_OVER: WARNING,
    MISSING: WARNING,
    EXPIRING: WARNING,
    SITE_SWITCHED: WARNING,
    LOST: ERROR,
    REJECTED: ERROR,
    WITHDRAWN: ERROR,
    LOGIN_REFUSED: ERROR,
    HOST_KEY_CHANGED: ERROR,
    RUN_FAILED: ERROR,
    RUN_KILLED: ERROR,
}
_OF_ERRORS = {
    RenewalRejected.code: REJECTED,
    AuthenticationFailed.code: LOGIN_REFUSED,
    SecondStepWanted.code: LOGIN_REFUSED,
    HostKeyMismatch.code: HOST_KEY_CHANGED,
    HostKeyRevoked.code: HOST_KEY_CHANGED,
}
_OF_OUTCOMES = {"renewed": RENEWED, "replaced": RENEWED}


@dataclass(frozen=True)
class Event:
    """One thing that has happened; ``run_by`` is who or which job, ``code`` the error code, if it has one."""

    event: str
    at: datetime
    account: str
    run_by: str
    sentence: str
    code: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def priority(self) -> int:
        """How grave it is, as syslog counts."""
        return PRIORITIES[self.event]

    def line(self) -> str:
        """Return it as one line of JSON, in ASCII."""
        known = {
            "schema": SCHEMA,
            "event": self.event,
            "time": iso(self.at),
            "account": self.account,
            "participant": self.account[:4],
            "run_by": foreign.line(self.run_by),
            "code": self.code,
            "sentence": foreign.line(self.sentence),
        }
        facts = {name: foreign.line(value) if isinstance(value, str) else value for name, value in self.facts.items()}
        return json.dumps({**known, **facts})


@dataclass(frozen=True)
class Emitted:
    """What has been emitted: the runs up to a number, the site, and what persists."""

    run: int
    site: str
    states: frozenset[str] = frozenset()

    def to_text(self) -> str:
        """Return it as it is kept."""
        return json.dumps({"schema": SCHEMA, "run": self.run, "site": self.site, "states": sorted(self.states)})


def emitted_from(text: str | None) -> Emitted | None:
    """Read what has been told; None where there is nothing, or nothing that makes sense."""
    try:
        found = json.loads(text or "")
        return Emitted(int(found["run"]), str(found["site"]), frozenset(map(str, found["states"])))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def news(info: Mapping[str, Any], emitted: Emitted | None, run_by: str, now: datetime) -> tuple[list[Event], Emitted]:
    """Return what has not been emitted yet, the oldest run first, and what has been emitted then.

    Where nothing has ever been emitted, the past is left alone but for its last run.
    """
    account, site = info["account"], info["facility"]["site"]
    runs = [_run(entry) for entry in reversed(info["runs"])]
    newest = runs[-1].number if runs else 0
    since = emitted.run if emitted and emitted.run <= newest else newest - 1  # a state of before has fewer
    events, last = _of_runs(info, [run for run in runs if run.number > since], since, now)
    if emitted and emitted.site != site:
        facts = {"from": emitted.site, "to": site}
        events.append(Event(SITE_SWITCHED, now, account, run_by, f"{account} goes to the {site} site.", facts=facts))
    states = dict(_states(info, now))
    new = [(token, event) for token, event in states.items() if not emitted or token not in emitted.states]
    events += [replace(event, run_by=run_by) for _token, event in new[:MOST]]
    left = {token for token, _event in new[MOST:]}
    return events, Emitted(last, site, frozenset(states) - left)


def _run(entry: Mapping[str, Any]) -> Run:
    ended = entry["ended"]
    moments = {"began": datetime.fromisoformat(entry["began"]), "ended": ended and datetime.fromisoformat(ended)}
    return Run(**{**entry, **moments})


def _of_runs(info: Mapping[str, Any], runs: list[Run], since: int, now: datetime) -> tuple[list[Event], int]:
    """Return what the runs have come to, and the number of the last that has ended: one may go on."""
    dead, events, last = killed(runs[::-1], now), [], since
    for run in runs:
        if run.ended is None and run not in dead:
            break
        last = run.number
        event = _of_run(info, run, now)
        events += [event] if event else []
    return events, last


def _of_run(info: Mapping[str, Any], run: Run, now: datetime) -> Event | None:
    account, facts = info["account"], {"run": run.what, "began": iso(run.began)}
    if run.ended is None:
        said = f"The {run.what} of {account} was killed, or the machine stopped."
        return Event(RUN_KILLED, now, account, run.run_by, said, facts=facts)
    if run.error_code:
        event = _OF_ERRORS.get(run.error_code, RUN_FAILED)
        said = " ".join(text for text in (run.msg, run.hint) if text)
        return Event(event, run.ended, account, run.run_by, said, run.error_code, facts)
    if run.outcome in _OF_OUTCOMES:
        last_day = info["key"]["last_day"]
        said = f"The key of {account} is renewed; its last day is {last_day}."
        return Event(RENEWED, run.ended, account, run.run_by, said, facts={**facts, "last_day": last_day})
    if run.fetched:
        some = "a report" if run.fetched == 1 else f"{run.fetched} reports"
        return Event(
            SYNCED,
            run.ended,
            account,
            run.run_by,
            f"{account} has fetched {some}.",
            facts={**facts, "fetched": run.fetched},
        )
    return None


def _states(info: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, Event]]:
    """Yield what persists, each with the word by which it is known to have been emitted."""
    account, today = info["account"], date.fromisoformat(info["facility"]["day"])
    key = info["key"]
    if key["state"] == WITHDRAWN:
        said = f"The key of {account} is withdrawn: it does not log in until another is registered."
        which = key["renewal"]["old_fingerprint"] or key["fingerprint"]
        yield f"{WITHDRAWN} {which}", Event(WITHDRAWN, now, account, "", said, facts={"fingerprint": which})
    for item in info["reports"]["outstanding"]:
        day = date.fromisoformat(item["day"])
        word, until = kept_state(day, today), last_day_at_facility(day)
        said = f"{item['what']} of {day} is {word}: it can be fetched until {until}, read the careful way."
        facts = {"what": item["what"], "day": item["day"], "days_left": (until - today).days}
        yield f"{word} {day} {item['what']}", Event(word, now, account, "", said, item.get("error_code"), facts)
    for item in info["reports"]["lost"]:
        facts = {name: item[name] for name in ("what", "day", "lost_on")}
        said = f"{item['what']} of {item['day']} is lost."
        yield f"{LOST} {item['day']} {item['what']}", Event(LOST, now, account, "", said, item.get("error_code"), facts)
    for item in info["handover"]["days"]:
        if item["complete"]:
            said = f"All that was expected of {item['day']} is handed over."
            facts = {"day": item["day"], "complete": item["complete"]}
            yield f"{DAY_COMPLETE} {item['day']}", Event(DAY_COMPLETE, now, account, "", said, facts=facts)
    failed = [item for item in info["handover"]["waiting"] if item["error_code"]]
    for way, first in {item["way"]: item for item in reversed(failed)}.items():
        said = f"{first['what']} is not handed over ({way}): {first['reason']}"
        facts = {"way": way, "what": first["what"], "waiting": info["handover"]["waiting_count"]}
        token = f"{NOT_HANDED_OVER} {way} {first['since']}"
        yield token, Event(NOT_HANDED_OVER, now, account, "", said, first["error_code"], facts)
