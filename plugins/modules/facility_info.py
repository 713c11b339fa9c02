#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info: whether each address of the facility can be reached and trusted, and the key logs in."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: facility_info
short_description: Find out whether the facility can be reached and trusted
version_added: 1.0.0
description:
  - Connects to every address of the site and finishes the key exchange with it, which spends no login.
  - On a host without the libraries it connects, and lets OpenSSH's C(ssh-keyscan) read the host key. Where there is
    none, C(host_key_unread) says that the address was reached, and as what it answers.
  - A host key that is not pinned is told with its fingerprint, for people to compare with the exchange's own word.
  - One that is not the pinned one, or is revoked, is noted among the runs as a C(login) that has failed, also without
    O(login), where the workstation has a state. Nothing else of a look without a login is on record.
  - Fails when no address can be used - none reached, no algorithm in common, a host key that is not the pinned one.
  - With O(login), where the state was lost or is an older one, warns with C(state_lost) and waits five minutes before
    it. Nobody knows what logins it has forgotten.
options:
  login:
    description: Also log in with the account's key and list its folders. This spends one login, in check mode, too.
    type: bool
    default: false
  try_expired_key:
    description:
      - Log in also with a key whose last day is past by this workstation's record, which is refused otherwise, before
        a login is spent. For the case that the exchange knows another day.
    type: bool
    default: false
  known_hosts_lines:
    description:
      - Lines to compare the host keys with, in the form of O(known_hosts), and in place of it. Where that file is there
        and says otherwise, a warning tells so, since all logins believe the file.
    type: list
    elements: str
extends_documentation_fragment:
  - dcass.sftp.state
  - dcass.sftp.facility
  - dcass.sftp.attributes
  - dcass.sftp.attributes.info
attributes:
  action:
    description: >-
      Has a part that runs on the controller; it has O(metrics_file) and O(events_file) written after a login, or where
      a host key was noted, and leaves the rest to the module.
    support: full
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
"""

EXAMPLES = r"""
- name: Can this workstation reach the secondary site?
  dcass.sftp.facility_info:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    site: secondary
"""

RETURN = r"""
addresses:
  description: What each address of the site answered.
  type: list
  elements: dict
  returned: always
  contains:
    address: {description: Host and port., type: str}
    reachable: {description: Whether an SSH server answered., type: bool}
    known_hosts_line:
      description: The line that would pin this host key, for people who have compared its fingerprint.
      type: str
    host_key_fingerprint: {description: SHA-256 fingerprint of the host key that it showed., type: str}
    offered:
      description: The algorithms that it offered, by kind; null on a host without the libraries.
      type: dict
      contains:
        kex: {description: Key exchanges., type: list, elements: str}
        host_key: {description: Kinds of host key and certificate., type: list, elements: str}
        cipher: {description: Ciphers., type: list, elements: str}
        mac: {description: MACs., type: list, elements: str}
    agreed:
      description: The algorithms that were agreed on, by kind; null likewise.
      type: dict
      contains:
        kex: {description: Key exchange., type: str}
        cipher: {description: Cipher., type: str}
        mac: {description: MAC; null with a cipher that needs none., type: str}
        host_key_algorithm: {description: Kind of the host key or certificate., type: str}
    round_trip_ms: {description: Time that the TCP connection took., type: float}
    error_code: {description: 'Stable word for what is wrong, null where nothing is.', type: str}
    msg: {description: What is wrong in one sentence., type: str}
    hint: {description: 'The next step, null where nothing is wrong.', type: str}
folders:
  description: How many reports each folder lists.
  type: dict
  returned: when logged in
  sample: {COMMON: 41, CXYZ: 17, KEY_MANAGEMENT: 1}
  contains:
    FOLDER: {description: 'One for each of C(COMMON), the customer code and C(KEY_MANAGEMENT).', type: int}
