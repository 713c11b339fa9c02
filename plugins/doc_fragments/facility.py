# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that talk to the facility, beside those of ``state``."""

from __future__ import annotations


class ModuleDocFragment:
    """How the facility is reached."""

    DOCUMENTATION = r"""
options:
  addresses:
    description:
      - Addresses of the facility, each HOST or HOST:PORT, tried in order until one finishes the key exchange.
      - Without it, the two that the exchange has published for the O(site).
    type: list
    elements: str
  port:
    description:
      - TCP port, 1 to 65535, where an address names none.
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
  passphrase:
    description:
      - Passphrase of the private key.
      - Set C(ansible_pipelining=true) where a task has one, as the roles and playbooks of this collection do. Without
        it Ansible writes the task, with the passphrase, into a file of the user's on the workstation until it is done.
    type: str
  environment:
    description:
      - Name of the environment that the facility belongs to, one word in small letters, such as V(production) or
        V(test). The first login records it in the state, which from then on serves no run for another one, and ends it
        with C(wrong_environment) before anything connects.
      - Without it, V(production) where all addresses are those that the exchange has published, else V(other).
    type: str
    default: ""
  run_by:
    description:
      - Who has started the run, or which job, for the record of M(dcass.sftp.account_info).
    type: str
    default: ""
  outside_hours:
    description:
      - What to do while the facility is closed.
      - V(skip) ends the task as skipped, V(fail) fails it, V(ignore) connects all the same.
    type: str
    choices: [skip, fail, ignore]
    default: skip
  connect_timeout:
    description:
      - Seconds that a connection and its key exchange may take, 0.001 to 3600.
    type: float
    default: 10.0
  operation_timeout:
    description:
      - Seconds that the facility may take to answer a login or a request, 0.001 to 3600.
    type: float
    default: 60.0
  run_timeout:
    description:
      - Seconds that the whole run may take at the facility, 0.001 to 86400 (a day), whatever it waits for. Then the
        task fails with C(run_timeout), what was whole is kept, and the next run goes on from there.
      - A facility that answers with no whole answer and less than 1 KiB a second for the O(operation_timeout) ends the
        run before that.
    type: float
    default: 3600.0
attributes:
  action_group:
    description: Use C(group/dcass.sftp.facility) in C(module_defaults) to set the shared options once.
    support: full
    membership:
      - dcass.sftp.facility
requirements:
  - paramiko 3.5 to 5.1 on the workstation
  - cryptography on the workstation
"""
