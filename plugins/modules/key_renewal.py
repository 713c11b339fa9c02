#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal: an account's key renewed in time, and none lost on the way."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: key_renewal
short_description: Renew an account's key in time, and lose none on the way
version_added: 1.0.0
description:
  - Decides from the record on this workstation whether the account's key is due. While it is not, nothing is connected
    and no login is spent, so it can run every day.
  - When it is due, makes the new pair beside the old one, uploads the public key under the account's own login with the
    current key, waits in the same session for the result of this very upload, logs in once with the new key, and only
    then makes it the current one, in one atomic step. That takes two logins and one upload.
  - The old key is kept through its last day, which is thirteen days after the upload, and then destroyed. The day must
    be past by the clock on the wall and by the time since boot, which nobody sets.
  - A key is not renewed before the one that it superseded has gone, thirteen days after its upload, whatever
    O(renew_before) says.
  - Every step is on disk before it is done. After a crash at any moment the next run finds out what has happened, and
    goes on. A key that may be registered is never removed, a key that has not logged in is never the current one.
  - A renewal that does not fit into what is left of the logins and uploads does nothing, and returns RV(retry_at).
  - Where the state was lost, or is an older one, warns with C(state_lost), since nobody knows what it has forgotten. An
    upload is then refused for an hour, and a login alone, such as the proof of a new key, waits five minutes.
  - A key that the exchange has rejected makes the task fail. It fails again, without a login, until the operating day
    is over; the next business day's run tries with another pair.
  - What was done is kept under C(evidence) in O(state_dir), in a chain that M(dcass.sftp.archive_check) verifies.
options:
  force:
    description:
      - Renew although the key is not due, also on the day on which the other account was renewed.
      - Begins anew where the exchange has rejected a key today, where it does not let in a key that it accepted, or
        where the new key has been lost. What has been made before is left on disk.
    type: bool
    default: false
  result_timeout:
    description:
      - Seconds to wait for the result of the upload, 0 to 3600, with the time that looking for it takes; the first look
        may take 5. After that the new key is tried once; if it does not log in, the task fails with
        C(result_not_seen), and a later run goes on.
    type: float
    default: 120
  retire_old:
    description:
      - Destroy superseded keys once their last day is past.
    type: bool
    default: true
  busy:
    description:
      - What to do while another run works with the account on this workstation. V(skip) ends the task as skipped, with
        RV(outcome=busy), once; the next run that finds it busy fails, unless one between did not. V(fail) always fails.
      - With O(force) or O(compromised_fingerprint) it always fails, since somebody waits for what was asked.
    type: str
    choices: [skip, fail]
    default: fail
  other_account:
    description:
      - What the other workstation knows of the participant's other account, as M(dcass.sftp.account_info) returns it.
      - This account waits while the other one was renewed on the same day, is being renewed, was rejected or can't be
        asked, so that one account always works. With 14 days or fewer left it waits no longer, and on the last
        operating day it does not even wait for the day to end.
      - Without it, the other account is looked up in this workstation's own O(state_dir).
    type: dict
    suboptions:
      account:
        description: The other account of the participant.
        type: str
        required: true
      state:
        description:
          - C(key.renewal.state) of M(dcass.sftp.account_info). Leave it out where nobody could be asked.
        type: str
      uploaded_on:
        description: ISO date of its last renewal.
        type: str
  compromised_fingerprint:
    description:
      - MD5 fingerprint of a key that somebody else may have. If it is this account's key, it is put out of use at once
        and another pair is made, which people register with the exchange (§5); any other key is left alone.
      - To name the key makes the task safe to repeat.
    type: str
  registered_on:
    description:
      - With O(compromised_fingerprint), the ISO date on which the exchange has registered the new key. The task then
        proves that the new key logs in and that the compromised one does not, and makes the new one the current one.
    type: str
extends_documentation_fragment:
  - dcass.sftp.state
  - dcass.sftp.facility
  - dcass.sftp.attributes
attributes:
  action:
    description: >-
      Has a part that runs on the controller; it has O(metrics_file) and O(events_file) written, and leaves the
      rest to the module.
    support: full
  check_mode:
    details: Tells the plan with its cost and its days; connects to nothing.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
  - module: dcass.sftp.account_key
  - module: dcass.sftp.archive_check
"""

EXAMPLES = r"""
- name: Renew the key when it is due
  dcass.sftp.key_renewal:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"

- name: See what a renewal would do today, and what it would cost
  dcass.sftp.key_renewal:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    force: true
  check_mode: true

- name: Put a compromised key out of use and make the one that is registered in its place
  dcass.sftp.key_renewal:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    compromised_fingerprint: 5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a
"""

RETURN = r"""
state:
  description:
    - V(current) - nothing is under way, the current key is good; RV(reason) tells until when.
    - V(renewed) - this run has finished a renewal (in check mode, would).
    - V(pending) - a renewal, or a re-registration, is under way.
    - V(unknown) - the current key, the state or an option is not fit, or another run is at work, so nothing was
      decided.
    - V(rejected) - the exchange did not take the new key; V(expired) - the current key is past its last day.
  type: str
  returned: always
  sample: current
