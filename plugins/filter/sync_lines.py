# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_lines: what a sync tells people, for each workstation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_lines
short_description: Tell people what came of a sync
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says of each workstation in a line what it has fetched, and below it what people should know.
  - One that has failed has a line of its own at the end, made by the filter P(dcass.sftp.sync_failures#filter).
  - The role C(dcass.sftp.report_sync) shows them, once for all workstations.
positional: hostvars, play_hosts, check_mode, shared
options:
  _input:
    description: The workstations that are still in the play.
    type: list
    elements: str
    required: true
  hostvars:
    description: The C(hostvars), with what the role has registered.
    type: dict
    required: true
  play_hosts:
    description: The workstations that were in the play when it began.
    type: list
    elements: str
    required: true
  check_mode:
    description: Whether the play runs in check mode.
    type: bool
    default: false
  shared:
    description:
      - What one workstation of a pair fetches for both, V(all) or V(intraday), so that the other one can stand in for
        it; nothing where each fetches for itself.
    type: str
    default: all
"""

EXAMPLES = r"""
- name: What came of it?
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | dcass.sftp.sync_lines(hostvars, ansible_play_hosts_all) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""


def sync_lines(
    hosts: Collection[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    play_hosts: Collection[str],
    check_mode: bool = False,
    shared: str = "all",
) -> list[str]:
    """See who is whose partner, and lay it out."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _sync_lines as rules
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import has_sync_failed

    there = [host for host in hosts if not has_sync_failed(hostvars[host])]

    def turn(host: str) -> rules.Turn:
        its = hostvars[host]
        account, partner = its["dcass_account_here"], its["dcass_partner"]
        if not its["dcass_is_second"]:
            return rules.Turn(host, account, partner, its["report_sync_first"])
        theirs = hostvars[partner]
        first = theirs.get("report_sync_first", {})
        trouble = rules.trouble_of(first, partner in there) if shared and partner in play_hosts else ""
        return rules.Turn(host, account, partner, its["report_sync_second"], trouble)

    return rules.sync_lines([turn(host) for host in there], check_mode)


class FilterModule:
    """Lets templates use ``sync_lines``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_lines": sync_lines}
