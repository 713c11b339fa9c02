#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""acknowledge: people close what is missing or lost."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: acknowledge
short_description: Close reports that are missing or lost, by people's word
version_added: 1.0.0
description:
  - Closes what M(dcass.sftp.account_info) tells as outstanding or lost and nobody waits for any more, since the report
    came another way, or was not made on that day. From then on no sync, status or metric tells it.
  - Who did so and why is kept in the account's evidence, before anything is closed.
  - What the facility brings later is fetched all the same.
  - Nothing is connected to.
extends_documentation_fragment:
  - dcass.sftp.state
  - dcass.sftp.attributes
options:
  what:
    description:
      - What is closed, each as RV(dcass.sftp.account_info#module:reports.outstanding[].what) has it, or a glob that it
        fits; V(*) for all of those days.
      - C(handover:PATH), or C(handover:GLOB), is what the back office waits for and shall not be handed any more, as
        RV(dcass.sftp.account_info#module:handover.waiting[].what) has it.
    type: list
    elements: str
    required: true
  first_day:
    description: The first business day that it is of, such as V(2026-11-20).
    type: str
    required: true
  last_day:
    description: The last one. Without it, O(first_day) alone.
    type: str
  who:
    description: Who closes it.
    type: str
    required: true
  why:
    description: Why nobody waits for it any more.
    type: str
    required: true
  approved_by:
    description: Who has approved it, another person than O(who).
    type: str
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
  - module: dcass.sftp.archive_check
"""

EXAMPLES = r"""
- name: The exchange has sent it by mail
  dcass.sftp.acknowledge:
    account: CXYZ001
    what: ["*RX_AUDIT*"]
    first_day: "2026-11-20"
    who: Chan Tai Man
    why: had by mail, filed under 4711
"""

RETURN = r"""
account:
  description: The account.
  type: str
  returned: success
acknowledged:
  description: What was closed, or would be; empty where it was closed before.
  type: list
  elements: dict
  returned: success
  contains:
    what: {description: 'As in RV(dcass.sftp.account_info#module:reports.outstanding[].what).', type: str}
    day: {description: The business day that it is of., type: str}
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.acknowledge import acknowledge, acknowledge_request
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import specs

OPTIONS: dict[str, dict[str, Any]] = dict(
    specs.STATE,
    what={"type": "list", "elements": "str", "required": True},
    first_day={"type": "str", "required": True},
    last_day={"type": "str"},
    who={"type": "str", "required": True},
    why={"type": "str", "required": True},
    approved_by={"type": "str"},
)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = acknowledge_request(module.params)
        account, today = request.account, hong_kong_now().date()
        require_account_here(request.state_dir, request.key_dir, account, request.both_accounts, today)
        state = StateDb(request.state_dir, module.check_mode, request.key_dir)
        evidence = Evidence(state, request.state_dir, account.name)
        hold = state.hold(account.name)
        manifest, handovers = Manifest(state, account), Handovers(state, account.name)
        return acknowledge(request, manifest, handovers, evidence, hold, hong_kong_now, module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
