#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state_downgrade: the way back to an older version of this collection."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: state_downgrade
short_description: Give a workstation's state back to an older version of this collection
version_added: 1.0.0
description:
  - Every version of this collection opens the state of all versions before, and makes it its own. An older version
    refuses the state of a newer one (C(state_newer)), since it can't know what that has put there.
  - This module, run by the newer version, makes the state what the older one would have made of it. Logins and uploads,
    keys, renewals under way and reports stay as they are. What the older version has no place for is left out, and
    RV(left_out) names it.
  - A copy of the state as it was is laid beside it before, C(state.sqlite3.version-N).
  - It happens whole or not at all, and waits for no other run of the account, but fails as C(busy).
  - Nothing is connected to, and no other file is changed.
options:
  account:
    description: The account of the workstation, whose other runs are kept away meanwhile.
    type: str
    required: true
  version:
    description:
      - The version of the state that the older collection knows, as its refusal names it. One that the state has, or
        that is newer, changes nothing.
    type: int
    required: true
  state_dir:
    description: Folder of the state database.
    type: path
    default: /var/lib/dcass-sftp
  key_dir:
    description: Folder of all keys.
    type: path
    default: /etc/dcass-sftp/keys
extends_documentation_fragment:
  - dcass.sftp.attributes
attributes:
  diff_mode:
    support: none
    details: What changes is a database.
notes:
  - Whatever of the newer version opens the state afterwards makes it its own again. So let no timer run it any more.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
"""

EXAMPLES = r"""
- name: Go back to the state of version 1.0.0
  dcass.sftp.state_downgrade:
    account: CXYZ001
    version: 11
"""

RETURN = r"""
account:
  description: The account.
  type: str
  returned: always
  sample: CXYZ001
version_before:
  description: The version that the state had, 0 where there was none.
  type: int
  returned: always
  sample: 12
version:
  description: The version that it has now, or would have in check mode.
  type: int
  returned: always
  sample: 11
left_out:
  description: Tables, and columns of tables, that the older version does not have. The copy has what they held.
  type: list
  elements: str
  returned: always
  sample: [handovers]
copy_path:
  description: Where the copy of what the state was lies; null where nothing was changed.
  type: str
  returned: always
  sample: /var/lib/dcass-sftp/state.sqlite3.version-12
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.state_downgrade import downgrade, downgrade_request
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_back import OlderState
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

OPTIONS: dict[str, dict[str, Any]] = dict(
    account={"type": "str", "required": True},
    version={"type": "int", "required": True},
    **options.specs([options.STATE_DIR, options.KEY_DIR]),
)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = downgrade_request(module.params)
        state = OlderState(request.state_dir, request.key_dir, request.account.name)
        return downgrade(request, state, module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
