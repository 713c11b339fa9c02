#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible module account_info."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_info
short_description: Tell all that the workstation knows of an account, without a login
version_added: 1.0.0
description:
  - Tells the key in use and its last day, the logins and uploads used and left, the reports held, owed and lost, and
    what is to be done next.
  - Reads files and the state database alone. Nothing is connected to and nothing is changed.
extends_documentation_fragment:
  - dcass.sftp.facility
  - dcass.sftp.attributes
  - dcass.sftp.attributes.info
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.facility_info
"""

EXAMPLES = r"""
- name: What is due next?
  dcass.sftp.account_info:
    account: CXYZ001
  register: known

- name: Show it
  ansible.builtin.debug:
    var: known.next_actions
"""

RETURN = r"""
account:
  description: The account.
  type: str
  returned: success
facility:
  description: Site, whether the facility is open by the calendar, and until when.
  type: dict
  returned: success
key:
  description:
    - The key in use. C(state) is V(absent), V(made), V(registered) or V(expired).
    - C(last_day) is counted from the registration where that is known (C(last_day_counted_from) is V(registered)), else
      from the day the key was made, which is never too late.
  type: dict
  returned: success
  sample:
    state: registered
    fingerprint: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"
    made_on: '2026-11-20'
    uploaded_on: '2026-11-22'
    last_day: '2028-11-21'
    last_day_counted_from: registered
    days_left: 730
logins:
  description: Logins used of the budget in the last five minutes, left, and when the next one fits.
  type: dict
  returned: success
  sample: {used: 1, left: 3, retry_at: null}
uploads:
  description: Key uploads used in the last hour, left, and when the next one fits.
  type: dict
  returned: success
reports:
  description: The last run, the reports held of each of the last ten days, what is owed, and what was lost.
  type: dict
  returned: success
next_actions:
  description: What is to be done, in sentences; empty when nothing is.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.dcass.sftp.plugins.module_utils._flow.inspect import account_info, request_from
from ansible_collections.dcass.sftp.plugins.module_utils._glue import FACILITY_OPTIONS, make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb


def main():
    module = make_module(FACILITY_OPTIONS)

    def work():
        facility = request_from(module.params)
        account = facility.account
        state = StateDb(facility.state_dir, read_only=True)
        return account_info(
            facility,
            files=KeyFiles(facility.key_dir, account),
            record=KeyRecord(state, account.name),
            ledger=Ledger(state, account.name),
            manifest=Manifest(state, account),
            now=hong_kong_now(),
        )

    run(module, work)


if __name__ == "__main__":
    main()
