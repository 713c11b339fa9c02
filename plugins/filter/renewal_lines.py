# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter renewal_lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: renewal_lines
short_description: Tell people whose keys are not due
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Makes one line for each participant of what the role C(dcass.sftp.key_renewal) has registered where it had nothing
    to do.
  - The playbook C(dcass.sftp.renew_keys) shows them, once for all workstations.
positional: hostvars, apart, first_host
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
  apart:
    description: Whether each participant has an event of its own, of less than 1,000 characters, as AWX needs it.
    type: bool
    default: false
  first_host:
    description: The workstation in whose name Ansible shows them.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Tell whose keys are not due
  ansible.builtin.debug:
    msg: "{{ item.lines }}"
  loop: "{{ ansible_play_hosts_all | dcass.sftp.renewal_lines(hostvars) }}"
  loop_control:
    label: "{{ item.who }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The events, each with C(who) it is about and its C(lines); none where all had something to do.
  type: list
  elements: dict
"""


def renewal_lines(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], apart: bool = False, first_host: str = ""
) -> list[dict[str, Any]]:
    """Look at the results of all accounts."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._events import events
    from ansible_collections.dcass.sftp.plugins.plugin_utils._renewal_turns import idle_lines

    lines = idle_lines(hosts, hostvars)
    return events(lines, apart, first_host) if lines else []


class FilterModule:
    """Lets templates use ``renewal_lines``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"renewal_lines": renewal_lines}
