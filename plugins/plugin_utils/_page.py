# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page in a browser needs beside the overview: words for its days and figures, places on its time line."""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Kind

URGENCY = {"at_once": "at once", "days": "within days", "soon": "soon", "none": "nothing to do"}
HEADLINE = {
    "at_once": "At once",
    "days": "Within days",
    "soon": "Soon",
    "none": "Nothing to do",
}
EVENTS = {
    "made": "made",
    "registered": "registered",
    "opens": "renewal opens",
    "old": "last day of the old key",
    "last": "last day",
}
# not by the locale, which may be any
WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
CELLS = {
    "lost": "lost",
    "acknowledged": "closed",
    "not_yet": "not yet",
    "not_asked": "–",
    "not_expected": "",
    "unknown": "?",
}
_MOST_ACTIONS = 40  # at the top; all others stand at their participants
_LINES_OF_RUNS = 800  # on the whole page
_MARGIN = timedelta(days=45)  # beside the first and the last day of the time line


class Html(str):
    """Markup of our own, which a template shows as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


def page_values(model: Mapping[str, Any], style: str, script: str) -> dict[str, Any]:
    """Return what the template is given: the overview, and what follows from it."""
    accounts = [account for one in model["participants"] for account in one["accounts"]]
    today = model["written"][:10]
    axis = Axis(accounts, today)
    worst = model["counts"][model["urgency"]]
    return {
        "model": model,
        "style": style,
        "script": script,
        "policy": _policy(style, script),
        "total": len(model["participants"]),
        "headline": HEADLINE[model["urgency"]],
        "worst": worst if model["urgency"] != "none" else 0,
        "urgencies": [(word, name, model["counts"][word]) for word, name in URGENCY.items()],
        "urgency": URGENCY,
        "first_actions": model["actions"][:_MOST_ACTIONS],
        "runs_each": max(3, min(14, _LINES_OF_RUNS // max(1, len(accounts)))),
        "axis": axis,
        "events": EVENTS,
        "day": _day,
        "moment": lambda text: _moment(text, today),
        "size": _size,
        "span": _span,
        "left": _left,
        "cell_words": _cell,
        "day_words": _day_words,
        "actions_at": _actions_at(model["actions"]),
        "last_run": _last_run,
        "outcome": lambda run: run.get("error_code") or run.get("outcome") or "no end",
        "runs_of": _runs_of,
        "found_by": _found_by,
    }


def _policy(style: str, script: str) -> str:
    """A policy that lets nothing in and nothing out but this style and this script."""
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (style, script)
    ]
    return f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}; base-uri 'none'; form-action 'none'"


class Axis:
    """The days from the first to the last of all keys, as places from left to right in per cent."""

    def __init__(self, accounts: Sequence[Mapping[str, Any]], today: str) -> None:
        days = [date.fromisoformat(day) for account in accounts for _what, day in events_of(account)]
        days.append(date.fromisoformat(today))
        self.first, self.last = min(days) - _MARGIN, max(days) + _MARGIN
        self.today = today

    def at(self, day: str) -> str:
        """Return the place of a day."""
        return f"{100 * (date.fromisoformat(day) - self.first) / (self.last - self.first):.1f}%"

    def years(self) -> list[tuple[int, str]]:
        """Return each year that begins on it, with its place."""
        return [(year, self.at(f"{year}-01-01")) for year in range(self.first.year + 1, self.last.year + 1)]

    def lines(self, account: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield the spans of a key, each with its kind: not yet registered, good, to be renewed."""
        key = account["key"]
        made, registered, last = key["made_on"], key["uploaded_on"], key["last_day"]
        opens = key["renewal"]["opens_on"]
        if made and registered:
            yield "made", self.at(made), self.at(registered)
        if registered and last:
            middle = min(max(opens or last, registered), last)
            yield "good", self.at(registered), self.at(middle)
            yield "due", self.at(middle), self.at(last)

    def events(self, account: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Return what happens to a key: the event, its day, its place."""
        return [(what, day, self.at(day)) for what, day in events_of(account)]


def events_of(account: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what happens to a key, with its day, in the order in which it does."""
    if not account["answered"]:
        return []
    key, renewal = account["key"], account["key"]["renewal"]
    found = [
        ("made", key["made_on"]),
        ("registered", key["uploaded_on"]),
        ("old", renewal["old_key_last_day"] if renewal["new_fingerprint"] == key["fingerprint"] else None),
        ("opens", renewal["opens_on"]),
        ("last", key["last_day"]),
    ]
    return [(what, day) for what, day in found if day]


def _day(text: str) -> str:
    at = date.fromisoformat(text[:10])
    return f"{WEEKDAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def _moment(text: str, today: str) -> str:
    """A moment to the minute; the year is told instead of the weekday where it is another one."""
    if text[:10] == today:
        return f"today {text[11:16]}"
    weekday, *day, year = _day(text).split()
    words = [weekday, *day] if text[:4] == today[:4] else [*day, year]
    return " ".join([*words, text[11:16]])


def _span(run: Mapping[str, Any]) -> str:
    """From the first to the last of some runs."""
    first, last = run["first"][11:16], run["began"][11:16]
    return last if run["times"] == 1 else f"{first} to {last}"


def _size(count: float | None) -> str:
    if count is None:
        return "not known"
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1e3:.0f} kB"


def _left(days: int) -> str:
    if days < 0:
        return "may be gone"
    return {0: "last day", 1: "1 day left"}.get(days, f"{days} days left")


def _cell(cell: Mapping[str, Any]) -> tuple[str, Html]:
    """Return what a cell of a day says, and its class where it has one."""
    state = cell["state"]
    if state == "held":
        by = [account[-3:] for account in cell["by"]]
        return "both" if len(by) > 1 else by[0], Html(" class=h")
    if state in ("missing", "expiring"):
        count = f"{cell['reports']}: " if "reports" in cell else ""
        return f"{count}{_left(cell['days_left'])}", Html(f" class={state}")
    return CELLS[state], Html(" class=lost" if state == "lost" else "")


def _last_run(run: Mapping[str, Any]) -> str:
    going_on = "going on" if not run["ended"] else "ok"
    return f"{run['what']} {run.get('error_code') or going_on}"


def _runs_of(one: Mapping[str, Any], most: int) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the runs of a participant's accounts, the newest first: so many of each, and the failed ones besides."""
    found = []
    for account in one["accounts"]:
        runs = account.get("runs", ())
        kept = [*runs[:most], *[run for run in runs[most:] if "error_code" in run][:most]]
        found += [(account["account"], run) for run in kept]
    return sorted(found, key=lambda entry: str(entry[1]["began"]), reverse=True)


def _found_by(one: Mapping[str, Any]) -> str:
    """Return what a participant is found by."""
    names = [name for account in one["accounts"] for name in (account["account"], account["host"])]
    return " ".join([one["name"], *names, URGENCY[one["urgency"]]]).lower()


def _day_words(day: Mapping[str, Any]) -> str:
    """Return what is to be said of a day that is out of the ordinary."""
    weekday = date.fromisoformat(day["day"]).weekday() < 5
    ordinary = day["kind"] == (Kind.BUSINESS if weekday else Kind.CLOSED).value
    words = (
        [] if ordinary else [day["kind"] if day["open"] == (day["kind"] != Kind.CLOSED.value) else "holiday, not used"]
    )
    return ", ".join([*words, *(["predicted"] if day["predicted"] else [])])


def _actions_at(actions: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return of each participant what is to be done for it alone and does not stand at the top."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in actions[_MOST_ACTIONS:]:
        found[one["participant"]].append(one)
    return found
