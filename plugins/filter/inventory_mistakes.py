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
seealso:
  - plugin: dcass.sftp.inventory_verdict
    plugin_type: filter
description:
  - Looks at all hosts of all participants on the control node, without asking any of them, and returns one sentence for
    each mistake, which names host and variable.
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
    from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict

    found: list[str] = verdict(hostvars, groups, targets)["sentences"]
    return found


class FilterModule:
    """Lets templates use ``inventory_mistakes``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"inventory_mistakes": inventory_mistakes}
