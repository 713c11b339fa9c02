# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync tells people: for each workstation what came, and what they should know (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT

_CONCERNS = (  # key of the result, key of its entries, what is said of each
    ("missing", "expected", "Not there: "),
    ("expiring", "name", "Leaves soon: "),
    ("lost", "what", "Lost: "),
    ("refused", "reason", "Left there: "),
    ("absent", "path", "Gone from the archive: "),
    ("warnings_found", "name", "See "),
)


@dataclass(frozen=True)
class Turn:
    """One workstation's turn: what report_sync has returned, and why its partner could not fetch, if that is so.

    One that is alone has no partner.
    """

    host: str
    account: str
    partner: str
    result: Mapping[str, Any]
    trouble: str = ""


def trouble_of(first: Mapping[str, Any], is_there: bool) -> str:
    """Why the first account's workstation could not fetch, from its result; nothing where it did or still does."""
    if (is_there and "error_code" not in first) or first.get("error_code") == Busy.code:
        return ""
    return str(first.get("msg", "It is unreachable or not ready."))


def sync_lines(turns: Sequence[Turn], check_mode: bool) -> list[str]:
    """Return the lines for all workstations; ``check_mode`` says that nothing was done."""
    fetched = "would be fetched" if check_mode else "fetched"
    return [foreign.line(line) for turn in turns for line in _lines(turn, fetched)]


def _lines(turn: Turn, fetched: str) -> list[str]:
    result = turn.result
    who = f"{turn.account} (drill)" if result.get("drill") else turn.account
    if "opens_at" in result:
        return [f"{who}: {result['msg']}"]
    if not result.get("connection"):
        return [f"{who} stands by for {turn.partner}."]
    held_there = f"{result['held_by_partner']} held by {turn.partner}" if turn.partner else "no standby"
    summary = (
        f"{who}: {len(result['downloaded'])} reports {fetched} ({result['bytes'] / 1e6:.1f} MB), "
        f"{result['unchanged']} held already, {held_there}; "
        f"logins left in five minutes: {result['connection']['logins_left']}."
    )
    concerns = [
        said + str(entry[name]) for kind, name, said in _CONCERNS for entry in result[kind] if not entry.get("answered")
    ]
    return [summary, *_stands_in(turn, fetched), *(f"    {concern}" for concern in dict.fromkeys(concerns))]


def _stands_in(turn: Turn, fetched: str) -> list[str]:
    if not turn.trouble:
        return []
    shared = sum(report["folder"] != KEY_MANAGEMENT for report in turn.result["downloaded"])
    did = f"{turn.host} stands in for {turn.partner}: {shared} reports {fetched} that {turn.partner} could not."
    return [f"    {did} {turn.trouble}"]
