# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter sync_failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_failure
short_description: Tell in one line why a workstation's sync has failed
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - >-
    Makes C(HOST ACCOUNT: error_code: sentence Next step.) of what the role C(dcass.sftp.report_sync) has registered.
positional: host, account, blocked
options:
  _input:
    description: The C(hostvars) of the workstation.
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
  blocked:
    description: Why its sync was not begun, if that is so.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Tell what has failed
  ansible.builtin.fail:
    msg: "{{ hostvars[inventory_hostname] | dcass.sftp.sync_failure(inventory_hostname, dcass_account, {}) }}"
"""

RETURN = r"""
_value:
  description: The line; nothing where nothing has failed.
  type: str
"""


def sync_failure(its: Mapping[str, Any], host: str, account: str, blocked: Mapping[str, Any]) -> str:
    """Look at the results."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import sync_failure as line

    return line(its, host, account, blocked)


class FilterModule:
    """Lets templates use ``sync_failure``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_failure": sync_failure}
