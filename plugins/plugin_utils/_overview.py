# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the workstations know, as one value from which pages and figures are made (§2.2, §4.1, §6).

Days and moments are ISO 8601 in Hong Kong time, texts are plain lines in which nothing can act. Its form, ``FORM``:

``written``, ``urgency``, ``counts``
    When; how urgent the most urgent participant is (``at_once``, ``days``, ``soon``, ``none``); participants of each.
``facility``, ``warnings``, ``calendar``
    Sentences, each with whose it is (``participants``); and for each calendar that people have its ``weeks``, days with
    ``day``, ``kind``, ``open`` and whether that is ``predicted``.
``actions``
    What people do next, the most urgent first: ``code``, ``urgency``, ``within_days``, ``sentence``, ``command``, and
    whom it is about: ``participant``, ``accounts``, ``hosts``.
``participants``
    The most urgent first: ``name``, ``urgency``, ``within_days``, ``alone`` where it has one workstation,
    ``accounts``, and ``days`` (see ``_overview_days``).
    An account has ``account``, ``host``, ``urgency``, ``within_days``, ``answered``, ``failure``, ``site``, ``switch``
    and, where it has answered, as ``account_info`` tells it: ``key``, ``logins``, ``uploads``, ``health``, ``reports``
    (``held``, ``bytes``, ``last_sync``, and how many are ``outstanding``, ``lost``, ``acknowledged``,
    ``shorter_than_listed``), and ``runs``, which are its ``run_days`` without what is null.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, iso
from ansible_collections.dcass.sftp.plugins.plugin_utils._job_stats import plain
from ansible_collections.dcass.sftp.plugins.plugin_utils._next_steps import actions_of, merged
from ansible_collections.dcass.sftp.plugins.plugin_utils._overview_days import days_of, weeks_of
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row

FORM = 1
URGENCIES = ("at_once", "days", "soon", "none")
# of what is as urgent, by what comes first: what lets a run work, what has failed, then what waits for a run
_LATER = {"run_failed": 1, "run_killed": 1, "sync_overdue": 2, "reports_lost": 3, "reports_outstanding": 4}


def overview(
    rows: Sequence[Row], written: datetime, inventories: Sequence[str] = (), by_awx: bool = False
) -> dict[str, Any]:
    """Return it; the commands in it are for those ``inventories``, and in AWX for a job template."""
    options = [] if by_awx else [word for path in inventories for word in ("-i", path)]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.participant, []).append(row)
    everybody = sorted(groups)
    actions = {row.host: actions_of(row, groups[row.participant], options) for row in rows}
    participants = sorted(
        (_participant(name, its, actions) for name, its in groups.items()),
        key=lambda one: (_rank(one), one["name"]),
    )
    answered = [row for row in rows if row.has_answered]
    found: dict[str, Any] = _plain(
        {
            "form": FORM,
            "written": iso(written.astimezone(HONG_KONG)),
            "urgency": participants[0]["urgency"] if participants else "none",
            "counts": {word: sum(one["urgency"] == word for one in participants) for word in URGENCIES},
            "facility": _whose(((_of(row)["facility"]["msg"], row) for row in answered), everybody),
            "warnings": _whose(((text, row) for row in answered for text in _of(row).get("warnings") or ()), everybody),
            "calendar": [{"participants": whose, **calendar} for calendar, whose in _calendars(answered, everybody)],
            "actions": sorted(merged(one for its in actions.values() for one in its), key=_turn),
            "participants": participants,
        },
        {},
    )
    return found


def _plain(value: Any, seen: dict[str, str]) -> Any:
    """As ``plain`` does it, each text once: most stand in many accounts."""
    if isinstance(value, str):
        return seen.get(value) or seen.setdefault(value, plain(value))
    if isinstance(value, Mapping):
        return {_plain(name, seen): _plain(part, seen) for name, part in value.items()}
    return [_plain(part, seen) for part in value] if isinstance(value, (list, tuple)) else value


def _rank(one: Mapping[str, Any]) -> tuple[int, int]:
    """What is without a day comes after all days."""
    within = one["within_days"]
    return URGENCIES.index(one["urgency"]), 0 if within is None else within


def _turn(action: Mapping[str, Any]) -> tuple[tuple[int, int], str, int]:
    """What is as urgent stands by participants, and causes before what came of them."""
    return _rank(action), action["participant"], _LATER.get(action["code"], 0)


def _of(row: Row) -> Mapping[str, Any]:
    return row.known or {}


def _participant(name: str, rows: Sequence[Row], actions: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    accounts = [_account(row, actions[row.host]) for row in sorted(rows, key=lambda row: (row.account, row.host))]
    worst = min(accounts, key=_rank)
    return {
        "name": name,
        **{part: worst[part] for part in ("urgency", "within_days")},
        "accounts": accounts,
        "alone": any(row.is_alone for row in rows),
        "days": days_of({row.account: _of(row) for row in rows if row.has_answered}, len(rows)),
    }


def _account(row: Row, actions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    worst: Mapping[str, Any] = min(actions, key=_rank, default={"urgency": "none", "within_days": None})
    found = {
        "account": row.account,
        "host": row.host,
        **{part: worst[part] for part in ("urgency", "within_days")},
        "answered": row.has_answered,
        "failure": row.failure,
        "site": row.site_now,
        "switch": dict(row.switch or {}) if row.is_switched else {},
    }
    return {**found, **_known(_of(row))} if row.has_answered else found


def _known(its: Mapping[str, Any]) -> dict[str, Any]:
    reports = its["reports"]
    return {
        **{name: its[name] for name in ("key", "logins", "uploads", "health")},
        "reports": {
            **{name: reports[name] for name in ("held", "bytes", "last_sync")},
            **{name: reports[f"{name}_count"] for name in ("outstanding", "lost", "acknowledged")},
            "shorter_than_listed": len(reports["shorter_than_listed"]),
        },
        "runs": [_run(run) for run in its["run_days"]],
    }


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return some runs of a day without what there is not to tell."""
    return {name: value for name, value in run.items() if value is not None or name == "ended"}


def _whose(said: Iterable[tuple[str, Row]], everybody: Sequence[str]) -> list[dict[str, Any]]:
    """Each sentence with whose it is, the most frequent first; nobody is named where it is everybody's."""
    names: dict[str, set[str]] = {}
    often: Counter[str] = Counter()
    for text, row in said:
        names.setdefault(text, set()).add(row.participant)
        often[text] += 1
    return [
        {"sentence": text, "participants": [] if len(names[text]) == len(everybody) else sorted(names[text])}
        for text, _count in often.most_common()
    ]


def _calendars(rows: Sequence[Row], everybody: Sequence[str]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield each calendar that people have, with whose it is; nobody is named where it is everybody's."""
    found: list[tuple[tuple[Any, str], set[str]]] = []
    for row in rows:
        calendar = _of(row)["calendar"], _of(row)["facility"]["day"]
        whose = next((names for known, names in found if known == calendar), None)
        if whose is None:
            found.append((calendar, {row.participant}))
        else:
            whose.add(row.participant)
    for calendar, whose in sorted(found, key=lambda one: -len(one[1])):
        yield weeks_of(*calendar), [] if len(whose) == len(everybody) else sorted(whose)
