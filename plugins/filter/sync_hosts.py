# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter sync_hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_hosts
short_description: Tell which workstations a play of a sync is for
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - By what M(dcass.sftp.workstation_info) and the role C(dcass.sftp.report_sync) have registered so far.
  - A workstation that is not among a play's hosts costs nothing, where a task that is skipped costs a worker.
positional: which
options:
  _input:
    description: The C(hostvars).
    type: dict
    required: true
  which:
    description: >-
      V(standby), those to be asked what they hold; V(first), those that fetch first; V(second), those that fetch what
      is still outstanding; V(failed), those that have failed.
    type: str
    required: true
    choices: [standby, first, second, failed]
"""

EXAMPLES = r"""
- name: Fetch what is new
  hosts: "{{ hostvars | dcass.sftp.sync_hosts('first') }}"
"""

RETURN = r"""
_value:
  description: Their names; a pattern that matches nobody where there is none.
  type: list
  elements: str
"""


def sync_hosts(hostvars: Mapping[str, Mapping[str, Any]], which: str) -> list[str]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _sync_turn as rules

    return rules.sync_hosts(hostvars, which)


class FilterModule:
    """Lets templates use ``sync_hosts``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_hosts": sync_hosts}
