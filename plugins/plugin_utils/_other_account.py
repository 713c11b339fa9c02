# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play tells an account of its participant's other one, so that never both are out of use at once (§6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import has_failed

_UNFINISHED = ("pending", "rejected")


def other_account(its: Mapping[str, Any], account: str) -> dict[str, str]:
    """Return the option ``other_account`` of key_renewal, from the variables of the other workstation.

    What came of its renewal in this run counts, else what it said when it was asked. Of one that did not take part, or
    that failed before its renewal began, nothing is known, so neither is the state.
    """
    run = its.get("key_renewal_result") or {}
    known = its.get("key_renewal_known") or {}
    asked = (known.get("key") or {}).get("renewal") or {}
    state, uploaded_on = _status(run, asked)
    answer = {"account": account, "state": state, "uploaded_on": uploaded_on}
    return {name: str(value) for name, value in answer.items() if value}


def _status(run: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[Any, Any]:
    """State and day of the upload."""
    state = run.get("state")
    if state not in _UNFINISHED:
        state = None if has_failed(run) else "done" if state == "renewed" else asked.get("state")
    if run.get("state") == "renewed":
        return state, (run.get("plan") or {}).get("uploaded_on") or run.get("uploaded_on")
    return state, None if state == "rejected" else asked.get("uploaded_on")
