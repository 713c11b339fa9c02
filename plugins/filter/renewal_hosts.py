# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter renewal_hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: renewal_hosts
short_description: Tell which workstations a turn of the renewals is for
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Those that have told what they know of their account, as the role C(dcass.sftp.key_renewal) has registered it.
positional: turn
options:
  _input:
    description: The C(hostvars).
    type: dict
    required: true
  turn:
    description: V(first), those of the first accounts; V(second), those of the second ones.
    type: str
    required: true
    choices: [first, second]
"""

EXAMPLES = r"""
- name: Renew the first accounts
  hosts: "{{ hostvars | dcass.sftp.renewal_hosts('first') }}"
"""

RETURN = r"""
_value:
  description: Their names; a pattern that matches nobody where there is none.
  type: list
  elements: str
"""


def renewal_hosts(hostvars: Mapping[str, Mapping[str, Any]], turn: str) -> list[str]:
    """Look at what they have told."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _renewal_turns as rules

    return rules.renewal_hosts(hostvars, turn)


class FilterModule:
    """Lets templates use ``renewal_hosts``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"renewal_hosts": renewal_hosts}
