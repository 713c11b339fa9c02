# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""disapproval: why a deed has no second person's approval."""

from __future__ import annotations

from collections.abc import Callable

DOCUMENTATION = r"""
---
name: disapproval
short_description: Say why a deed has no second person's approval
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - A forced renewal, a withdrawal, a switch of site, a removal and an acknowledgement need a second person where the
    participant's rules say so. Names are compared without regard to case and spaces.
positional: who, required
options:
  _input:
    description: Who has approved it.
    type: str
    required: true
  who:
    description: Who does it.
    type: str
    required: true
  required:
    description: Whether it must be approved.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Refuse what no second person has approved
  ansible.builtin.assert:
    that: dcass_approved_by | dcass.sftp.disapproval('chan', true) == ''
"""

RETURN = r"""
_value:
  description: The sentence, empty where all is well.
  type: str
"""


def disapproval(approved_by: object, who: object, required: bool = False) -> str:
    """Judge the two names."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import is_second, one_line

    if not one_line(approved_by) and required:
        return "Nobody has approved this: say -e \"dcass_approved_by='A SECOND PERSON'\", as dcass_four_eyes asks for."
    if not one_line(approved_by) or is_second(who, approved_by):
        return ""
    return f"dcass_approved_by is {one_line(approved_by)}, who runs this: it must be another person."


class FilterModule:
    """Lets templates use ``disapproval``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"disapproval": disapproval}
