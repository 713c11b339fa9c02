# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that read what a workstation knows of an account."""

from __future__ import annotations


class ModuleDocFragment:
    """Whose records they are, where they lie, and what they are judged by."""

    DOCUMENTATION = r"""
options:
  account:
    description:
      - SFTP user account, in capitals, such as V(CXYZ001). Its first four characters are the customer code.
    type: str
    required: true
  site:
    description:
      - The data centre in use. Only people change it, when the exchange says so.
    type: str
    choices: [primary, secondary]
    default: primary
  key_dir:
    description:
      - Folder of the account keys.
    type: path
    default: /etc/dcass-sftp/keys
  state_dir:
    description:
      - Folder of the state database with the logins made, the keys and the report manifest.
    type: path
    default: /var/lib/dcass-sftp
  login_budget:
    description:
      - Most logins in any five minutes from this machine, 1 to 4. The fifth would lock the account.
      - Where two machines use one account, give each its share, so that the sum is no more than 4.
    type: int
    default: 4
  closed_days:
    description:
      - Days on which the exchange does not trade although its calendar said so, such as V(2026-09-01), for typhoons.
    type: list
    elements: str
    default: []
  open_days:
    description:
      - Days on which the facility is open although they are no business days of the calendar.
    type: list
    elements: str
    default: []
"""
