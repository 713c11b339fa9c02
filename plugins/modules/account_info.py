#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info: what a workstation knows of an account and what is due next, from its own records."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_info
short_description: Tell all that the workstation knows of an account, without a login
version_added: 1.0.0
description:
  - Tells the current key and its last day, where its renewal stands, the logins and uploads used and left, the reports
    held, outstanding and lost, and what is to be done next.
  - Reads files and the state database alone. Nothing is connected to and nothing is changed; the state of an older
    version is understood as it is.
  - Writes O(metrics_file) and O(events_file) where they are asked for. What has been told of an account is kept in
    C(ACCOUNT.events.json) in O(state_dir).
  - Where the state is damaged or of a newer version nothing is guessed. The module fails, and returns what can be known
    from elsewhere.
  - Where the state was lost, or is an older one, warns with C(state_lost), and counts logins and uploads as spent for
    as long as what it has forgotten may count at the facility.
extends_documentation_fragment:
  - dcass.sftp.state
  - dcass.sftp.attributes
  - dcass.sftp.attributes.info
options:
  dest:
    description:
      - The archive of reports. Given, it is looked at whether it takes reports and how much room it has, and the
        facility's results that lie in it are told where the state can't be read.
    type: path
  expected:
    description: What days must have brought, as for M(dcass.sftp.report_sync); told in RV(reports.expected).
    type: list
    elements: str
    default: []
  expected_on_holidays:
    description: The same of holiday trading days.
    type: list
    elements: str
    default: []
  passphrase:
    description:
      - Passphrase of the private key, to see whether the key loads. It is not used for anything else.
    type: str
  run_by:
    description: Who has the account looked at, or which job, for the events that are no run's.
    type: str
    default: ""
  control_time:
    description:
      - What the clock of the control node says, in seconds since 1970. The workstation's is compared with it.
    type: float
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.facility_info
"""

EXAMPLES = r"""
- name: What is due next?
  dcass.sftp.account_info:
    account: CXYZ001
  register: known

- name: Show it
  ansible.builtin.debug:
    var: known.next_actions
"""

RETURN = r"""
account:
  description: The account.
  type: str
  returned: success
facility:
  description: Site, whether the facility is open by the calendar, and until when.
  type: dict
  returned: success
  contains:
    site: {description: The site., type: str}
    environment:
      description: Name of the environment that the state belongs to, null before the first login.
      type: str
    open: {description: Whether it is open now., type: bool}
    changes_at: {description: 'Until when it is so, ISO 8601.', type: str}
    day: {description: The operating day., type: str}
    day_kind: {description: 'C(business day), C(holiday trading day), C(opened day) or C(closed day).', type: str}
    msg: {description: 'The same in a sentence, and that a holiday trading day passes unused.', type: str}
calendar:
  description: The exchange's days, from ten days ago to six weeks ahead, with the operator's word on top.
  type: dict
  returned: success
  contains:
    first: {description: The first day., type: str}
    last: {description: The last day., type: str}
    known_to: {description: 'The last day whose year is settled, null where this year is not.', type: str}
    days:
      description: The days that are no ordinary weekday and no ordinary weekend.
      type: list
      elements: dict
      contains:
        day: {description: The day., type: str}
        kind: {description: 'As in RV(facility.day_kind).', type: str}
        open: {description: Whether the facility counts as open., type: bool}
