# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter job_stats."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: job_stats
short_description: Lay out what a run leaves in the artifacts of a job
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Makes of what the roles have registered what M(ansible.builtin.set_stats) is given, once for all workstations.
  - No text in it begins a template, since artifacts become variables of the jobs that follow in a workflow.
positional: hostvars, what, there, refused
options:
  _input:
    description: The workstations that were in the play when it began.
    type: list
    elements: str
    required: true
  hostvars:
    description: The C(hostvars) of all.
    type: dict
    required: true
  what:
    description: What was run.
    type: str
    choices: [sync, renewals, verify, status, failures]
    required: true
  there:
    description:
      - The workstations that are still in the play, with V(failures), which all other playbooks leave; the others have
        stopped answering.
    type: list
    elements: str
  refused:
    description: The lines of a run that was refused as a whole, which stand under C(all) in the place of an account.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Leave it in the artifacts of the job
  ansible.builtin.set_stats:
    data: "{{ ansible_play_hosts_all | dcass.sftp.job_stats(hostvars, 'sync') }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - C(dcass_next_actions), after a sync or the status also C(dcass_missing), C(dcass_expiring) and C(dcass_lost),
      after renewals or the status C(dcass_renewals).
    - Each has C(accounts), a list for each account that has any, of 100 at most, and C(total), how many there are in
      all; what both accounts of a participant have in the same way counts once.
  type: dict
"""


def job_stats(
    hosts: Collection[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    what: str,
    there: Collection[str] | None = None,
    refused: Sequence[str] = (),
) -> dict[str, Any]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._job_stats import job_stats as stats

    return stats(hosts, hostvars, what, there, refused)


class FilterModule:
    """Lets templates use ``job_stats``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"job_stats": job_stats}
