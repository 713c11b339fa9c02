# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run must know of a workstation before it begins: whether it is rolled out, which site, who is who (§4.1)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, calendar_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import ACCOUNT_ENDINGS, COMMON
from ansible_collections.dcass.sftp.plugins.plugin_utils._blocker import blocker
from ansible_collections.dcass.sftp.plugins.plugin_utils._site_record import site_record
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables, texts

Vars = Mapping[str, Any]
_SPECIAL = re.compile(r"[*?[]")  # in a pattern of names
_DAYS = ("closed_days", "open_days", "holidays")
_WORKS_WHILE_CLOSED = (  # with one of these a run has something to do on the workstation also then
    "dcass_handover_dir",
    "dcass_handover_command",
    "dcass_metrics_file",
    "dcass_events_file",
)
# The marker of a rollout is written last, so that a half-made environment is none. The record of a switch of site is in
# a folder that others may not read: one that can't be looked into may have one.
_LOOK = """\
if test -e {marker}; then echo dcass-ready; fi
if test -d {config} && test ! -x {config}; then echo dcass-unread; fi
if test -e {record}; then echo dcass-unread; sed -n '$s/^/dcass-site /p' {record} 2>/dev/null; fi
"""


def who_is_who(its: Variables, host: str, groups: Vars) -> dict[str, Any]:
    """Return ``account``, ``partner``, ``is_second`` and the scope it ``shares``; one alone has no partner."""
    pair = next((list(hosts) for name, hosts in groups.items() if name.startswith("cp_") and host in hosts), [])
    account = str(its["dcass_account"])
    return {
        "account": account,
        "is_second": len(pair) > 1 and account != f"{its['dcass_customer_code']}{ACCOUNT_ENDINGS[0]}",
        "partner": next((other for other in pair if other != host), ""),
        "shares": str(its["dcass_report_scope"]) if len(pair) > 1 and its.is_on("dcass_report_shared") else "",
    }


def closed(its: Variables, now: datetime) -> dict[str, Any] | None:
    """Return what a sync would end with, since the facility is closed and there is nothing else to do; else None.

    What can't be judged here is the module's to judge, which looks for itself.
    """
    if its["dcass_outside_hours"] != "skip" or any(its[name] for name in _WORKS_WHILE_CLOSED):
        return None
    try:
        days = {name: texts(its[f"dcass_{name}"]) for name in _DAYS}
        calendar = calendar_from({**days, "holiday_trading": its.is_on("dcass_holiday_trading")})
    except BadInput:
        return None
    opening = calendar.at(now.astimezone(HONG_KONG))
    if opening.is_open:
        return None
    return {
        "changed": False,
        "skipped": True,
        "outcome": "closed",
        "msg": opening.sentence,
        "opens_at": opening.changes_at.isoformat(timespec="seconds"),
        "day_kind": opening.kind.value,
        "warnings": [opening.warning] if opening.warning else [],
    }


def passed_over(its: Variables) -> dict[str, Any]:
    """Return what is told of one whose participant the inventory has wrong."""
    nobody = {"account": its["dcass_account"], "is_second": False, "partner": "", "shares": ""}
    return {**nobody, "may_run": False, "blocked": its["dcass_wrong"], "site": ""}


def unasked(its: Variables, closed: Vars) -> dict[str, Any]:
    """Return what is told of one that is not asked, since there is nothing to do on it."""
    return {"may_run": False, "blocked": {}, "closed": closed, "site": its["dcass_site"]}


def presumed(its: Variables) -> dict[str, Any]:
    """Return what is true of nearly every workstation; the first module on it looks whether it is so (``places``)."""
    return {
        "may_run": True,
        "blocked": {},
        "site": its["dcass_site"],
        "python": f"{its['dcass_venv']}/bin/python",
        "user": its["dcass_service_user"],
        "presumed": True,
    }


def places(its: Variables, of_archive: bool = False) -> dict[str, Any]:
    """Return where a launcher looks: the ``marker`` of a rollout, and the ``record`` of a switch of site.

    And the ``question`` to the shell, where either is not as nearly everywhere. With ``of_archive`` also the
    ``folders`` of the archive, which may be patterns, since a drill has a folder a day.
    """
    place = {**_paths(its), "question": question(its)}
    if not of_archive:
        return place
    top = _SPECIAL.sub(r"[\g<0>]", str(its["dcass_report_dir"])) + (
        "/.drill-*" if its.is_on("dcass_report_drill") else ""
    )
    return {**place, "folders": [f"{top}/{folder}" for folder in (COMMON, str(its["dcass_customer_code"]))]}


def question(its: Variables) -> str:
    """Return what the shell is asked."""
    place = {**_paths(its), "config": str(its["dcass_config_dir"])}
    return _LOOK.format(**{name: shlex.quote(path) for name, path in place.items()}) + "true\n"


def _paths(its: Variables) -> dict[str, str]:
    return {"marker": f"{its['dcass_venv']}/requirements.txt", "record": f"{its['dcass_config_dir']}/site"}


def answer(its: Variables, host: str, said: Vars, check_mode: bool) -> dict[str, Any]:
    """Return what follows from what the workstation has said: ``blocked``, ``site``, ``python`` and ``user``."""
    text, site, config = str(said.get("stdout", "")), its["dcass_site"], its["dcass_config_dir"]
    is_ready = "dcass-ready" in text
    place = {
        "record": f"{config}/site",
        "venv": its["dcass_venv"],
        "site": site,
        "addresses": its["dcass_addresses"],
        "check": check_mode,
    }
    is_plain = is_ready and "dcass-unread" not in text
    blocked = {} if is_plain else blocker(said, host, place)
    return {
        "may_run": not blocked,
        "blocked": blocked,
        "site": site if is_plain else site_record(text).get("site", site),
        "python": f"{its['dcass_venv']}/bin/python" if is_ready else "",
        "user": its["dcass_service_user"] if is_ready else "root",
    }
