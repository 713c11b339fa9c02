# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter verify_lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: verify_lines
short_description: Tell people what came of reading the archives
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says in a line for each workstation how many reports are what they were, and below it which are not, ten of each
    kind at most.
  - The role C(dcass.sftp.proof) shows them in the playbook C(dcass.sftp.verify).
positional: hostvars, apart, first_host
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
  apart:
    description: Whether each workstation has an event of its own, as AWX needs it, which cuts long ones off.
    type: bool
    required: true
  first_host:
    description: The workstation in whose name Ansible shows them.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Tell what was found
  ansible.builtin.debug:
    msg: "{{ item.lines }}"
  loop: "{{ ansible_play_hosts_all | dcass.sftp.verify_lines(hostvars, false) }}"
  loop_control:
    label: "{{ item.who }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The events, each with C(who) it is about and its C(lines).
  type: list
  elements: dict
"""


def verify_lines(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], apart: bool, first_host: str = ""
) -> list[dict[str, Any]]:
    """Lay it out."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._verify_lines import verify_lines as lines

    return lines(hosts, hostvars, apart, first_host)


class FilterModule:
    """Lets templates use ``verify_lines``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"verify_lines": verify_lines}
