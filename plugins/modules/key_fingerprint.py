#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_fingerprint: a key's fingerprints, compared with one, written to the exchange's file."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: key_fingerprint
short_description: Fingerprint a key, write or verify its fingerprint file
version_added: 1.0.0
description:
  - Computes the MD5 fingerprint that the exchange asks for, and the SHA-256 one that OpenSSH shows, of any public or
    private key in SSH2 (RFC 4716), OpenSSH or PEM form, of any kind.
  - A UTF-8 byte order mark, CRLF and long comments are taken. PuTTY's C(.ppk), certificates, UTF-16 and the like are
    refused by name, with the way to a file that can be read.
  - Compares it with an expected one, and writes it to a fingerprint file.
options:
  path:
    description: File of the key. One of O(path) and O(content) is needed.
    type: path
  content:
    description: Text of the key. It may be a private one, so it is not logged.
    type: str
  passphrase:
    description: Passphrase of a private key.
    type: str
  dest:
    description: Fingerprint file to write, such as C(CXYZ001.fpt).
    type: path
  expected:
    description:
      - Fingerprint that the key must have, MD5 or C(SHA256:…), alone, in quotation marks, or as the whole line of
        C(ssh-keygen -l) or C(puttygen -l).
      - With another one the task fails before anything is written.
    type: str
extends_documentation_fragment:
  - dcass.sftp.attributes
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_key
"""

EXAMPLES = r"""
- name: The key that came by courier is the one that was telephoned
  dcass.sftp.key_fingerprint:
    path: /srv/incoming/CXYZ001.pub
    expected: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"

- name: Write the fingerprint file
  dcass.sftp.key_fingerprint:
    path: /srv/incoming/CXYZ001.pub
    dest: /srv/incoming/CXYZ001.fpt
"""

RETURN = r"""
fingerprint:
  description: MD5 fingerprint, 16 lowercase hexadecimal octets with colons.
  type: str
  returned: success, and where another fingerprint was expected
fingerprint_sha256:
  description: SHA-256 fingerprint.
  type: str
  returned: success
key_type:
  description: Kind of the key, as SSH names it.
  type: str
  returned: success
  sample: ssh-rsa
bits:
  description: Size of the key.
  type: int
  returned: success
matches:
  description: Whether the key has the expected fingerprint; null where none was given.
  type: bool
  returned: success, and where another fingerprint was expected
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.key_fingerprint import fingerprint
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import read_file, read_if_there, write_file
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import given_bytes, read_any

OPTIONS: dict[str, dict[str, Any]] = {
    "path": {"type": "path"},
    "content": {"type": "str", "no_log": True},
    "passphrase": {"type": "str", "no_log": True},
    "dest": {"type": "path"},
    "expected": {"type": "str"},
}


def main() -> None:
    module = make_module(OPTIONS, mutually_exclusive=[("path", "content")], required_one_of=[("path", "content")])
    params = module.params

    def write(path: str, text: bytes) -> None:
        write_file(path, text, 0o644)

    def work() -> dict[str, Any]:
        data = given_bytes(params["content"]) if params["path"] is None else read_file(params["path"])
        key = read_any(data, params["passphrase"], params["path"] or "content")
        return fingerprint(key, params["expected"], params["dest"], read_if_there, write, plan_only=module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
