# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""disapproval: why a deed has no second person's approval."""

from __future__ import annotations

from collections.abc import Callable, Sequence

DOCUMENTATION = r"""
---
name: disapproval
short_description: Say why a deed has no second person's approval
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - A forced renewal, a withdrawal, a switch of site, a removal and an acknowledgement need a second person where the
    participant's rules say so. Of names only letters and digits are compared, without regard to case.
  - The name counts only where it was said with C(-e) when the playbook was run. One that stands in the inventory would
    approve whatever anybody does.
positional: who, required
options:
  _input:
    description: Who has approved it.
    type: str
    required: true
  who:
    description: Who does it, by each name that is known of the person.
    type: list
    elements: str
    required: true
  required:
    description: Whether it must be approved.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse what no second person has approved
  ansible.builtin.assert:
    that: dcass_approved_by | dcass.sftp.disapproval(['chan'], true) == ''
"""

RETURN = r"""
_value:
  description: The sentence, empty where all is well.
  type: str
"""


def disapproval(approved_by: object, who: Sequence[object], required: bool = False, was_said: bool = True) -> str:
    """Judge the names; ``was_said`` is whether the second one was given to this run."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import is_second, one_line

    second = one_line(approved_by)
    if not second and required:
        return "Nobody has approved this: say -e \"dcass_approved_by='A SECOND PERSON'\", as dcass_four_eyes asks for."
    if second and not was_said:
        return f"dcass_approved_by is {second} for whatever is run: take it out of the inventory, and say it with -e."
    if not second or all(is_second(name, approved_by) for name in who if name):
        return ""
    return f"dcass_approved_by is {second}, who runs this: it must be another person."


def _of_this_run(approved_by: object, who: Sequence[object], required: bool = False) -> str:
    from ansible.parsing.dataloader import DataLoader
    from ansible.utils.vars import load_extra_vars

    return disapproval(approved_by, who, required, "dcass_approved_by" in load_extra_vars(DataLoader()))


class FilterModule:
    """Lets templates use ``disapproval``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"disapproval": _of_this_run}
