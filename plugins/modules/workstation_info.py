#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""workstation_info: an action, which runs on the control node; this is its documentation."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: workstation_info
short_description: Tell whether a workstation is ready, which site it is at, and whose account it has
version_added: 1.0.0
description:
  - The first question of each playbook. The shell answers it, so that it needs no Python on the workstation.
  - It reads the variables of the role C(dcass.sftp.dcass), and is of use within the roles of this collection.
  - It never fails for what it finds. C(blocked) says what keeps a run from the workstation, as a failed task would.
options:
  before_sync:
    description:
      - A synchronisation is to follow. Where the facility is closed by the calendar, and neither a hand-over nor
        metrics or events are wanted, nobody is asked, and C(closed) is what the synchronisation would have ended with.
    type: bool
  presume:
    description:
      - Nobody is asked but in check mode, and what is true of nearly every workstation is taken for granted, that it is
        rolled out and at the site of the inventory. The next module of this collection looks whether it is so, by the
        same command that runs it, and asks where it is not; C(workstation) of its result is what it then has found.
    type: bool
  sudo:
    description:
      - Ask nothing else than whether C(become) works, as the task says it. Where sudo does not let that be, C(blocked)
        says why, and has the line of sudoers that is missing; nothing else is returned.
    type: bool
extends_documentation_fragment:
  - dcass.sftp.attributes
  - dcass.sftp.attributes.info
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
"""

EXAMPLES = r"""
- name: Look whether the workstation is ready
  dcass.sftp.workstation_info:
  register: dcass_probe
"""

RETURN = r"""
account:
  description: The SFTP user account of the workstation.
  type: str
  returned: always
  sample: CXYZ001
partner:
  description: The other workstation of the pair; empty where there is none.
  type: str
  returned: always
  sample: cxyz-ws2
is_second:
  description: Whether it is the standby of the pair, which has the second account.
  type: bool
  returned: always
shares:
  description: Of which reports one of the pair fetches for both, V(all) or V(intraday); empty where none does.
  type: str
  returned: always
  sample: all
may_run:
  description: Whether anything is to be run on it, and can be.
  type: bool
  returned: always
site:
  description: The site in force, what people have switched it to or that of the inventory.
  type: str
  returned: always
  sample: primary
blocked:
  description: What keeps a run from it; nothing where nothing does.
  type: dict
  returned: always
  sample: {}
  contains:
    error_code: {description: Stable name of it., type: str}
    msg: {description: One sentence., type: str}
    hint: {description: The next step., type: str}
closed:
  description: What a synchronisation ends with, as M(dcass.sftp.report_sync) returns it.
  type: dict
  returned: with O(before_sync), when the facility is closed and nothing else is to be done
  contains:
    outcome: {description: V(closed)., type: str}
    msg: {description: Until when., type: str}
    opens_at: {description: "When it opens, ISO 8601, in Hong Kong time.", type: str}
    day_kind: {description: The kind of the day., type: str}
    skipped: {description: V(true)., type: bool}
    changed: {description: V(false)., type: bool}
    warnings: {description: What the calendar does not know for sure., type: list, elements: str}
python:
  description: The private Python; empty where it is not rolled out.
  type: str
  returned: when it was asked, or is presumed
  sample: /opt/dcass-sftp/bin/python
user:
  description: Who runs our modules, the service user or, where that does not exist yet, root.
  type: str
  returned: when it was asked, or is presumed
  sample: dcass
presumed:
  description: Whether nobody was asked; V(true).
  type: bool
  returned: with O(presume), outside check mode
stdout:
  description: What it said.
  type: str
  returned: when it has answered
"""
