# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter other_account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: other_account
short_description: Tell how a participant's other account stands
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Makes the option O(dcass.sftp.key_renewal#module:other_account).
  - What the other workstation has done in this run counts, else what it has said.
positional: account
options:
  _input:
    description: The C(hostvars) of the other workstation.
    type: dict
    required: true
  account:
    description: Its account.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: How is the other one?
  ansible.builtin.debug:
    msg: "{{ hostvars[dcass_partner] | dcass.sftp.other_account('CXYZ002') }}"
"""

RETURN = r"""
_value:
  description: C(account), and C(state) and C(uploaded_on) where they are known.
  type: dict
"""


def other_account(its: Mapping[str, Any], account: str) -> dict[str, str]:
    """Read what it has registered."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._other_account import other_account as status

    return status(its, account)


class FilterModule:
    """Lets templates use ``other_account``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"other_account": other_account}
