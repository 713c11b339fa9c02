# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter switch_order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
---
name: switch_order
short_description: Judge the operator's word for a switch of site
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says what is missing from it, and makes the line that is kept on the workstations.
  - The playbook C(dcass.sftp.switch_site) does nothing before all is said.
positional: why, who, confirmed, at
options:
  _input:
    description: The site to switch to.
    type: str
    required: true
  why:
    description: The reason.
    type: raw
    required: true
  who:
    description: The operator's name.
    type: raw
    required: true
  confirmed:
    description: Whether the switch is confirmed.
    type: bool
    required: true
  at:
    description: The time in Hong Kong, ISO 8601.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What is missing?
  ansible.builtin.debug:
    msg: "{{ ('secondary' | dcass.sftp.switch_order('drill', '', true, '2026-11-23T10:00:00+08:00')).missing }}"
"""

RETURN = r"""
_value:
  description: C(missing), a list of what to say; and where all is said C(who), C(why) and C(line).
  type: dict
"""


def switch_order(to: Any, why: Any, who: Any, confirmed: Any, at: str) -> dict[str, Any]:
    """Judge the words."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from dataclasses import asdict

    from ansible_collections.dcass.sftp.plugins.plugin_utils._site_switch import order

    return asdict(order(to, why, who, confirmed, at))


class FilterModule:
    """Lets templates use ``switch_order``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"switch_order": switch_order}
