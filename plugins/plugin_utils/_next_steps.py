# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people do next for a workstation, each with the command that they type; capitals in it are filled in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import AT_ONCE
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AlgorithmMismatch,
    AuthenticationFailed,
    BadPrivateKey,
    CryptoForbidden,
    HostKeyMismatch,
    HostKeyRevoked,
    HostKeyUnknown,
    KeyCompromised,
    KeyDateUnknown,
    KeyExpired,
    KeyMismatch,
    LibraryMissing,
    LoginBudgetSpent,
    NoKey,
    SecondStepWanted,
    Unreachable,
    UploadBudgetSpent,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import line
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import UNREACHABLE
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row

_ANOTHER_KEY = ("dcass_key_regenerate=always",)
# by the code of what is due: a playbook, and the variables that it is given
PLAYBOOKS: dict[str, tuple[str, ...]] = {
    "key_absent": ("rollout",),
    "key_lost": ("rollout",),
    "key_unreadable": ("rollout",),
    "key_unknown": ("rollout",),
    "key_unregistered": ("register",),
    "key_withdrawn": ("compromised_key", "dcass_compromised=FINGERPRINT", "dcass_registered_on=DAY"),
    "key_undated": ("rollout",),
    KeyExpired.code: ("rollout", *_ANOTHER_KEY),
    "renewal_under_way": ("renew_keys",),
    "renewal_failed": ("renew_keys",),
    "renewal_due": ("renew_keys",),
    "sync_overdue": ("sync_reports",),
    "never_synced": ("sync_reports",),
    "reports_outstanding": ("sync_reports",),
    "reports_lost": ("acknowledge",),  # what is named in _lost
    LoginBudgetSpent.code: ("sync_reports",),
    UploadBudgetSpent.code: ("renew_keys",),
    "libraries_unusable": ("rollout",),
    "key_unusable": ("rollout",),
    "archive_unusable": ("sync_reports",),
    "state_unusable": ("sync_reports",),
    "not_rolled_out": ("rollout",),
    "site_unreadable": ("rollout",),
    "site_switched": ("switch_site", "dcass_switch_confirmed=true"),
    "sites_differ": ("switch_site", "dcass_switch_confirmed=true"),
}
RUNS = {
    "sync": ("sync_reports",),
    "intraday": ("sync_reports", "dcass_report_scope=intraday"),
    "drill": ("sync_reports", "dcass_report_drill=true"),
    "adopt": ("adopt", "dcass_adopt_from=FOLDER"),
    "renewal": ("renew_keys",),
    "withdrawal": PLAYBOOKS["key_withdrawn"],
    "login": ("preflight",),
    "verify": ("verify",),
}
# by the error code of a run that has failed, where the same once more would lead nowhere or cost a login for nothing
INSTEAD: dict[str, tuple[str, ...]] = {
    **{error.code: ("preflight",) for error in (HostKeyUnknown, HostKeyMismatch, HostKeyRevoked)},
    **{error.code: ("preflight",) for error in (Unreachable, AlgorithmMismatch, CryptoForbidden)},
    **{error.code: ("preflight",) for error in (AuthenticationFailed, SecondStepWanted)},  # which logs nobody in
    **{error.code: ("rollout",) for error in (BadPrivateKey, KeyMismatch, NoKey, LibraryMissing, KeyDateUnknown)},
    KeyExpired.code: PLAYBOOKS[KeyExpired.code],
    KeyCompromised.code: PLAYBOOKS["key_withdrawn"],
}
_OF_ONE_HOST = {KeyExpired.code}  # its partner's key is good and stays
_PLAIN = re.compile(r"[A-Za-z0-9_.*?/-]+")
_LOOK = ("status",)  # what people mend is looked at again
_UPDATE = "ansible-galaxy collection install --upgrade dcass.sftp"


