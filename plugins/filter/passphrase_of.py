# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible filter passphrase_of."""

from __future__ import annotations

from collections.abc import Callable

DOCUMENTATION = r"""
---
name: passphrase_of
short_description: Find the passphrase in the text of a file
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Takes a passphrase as it stands, whatever it is made of, but for the mark of UTF-8 at the beginning of the file.
  - The role C(dcass.sftp.dcass) reads C(dcass_passphrase_file) and C(dcass_passphrases_file) with it.
positional: code
options:
  _input:
    description: The text of the file.
    type: str
    required: true
  code:
    description:
      - A customer code. Then the text has a line for each, C(CODE) and C(:) before the passphrase.
      - Without it the text is one passphrase, but for a line end.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Is there a passphrase for this participant?
  ansible.builtin.assert:
    that: text | dcass.sftp.passphrase_of('CXYZ') != ''
  vars:
    text: "{{ lookup('ansible.builtin.file', '/srv/dcass/passphrases', rstrip=false) }}"
  no_log: true
"""

RETURN = r"""
_value:
  description: The passphrase, or nothing.
  type: str
"""


def passphrase_of(text: str, code: str = "") -> str:
    """Return the passphrase."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._passphrases import passphrase_of as find

    return find(str(text), str(code))


class FilterModule:
    """Lets templates use ``passphrase_of``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"passphrase_of": passphrase_of}
