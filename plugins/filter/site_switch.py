# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter site_switch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: site_switch
short_description: Tell how the switch of a pair stands
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Looks at both workstations of a participant, of which both go to the other site or neither.
  - Tells what is in the way, and, once the switch is to be recorded, which of the two could not.
positional: pair
options:
  _input:
    description: The C(hostvars), with what the role has registered.
    type: dict
    required: true
  pair:
    description: The two workstations.
    type: list
    required: true
"""

EXAMPLES = r"""
- name: Assert that both can switch
  ansible.builtin.assert:
    that: (hostvars | dcass.sftp.site_switch(dcass_pair)).obstacles | length == 0
"""

RETURN = r"""
_value:
  description:
    - C(obstacles), a sentence for each workstation that can't go.
    - C(unwritten), those that could not record it, and C(why_unwritten).
  type: dict
"""


def site_switch(hostvars: Mapping[str, Mapping[str, Any]], pair: Sequence[str]) -> dict[str, Any]:
    """Look at both."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from dataclasses import asdict

    from ansible_collections.dcass.sftp.plugins.plugin_utils._site_switch import switch

    return asdict(switch(hostvars, pair))


class FilterModule:
    """Lets templates use ``site_switch``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"site_switch": site_switch}
