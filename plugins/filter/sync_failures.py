# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter sync_failures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_failures
short_description: Tell in a line each which workstations' syncs have failed, and why
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - >-
    Makes C(HOST ACCOUNT: error_code: sentence Next step.) of what the role C(dcass.sftp.report_sync) has registered,
    for all workstations at once.
positional: hostvars
options:
  _input:
    description: The workstations that are in the play.
    type: list
    elements: str
    required: true
  hostvars:
    description: The C(hostvars) of all.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Tell what has failed
  ansible.builtin.debug:
    msg: "{{ (ansible_play_hosts | dcass.sftp.sync_failures(hostvars)).values() }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The line of each workstation whose sync has failed, by its name.
  type: dict
"""


def sync_failures(hosts: Collection[str], hostvars: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import partner_of, sync_failure

    lines = {host: sync_failure(its := hostvars[host], partner_of(its, hostvars), host) for host in hosts}
    return {host: line for host, line in lines.items() if line}


class FilterModule:
    """Lets templates use ``sync_failures``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_failures": sync_failures}
