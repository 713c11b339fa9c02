# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter partner_index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: partner_index
short_description: Tell what the pair's other workstation holds
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Returns what it has told in this play, also where it has failed.
positional: is_second, shared
options:
  _input:
    description: The C(hostvars) of the pair's other workstation.
    type: dict
    required: true
  is_second:
    description: Whether this workstation is the standby.
    type: bool
    required: true
  shared:
    description: What one fetches for both, V(all) or V(intraday); nothing where each fetches for itself.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What does it hold?
  ansible.builtin.debug:
    msg: "{{ (hostvars[dcass_partner] | dcass.sftp.partner_index(false, 'all')).known | default('not known') }}"
"""

RETURN = r"""
_value:
  description: C(known), the list; nothing where it has told nothing, and what is remembered of it counts.
  type: dict
"""


def partner_index(partner: Mapping[str, Any], is_second: bool, shared: str) -> dict[str, Any]:
    """Look at what it has registered."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import partner_index as index

    return index(partner, is_second, shared)


class FilterModule:
    """Lets templates use ``partner_index``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"partner_index": partner_index}
