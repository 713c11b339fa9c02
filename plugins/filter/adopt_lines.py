# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""adopt_lines: what became of files that people fetched by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: adopt_lines
short_description: Tell people what became of files that they fetched by hand
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says in a line how many reports came into the archive, and below it what was left out, and why.
  - The role C(dcass.sftp.report_sync) shows them in the playbook C(dcass.sftp.adopt).
positional: host, account, folder, check_mode, apart
options:
  _input:
    description: What M(dcass.sftp.report_sync) has returned with O(dcass.sftp.report_sync#module:adopt_from).
    type: dict
    required: true
  host:
    description: The workstation.
    type: str
    required: true
  account:
    description: Its account.
    type: str
    required: true
  folder:
    description: The folder in which the files lie.
    type: str
    required: true
  check_mode:
    description: Whether the play runs in check mode.
    type: bool
    default: false
  apart:
    description: Whether each event has less than 1,000 characters, as AWX needs it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What became of them?
  ansible.builtin.debug:
    msg: "{{ item.lines }}"
  loop: "{{ adopted | dcass.sftp.adopt_lines(inventory_hostname, 'CXYZ001', '/var/tmp/by-hand') }}"
  loop_control:
    label: "{{ item.who }}"
"""

RETURN = r"""
_value:
  description: The events, each with C(who) it is about and its C(lines); none of a run that has failed.
  type: list
  elements: dict
"""


def adopt_lines(
    result: Mapping[str, Any], host: str, account: str, folder: str, check_mode: bool = False, apart: bool = False
) -> list[dict[str, Any]]:
    """Lay it out."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._adopt_lines import adopt_lines as lines
    from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section, events

    if "adopted" not in result:
        return []
    section = Section(host, lines(result, host, account, folder, check_mode))
    return events([section], apart, host) if apart else [{"who": host, "lines": section.lines}]


class FilterModule:
    """Lets templates use ``adopt_lines``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"adopt_lines": adopt_lines}