key:
  description: The current key and its last renewal.
  type: dict
  returned: success
  contains:
    state:
      description:
        - V(absent), nothing is here; V(made), to be registered; V(registered); V(expired); V(withdrawn), compromised;
          V(lost), the record tells of a registered key that is not here; V(unreadable), its public key file is damaged
          or missing; V(unknown), the state knows nothing of the key that is here.
      type: str
      returned: success
    fingerprint:
      description: MD5 fingerprint.
      type: str
      returned: success
    fingerprint_sha256:
      description: SHA-256 fingerprint.
      type: str
      returned: success
    made_on:
      description: The day on which it was made.
      type: str
      returned: success
    uploaded_on:
      description: The day on which it was registered or uploaded, null where that is not known.
      type: str
      returned: success
    last_day:
      description: The last day on which it logs in.
      type: str
      returned: success
    last_day_counted_from:
      description:
        - V(registered), the day it was registered or uploaded; V(made), where only that is known, which is never too
          late; V(superseded), the upload of the key that takes over.
      type: str
      returned: success
    days_left:
      description: Days after today, negative when the last one is past.
      type: int
      returned: success
    renewal:
      description:
        - The last renewal. C(state) and C(uploaded_on), which stay as they are in all versions to come, tell the other
          account of the participant whether to wait.
      type: dict
      returned: success
      contains:
        state:
          description:
            - V(none), there was none yet; V(done); V(rejected); V(abandoned), another one took its place; under way
              are V(planned), V(made), V(sending), V(sent), V(unsure), V(silent), V(accepted), V(contested), V(proven),
              and after a compromise V(withdrawing), V(withdrawn), V(replaced).
          type: str
          returned: success
        reason:
          description: Where it stands, in words; when none is under way, until when the key is good.
          type: str
          returned: success
        opens_on:
          description: The day from which the current key is renewed.
          type: str
          returned: success
        began:
          description: When it began.
          type: str
          returned: success
        ended:
          description: When it ended, null while it is under way.
          type: str
          returned: success
        uploaded_on:
          description: The day on which the new key was uploaded or registered, in Hong Kong.
          type: str
          returned: success
        old_key_last_day:
          description: The last day of the key that is replaced, null before the upload.
          type: str
          returned: success
        old_fingerprint:
          description: MD5 fingerprint of the key that is replaced.
          type: str
          returned: success
        new_fingerprint:
          description: MD5 fingerprint of the new key.
          type: str
          returned: success
        result_name:
          description: The facility's result file.
          type: str
          returned: success
  sample:
    state: registered
    fingerprint: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"
    made_on: '2026-11-20'
    uploaded_on: '2026-11-22'
    last_day: '2028-11-21'
    last_day_counted_from: registered
    days_left: 730
    renewal:
      state: none
      reason: valid until 2028-11-21, renewal opens 2028-09-22
      opens_on: '2028-09-22'
      uploaded_on: null
logins:
  description: Logins used of the budget in the last five minutes, left, and when the next one fits.
  type: dict
  returned: success
  sample: {used: 1, left: 3, retry_at: null}
  contains:
    used: {description: How many count now., type: int}
    left: {description: How many more may be made now., type: int}
    retry_at: {description: 'When the next one fits, ISO 8601; null where one fits now.', type: str}
uploads:
  description: Key uploads used in the last hour, left, and when the next one fits.
  type: dict
  returned: success
  contains:
    used: {description: How many count now., type: int}
    left: {description: How many more may be made now., type: int}
    retry_at: {description: 'When the next one fits, ISO 8601; null where one fits now.', type: str}
