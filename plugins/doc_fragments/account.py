# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options as modules take them that do not talk to the facility."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that are taken and not used; a module that uses one documents it itself."""

    DOCUMENTATION = r"""
options:
  account:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: str
  site:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: str
    choices: [primary, secondary]
    default: primary
  addresses:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: list
    elements: str
  port:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: int
    default: 10022
  source_address:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: str
  known_hosts:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: path
    default: /etc/dcass-sftp/known_hosts
  key_dir:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: path
    default: /etc/dcass-sftp/keys
  passphrase:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: str
  state_dir:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: path
    default: /var/lib/dcass-sftp
  login_budget:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: int
    default: 4
  outside_hours:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: str
    choices: [skip, fail, ignore]
    default: skip
  closed_days:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: list
    elements: str
    default: []
  open_days:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: list
    elements: str
    default: []
  connect_timeout:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: float
    default: 10.0
  operation_timeout:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: float
    default: 60.0
  run_timeout:
    description: Taken so that C(module_defaults) can set the shared options once; not used here.
    type: float
    default: 3600.0
"""
