# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""inventory_verdict: which participants of an inventory are wrong, and what is told of it, before any host is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
---
name: inventory_verdict
short_description: Tell which participants of the inventory may act
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Looks at all hosts of all participants on the control node, without asking any of them, and says which mistakes
    concern one participant, which is then passed over, and which the whole run.
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
- name: Judge the inventory
  ansible.builtin.set_fact:
    verdict: "{{ hostvars | dcass.sftp.inventory_verdict(groups, ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description:
    - C(sentences), all mistakes; C(refused), those for which nothing may run; C(notices), who is left out of this run.
    - C(wrong), by host of a wrong participant its C(account), its C(failure), as of a failed task, and
      what stands in for the C(way) to it where that can't be worked out.
  type: dict
"""


def inventory_verdict(
    hostvars: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Sequence[str]], targets: Collection[str] = ()
) -> dict[str, Any]:
    """Read the variables that matter, once for each host, and judge them."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict

    return verdict(hostvars, groups, targets)


class FilterModule:
    """Lets templates use ``inventory_verdict``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"inventory_verdict": inventory_verdict}
