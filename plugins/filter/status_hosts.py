# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter status_hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: status_hosts
short_description: Tell which workstations end a status red
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Of those that were asked, the ones that could not say what is known, the ones where as much is due as
    C(dcass_status_fail) says, and the one in whose name a page could not be written.
positional: hostvars, groups, limit
options:
  _input:
    description: The workstations.
    type: list
    elements: str
    required: true
  hostvars:
    description: The C(hostvars), with what the role has registered.
    type: dict
    required: true
  groups:
    description: The C(groups) of the inventory.
    type: dict
    required: true
  limit:
    description: >-
      C(dcass_status_fail) as the play itself has it, of the C(vars) of an imported playbook for instance, which
      C(hostvars) do not know; without it each workstation's own counts.
    type: raw
"""

EXAMPLES = r"""
- name: Tell what has failed
  hosts: "{{ groups.all | dcass.sftp.status_hosts(hostvars, groups) }}"
"""

RETURN = r"""
_value:
  description: Their names; a pattern that matches nobody where there is none.
  type: list
  elements: str
"""


def status_hosts(
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    groups: Mapping[str, Sequence[str]],
    limit: Any = None,
) -> list[str]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _status_row as rules

    return rules.status_hosts([host for host in hosts if host in hostvars], hostvars, groups, limit)


class FilterModule:
    """Lets templates use ``status_hosts``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"status_hosts": status_hosts}
