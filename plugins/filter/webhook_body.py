# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""webhook_body: lay out what a webhook is told of a run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: webhook_body
short_description: Lay out what a webhook is told of a run
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Makes of what the roles have registered the JSON object that the control node posts after a run.
positional: hostvars, what, run_by, at
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
    choices: [sync, renewals, status]
    required: true
  run_by:
    description: Who has started it, or which job.
    type: str
    required: true
  at:
    description: Seconds since 1970.
    type: float
    required: true
"""

EXAMPLES = r"""
- name: Post it
  ansible.builtin.uri:
    url: "{{ dcass_webhook_url }}"
    method: POST
    body_format: json
    body: "{{ ansible_play_hosts_all | dcass.sftp.webhook_body(hostvars, 'sync', dcass_run_by, now().timestamp()) }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: C(schema), C(run), C(time), C(run_by), C(matters), and what P(dcass.sftp.job_stats#filter) has.
  type: dict
"""


def webhook_body(
    hosts: Collection[str], hostvars: Mapping[str, Mapping[str, Any]], what: str, run_by: str, at: float
) -> dict[str, Any]:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._webhook import body

    return body(hosts, hostvars, what, run_by, at)


class FilterModule:
    """Lets templates use ``webhook_body``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"webhook_body": webhook_body}
