# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter status_rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: status_rows
short_description: Tell what a status has found of each workstation
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Gathers what the role C(dcass.sftp.status) has registered, for the page and for what follows from it.
positional: hostvars, groups
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
"""

EXAMPLES = r"""
- name: What is due next?
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | dcass.sftp.status_rows(hostvars, groups) | dcass.sftp.status_page }}"
"""

RETURN = r"""
_value:
  description: The row of each workstation, as P(dcass.sftp.status_page#filter) takes them.
  type: dict
"""


def status_rows(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._status_row import status_row

    return {host: status_row(hostvars[host], host, groups) for host in hosts}


class FilterModule:
    """Lets templates use ``status_rows``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"status_rows": status_rows}
