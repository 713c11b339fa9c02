# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a fleet as the role brings them, on a morning on which some of it is in trouble."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.days_shown import calendar_days

WRITTEN = datetime(2026, 11, 27, 7, 20, 12, tzinfo=HONG_KONG)  # a Friday
TODAY = WRITTEN.date()
INVENTORY = "/srv/dcass/inventory.yml"
PATTERNS = ("*RX_AUDIT*", "*TP001*", "*RPI03*", "*DCASS_MR*")
CALENDAR = Calendar()
Row = dict[str, Any]


def rows(participants: int) -> dict[str, Row]:
    """The workstations of so many participants: one alone has some of everything, of many most are sound."""
    found: dict[str, Row] = {}
    for number in range(participants):
        code = code_of(number)
        pair = {f"{code.lower()}-ws{place}": row(code, place) for place in (1, 2)}
        trouble = SCENES[number % len(SCENES)] if participants > 1 else everything
        trouble(*pair.values())
        found |= pair
    return found


def code_of(number: int) -> str:
    """CAAA, CAAB and so on."""
    letters = "ABDEFGHKLM"
    return "C" + "".join(letters[number // 10**place % 10] for place in (2, 1, 0))


def row(code: str, place: int) -> Row:
    """A workstation on which all is well."""
    registered = TODAY - timedelta(days=200 + 40 * place)
    last_day = registered + timedelta(days=729)
    runs = [run("sync", 7, 5, fetched=4)]
    runs += [run("intraday", 16 - poll // 12, 55 - poll % 12 * 5, back=1) for poll in range(96)]
    runs += [run("sync", hour, minute, back, fetched) for back in range(1, 8) for hour, minute, fetched in RUNS]
    days = CALENDAR.business_days(TODAY - timedelta(days=10), TODAY)
    return {
        "participant": f"cp_{code.lower()}",
        "account": f"{code}00{place}",
        "site": "primary",
        "is_alone": False,
        "switch": {},
        "failure": "",
        "error_code": "",
        "known": {
            "facility": {
                "site": "primary",
                "open": True,
                "changes_at": "2026-11-28T03:30:00+08:00",
                "day": str(TODAY),
                "day_kind": "business day",
                "msg": "The facility is open until Saturday 2026-11-28 03:30 Hong Kong time.",
            },
            "calendar": calendar_days(CALENDAR, TODAY - timedelta(days=10), TODAY + timedelta(days=45)),
            "key": {
                "state": "registered",
                "fingerprint": "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a",
                "fingerprint_sha256": "SHA256:0qRJ8pYk2mTz5c1bXh7vE3wNsLdUaGfKiOyQeRtZxCk",
                "made_on": str(registered - timedelta(days=3)),
                "uploaded_on": str(registered),
                "last_day": str(last_day),
                "last_day_counted_from": "registered",
                "days_left": (last_day - TODAY).days,
                "renewal": {
                    "state": "none",
                    "reason": "",
                    "opens_on": str(last_day - timedelta(days=60)),
                    "uploaded_on": None,
                    "old_key_last_day": None,
                    "old_fingerprint": None,
                    "new_fingerprint": None,
                },
            },
            "logins": {"used": 1, "left": 3, "retry_at": None},
            "uploads": {"used": 0, "left": 4, "retry_at": None},
            "health": {
                "libraries": "ok",
                "key": "ok",
                "archive": "ok",
                "state": "ok",
                "archive_free_bytes": 214_300_000_000,
                "state_free_bytes": 38_000_000_000,
                "clock_off_seconds": 0.2,
            },
            "reports": {
                "held": 14_326 if place == 1 else 61,
                "bytes": 4_410_000_000 if place == 1 else 19_000_000,
                "last_sync": {"scope": "all", "ended": "2026-11-27T07:05:21+08:00", "downloaded": 4, "bytes": 91_000},
                "per_day": [
                    {"day": str(day), "reports": 65 - day.day % 3 if place == 1 else 3, "bytes": 20_100_000}
                    for day in reversed(days[:-1])
                    if place == 1 or day.day % 4 == 0
                ],
                "outstanding": [],
                "lost": [],
                "shorter_than_listed": [],
                "outstanding_count": 0,
                "lost_count": 0,
                "acknowledged_count": 0,
                "expected": [
                    {"what": what, "day": str(day), "reports": int(here), "state": "held" if here else "not_here"}
                    for day in days
                    for what in PATTERNS
                    for here in [day != TODAY and (place == 1) == (day.day % 4 != 0 or what != PATTERNS[2])]
                    if what != PATTERNS[3] or day.weekday() == 4
                ],
            },
            "runs": runs,
            "run_days": run_days(runs),
            "due": [],
            "warnings": [],
        },
    }


RUNS = ((8, 30, 0), (7, 5, 4), (2, 30, 61))


def run(what: str, hour: int, minute: int, back: int = 0, fetched: int | None = 0, **more: Any) -> dict[str, Any]:
    """A run of so many days ago, eleven seconds long."""
    began = datetime(TODAY.year, TODAY.month, TODAY.day, hour, minute, 10, tzinfo=HONG_KONG) - timedelta(days=back)
    return {
        "what": what,
        "run_by": "ops",
        "began": began.isoformat(),
        "ended": (began + timedelta(seconds=11)).isoformat(),
        "outcome": "synced",
        "fetched": fetched,
        "error_code": None,
        "msg": None,
        "hint": None,
        **more,
    }


def run_days(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs of a day that came to the same as one, as account_info tells them."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    days = sorted({one["began"][:10] for one in runs}, reverse=True)[:5]
    for one in runs:
        found.setdefault((one["began"][:10], one["what"], one["outcome"], one["error_code"]), []).append(one)
    return [
        {**some[0], "times": len(some), "first": some[-1]["began"], "fetched": sum(one["fetched"] or 0 for one in some)}
        for some in found.values()
        if some[0]["began"][:10] in days
    ]


def due(its: Row, code: str, within: int | None, sentence: str, what: str | None = None) -> None:
    """Something that is to be done there."""
    word = "soon" if within is None else "at_once" if within < 0 else "days"
    found = {"code": code, "within_days": within, "urgency": word, "sentence": sentence, "what": what}
    its["known"]["due"] = sorted(
        [*its["known"]["due"], found], key=lambda one: (one["within_days"] is None, one["within_days"])
    )


def sound(_one: Row, _two: Row) -> None:
    """All is well."""


def renewing(_one: Row, two: Row, left: int = 23) -> None:
    """A key whose renewal has opened."""
    last_day = TODAY + timedelta(days=left)
    registered = last_day - timedelta(days=729)
    two["known"]["key"] |= {
        "made_on": str(registered - timedelta(days=2)),
        "uploaded_on": str(registered),
        "last_day": str(last_day),
        "days_left": left,
    }
    two["known"]["key"]["renewal"]["opens_on"] = str(last_day - timedelta(days=60))
    said = f"Renew the key of {two['account']}: its last day is {last_day}, in {left} days"
    due(two, "renewal_due", left, f"{said}; playbook dcass.sftp.renew_keys.")


def renewed(one: Row, _two: Row) -> None:
    """A key that has taken over from another one, which works for some days yet."""
    one["known"]["key"] |= {
        "made_on": "2026-11-24",
        "uploaded_on": "2026-11-24",
        "last_day": "2028-11-22",
        "days_left": 726,
    }
    one["known"]["key"]["renewal"] |= {
        "state": "done",
        "opens_on": "2028-09-23",
        "uploaded_on": "2026-11-24",
        "old_key_last_day": "2026-12-07",
        "old_fingerprint": "aa:" * 15 + "aa",
        "new_fingerprint": one["known"]["key"]["fingerprint"],
    }


def failing(one: Row, _two: Row) -> None:
    """A key that no run can read, since this morning."""
    hint = "Restore the key, or replace it with -e dcass_key_regenerate=invalid, while the exchange does not know it."
    msg = "/etc/dcass-sftp/keys/current/id_rsa has mode 0644, so that others can read it."
    failed = {"outcome": "failed", "fetched": None, "error_code": "bad_private_key", "msg": msg, "hint": hint}
    one["known"]["runs"][0] = run("sync", 7, 5, **failed)
    one["known"]["run_days"] = run_days(one["known"]["runs"])
    one["known"]["reports"]["last_sync"] = {
        "scope": "all",
        "ended": "2026-11-26T08:30:21+08:00",
        "downloaded": 0,
        "bytes": 0,
    }
    one["known"]["health"]["key"] = "bad_private_key"
    name = one["account"]
    due(
        one,
        "run_failed",
        -1,
        f"The last sync of {name} failed on 2026-11-27 at 07:05: bad_private_key: {msg} {hint}",
        "sync",
    )
    due(one, "key_unusable", -1, f"No run of {name} can work: bad_private_key: {msg} {hint}")


def missing(one: Row, two: Row) -> None:
    """Reports that have not come, one of which leaves the facility soon; another one is lost."""
    for its in (one, two):
        states = {
            ("2026-11-19", PATTERNS[1]): "missing",
            ("2026-11-24", PATTERNS[0]): "missing",
            ("2026-11-17", PATTERNS[0]): "lost",
        }
        for entry in its["known"]["reports"]["expected"]:
            state = states.get((entry["day"], entry["what"]))
            entry |= {"state": state, "reports": 0} if state else {}
        reports = its["known"]["reports"]
        reports["outstanding"] = [
            {"what": what, "day": day} for (day, what), state in states.items() if state == "missing"
        ]
        path = f"{its['account'][:4]}/MR02_20261125.csv.gz"
        said = "The server answers 'Failure' when it is opened."
        reports["outstanding"] += [{"what": path, "day": "2026-11-25", "error_code": "not_readable", "reason": said}]
        reports["lost"] = [{"what": PATTERNS[0], "day": "2026-11-17", "lost_on": "2026-11-27"}]
        reports |= {"outstanding_count": 3, "lost_count": 1}
        due(
            its,
            "reports_outstanding",
            1,
            "Look into 3 reports that are outstanding: the first leaves the facility after 2026-11-28.",
        )
        due(
            its,
            "reports_lost",
            -1,
            "A report is lost: ask the exchange for what you need; then playbook dcass.sftp.acknowledge.",
        )


def switched(one: Row, two: Row) -> None:
    """Both are at the other site, by people's word."""
    for its in (one, two):
        its["switch"] = {
            "site": "secondary",
            "since": "2026-11-26T18:40:00+08:00",
            "who": "Chan Tai Man",
            "why": "circular 123/26, drill of the second site",
        }


def silent(_one: Row, two: Row) -> None:
    """One does not answer."""
    host = f"{two['account'][:4].lower()}-ws2"
    said = f"Failed to connect to the host via ssh: connect to host {host} port 22: No route to host."
    help_ = "Look whether it is up and lets this control node in by ssh, then run the playbook again."
    two["failure"], two["error_code"] = f"host_unreachable: {said} {help_}", "host_unreachable"
    two["known"] = {"unreachable": True, "msg": said}


def spent(one: Row, _two: Row) -> None:
    """All logins are used."""
    one["known"]["logins"] = {"used": 4, "left": 0, "retry_at": "2026-11-27T07:24:02+08:00"}
    said = f"All logins of {one['account']} are used: the next one fits at 07:24:02 Hong Kong time."
    due(one, "login_budget_spent", None, said)


def holidays(one: Row, two: Row) -> None:
    """A participant that clears on holidays."""
    calendar = Calendar(holiday_trading=True)
    for its in (one, two):
        its["known"]["calendar"] = calendar_days(calendar, TODAY - timedelta(days=10), TODAY + timedelta(days=45))


def everything(one: Row, two: Row) -> None:
    """Some of all that may happen to one participant."""
    renewing(one, two)
    renewed(one, two)
    missing(one, two)


def hostile(text: str) -> dict[str, Row]:
    """A participant in whose every name and sentence that text stands."""
    found = rows(1)
    one, two = found.values()
    switched(one, two)
    failing(one, two)
    return {f"{host}{text}": with_text(its, text) for host, its in found.items()}


def with_text(value: Any, text: str, key: str = "") -> Any:
    """The same value with that text behind each text that is no date and no word of ours."""
    if isinstance(value, dict):
        return {name: with_text(part, text, name) for name, part in value.items()}
    if isinstance(value, list):
        return [with_text(part, text, key) for part in value]
    return f"{value}{text}" if isinstance(value, str) and key in SAID else value


SAID = {
    "participant", "account", "failure", "error_code", "msg", "hint", "sentence", "what", "who", "why", "reason",
    "run_by", "fingerprint", "code", "outcome", "warnings", "libraries",
}  # fmt: skip
SCENES = (missing, sound, failing, renewing, sound, switched, silent, renewed, sound, spent, holidays, sound, sound,
          sound, sound, sound, sound, sound, sound, sound)  # fmt: skip


def copied(found: dict[str, Row]) -> dict[str, Row]:
    """The same rows, to be changed."""
    return copy.deepcopy(found)
