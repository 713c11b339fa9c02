# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told of files that they fetched by hand: what came into the archive, and what did not (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.by_hand import HELD

_MOST = 98  # lines of what was left out, beside the summary and how many there are more; the result names all


def adopt_lines(result: Mapping[str, Any], host: str, account: str, folder: str, check_mode: bool = False) -> list[str]:
    """Return the lines for one workstation; what the archive held before is counted, all else is named."""
    if result.get("outcome") == "no_folder":
        return [foreign.line(f"{account}: {host} has no {folder}; nothing to do.")]
    if "opens_at" in result:
        return [foreign.line(f"{account}: {result['msg']}")]
    held = sum(left["why"] == HELD for left in result["left_out"])
    others = [left for left in result["left_out"] if left["why"] != HELD]
    adopted = "would be adopted" if check_mode else "adopted"
    login = "; no login was needed" if result.get("outcome") == "nothing_to_adopt" else ""
    summary = (
        f"{account}: {result['adopted_count']} reports {adopted} ({result['bytes'] / 1e6:.1f} MB) from {folder} on "
        f"{host}, {held} held already, {len(others)} left out{login}."
    )
    lines = [summary, *(f"    Left out: {left['path']}: {left['reason']}" for left in others[:_MOST])]
    if len(others) > _MOST:
        lines.append(f"    Left out: {len(others) - _MOST} more.")
    return [foreign.line(line) for line in lines]