reason:
  description: Why, in one sentence.
  type: str
  returned: always
  sample: valid until 2028-11-21, renewal opens 2028-09-22
outcome:
  description:
    - What came of the run, as a word that stays the same.
    - V(not_due), V(waiting) for the other account, V(closed) since the facility is, V(busy) since another run works
      with the account, V(renewed).
    - V(withdrawn) while a compromised key is out of use and the new one waits for its registration, whatever was asked.
    - With O(compromised_fingerprint) V(replaced), the new key
      logs in and the compromised one does not, V(replaced_before), by an earlier run, V(other_key), the account uses
      another key than the named one.
  type: str
  returned: success
  sample: not_due
old_fingerprint:
  description: MD5 fingerprint of the current key, or of the one that was until this run.
  type: str
  returned: always
new_fingerprint:
  description: MD5 fingerprint of the new key; null while there is none.
  type: str
  returned: always
uploaded_on:
  description: Day of the upload by the facility's clock, or of the registration of the current key.
  type: str
  returned: always
old_key_last_day:
  description: Last day on which the superseded key logs in.
  type: str
  returned: always
last_day:
  description: Last day of the new key, or of the current key where there is none.
  type: str
  returned: always
result_file:
  description: Name of the exchange's result file.
  type: str
  returned: always
result:
  description: Its text, whole.
  type: str
  returned: always
resumed:
  description: Whether this run went on with a renewal that an earlier one had begun.
  type: bool
  returned: always
destroyed:
  description: Versions of superseded keys that were destroyed, their last day being past.
  type: list
  elements: str
  returned: always
plan:
  description: What would be done, what it would cost, and the days that follow from it.
  type: dict
  returned: in check mode, where something is due
  contains:
    upload: {description: Name of the file to upload; null where it is uploaded already., type: str}
    logins: {description: Logins needed., type: int}
    uploads: {description: Uploads needed., type: int}
    uploaded_on: {description: Day of the upload., type: str}
    old_key_last_day: {description: Last day of the old key., type: str}
    last_day: {description: Last day of the new key., type: str}
    last_business_day: {description: 'Last business day on which it can still be done, null if none.', type: str}
public_key:
  description: Public key file for the registration package.
  type: str
  returned: with O(compromised_fingerprint)
retry_at:
  description: When to come back, ISO 8601.
  type: str
  returned: when the logins or uploads that are left do not suffice, or a result is waited for
opens_at:
  description: When the facility opens, ISO 8601; the task is skipped until then.
  type: str
  returned: when something is due and the facility is closed
day_kind:
  description: What the operating day is, C(holiday trading day), C(closed day), or else C(business day) and the like.
  type: str
  returned: when something is due and the facility is closed
connection:
  description: How the last login came about; null where none was needed.
  type: dict
  returned: always
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
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.key_renewal import (
    RenewalPorts,
    Turn,
    in_turn,
    kind_of,
    nothing_where_busy,
    renew,
    renewal_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.busy_mark import BusyMark
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now, sleep, uptime
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker, machine_name
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import specs

OPTIONS = specs.KEY_RENEWAL


def _login(settings: Any, ledger: Ledger, record: KeyRecord, deadline: Deadline) -> Callable[[Any, str], Any]:
    def enter(key: Any, purpose: str) -> Any:
        # imported here: on most days no renewal is due, and nobody logs in
        from ansible_collections.dcass.sftp.plugins.module_utils._io.session import log_in

        return log_in(settings, key, ledger, record, purpose, hong_kong_now, deadline=deadline)

    return enter


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = renewal_request(module.params)
        deadline = Deadline(request.settings.run_timeout)
        settings, account = request.settings, request.settings.account
        today = hong_kong_now().date()
        require_account_here(settings.state_dir, settings.key_dir, account, settings.both_accounts, today)
        state = StateDb(settings.state_dir, module.check_mode, settings.key_dir, settings.environment)
        record, marker = KeyRecord(state, account.name), Marker(settings.state_dir, account.name, machine_name())
        ledger = Ledger(state, account.name, uptime, marker, sleep, module.warn)
        ports = RenewalPorts(
            files=KeyFiles(settings.key_dir, account),
            record=record,
            journal=Journal(state, account.name),
            ledger=ledger,
            evidence=Evidence(state, settings.state_dir, account.name),
            warning_days=Manifest(state, account).warning_days,
            log_in=_login(settings, ledger, record, deadline),
            generate=generate,
            clock=hong_kong_now,
            sleep=sleep,
            sibling=Journal(state, account.sibling.name).latest,
            uptime=uptime,
        )

        mark, log = BusyMark(settings.state_dir, account.name, "renewal"), Runs(state, account.name)
        turn = Turn(state.hold(account.name), mark, log, kind_of(request), settings.run_by, hong_kong_now)
        nothing = nothing_where_busy(module.params)
        return in_turn(turn, lambda: renew(request, ports, module.check_mode), nothing, module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
