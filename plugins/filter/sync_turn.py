# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter sync_turn."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_turn
short_description: Tell how a workstation takes its turn in a sync
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Of a pair the first account's workstation fetches first, and the second one, its standby, what is still outstanding.
positional: is_second, play_hosts, shared
options:
  _input:
    description: The C(hostvars) of the pair's other workstation.
    type: dict
    required: true
  is_second:
    description: Whether this workstation is the standby.
    type: bool
    required: true
  play_hosts:
    description: The workstations that are in the play.
    type: list
    elements: str
    required: true
  shared:
    description: What one fetches for both, V(all) or V(intraday); nothing where each fetches for itself.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Is anything left to do?
  ansible.builtin.debug:
    msg: "{{ hostvars[dcass_partner] | dcass.sftp.sync_turn(true, ansible_play_hosts, 'all') }}"
"""

RETURN = r"""
_value:
  description: C(partner_is_up), C(stands_by) and C(is_idle).
  type: dict
"""


def sync_turn(partner: Mapping[str, Any], is_second: bool, play_hosts: Collection[str], shared: str) -> dict[str, bool]:
    """Look at the other one."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import sync_turn as turn

    return turn(partner, is_second, play_hosts, shared)


class FilterModule:
    """Lets templates use ``sync_turn``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_turn": sync_turn}
