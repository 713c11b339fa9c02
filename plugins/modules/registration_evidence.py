#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registration_evidence: which package an account's key went into, kept for the auditor."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: registration_evidence
short_description: Keep evidence that a registration package was built
version_added: 1.0.0
description:
  - Adds an entry to the account's evidence that tells the package's SHA-256, the key in it and who had it built.
  - One entry for each package. It is verified with all others by M(dcass.sftp.archive_check), and handed to an auditor
    by M(dcass.sftp.account_export).
  - Runs on the account's workstation, once M(dcass.sftp.registration_package) has built the package somewhere else.
options:
  account:
    description: SFTP user account, in capitals, such as V(CXYZ001).
    type: str
    required: true
  state_dir:
    description: Folder of the state database and of the evidence.
    type: path
    default: /var/lib/dcass-sftp
  key_dir:
    description: Folder of all keys, which tell whether a state that is missing has been there before.
    type: path
    default: /etc/dcass-sftp/keys
  public_key:
    description: The account's public key that is in the package, in SSH2 format.
    type: str
    required: true
  package_sha256:
    description: SHA-256 of the package in hexadecimal.
    type: str
    required: true
  run_by:
    description: Who has started the run, or which job.
    type: str
    default: ""
extends_documentation_fragment:
  - dcass.sftp.attributes
attributes:
  diff_mode:
    support: none
    details: An entry is added, and none is ever changed.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.registration_package
"""

EXAMPLES = r"""
- name: Keep evidence of the package
  dcass.sftp.registration_evidence:
    account: CXYZ001
    public_key: "{{ key.public_key }}"
    package_sha256: "{{ package.sha256 }}"
    run_by: ops
"""

RETURN = r"""
fingerprint:
  description: MD5 fingerprint of the key.
  type: str
  returned: success
  sample: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.registration_evidence import (
    keep_package,
    package_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

OPTIONS: dict[str, dict[str, Any]] = dict(
    account={"type": "str", "required": True},
    **options.specs([options.STATE_DIR, options.KEY_DIR, options.RUN_BY]),
    public_key={"type": "str", "required": True, "no_log": False},
    package_sha256={"type": "str", "required": True},
)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = package_request(module.params)
        account, state_dir = request.account.name, module.params["state_dir"]
        state = StateDb(state_dir, read_only=module.check_mode, key_dir=module.params["key_dir"])
        with state.hold(account):
            evidence = Evidence(state, state_dir, account)
            return keep_package(request, evidence, hong_kong_now(), plan_only=module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
