# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""installed_code: what a rollout lays on a workstation, so that a task need not bring it each time."""

from __future__ import annotations

from collections.abc import Callable

DOCUMENTATION = r"""
---
name: installed_code
short_description: Tell the code of this collection that lies on workstations
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - The modules of this collection and the part of ansible-core that they need can lie on a workstation, compiled,
    beside the libraries. Then a task sends its options alone, which takes about half the time.
  - The role C(dcass.sftp.workstation) asks it.
options:
  _input:
    description: Which part of it.
    type: str
    choices:
      name: SHA-256 of the sources and of the version of ansible-core.
      archive: The sources, zipped, in base64.
      installer: The program, in Python, that unpacks and compiles them.
    required: true
"""

EXAMPLES = r"""
- name: Show which code belongs to this collection and this ansible-core
  ansible.builtin.debug:
    msg: "{{ 'name' | dcass.sftp.installed_code }}"
"""

RETURN = r"""
_value:
  description: That part.
  type: str
"""


def installed_code(part: str) -> str:
    """Return the part."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code as code

    parts: dict[str, Callable[[], str]] = {
        "name": code.name,
        "archive": code.archive,
        "installer": lambda: code.INSTALLER,
    }
    return parts[part]()


class FilterModule:
    """Lets templates use ``installed_code``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"installed_code": installed_code}