connection:
  description: How the login came about.
  type: dict
  returned: when logged in
  contains:
    address: {description: Host and port., type: str}
    site: {description: The site that it belongs to., type: str}
    kex: {description: Key exchange that was agreed on., type: str}
    cipher: {description: Cipher that was agreed on., type: str}
    mac: {description: MAC that was agreed on; null with a cipher that needs none., type: str}
    host_key_algorithm: {description: Kind of the host key or certificate., type: str}
    host_key_fingerprint: {description: SHA-256 fingerprint of the host key., type: str}
    round_trip_ms: {description: Time that the TCP connection took., type: float}
    logins_left: {description: Logins left of the budget in five minutes., type: int}
    open_at_once: {description: Files and folders that the server has allowed to be open at once., type: int}
    mixes_handles: {description: Whether the server mixes up what is open., type: bool}
opens_at:
  description: When the facility opens, ISO 8601.
  type: str
  returned: when a login was asked for and the facility is closed
day_kind:
  description: What the operating day is, C(holiday trading day), C(closed day), or else C(business day) and the like.
  type: str
  returned: when a login was asked for and the facility is closed
"""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.facility_info import (
    LOGIN,
    DcassError,
    FacilityPorts,
    Session,
    Settings,
    facility_info,
    noted,
    settings_from,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now, sleep, uptime
from ansible_collections.dcass.sftp.plugins.module_utils._io.crypto_policy import require_crypto
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.keyscan import glance, is_bare
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker, machine_name
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.session import (
    exchange_keys,
    is_pinned_here,
    log_in,
    require_trust,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, is_begun
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import MISSING
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options, specs

_STALE = (
    "The workstation's own known_hosts, which its runs believe, has other host keys than the inventory: "
    "ansible-playbook dcass.sftp.rollout writes it."
)
OPTIONS = dict(
    specs.FACILITY,
    **options.specs([options.LOGIN, options.TRY_EXPIRED_KEY]),
    known_hosts_lines={"type": "list", "elements": "str"},
)


def _note(settings: Settings, error: DcassError) -> None:
    """Note it as the failed run that a login would have been, where there is a state; nothing depends on it."""

    def seen() -> dict[str, Any]:
        raise error

    with contextlib.suppress(DcassError):
        if is_begun(settings.state_dir):
            state = StateDb(settings.state_dir, key_dir=settings.key_dir, environment=settings.environment)
            with state.hold(settings.account.name):  # a run that has the account meets that host key by itself
                noted(Runs(state, settings.account.name), LOGIN, settings.run_by, hong_kong_now, seen)


def main() -> None:
    module = make_module(OPTIONS)

    def session(
        settings: Settings, state: StateDb, deadline: Deadline
    ) -> Callable[[], AbstractContextManager[Session]]:
        account, name, today = settings.account, settings.account.name, hong_kong_now().date()
        key = KeyFiles(settings.key_dir, account).load_to_log_in(settings.passphrase)
        marker, record = Marker(settings.state_dir, name, machine_name()), KeyRecord(state, name)
        ledger = Ledger(state, name, uptime, marker, sleep, module.warn)
        if not module.params["try_expired_key"]:
            record.require_alive(key.public.fingerprint, today)
        return lambda: log_in(settings, key, ledger, record, "facility_info", hong_kong_now, deadline=deadline)

    def work() -> dict[str, Any]:
        settings = settings_from(module.params)
        deadline = Deadline(settings.run_timeout)
        ports = FacilityPorts(
            exchange_keys=lambda at: (glance if is_bare(MISSING) else exchange_keys)(settings, at, deadline),
            require_trust=lambda address, host_key, now: require_trust(settings, address, host_key, now),
            clock=hong_kong_now,
            note=lambda error: None if module.check_mode else _note(settings, error),
        )
        if not is_pinned_here(settings):
            module.warn(_STALE)
        if not module.params["login"]:
            if not is_bare(MISSING):
                require_crypto()
            return facility_info(settings, ports)
        account, today = settings.account, hong_kong_now().date()
        require_account_here(settings.state_dir, settings.key_dir, account, settings.both_accounts, today)
        state = StateDb(settings.state_dir, key_dir=settings.key_dir, environment=settings.environment)

        def logged_in() -> dict[str, Any]:
            return facility_info(settings, ports, session(settings, state, deadline))

        with state.hold(account.name):
            return noted(Runs(state, account.name), LOGIN, settings.run_by, hong_kong_now, logged_in)

    run(module, work)


if __name__ == "__main__":
    main()
