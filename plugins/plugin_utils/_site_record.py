# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the site that people have switched a workstation to: the last line of it counts (§2.2)."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._rules.switches import parse_switch

_MARK = "dcass-site "  # workstation_info puts it before the line


def site_record(said: str) -> dict[str, str]:
    """Return site, since, who and why of the last line that has the mark, or nothing if it is damaged."""
    lines = [line[len(_MARK) :] for line in said.splitlines() if line.startswith(_MARK)]
    switch = parse_switch(lines[-1]) if lines else None
    return {**vars(switch)} if switch else {}
