# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Prometheus is told of an account, made of what account_info tells, so that no figure can differ.

Names and units are by Prometheus's conventions; the format is its text exposition format 0.0.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Union

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import AT_ONCE_WORD
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import FAILED_DUES

Value = Union[int, float]
Labels = Mapping[str, str]


class Family(NamedTuple):
    """One metric by its name: what it is, and each of its samples, by the labels beside account and participant."""

    name: str
    help: str
    samples: Sequence[tuple[Labels, Value]]


_PRIMARY, SECONDARY = SITES
DUE = "dcass_due"
HELP = {
    "dcass_key_days_left": "Days after today on which the current key logs in, negative when its last day is past.",
    "dcass_last_good_sync_timestamp_seconds": "When the last full sync came to its end.",
    "dcass_sync_due_timestamp_seconds": "By when the next full sync must have come to its end, by the calendar.",
    "dcass_last_attempt_success": "1, or 0 where the last run of a kind has failed or was killed.",
    "dcass_reports_missing": "Outstanding reports that can be fetched for more than three days.",
    "dcass_reports_expiring": "Outstanding reports that can be fetched for three days at the most, or no more.",
    "dcass_reports_lost": "Reports that were lost.",
    "dcass_logins_left": "Logins that may be made now, of the budget of five minutes.",
    "dcass_archive_free_bytes": "Bytes that a fetch may bring.",
    "dcass_calendar_last_day_timestamp_seconds": "The last day whose holidays are known, at its beginning.",
    "dcass_site_secondary": "1 where the workstation goes to the secondary site, 0 at the primary one.",
    DUE: "How many things are due, by the word of each and how urgent it is.",
    "dcass_status_written_timestamp_seconds": "When this was written.",
}


def of_account(info: Mapping[str, Any], now: datetime) -> list[Family]:
    """Return the metrics of what account_info tells; what is not known is left out."""
    reports, known_to = info["reports"], info["calendar"]["known_to"]
    values: dict[str, Value | None] = {
        "dcass_key_days_left": info["key"]["days_left"],
        "dcass_last_good_sync_timestamp_seconds": _seconds(reports["last_full_sync"]),
        "dcass_sync_due_timestamp_seconds": _seconds(reports["sync_due_at"]),
        "dcass_last_attempt_success": _is_good(info) if info["runs"] else None,
        **{f"dcass_reports_{word}": reports["counts"][word] for word in ("missing", "expiring", "lost")},
        "dcass_logins_left": info["logins"]["left"],
        "dcass_archive_free_bytes": info["health"]["archive_free_bytes"],
        "dcass_calendar_last_day_timestamp_seconds": _seconds(f"{known_to}T00:00:00+08:00") if known_to else None,
        "dcass_site_secondary": _is_secondary(info["facility"]["site"]),
    }
    return _families(values, ((due["code"], due["urgency"]) for due in info["due"]), now)


def of_failure(site: str, code: str, now: datetime) -> list[Family]:
    """Return the metrics where nothing can be told of the account: that, and why."""
    return _families({"dcass_site_secondary": _is_secondary(site)}, [(code, AT_ONCE_WORD)], now)


def exposition(account: Account, families: Iterable[Family]) -> str:
    """Return the metrics of an account as Prometheus reads them."""
    always = {"account": account.name, "participant": account.customer_code}
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {_escaped(family.help)}", f"# TYPE {family.name} gauge"]
        lines += [f"{family.name}{{{_labels({**always, **more})}}} {value}" for more, value in family.samples]
    return "\n".join([*lines, ""])


def _families(values: Mapping[str, Value | None], dues: Iterable[tuple[str, str]], now: datetime) -> list[Family]:
    due = [({"code": code, "urgency": urgency}, count) for (code, urgency), count in sorted(Counter(dues).items())]
    written = "dcass_status_written_timestamp_seconds"
    known = [Family(name, HELP[name], [({}, value)]) for name, value in values.items() if value is not None]
    return [*known, *([Family(DUE, HELP[DUE], due)] if due else []), Family(written, HELP[written], [({}, _at(now))])]


def _is_good(info: Mapping[str, Any]) -> int:
    return int(not any(due["code"] in FAILED_DUES for due in info["due"]))


def _is_secondary(site: str) -> int:
    return int(site == SECONDARY)


def _seconds(moment: str | None) -> int | None:
    return None if moment is None else _at(datetime.fromisoformat(moment))


def _at(moment: datetime) -> int:
    return int(moment.astimezone(HONG_KONG).timestamp())


def _labels(labels: Labels) -> str:
    return ",".join(f'{name}="{_quoted(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")
