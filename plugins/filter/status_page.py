# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status_page: what all workstations know of their accounts, on one page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: status_page
short_description: Put what all workstations know on one page
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Sorts workstations by how soon something is lost, and says of each what it knows and what it wants of people.
  - The role C(dcass.sftp.status) shows it.
positional: apart, shown_by
options:
  _input:
    description:
      - For each workstation C(participant), C(account) and C(site) as the inventory has them; where it could be asked,
        also C(known) as M(dcass.sftp.account_info) returned it, C(switch) as it is recorded, and C(failure).
      - C(is_alone) says that the participant has no other workstation.
    type: dict
    required: true
  apart:
    description: Whether each workstation has an event of its own, of less than 1,000 characters, as AWX needs it.
    type: bool
    default: false
  shown_by:
    description: The host in whose name Ansible shows it.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: What is due next?
  ansible.builtin.debug:
    msg: "{{ item.lines }}"
  loop: "{{ rows | dcass.sftp.status_page }}"
  loop_control:
    label: "{{ item.who }}"
"""

RETURN = r"""
_value:
  description: The events, each with C(who) it is about and its C(lines); without O(apart) one for the whole page.
  type: list
  elements: dict
"""


def status_page(rows: Mapping[str, Mapping[str, Any]], apart: bool = False, shown_by: str = "") -> list[dict[str, Any]]:
    """Lay out the rows."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._events import events
    from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row, page

    sections = page([Row(host, **row) for host, row in rows.items()])
    return events(sections, apart, shown_by)


class FilterModule:
    """Lets templates use ``status_page``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"status_page": status_page}
