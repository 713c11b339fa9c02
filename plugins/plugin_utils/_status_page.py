# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all workstations know of their accounts, on one page, the most urgent first (§2.2, §4.1, §6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import last_day_at_facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import NOTHING_TRIED
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section

_NOW, SOON, NEVER = -1, 10_000, 10_001  # days until something is lost: it is already; not for long; nothing will be
_NAMED = 3  # reports that are named one by one; the others are counted
_HEADER = ("workstation", "account", "key", "last sync", "last run", "site", "wanted")


@dataclass(frozen=True)
class Row:
    """One workstation: what ``account_info`` told, its switch of site, and what it failed with, each where there is."""

    host: str
    participant: str
    account: str = ""
    known: Mapping[str, Any] | None = None
    switch: Mapping[str, Any] | None = None
    site: str = next(iter(SITES))  # as the inventory has it
    failure: str = ""
    is_alone: bool = False  # its participant has no other workstation
    error_code: str = ""  # of the failure

    @property
    def has_answered(self) -> bool:
        """Whether the workstation has told what it knows."""
        return bool(self.known) and not self.failure

    @property
    def site_now(self) -> str:
        """The site that it goes to: where people have switched it to, else that of the inventory."""
        return str((self.switch or {}).get("site", self.site))

    @property
    def is_switched(self) -> bool:
        """People have brought it elsewhere and not back."""
        return self.site_now != self.site


def page(rows: Sequence[Row]) -> list[Section]:
    """Return the page: whether the facility is open, then a line for each workstation, and what it wants of people."""
    sites: dict[str, set[str]] = {row.participant: set() for row in rows}
    for row in rows:
        sites[row.participant] |= {row.site_now} if row.has_answered else set()
    ranked = sorted(rows, key=lambda row: (days_left(row), row.host))
    cells = [_HEADER, *(_cells(row) for row in ranked)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
    shown = [Section("the facility", [*_hours(rows), lines[0]])]
    for row, line in zip(ranked, lines[1:]):
        sentences = (f"    {sentence}" for sentence in _sentences(row, sites[row.participant]))
        shown.append(Section(row.host, [line, *sentences]))
    heads = list(_heads(ranked))
    return [*shown, Section("the evidence", heads)] if heads else shown


def _heads(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the head of each account's evidence: kept elsewhere, it proves later that none was rewritten."""
    for row in rows:
        kept = (row.known or {}).get("evidence") or {}
        if row.has_answered and kept.get("head"):
            yield f"Evidence of {row.account}: {kept['entries']} entries, the last with SHA-256 {kept['head']}."


def _hours(rows: Sequence[Row]) -> list[str]:
    """Tell when the facility opens or closes; where the operators' calendars differ, what most have comes first."""
    known = [(row.participant, row.known) for row in rows if row.known and row.has_answered]
    said = Counter((str(its["facility"]["msg"]), whose) for whose, its in known)
    warned = Counter((warning, whose) for whose, its in known for warning in its.get("warnings") or [])
    everybody = {whose for whose, _its in known}
    return [*_with_names(said, everybody), *_with_names(warned, everybody)]


def _with_names(said: Counter[tuple[str, str]], everybody: set[str]) -> Iterator[str]:
    """Yield each sentence, the most frequent first; with whose it is where it is not everybody's."""
    often = Counter(sentence for sentence, _whose in said.elements())
    for sentence, _count in often.most_common():
        whose = sorted({one for other, one in said if other == sentence})
        yield sentence if set(whose) == everybody else f"{_some(whose)}: {sentence}"


def days_left(row: Row) -> int:
    """Return in how many days something is lost if nobody does anything; SOON has no day, NEVER none at all."""
    if not row.known or not row.has_answered:
        return _NOW
    days = [SOON if due["within_days"] is None else max(due["within_days"], _NOW) for due in row.known["due"]]
    return min([*days, *([SOON] if row.is_switched else [])], default=NEVER)


def _outstanding(known: Mapping[str, Any]) -> Iterator[tuple[str, date]]:
    """Return what is outstanding, with the last day on which it can be fetched, read the careful way (§4.1)."""
    for item in known["reports"]["outstanding"]:
        day = date.fromisoformat(item["day"])
        yield f"{item['what']} of {day}", last_day_at_facility(day)


def _reasons(known: Mapping[str, Any]) -> list[str]:
    """Why what is outstanding was left at the facility, each reason once."""
    said = (item.get("reason") for item in known["reports"]["outstanding"])
    return list(dict.fromkeys(reason for reason in said if reason))


def _cells(row: Row) -> tuple[str, ...]:
    wanted = in_words(days_left(row))
    if not row.known or not row.has_answered:
        return row.host, row.account, "not known", "not known", "not known", "not known", wanted
    key, last = row.known["key"], row.known["reports"]["last_sync"]
    words = f"{key['state']}, until {key['last_day']} ({key['days_left']} days)" if key["last_day"] else key["state"]
    synced = _minute(last["ended"]) if last else "never"
    return row.host, row.account, words, synced, _last_run(row.known["runs"]), row.site_now, wanted


def _last_run(runs: Sequence[Mapping[str, Any]]) -> str:
    if not runs:
        return "never"
    last = runs[0]
    came = last["outcome"] if last.get("outcome") in NOTHING_TRIED else "ok"
    return f"{last['what']} {last['error_code'] or came if last['ended'] else 'going on'}"


def in_words(days: int) -> str:
    """Return how soon that is, as the page's last column has it."""
    words = {NEVER: "-", SOON: "soon", 0: "today", 1: "tomorrow"}
    return words.get(days, f"in {days} days" if days > 0 else "at once")


def _minute(moment: str) -> str:
    return moment.replace("T", " ")[:16]


def _sentences(row: Row, sites: set[str]) -> Iterator[str]:
    """Say what is wanted of people, the reason of it, and what they have decided."""
    if not row.has_answered:
        yield row.failure or "It could not be asked; its own failure says why."
    if row.is_switched and row.switch:
        yield (
            f"Switched to the {row.site_now} site on {_minute(row.switch['since'])} by {row.switch['who']}: "
            f"{row.switch['why']}. The playbook dcass.sftp.switch_site brings it back."
        )
    if len(sites) > 1:
        yield f"The workstations of {row.participant} are at different sites: playbook dcass.sftp.switch_site."
    if row.is_alone:
        yield (
            f"{row.participant} has one workstation: it has no standby, and a registration wants a second address and "
            "a second key."
        )
    if row.known and row.has_answered:
        at_top = row.known.get("warnings") or []  # once for all
        yield from (sentence for sentence in row.known["next_actions"] if sentence not in at_top)
        if row.known["key"]["renewal"]["state"] not in ("none", "done", "abandoned"):
            yield f"The renewal: {row.known['key']['renewal']['reason']}."
        outstanding = [f"{what} (until {last})" for what, last in _outstanding(row.known)]
        lost = [f"{item['what']} of {item['day']}" for item in row.known["reports"]["lost"]]
        reports = row.known["reports"]
        named = (
            ("Outstanding", outstanding, reports["outstanding_count"]),
            ("Lost", lost, reports["lost_count"]),
        )
        yield from (f"{word}: {_some(names, count)}." for word, names, count in named if names)
        yield from _reasons(row.known)[:_NAMED]


def _some(names: Sequence[str], count: int = 0) -> str:
    """Name the first; ``count`` is how many there are, where that is more than the names."""
    rest = max(count, len(names)) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return ", ".join(names[:_NAMED]) + more