def actions_of(row: Row, pair: Sequence[Row], options: Sequence[str]) -> list[dict[str, Any]]:
    """Return what is to be done for a workstation, the most urgent first; ``options`` name the inventory."""
    dues = [dict(due) for due in (row.known or {}).get("due", ())] if row.has_answered else [_silent(row)]
    dues += _sites(row, pair)
    return [
        {
            **{part: due[part] for part in ("code", "urgency", "within_days", "sentence")},
            "command": _command(due, row, options),
            "participant": row.participant,
            "accounts": [row.account],
            "hosts": [row.host],
        }
        for due in dues
    ]


def merged(actions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one of those that say the same and are done by the same command."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in actions:
        same = (one["code"], one["sentence"], one["command"], one["within_days"])
        kept = found.setdefault(same, {**one, "accounts": [], "hosts": []})
        kept["accounts"] = [*kept["accounts"], *one["accounts"]]
        kept["hosts"] = [*kept["hosts"], *one["hosts"]]
        if kept["participant"] != one["participant"]:
            kept["participant"] = ""
    return list(found.values())


def _silent(row: Row) -> dict[str, Any]:
    said = row.failure or "It could not be asked; its own failure says why."
    code = row.error_code or "no_answer"
    return {"code": code, "urgency": "at_once", "within_days": AT_ONCE, "sentence": f"{row.host}: {said}"}


def _sites(row: Row, pair: Sequence[Row]) -> list[dict[str, Any]]:
    """What people have switched is brought back one day; a pair at two sites is told once, of its first."""
    found = []
    if row.is_switched:
        who, why = ((row.switch or {}).get(part) for part in ("who", "why"))
        said = f"{row.participant} is switched to the {row.site_now} site by {who}: {why}. Bring it back in the end."
        found.append({"code": "site_switched", "urgency": "soon", "within_days": None, "sentence": said})
    if row is pair[0] and len({one.site_now for one in pair if one.has_answered}) > 1:
        said = f"The workstations of {row.participant} are at different sites. Bring both to the same."
        found.append({"code": "sites_differ", "urgency": "soon", "within_days": None, "sentence": said})
    return found


def _command(due: Mapping[str, Any], row: Row, options: Sequence[str]) -> str:
    code = due["code"]
    if code == "calendar_ends":
        return _UPDATE
    if code == UNREACHABLE:
        return _shown("ansible", *options, row.host, "-m", "ansible.builtin.ping")
    failed = due.get("error_code") or ""
    playbook, *variables = INSTEAD.get(failed) or RUNS.get(due.get("what") or "") or PLAYBOOKS.get(code, _LOOK)
    if playbook == "switch_site":
        variables += [f"dcass_switch_to={row.site}", "dcass_switch_why=REASON", "dcass_switch_who=NAME"]
    if playbook == "acknowledge":
        variables += _lost((row.known or {})["reports"]["lost"])
    fingerprint = ((row.known or {}).get("key") or {}).get("renewal", {}).get("old_fingerprint")
    variables = [one.replace("FINGERPRINT", fingerprint or "FINGERPRINT") for one in variables]
    hosts = row.host if {code, failed} & _OF_ONE_HOST else row.participant
    words = [word for one in (f"dcass_hosts={hosts}", *variables) for word in ("-e", one)]
    return _shown("ansible-playbook", *options, f"dcass.sftp.{playbook}", *words)


def _lost(lost: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the first of what is lost, where its name needs no care."""
    first = lost[0] if lost else {}
    what = first.get("what", "")
    names = {"": what if _PLAIN.fullmatch(what) else "GLOB", "_day": first.get("day", "DAY")}
    return [f"dcass_acknowledge{part}={value}" for part, value in {**names, "_why": "REASON", "_who": "NAME"}.items()]


def _shown(*words: str) -> str:
    """As a shell takes it, whatever stands in the inventory; what can't be shown there can't be typed either."""
    return shlex.join(line(word) for word in words)
