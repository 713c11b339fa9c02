#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_key: an account's key, made once and kept as it should be."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_key
short_description: Make and keep an account's RSA key on the workstation
version_added: 1.0.0
description:
  - Makes the account's RSA key of 2048 bits where it is missing, with its public key file in SSH2 format (RFC 4716) and
    its MD5 fingerprint file, as the exchange wants them registered.
  - The private key stays on the machine that runs the module, with mode 0600.
    It is never returned, logged or shown in a diff.
  - Public key file, fingerprint file, owner and modes are put right where they are not.
options:
  account:
    description: SFTP user account, in capitals, such as V(CXYZ001).
    type: str
    required: true
  key_dir:
    description:
      - Folder of all keys.
      - The account's current key lies in C(ACCOUNT/current), a link to one of the versions beside it.
    type: path
    default: /etc/dcass-sftp/keys
  state_dir:
    description: Folder of the state database, in which it stands when a key was made and registered.
    type: path
    default: /var/lib/dcass-sftp
  both_accounts:
    description:
      - Whether this workstation is to hold the keys of both accounts of the participant.
      - Without it, one that holds the key of the other account and none of this one is refused, since then the
        inventory has mixed up the two.
    type: bool
    default: false
  passphrase:
    description:
      - Passphrase of the private key.
      - A key that has none yet is protected with it; the key itself stays what it is.
    type: str
  comment:
    description:
      - Comment in the public key file, on one line of at most 60 ASCII characters, which every program reads.
      - Without it a new file gets the account as its comment, and the comment of one that is there stays.
    type: str
  regenerate:
    description:
      - When a key is replaced. V(never) makes one only where none is; one that is not fit fails the task.
      - V(invalid) replaces one that is not fit (damaged, or not RSA of 2048 bits), V(always) any.
        The old one is kept beside.
      - A key that the exchange knows is never replaced here.
      - It is renewed, or re-registered where it was compromised.
    type: str
    choices: [never, invalid, always]
    default: never
  owner:
    description: User, by name or number, to whom folder and files belong.
    type: str
  group:
    description: Group, by name or number, to which folder and files belong.
    type: str
  registered_on:
    description:
      - Day on which the exchange confirmed the registration of the current key, as V(2026-11-22).
      - The key's last day is counted from it. Without it, from the day the key was made, which is never too late.
      - When it is first told of a key, an entry of evidence is kept with the day, the public key and O(run_by).
    type: str
  run_by:
    description: Who has started the run, or which job, for the evidence of a registration.
    type: str
    default: ""
extends_documentation_fragment:
  - dcass.sftp.attributes
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.registration_package
  - module: dcass.sftp.key_fingerprint
"""

EXAMPLES = r"""
- name: The account has its key
  dcass.sftp.account_key:
    account: CXYZ001
    owner: dcass
    group: dcass
  register: key

- name: The exchange has confirmed the registration
  dcass.sftp.account_key:
    account: CXYZ001
    registered_on: '2026-11-22'
"""

RETURN = r"""
reason:
  description: Why the key was made, repaired or left alone.
  type: str
  returned: success
  sample: there was no key
private_key_path:
  description: Path of the private key.
  type: str
  returned: success
public_key_path:
  description: Path of the public key file.
  type: str
  returned: success
fingerprint_path:
  description: Path of the fingerprint file.
  type: str
  returned: success
public_key:
  description: Content of the public key file; null in check mode where the key would be made.
  type: str
  returned: success
fingerprint:
  description: MD5 fingerprint, as the exchange writes it; null in check mode where the key would be made.
  type: str
  returned: success
  sample: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"
fingerprint_sha256:
  description: SHA-256 fingerprint, as OpenSSH writes it; null in check mode where the key would be made.
  type: str
  returned: success
bits:
  description: Size of the key; null in check mode where the key would be made.
  type: int
  returned: success
  sample: 2048
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_key import key_request, make_key
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now, uptime
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_maintenance import (
    KeyMaintenance,
    group_number,
    user_number,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker, machine_name
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

OPTIONS: dict[str, dict[str, Any]] = dict(
    account={"type": "str", "required": True},
    **options.specs([options.KEY_DIR, options.STATE_DIR, options.BOTH_ACCOUNTS, options.REGENERATE, options.RUN_BY]),
    passphrase={"type": "str", "no_log": True},
    comment={"type": "str"},
    owner={"type": "str"},
    group={"type": "str"},
    registered_on={"type": "str"},
)


def main() -> None:
    module = make_module(OPTIONS)
    params = module.params

    def work() -> dict[str, Any]:
        request = key_request(params)
        account = request.account
        both, today = params["both_accounts"], hong_kong_now().date()
        require_account_here(params["state_dir"], params["key_dir"], account, both, today)
        owner, group = user_number(params["owner"]), group_number(params["group"])
        files = KeyMaintenance(params["key_dir"], account, owner, group)
        state = StateDb(params["state_dir"], module.check_mode, params["key_dir"])
        with state.hold(account.name):
            if not module.check_mode:
                Ledger(state, account.name, uptime, Marker(params["state_dir"], account.name, machine_name())).begin()
            record = KeyRecord(state, account.name)
            renewal = Journal(state, account.name).latest()
            evidence, now = Evidence(state, params["state_dir"], account.name), hong_kong_now()
            return make_key(request, files, record, evidence, renewal, generate, now, plan_only=module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
