# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter failure_line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: failure_line
short_description: Tell people what has failed, in one line
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - >-
    Makes C(HOST ACCOUNT: error_code: sentence Next step.) of a result; nothing of one that went well, or was skipped.
  - Every role of the collection fails with such a line, so that no list that is meant for a machine is printed with it.
positional: host, account, proof, task
options:
  _input:
    description: The result of a task.
    type: dict
    required: true
  host:
    description: The workstation; nothing where the line is to begin with the C(error_code).
    type: str
    required: true
  account:
    description: Its account.
    type: str
    required: true
  proof:
    description:
      - A key that the result has where all went well.
      - Without it only what Ansible takes for a failure is one, and what has an C(error_code).
    type: str
    default: ""
  task:
    description: The name of the task, told where the result is none of our modules.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Tell what has failed
  ansible.builtin.fail:
    msg: "{{ result | dcass.sftp.failure_line(inventory_hostname, dcass_account, 'state') }}"
  when: result | dcass.sftp.failure_line(inventory_hostname, dcass_account, 'state') != ''
"""

RETURN = r"""
_value:
  description: The line, or nothing.
  type: str
"""


def failure_line(result: Mapping[str, Any], host: str, account: str, proof: str = "", task: str = "") -> str:
    """Return the line if the result is a failure."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import failure_line as line
    from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import has_failed

    return line(result, host, account, task) if has_failed(result, proof) else ""


class FilterModule:
    """Lets templates use ``failure_line``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"failure_line": failure_line}
