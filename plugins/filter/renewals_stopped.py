# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter renewals_stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: renewals_stopped
short_description: Tell whether too many renewals have failed
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Looks at what the role C(dcass.sftp.key_renewal) has registered.
  - The playbook C(dcass.sftp.renew_keys) asks it before each batch.
  - How many may fail is C(dcass_renewal_max_fail_percentage) of the workstations that have a turn, the smallest where
    they differ; one may in any case.
options:
  _input:
    description: The C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Begin nothing more where too many have failed
  ansible.builtin.meta: end_play
  when: hostvars | dcass.sftp.renewals_stopped != ''
"""

RETURN = r"""
_value:
  description: Why nothing more is begun; nothing where it goes on.
  type: str
"""


def renewals_stopped(hostvars: Mapping[str, Mapping[str, Any]]) -> str:
    """Look at the results of both turns."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._renewal_turns import renewals_stopped as stopped

    return stopped(hostvars)


class FilterModule:
    """Lets templates use ``renewals_stopped``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"renewals_stopped": renewals_stopped}
