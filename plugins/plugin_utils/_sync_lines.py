# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync tells people: for each workstation what came, and what they should know (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section
from ansible_collections.dcass.sftp.plugins.plugin_utils._some import NAMED, some
from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import is_busy

_GLOB = set("*?[")


@dataclass(frozen=True)
class Turn:
    """One workstation's turn: what report_sync has returned, or the line of its failure.

    ``trouble`` is why its partner could not fetch, if that is so. One that is alone has no partner.
    """

    host: str
    account: str = ""
    partner: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    trouble: str = ""
    failure: str = ""


def trouble_of(first: Mapping[str, Any], is_there: bool) -> str:
    """Why the first account's workstation could not fetch, from its result; nothing where it did or still does."""
    if (is_there and "error_code" not in first) or is_busy(first):
        return ""
    return str(first.get("msg", "It is unreachable or not ready."))


def sync_lines(turns: Sequence[Turn], check_mode: bool) -> list[Section]:
    """Return the lines for all workstations; ``check_mode`` says that nothing was done."""
    fetched = "would be fetched" if check_mode else "fetched"
    return [Section(turn.host, _lines(turn, fetched), _urgency(turn)) for turn in turns]


def _urgency(turn: Turn) -> tuple[int, ...]:
    """What has failed, what leaves the facility, the sooner the earlier, what else people should know, all else."""
    if turn.failure:
        return (0,)
    leaving = [entry["days_left"] for entry in turn.result.get("expiring", ())]
    if leaving:
        return (1, min(leaving))
    is_news = turn.trouble or is_busy(turn.result) or (turn.result.get("connection") and _concerns(turn.result))
    return (2,) if is_news else (3,)


def _lines(turn: Turn, fetched: str) -> list[str]:
    if turn.failure:
        return [turn.failure]
    result = turn.result
    who = f"{turn.account} (drill)" if result.get("drill") else turn.account
    if is_busy(result):
        return [f"{who}: {Busy.code}: {result['msg']}"]
    if "opens_at" in result:
        return [f"{who}: {result['msg']}", *(f"    {line}" for line in _handed_over(result))]
    if not result.get("connection"):
        return [f"{who} stands by for {turn.partner}."]
    held_there = f"{result['held_by_partner']} held by {turn.partner}" if turn.partner else "no standby"
    summary = (
        f"{who}: {result['downloaded_count']} reports {fetched} ({result['bytes'] / 1e6:.1f} MB), "
        f"{result['unchanged']} held already, {held_there}; "
        f"logins left in five minutes: {result['connection']['logins_left']}."
    )
    return [summary, *_stands_in(turn, fetched), *(f"    {concern}" for concern in _concerns(result))]


def _concerns(result: Mapping[str, Any]) -> list[str]:
    """What people should know, each thing once and with its day, the most urgent first; of many, how many."""
    patterns = [entry for entry in result["lost"] if _GLOB & set(entry["what"])]
    reports = [f"{entry['what']} of {entry['day']}" for entry in result["lost"] if entry not in patterns]
    left = list(dict.fromkeys(str(entry["reason"]) for entry in result["refused"]))
    more, later = max(0, len(left) - NAMED) + _beyond(result, "refused"), _beyond(result, "expiring")
    open_warnings = [str(entry["name"]) for entry in result["warnings_found"] if not entry.get("answered")]
    return [
        *(f"Expiring: {some(names)}, until {day}" for day, names in _by(result["expiring"], "last_day", "name")),
        *([f"Expiring: {later} more"] if later else []),
        *(f"Missing: {what} of {_days(days)}" for what, days in _by(result["missing"], "expected", "day")),
        *(f"Lost: {what} of {_days(days)}" for what, days in _by(patterns, "what", "day")),
        *_all("Lost", reports, _beyond(result, "lost")),
        *(f"Left there: {reason}" for reason in left[:NAMED]),
        *([f"Left there: {more} more"] if more else []),
        *_all("Gone from the archive", [str(entry["path"]) for entry in result["absent"]], _beyond(result, "absent")),
        *([f"See {some(open_warnings)}"] if open_warnings else []),
        *_handed_over(result),
    ]


def _handed_over(result: Mapping[str, Any]) -> list[str]:
    """What the back office waits for in vain, and which days it has whole now."""
    done = result.get("handover") or {}
    failed, complete = done.get("failed", ()), [str(entry["day"]) for entry in done.get("complete", ())]
    first = [f"{entry['what']}: {entry['reason']}" for entry in failed[:1]]
    return [
        *(f"Not handed over: {done['waiting']}, the first {said}" for said in first),
        *([f"Handed over, and complete: {_days(complete)}"] if complete else []),
    ]


def _by(entries: Sequence[Mapping[str, Any]], key: str, value: str) -> list[tuple[str, list[str]]]:
    """Gather the values of each key, each of them once, in the order of the entries."""
    found: dict[str, dict[str, None]] = {}
    for entry in entries:
        found.setdefault(str(entry[key]), {})[str(entry[value])] = None
    return [(name, list(values)) for name, values in found.items()]


def _all(said: str, names: Sequence[str], beyond: int) -> list[str]:
    return [f"{said}: {some(list(dict.fromkeys(names)), beyond=beyond)}"] if names else []


def _beyond(result: Mapping[str, Any], kind: str) -> int:
    """How many of a kind a result counts and does not name."""
    return max(0, int(result.get(f"{kind}_count", 0)) - len(result[kind]))


def _days(days: Sequence[str]) -> str:
    return ", ".join(days) if len(days) <= NAMED else f"{len(days)} days, {min(days)} to {max(days)}"


def _stands_in(turn: Turn, fetched: str) -> list[str]:
    if not turn.trouble:
        return []
    shared = turn.result["downloaded_shared"]
    did = f"{turn.host} stands in for {turn.partner}: {shared} reports {fetched} that {turn.partner} could not."
    return [f"    {did} {turn.trouble}"]