reports:
  description:
    - The last run, the reports held of each of the last ten days, what is outstanding, and what was lost.
    - What the facility has listed and not handed out has its C(error_code) and C(reason). C(shorter_than_listed) are
      the reports of the last two weeks of which fewer bytes came than the facility lists.
  type: dict
  returned: success
  contains:
    last_sync:
      description: The last run that came to its end, null where there was none. Drills and adoptions are none.
      type: dict
      contains:
        scope: {description: V(all) or V(intraday)., type: str}
        ended: {description: 'When it ended, ISO 8601.', type: str}
        downloaded: {description: How many reports it fetched., type: int}
        bytes: {description: Sum of their sizes., type: int}
    last_drill:
      description: The same of the last run of a drill.
      type: dict
      contains:
        scope: {description: V(all) or V(intraday)., type: str}
        ended: {description: 'When it ended, ISO 8601.', type: str}
        downloaded: {description: How many reports it fetched., type: int}
        bytes: {description: Sum of their sizes., type: int}
    per_day:
      description: What is held of each of the last ten days that have reports, the newest first.
      type: list
      elements: dict
      contains:
        day: {description: The business day., type: str}
        reports: {description: How many reports., type: int}
        bytes: {description: Sum of their sizes., type: int}
    held: {description: How many reports are held., type: int}
    bytes: {description: Sum of their sizes., type: int}
    last_full_sync: {description: 'When the last full sync came to its end, null where none has.', type: str}
    sync_due_at:
      description: By when the next full sync must have come to its end, so that no open day is without; null while none
        is due.
      type: str
    counts:
      description: How much is outstanding and lost.
      type: dict
      contains:
        missing: {description: Outstanding with more than three days left to fetch it., type: int}
        expiring: {description: Outstanding with three days left or fewer., type: int}
        lost: {description: Lost., type: int}
    outstanding:
      description: What is outstanding.
      type: list
      elements: dict
      contains:
        what: {description: 'A report''s path below the archive''s folder, an expected glob, or a folder.', type: str}
        day: {description: The business day that it is of., type: str}
        error_code: {description: 'Stable word for why it was left at the facility, where it was.', type: str}
        reason: {description: The same in one sentence., type: str}
    expected:
      description: How what O(expected) asks of the last ten days and of today stands on this workstation.
      type: list
      elements: dict
      contains:
        what: {description: The glob., type: str}
        day: {description: The business day., type: str}
        reports: {description: How many reports of that day are held here., type: int}
        state:
          description:
            - V(held); V(missing), it is outstanding; V(lost); V(acknowledged), people have closed it; V(not_here), the
              other workstation has it, or no run has looked for it.
          type: str
    outstanding_count: {description: How many there are; the first 1000 are named., type: int}
    acknowledged_count: {description: How many people have closed with M(dcass.sftp.acknowledge)., type: int}
    lost_count: {description: How many there are; the last 1000 are named., type: int}
    lost:
      description: What was lost and nobody has closed.
      type: list
      elements: dict
      contains:
        what: {description: 'As in RV(reports.outstanding[].what).', type: str}
        day: {description: The business day that it is of., type: str}
        error_code: {description: 'As in RV(reports.outstanding[].error_code).', type: str}
        reason: {description: 'As in RV(reports.outstanding[].reason).', type: str}
        lost_on: {description: The day on which it was found to be lost., type: str}
    shorter_than_listed:
      description: Reports of which fewer bytes came than the facility lists.
      type: list
      elements: dict
      contains:
        path: {description: Path below the archive's folder., type: str}
        size: {description: Bytes that came., type: int}
        listed_size: {description: Bytes that the facility lists., type: int}
        day: {description: The business day., type: str}
handover:
  description: What report_sync has handed to the back office, with its O(dcass.sftp.report_sync#module:handover_dir).
  type: dict
  returned: success
  contains:
    waiting_count: {description: How many hand-overs wait for the next run; the first 1000 are named., type: int}
    failed_count: {description: How many of them a run has tried in vain., type: int}
    waiting:
      description: What waits, the oldest first.
      type: list
      elements: dict
      contains:
        what: {description: 'A report''s path below the archive''s folder, or a day.', type: str}
        way: {description: 'V(list), V(link), V(command), or V(day), the marker of a complete one.', type: str}
        day: {description: 'The business day that it is of, null where it tells none.', type: str}
        since: {description: 'When it was recorded, ISO 8601.', type: str}
        tries: {description: How often it has failed., type: int}
        error_code: {description: 'Stable word for why it failed last, null where it did not.', type: str}
        reason: {description: The same in one sentence., type: str}
    days:
      description: What was handed over of the last ten days that have reports, the newest first.
      type: list
      elements: dict
      contains:
        day: {description: The business day., type: str}
        listed: {description: How many reports were listed., type: int}
        linked: {description: How many were linked., type: int}
        commanded: {description: For how many the command has ended well., type: int}
        last: {description: 'When the last of it was done, ISO 8601.', type: str}
        complete: {description: 'When the day''s marker was written, null where it was not.', type: str}
runs:
  description:
    - The last 200 runs, the newest first, whether they went well or failed, also those that never connected. Runs in
      check mode leave nothing. Polls that found nothing are forgotten after two weeks, all others after 800 days.
  type: list
  elements: dict
  returned: success
  contains:
    what:
      description: C(sync), C(intraday), C(drill), C(adopt), C(renewal), C(withdrawal), C(login) or C(verify).
      type: str
    run_by: {description: Who has started it., type: str}
    began: {description: 'When it began, ISO 8601.', type: str}
    ended: {description: 'When it ended; null while it goes on, and where it was killed.', type: str}
    outcome: {description: 'What came of it, in a word that stays the same; C(failed) with an error code.', type: str}
    fetched: {description: 'How many reports it fetched, null where it is none that fetches.', type: int}
    error_code: {description: 'The error code, null where it went well.', type: str}
    msg: {description: What it said., type: str}
    hint: {description: The next step., type: str}
    number: {description: 'Its number in the record, where it grows from run to run.', type: int}
evidence:
  description:
    - How far the evidence goes. Noted elsewhere, by a log collector for instance, it proves later that nobody has
      written the chain anew; C(verify.py) of M(dcass.sftp.account_export) compares.
  type: dict
  returned: success
  contains:
    entries: {description: How many entries are on record., type: int}
    head: {description: 'SHA-256 of the last of them, null where there is none.', type: str}
run_days:
  description:
    - The runs of the last five days on which there were any, the newest first. Those of a day that were of one kind and
      came to the same are one, with the words of the last of them.
  type: list
  elements: dict
  returned: success
  contains:
    what: {description: 'As in RV(runs[].what).', type: str}
    run_by: {description: Who has started the last of them., type: str}
    began: {description: 'When the last of them began, ISO 8601.', type: str}
    ended: {description: 'When that ended, as in RV(runs[].ended).', type: str}
    outcome: {description: 'As in RV(runs[].outcome).', type: str}
    error_code: {description: 'As in RV(runs[].error_code).', type: str}
    msg: {description: What the last of them said., type: str}
    hint: {description: The next step., type: str}
    number: {description: The number of the last of them in the record., type: int}
    times: {description: How many they were., type: int}
    first: {description: When the first of them began., type: str}
    fetched: {description: How many reports they fetched together., type: int}
health:
  description: Whether a run could work, as far as can be seen without a login.
  type: dict
  returned: success
  contains:
    libraries: {description: 'V(ok), or the error code that a run would end with.', type: str}
    key: {description: 'The same of loading the current private key; V(ok) where there is none to load.', type: str}
    archive: {description: 'The same of the archive in O(dest).', type: str}
    state: {description: 'The same of what each run writes in O(state_dir).', type: str}
    archive_free_bytes: {description: 'Bytes that a fetch may bring, null where that is not known.', type: int}
    state_free_bytes: {description: 'Bytes that are free where the state lies, null where not known.', type: int}
    clock_off_seconds:
      description: By how much this clock is ahead of O(control_time), negative where it is behind; null without it.
      type: float
due:
  description: What is due, the most urgent first.
  type: list
  elements: dict
  returned: success
  contains:
    code: {description: A word that stays the same., type: str}
    within_days:
      description: Days until something is lost; -1 where the account can't work or something is lost already; null
        where no day is known.
      type: int
    urgency: {description: 'V(at_once), V(days) or V(soon).', type: str}
    sentence: {description: 'What it is, and the next step.', type: str}
    what: {description: 'The kind of run that it is about, as in RV(runs[].what), null for none.', type: str}
    error_code: {description: 'What that run has failed with, null for none.', type: str}
urgency:
  description: How urgent the most urgent of RV(due) is, V(at_once), V(days) or V(soon); V(none) where nothing is due.
  type: str
  returned: success
next_actions:
  description: The sentences of RV(due).
  type: list
  elements: str
  returned: success
unwritten:
  description: Sentences about what could not be written of O(metrics_file) and O(events_file); warnings as well.
  type: list
  elements: str
  returned: always
rebuild:
  description:
    - What can be known where the state can't be read. C(versions) are the keys on disk and which one is in use,
      C(evidence) what was written down of renewals, C(results) the facility's results in O(dest), and C(steps) what
      people do with it. None of it is vouched for.
  type: dict
  returned: when the state can't be read
  sample:
    versions:
      - version: 20261122-5c113c0a
        fingerprint: "5c:11:3c:0a:9e:25:ef:be:81:07:33:9d:cc:40:b1:6a"
        made_on: '2026-11-22'
        current: true
        private_key: true
    evidence: []
    results:
      - name: Result.20261122.180000.success.txt
        at: '2026-11-22T18:00:00+08:00'
        good: true
        names_our_key: true
        reason: null
    steps: [Stop the schedule of this workstation.]
  contains:
    versions:
      description: The keys on disk, the oldest first.
      type: list
      elements: dict
      contains:
        version: {description: Name of its folder., type: str}
        fingerprint: {description: 'MD5 fingerprint, null where its public key file can''t be read.', type: str}
        made_on: {description: 'The day on which it was made, null where its name tells none.', type: str}
        current: {description: Whether C(current) leads to it., type: bool}
        private_key: {description: Whether its private key is there., type: bool}
    evidence:
      description: The entries that can be read, in their order.
      type: list
      elements: dict
      contains:
        number: {description: Its number., type: int}
        subject: {description: What it is about., type: str}
        at: {description: 'When it was written, ISO 8601.', type: str}
        facts:
          description: What was done.
          type: dict
          contains:
            FACT: {description: One for each fact., type: raw}
    results:
      description: The facility's results in O(dest), the oldest first.
      type: list
      elements: dict
      contains:
        name: {description: Name of the file., type: str}
        at: {description: 'The facility''s time in it, ISO 8601.', type: str}
        good: {description: Whether it says success., type: bool}
        names_our_key: {description: Whether its text names the account's public key file., type: bool}
        reason: {description: 'The reason of a failure, null where it gives none.', type: str}
    steps: {description: 'What people do with it, in sentences.', type: list, elements: str}
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_info import (
    AccountInfoRequest,
    AccountRecords,
    Watchers,
    account_info,
    account_info_request,
    watched,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now, uptime
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers
from ansible_collections.dcass.sftp.plugins.module_utils._io.health import Health
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker, machine_name
from ansible_collections.dcass.sftp.plugins.module_utils._io.recovery_info import RecoveryInfo
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._io.watchers import EventLog, MetricsFile
from ansible_collections.dcass.sftp.plugins.module_utils._rules import specs

OPTIONS = specs.ACCOUNT_INFO


def _watchers(request: AccountInfoRequest) -> Watchers:
    metrics = MetricsFile(request.metrics_file) if request.metrics_file else None
    events = EventLog(request.events_file, request.state_dir, request.account.name) if request.events_file else None
    return Watchers(request.account, request.site, request.run_by, metrics, events)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = account_info_request(module.params)
        state_dir, account = request.state_dir, request.account
        files = KeyFiles(request.key_dir, account)

        def known() -> AccountRecords:
            today = hong_kong_now().date()
            require_account_here(state_dir, request.key_dir, account, request.both_accounts, today)
            state = StateDb(state_dir, read_only=True, key_dir=request.key_dir)
            marker = Marker(state_dir, account.name, machine_name())
            return AccountRecords(
                record=KeyRecord(state, account.name),
                ledger=Ledger(state, account.name, uptime, marker, warn=module.warn),
                manifest=Manifest(state, account),
                journal=Journal(state, account.name),
                runs=Runs(state, account.name),
                evidence=Evidence(state, state_dir, account.name),
                handovers=Handovers(state, account.name),
                environment=state.environment,
            )

        recovery = RecoveryInfo(files, state_dir, request.dest, account)
        health = Health(files, request.passphrase, account, state_dir, request.dest)
        now = hong_kong_now()
        watchers = Watchers(request.account, request.site, "") if module.check_mode else _watchers(request)
        return watched(watchers, lambda: account_info(request, files, known, recovery, health, now), now)

    run(module, work)


if __name__ == "__main__":
    main()
