# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sharers: which hosts of an inventory are one machine and have libraries and a service user in common there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: sharers
short_description: Tell which hosts share a machine
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Several participants may use one pair of machines, each by hosts of its own. What such hosts have in common is made
    by one of them, and stays until the last of them is gone.
  - The role C(dcass.sftp.workstation) asks it.
positional: groups, play_hosts
options:
  _input:
    description: The C(hostvars) of the inventory.
    type: dict
    required: true
  groups:
    description: The C(groups) of the inventory. Those whose name begins with C(cp_) are participants.
    type: dict
    required: true
  play_hosts:
    description: The workstations that are in the play.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Who has the same libraries?
  ansible.builtin.debug:
    msg: "{{ (hostvars | dcass.sftp.sharers(groups, ansible_play_hosts)).values() | map(attribute='venv') | unique }}"
"""

RETURN = r"""
_value:
  description:
    - For each host that is not alone on its machine C(venv), C(user) and C(group), each the hosts that have the same,
      itself included, and as C(installer) the one of C(venv) that acts for all, the first in the play that answers.
  type: dict
"""

_WRONG = "dcass_wrong"  # what roles/dcass/tasks/main.yml sets on hosts of a wrong participant
_REACHED = "dcass_reached"  # what roles/dcass/tasks/reach.yml registers
_WHOSE = "dcass_whose"  # ... and whose.yml


def sharers(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], play_hosts: Collection[str] = ()
) -> dict[str, dict[str, Any]]:
    """Read what tells it, once for each host."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import OtherAccountHere
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _machines as machines
    from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import is_unreachable
    from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import is_participant

    def is_acting(its: Mapping[str, Any]) -> bool:
        is_refused = (its.get(_WHOSE) or {}).get("error_code") == OtherAccountHere.code
        return _WRONG not in its and not is_refused and not is_unreachable(its.get(_REACHED) or {})

    hosts = dict.fromkeys(host for group, its in groups.items() if is_participant(group) for host in its)
    found = machines.sharers({host: _variables(hostvars[host], machines.TELLING) for host in hosts})
    there = {host for host in set(found) & set(play_hosts) if is_acting(hostvars[host])}
    return {
        host: {**its, "installer": next((one for one in its["venv"] if one in there), host)}
        for host, its in found.items()
    }


def _variables(its: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """What can be worked out of them; for the others the roles' defaults count."""
    found = {}
    for name in names:
        try:
            if name in its:
                found[name] = str(its[name])
        except Exception:  # noqa: S112 - whatever a template raises
            continue
    return found


class FilterModule:
    """Lets templates use ``sharers``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sharers": sharers}
