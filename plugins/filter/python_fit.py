# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python_fit: whether a workstation's Python can have the libraries, before anything is brought there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: python_fit
short_description: Tell whether a workstation's Python can have the libraries
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Judges what a Python has said of itself, and the wheels that it would be given.
  - The role C(dcass.sftp.workstation) asks it before it copies anything.
positional: host, python, lock, ways
options:
  _input:
    description: The result of the task that has asked.
    type: dict
    required: true
  host:
    description: The workstation.
    type: str
    required: true
  python:
    description: The command that was asked.
    type: str
    required: true
  lock:
    description: The text of the list of libraries, with their versions.
    type: str
    required: true
  ways:
    description:
      - How the inventory lets libraries come. C(pip), whether by a pip of the host; C(packages), whether the host may
        be given packages; C(wheel_dir), the folder of wheels, if any, and C(wheels), the names of what is in it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Can it have them?
  ansible.builtin.debug:
    msg: "{{ (about | dcass.sftp.python_fit(inventory_hostname, 'python3', lock, ways)).failure }}"
"""

RETURN = r"""
_value:
  description:
    - C(failure), as of a failed task, with C(error_code), C(msg) and C(hint); empty where it can.
    - C(package), whether it takes a package of the system to make environments.
  type: dict
"""


def python_fit(said: Mapping[str, Any], host: str, python: str, lock: str, ways: Mapping[str, Any]) -> dict[str, Any]:
    """Judge it."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _python_fit as rules

    return rules.python_fit(said, host, python, lock, rules.Ways(**ways))


class FilterModule:
    """Lets templates use ``python_fit``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"python_fit": python_fit}
