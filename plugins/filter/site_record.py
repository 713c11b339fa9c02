# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""site_record: the switch of site that people have recorded on a workstation."""

from __future__ import annotations

from collections.abc import Callable

DOCUMENTATION = r"""
---
name: site_record
short_description: Read the record of a switch of site
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Reads the last line of a workstation's record, which the playbook C(dcass.sftp.switch_site) writes.
  - The role C(dcass.sftp.dcass) asks it before every run on a workstation that has a record.
options:
  _input:
    description: What the workstation told, the line with C(dcass-site) before it.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Where does it go, and who said so?
  ansible.builtin.debug:
    msg: >-
      {{ 'dcass-site secondary 2026-11-23T10:00:00+08:00 {"who": "Chan", "why": "drill"}' | dcass.sftp.site_record }}
"""

RETURN = r"""
_value:
  description: C(site), C(since), C(who) and C(why); nothing if the record is damaged.
  type: dict
"""


def site_record(said: object) -> dict[str, str]:
    """Read the last line."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._site_record import site_record as read

    return read(str(said))


class FilterModule:
    """Lets templates use ``site_record``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"site_record": site_record}
