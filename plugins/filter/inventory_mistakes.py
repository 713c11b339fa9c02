# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""inventory_mistakes: what is wrong with the whole inventory, in sentences, before any host is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: inventory_mistakes
short_description: Tell what is wrong with the inventory
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Looks at all hosts of all participants on the control node, without asking any of them, and returns one sentence for
    each mistake, which names host and variable.
  - The role C(dcass.sftp.dcass) runs it before anything else.
positional: groups, chosen
options:
  _input:
    description: The C(hostvars) of the inventory.
    type: dict
    required: true
  groups:
    description: The C(groups) of the inventory. Those whose name begins with C(cp_) are participants.
    type: dict
    required: true
  chosen:
    description: Hosts that are to do something, and so must belong to a participant.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Is the inventory sound?
  ansible.builtin.assert:
    that: hostvars | dcass.sftp.inventory_mistakes(groups) | length == 0
"""

RETURN = r"""
_value:
  description: The sentences, none for an inventory that is sound.
  type: list
  elements: str
"""


def inventory_mistakes(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], targets: Collection[str] = ()
) -> list[str]:
    """Read the variables that matter, once for each host, and judge them."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _inventory as inventory

    participants = {group: list(hosts) for group, hosts in groups.items() if inventory.is_participant(group)}
    hosts = dict.fromkeys([host for pair in participants.values() for host in pair] + list(targets))
    unread: list[str] = []
    values = {host: _variables(host, hostvars[host], inventory.NEEDED, unread) for host in hosts}
    whole_run = _variables("localhost", hostvars.get("localhost", {}), inventory.WHOLE_RUN, unread)
    said = [
        *unread,
        *inventory.ignored_groups(groups),
        *inventory.validate(participants, values, targets),
        *inventory.check_run_wide(values, whole_run),
    ]
    return [foreign.line(sentence) for sentence in said]  # they quote what somebody has written


def _variables(host: str, its: Mapping[str, Any], needed: Collection[str], unread: list[str]) -> dict[str, Any]:
    """The values of what is judged, and the bare names of what else begins with dcass_.

    How Ansible reaches a host is its own business: what can't be worked out of that is passed over.
    """
    from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import has_no_default
    from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import is_deep

    found: dict[str, Any] = {}
    for name in its:
        if name.startswith("dcass_") or name in needed:
            found[name] = None
            try:
                if name in needed:
                    value = its[name]
                    if is_deep(value):
                        raise ValueError("it is nested too deep")
                    str(value)  # newer Ansible works a template out when it is used
                    found[name] = value
            except Exception as error:  # whatever a template raises
                del found[name]
                if name.startswith("dcass_") and not has_no_default(str(error)):
                    unread.append(f"{host} has a {name} that can't be worked out: {error}")
    return found


class FilterModule:
    """Lets templates use ``inventory_mistakes``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"inventory_mistakes": inventory_mistakes}
