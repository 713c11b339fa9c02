# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status_fail: say whether what is due makes a status run end red."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: status_fail
short_description: Say whether what is due makes a status run end red
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Judges a row of the page by C(dcass_status_fail), as the last column of the page does.
  - The role P(dcass.sftp.status#role) ends with it.
positional: limit, host
options:
  _input:
    description: A row as P(dcass.sftp.status_page#filter) has it.
    type: dict
    required: true
  limit:
    description: V(at_once), V(soon), a number of days, or nothing.
    type: raw
    required: true
  host:
    description: The workstation.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: End red where something is due within ten days
  ansible.builtin.fail:
    msg: "{{ status_row | dcass.sftp.status_fail(10, inventory_hostname) }}"
  when: status_row | dcass.sftp.status_fail(10, inventory_hostname) != ''
"""

RETURN = r"""
_value:
  description: The line of the workstation, empty where it stays green.
  type: str
"""


def status_fail(row: Mapping[str, Any], limit: Any, host: str) -> str:
    """Judge the row."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._status_fail import of_rows

    return of_rows(row, limit, host)


class FilterModule:
    """Lets templates use ``status_fail``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"status_fail": status_fail}
