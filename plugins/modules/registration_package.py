#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registration_package: CXXX.zip from public material, the same bytes each time."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: registration_package
short_description: Build and verify the package that registers a participant
version_added: 1.0.0
description:
  - Builds C(CXXX.zip) from public material alone - the address template with the two workstation addresses and the
    names of the two public key files, the public keys, and their fingerprints.
  - The same input gives the same bytes on every machine. A package that is there and right is left alone. One that is
    there with other content may have been submitted, so it is kept beside, under the time at which it was made.
  - A public key goes in as the bytes that were given. One with a byte order mark, or in UTF-16, is refused.
  - Private keys are looked for in every member and every file of O(source), and refused.
  - It builds, verifies and explains.
  - People submit the package, with the signed registration form, through Client Connect.
  - Needs no library beyond Python's own, so it can run on the control node.
options:
  customer_code:
    description: DCASS customer code, such as V(CXYZ).
    type: str
    required: true
  workstation_addresses:
    description: The two IPv4 addresses to register. They must share their first three octets.
    type: list
    elements: str
    required: true
  public_keys:
    description: Public key in SSH2 format by account, for both accounts. One of O(public_keys) and O(source) is needed.
    type: dict
  source:
    description: Folder with C(CXXX001.pub), C(CXXX002.pub) and, where it has them, their fingerprint files.
    type: path
  fingerprints:
    description:
      - Fingerprint by account, to be compared with that of its key.
      - As the exchange, C(ssh-keygen -l) or C(puttygen -l) writes it, alone or the whole line.
    type: dict
  address_template:
    description:
      - The operator's own address template, taken into the package under its own name.
      - In a text file C({customer_code}), C({address_1}), C({address_2}), C({public_key_1}) and C({public_key_2}) are
        filled in, and all of them must be there in the end. Any other file is taken as it is, filled in by people.
      - Without it the package gets a small CSV file.
    type: path
  dest:
    description: Path of the package, or the folder for it.
    type: path
    required: true
extends_documentation_fragment:
  - dcass.sftp.attributes
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_key
"""

EXAMPLES = r"""
- name: Build the package on the control node
  dcass.sftp.registration_package:
    customer_code: CXYZ
    workstation_addresses: [192.0.2.31, 192.0.2.32]
    public_keys:
      CXYZ001: "{{ hostvars['ws1'].key.public_key }}"
      CXYZ002: "{{ hostvars['ws2'].key.public_key }}"
    dest: registration/
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
path:
  description: Path of the package.
  type: str
  returned: success
kept:
  description: Where the package is kept that was there before with other content; null where there was none.
  type: str
  returned: success
  sample: registration/CXYZ.20261120-120000.zip
sha256:
  description: SHA-256 of the package in hexadecimal.
  type: str
  returned: success
members:
  description: Names of the files in the package.
  type: list
  elements: str
  returned: success
  sample: [CXYZ.csv, CXYZ001.pub, CXYZ002.pub, CXYZ001.fpt, CXYZ002.fpt]
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.registration_package import (
    build_package,
    package_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.package_file import (
    PackageFile,
    read_folder,
    read_template,
)

OPTIONS: dict[str, dict[str, Any]] = {
    "customer_code": {"type": "str", "required": True},
    "workstation_addresses": {"type": "list", "elements": "str", "required": True},
    "public_keys": {"type": "dict", "no_log": False},
    "source": {"type": "path"},
    "fingerprints": {"type": "dict"},
    "address_template": {"type": "path"},
    "dest": {"type": "path", "required": True},
}


def main() -> None:
    module = make_module(
        OPTIONS, mutually_exclusive=[("public_keys", "source")], required_one_of=[("public_keys", "source")]
    )
    params = module.params

    def work() -> dict[str, Any]:
        folder = read_folder(params["source"]) if params["source"] else None
        request = package_request(params, folder, read_template(params["address_template"]))
        file = PackageFile(params["dest"], request.customer_code)
        return build_package(request, file, plan_only=module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
