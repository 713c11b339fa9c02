# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options of the modules that talk to the facility, or read what such modules wrote."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the facility."""

    DOCUMENTATION = r"""
options:
  account:
    description:
      - SFTP user account, in capitals, such as V(CXYZ001). Its first four characters are the customer code.
    type: str
    required: true
  site:
    description:
      - Which data centre to connect to. Only people change it, when the exchange says so.
    type: str
    choices: [primary, secondary]
    default: primary
  addresses:
    description:
      - Addresses of the facility, each HOST or HOST:PORT, tried in order until one finishes the key exchange.
      - Without it, the two that the exchange has published for the O(site).
    type: list
    elements: str
  port:
    description:
      - TCP port, where an address names none.
    type: int
    default: 10022
  source_address:
    description:
      - IPv4 address of this workstation that is registered with the exchange; connections come from it.
    type: str
  known_hosts:
    description:
      - The facility's host keys in OpenSSH's format, C([host]:port) entries.
      - C(@cert-authority) and C(@revoked) are honoured.
      - A host without an entry, or with another key, is refused before anything is authenticated.
    type: path
    default: /etc/dcass-sftp/known_hosts
  key_dir:
    description:
      - Folder of the account keys.
    type: path
    default: /etc/dcass-sftp/keys
  passphrase:
    description:
      - Passphrase of the private key.
      - Set C(ansible_pipelining=true) where a task has one, as the roles and playbooks of this collection do. Without
        it Ansible writes the task, with the passphrase, into a file of the user's on the workstation until it is done.
    type: str
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
  outside_hours:
    description:
      - What to do while the facility is shut.
      - V(skip) ends the task as skipped, V(fail) fails it, V(ignore) connects all the same.
    type: str
    choices: [skip, fail, ignore]
    default: skip
  closed_days:
    description:
      - Days on which the exchange does not trade although its calendar said so, such as V(2026-09-01), for typhoons.
    type: list
    elements: str
    default: []
  open_days:
    description:
      - Days on which the facility is open although they are no trading days of the calendar.
    type: list
    elements: str
    default: []
  connect_timeout:
    description:
      - Seconds that a connection and its key exchange may take.
    type: float
    default: 10.0
  operation_timeout:
    description:
      - Seconds that the facility may take to answer a login or a request.
    type: float
    default: 60.0
  run_timeout:
    description:
      - Seconds that the whole run may take at the facility, up to a day, whatever it waits for. Then the task fails
        with C(run_timeout), what was whole is kept, and the next run goes on from there.
      - A facility that answers with no whole answer and less than 1 KiB a second for the O(operation_timeout) ends the
        run before that.
    type: float
    default: 3600.0
requirements:
  - paramiko 3.5 to 5.1 on the workstation
  - cryptography on the workstation
"""
