# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter blocker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: blocker
short_description: Tell what keeps a run from a workstation
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Reads what a workstation has told before anything is run on it, and returns why nothing can be.
  - The role C(dcass.sftp.dcass) asks it where a workstation is not as it is on most days.
positional: host, place
options:
  _input:
    description: What the first question to the workstation returned.
    type: dict
    required: true
  host:
    description: The workstation.
    type: str
    required: true
  place:
    description: C(record), C(venv), C(site) and C(addresses) as the inventory has them, and C(check) in check mode.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse to go on
  ansible.builtin.fail:
    msg: "{{ (dcass_probe | dcass.sftp.blocker(inventory_hostname, dcass_place)).msg }}"
"""

RETURN = r"""
_value:
  description: C(error_code), C(msg) and C(hint), as of a failed module; nothing where nothing is in the way.
  type: dict
"""


def blocker(probe: Mapping[str, Any], host: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """Judge what the workstation has told."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._blocker import blocker as judge

    return judge(probe, host, place)


class FilterModule:
    """Lets templates use ``blocker``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"blocker": blocker}
