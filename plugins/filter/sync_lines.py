# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter sync_lines."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_lines import sync_lines

DOCUMENTATION = r"""
---
name: sync_lines
short_description: Tell people what came of a sync
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says in a line what was fetched, and what they should know in one each.
  - The role C(dcass.sftp.report_sync) shows them.
positional: account, host, partner
options:
  _input:
    description: What M(dcass.sftp.report_sync) has returned.
    type: dict
    required: true
  account:
    description: The account that was used.
    type: str
    required: true
  host:
    description: The workstation.
    type: str
    required: true
  partner:
    description: The participant's other workstation.
    type: str
    required: true
  stands_by:
    description: Whether the workstation has left the reports to its partner.
    type: bool
    default: false
  trouble:
    description: Why the partner could not fetch, in a sentence; nothing where it could.
    type: str
    default: ""
  foretold:
    description: Whether the task ran in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What came of it?
  ansible.builtin.debug:
    msg: "{{ result | dcass.sftp.sync_lines('CXYZ001', 'cxyz-ws1', 'cxyz-ws2') }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""


def lines(result, account, host, partner, stands_by=False, trouble="", foretold=False):
    """Hand them on."""
    return sync_lines(result, account, host, partner, stands_by, trouble, foretold)


class FilterModule:
    """What Ansible looks for."""

    def filters(self):
        return {"sync_lines": lines}
