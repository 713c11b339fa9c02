#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync: new reports brought home, each exactly once."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report_sync
short_description: Fetch new reports from the facility, each exactly once
version_added: 1.0.0
description:
  - Logs in once with the account's current key, lists the folders, and fetches every report that the archive does not
    hold yet.
  - What is held and unchanged is never fetched again. A report that changed at the facility is fetched, and its earlier
    version stays beside it as C(NAME.~1~), C(NAME.~2~) and so on.
  - A report gets its name only when it is whole, hashed and synced to disk, and is recorded after that. A run that was
    killed or cut off goes on where it was.
  - What the disk can't take, because it does not fit or something else has its name, is left out and named in
    RV(refused); the rest comes home, and then the task fails.
  - So is a report whose name another one has, and what is held stays. The facility may list a report and a folder of
    one name, and some file systems do not tell capitals from small letters apart.
  - Every character that can be seen is taken for a name's, in any script. On disk names are UTF-8, whatever the locale.
  - A report is whole when it has been read to its end and has as many bytes as the facility lists. One that is shorter
    each time is kept, and the task fails with C(size_differs).
  - Entries that the facility does not hand out are left there, outstanding, and named in RV(refused) with their
    reason. Where these are more than half of what a folder lists, or all of one recent day, the task fails with
    C(nothing_readable) when all else has come home; so it does with C(folder_refused) where a folder can't be listed.
  - Tells what is outstanding - reports that business days should have brought, reports about to leave the facility
    after ten days, and reports that were lost.
  - The login counts in the account's budget, in check mode, too.
  - Where the state was lost, or is an older one, warns with C(state_lost) and waits five minutes before the login.
    Nobody knows what logins it has forgotten.
  - The two workstations of a participant can share the work, so that the pair fetches each report of C(COMMON) and of
    the customer code's folder once. One run's RV(index) is given to the other as O(partner_index); the role
    P(dcass.sftp.report_sync#role) does so.
  - With O(drill) what a rehearsal of the exchange brings goes into a folder of its own, and counts for nothing else.
  - With O(adopt_from) nothing is fetched. What people fetched by hand, while no playbook could, comes into the archive.
options:
  dest:
    description:
      - Folder of the archive. C(COMMON) and the folder of the customer code are mirrored below it.
      - No folder in it may be a mount of its own.
    type: path
    required: true
  folders:
    description:
      - The facility's folders to fetch from.
      - Without it these are C(COMMON), the customer code and C(KEY_MANAGEMENT).
    type: list
    elements: str
  include:
    description: Fetch only reports that match one of these globs. A glob with a slash is matched against FOLDER/NAME.
    type: list
    elements: str
    default: []
  exclude:
    description: Never fetch reports that match one of these globs.
    type: list
    elements: str
    default: []
  intraday:
    description:
      - Globs of the reports that may be polled through the day.
      - In all globs capitals and small letters are alike, since the exchange's own names have both.
    type: list
    elements: str
    default: ['*RPI*']
  scope:
    description: Fetch V(all) reports, as once a day, or the V(intraday) ones alone.
    type: str
    choices: [all, intraday]
    default: all
  expected:
    description:
      - Globs that every finished business day must have brought. Days that did not are told in RV(missing).
      - C(GLOB @ DAYS) asks of other days, named by one or more words with blanks between them. V(monday) to V(friday)
        are business days of that name, V(month-start) and V(month-end) the first and last business day of a month,
        V(business-day) is each; V(holidays) are holiday trading days where O(holiday_trading) is true; a date such as
        V(2026-12-31), or V(12-31) of each year, is that day whatever it is.
    type: list
    elements: str
    default: []
  expected_on_holidays:
    description: Globs that every finished holiday trading day must have brought, where O(holiday_trading) is true.
    type: list
    elements: str
    default: []
  window:
    description:
      - Requests of any kind in flight, 1 to 1024. With V(1) each waits for the answer to the one before.
      - As many times 32 KiB are asked for at once, 4 MiB at the most; where the facility allows larger requests, fewer
        ask for as much.
    type: int
    default: 256
  busy:
    description:
      - What to do while another run works with the account on this workstation. V(skip) ends the task as skipped, with
        RV(outcome=busy), once; the next run that finds it busy fails, unless one between did not. V(fail) always fails.
      - With O(adopt_from) it always fails, since somebody waits for what was asked.
    type: str
    choices: [skip, fail]
    default: fail
  partner_index:
    description:
      - What the other workstation of the pair holds, as its run has told in RV(index). It takes the place of all that
        is remembered of it. Without this option what is remembered counts, also when the other workstation is dead.
      - A report that the other one holds in the listed size and time is not fetched, is not outstanding, and is counted
        in RV(held_by_partner). An empty list makes this workstation fetch everything itself.
      - C(KEY_MANAGEMENT) is never shared, since it belongs to one account.
      - What Ansible shows of it with the result, as C(invocation), are the first 1,000.
    type: list
    elements: dict
    suboptions:
      path:
        description: Path below the archive's folder, C(COMMON/NAME) for example.
        type: str
        required: true
      size:
        description: Bytes.
        type: int
        required: true
      mtime:
        description: The facility's time of the report in Unix seconds, where it tells one.
        type: int
  standby:
    description:
      - Do not log in. Take note of O(partner_index) where it is given, tell RV(index), and be done.
      - Needs neither the key nor the facility, and changes nothing.
    type: bool
    default: false
  return_index:
    description: Return RV(index), also where the run fails.
    type: bool
    default: false
  try_expired_key:
    description:
      - Log in also with a key whose last day is past by this workstation's record, which is refused otherwise, before
        a login is spent. For the case that the exchange knows another day.
    type: bool
    default: false
  drill:
    description:
      - The exchange holds a drill on this day, a Saturday that stands under O(open_days) for example.
      - Its reports go into the folder C(.drill-DAY) below O(dest), one for each operating day, and each once. Nothing
        is expected of it, and nothing of it is ever missing, expiring or lost. In the archive itself nothing changes -
        what a drill has brought is not held there, so that a later report of the same name comes as any other, and what
        is outstanding stays so. RV(index) and O(partner_index) are the drill's own.
      - What the pair's archives hold as it is listed is not fetched once more. A drill's report that a later run finds
        still there, of the same size and time, comes into the archive with a warning. Only people know what it is.
      - Logins count as ever. The record of runs and logins tells which were a drill's.
      - Refused on a day on which the exchange is open by its own calendar, since that day's reports are wanted.
    type: bool
    default: false
  adopt_from:
    description:
      - A folder on the workstation that is laid out as the facility is - C(COMMON), the customer code,
        C(KEY_MANAGEMENT) - and holds reports that people fetched by hand. It is read and never written.
      - Logs in once and lists. Each file that has the folder, name and size of a listed report, that is not older than
        it, and that the archive does not hold as it is listed, is copied into the archive in the way of a fetched
        report, and recorded with the file's path and O(adopt_by). From then on it is held.
      - All else is left where it is, and named with the reason in RV(left_out). Links are not followed.
      - There is no login where the archive holds all that lies there with the same content, or where the folder does
        not exist.
    type: path
  adopt_by:
    description: Who has the reports adopted, for the record. Without it that is the owner of each file.
    type: str
  list_downloaded:
    description:
      - Write a list of all reports that the run has fetched, where RV(downloaded) names the first 1,000. It is
        C(ACCOUNT.downloaded.jsonl) in O(state_dir), has an object of JSON on each line with the keys of
        RV(downloaded), in the order in which the reports came, and may be read by whoever may read the state.
      - Each run that comes to fetch replaces it, whole, also where there is nothing new or the connection breaks. A run
        that is killed leaves the list of the one before. What it has fetched stands in no list of this kind, where
        O(handover_dir) forgets nothing.
      - With O(adopt_from) nothing is downloaded, and nothing written.
    type: bool
    default: false
  progress:
    description:
      - Seconds between two lines that tell people how far the run is, 0 to 3600, with the reports and bytes that are
        there and to come, the rate, and the time left. They are no part of the result. V(0) is silent.
      - Costs a short command on the workstation, beside the run, for each line.
      - Silent with C(no_log), and with C(async), where nobody waits for the run.
    type: int
    default: 0
  handover_dir:
    description:
      - A folder on the workstation in which the back office finds what is new. It is made where it is missing. Without
        it nothing is handed over.
      - Each run leaves a list of its new reports in C(new), as C(ACCOUNT-NUMBER.json), one for each 5,000. When each
        of O(expected) has brought a report of a business day, or people have closed it with M(dcass.sftp.acknowledge),
        and no report of that day is outstanding, a full run that went well leaves C(complete/ACCOUNT-DAY.json).
      - What is to be handed over is recorded together with the report, and what is done after that. So each report, and
        each complete day, comes at least once, whatever happens to a run; what failed comes again with the next one,
        also while the facility is closed. That a hand-over fails is a warning, and fails no run.
      - Handed over is what is recorded from then on, be it fetched or adopted; not what was held before, what a drill
        brings, or what C(KEY_MANAGEMENT) shows. A report that changed at the facility comes again. A version that waits
        while the next one arrives is listed, and is neither linked nor given to the command.
      - The workstation that has recorded a report hands it over, so with two workstations look into both folders.
      - It may neither lie in O(dest) or O(key_dir), nor hold one of these or O(state_dir).
    type: path
  handover_links:
    description:
      - Give each new report a hard link in C(reports) of O(handover_dir), by its path below O(dest). The back office
        may remove links, and must not write to them, since they are the archive's own files.
      - Refused with C(handover_refused), before anything connects, where O(handover_dir) is on another mount than
        O(dest).
    type: bool
    default: false
  handover_command:
    description:
      - A program by its absolute path, and its arguments, that is run for each new report, with the report's path as
        the last argument. No shell reads them. It runs as the user that the module runs as, in C(/), with nothing to
        read. Its environment is small, and has C(DCASS_ACCOUNT), C(DCASS_REPORT), C(DCASS_DAY), C(DCASS_SIZE),
        C(DCASS_SHA256) and C(DCASS_CHANGED).
      - A report is handed over when it ends with 0. It must bear to be run twice for one report.
    type: list
    elements: str
    default: []
  handover_timeout:
    description:
      - Seconds that O(handover_command) may take for a report, 1 to 3600. Then it is killed, and the reports after it
        wait for the next run. All of a run together take no longer than O(run_timeout) and one more.
    type: int
    default: 60
extends_documentation_fragment:
  - dcass.sftp.state
  - dcass.sftp.facility
  - dcass.sftp.attributes
attributes:
  action:
    description: >-
      Has a part that runs on the controller; it shows O(progress), has O(metrics_file) and O(events_file) written, and
      leaves the rest to the module.
    support: full
  async:
    description: Can be used with the C(async) keyword.
    support: full
    details: Shows no O(progress).
  check_mode:
    details:
      - Logs in once and lists, since only the facility knows what is new; fetches, records and notes nothing.
      - Nor does it try names. What an archive's file system does not take for a name, or takes for that of another
        report, it foretells as far as a look at what is there tells.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.account_info
"""

EXAMPLES = r"""
- name: Bring the day's reports home
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    expected: ['*RX_AUDIT*', '*TP001*']

- name: Poll the intraday margin reports
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    scope: intraday

- name: Hand each new report to the back office
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    expected: ['*RX_AUDIT*', '*TP001*']
    handover_dir: /var/lib/dcass-sftp/handover
    handover_links: true
    handover_command: [/usr/local/bin/load-report, --source, dcass]

- name: Ask the standby what it holds, without a login
  dcass.sftp.report_sync:
    account: CXYZ002
    dest: /var/lib/dcass-sftp/reports
    standby: true
  register: standby
  delegate_to: cxyz-ws2

- name: Take part in the exchange's drill on a Saturday
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    open_days: ['2026-11-28']
    drill: true

- name: Take in what was fetched by hand
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    adopt_from: /var/tmp/by-hand
    adopt_by: Chan Tai Man

- name: Fetch what the pair lacks
  dcass.sftp.report_sync:
    account: CXYZ001
    source_address: "{{ dcass_workstation_address }}"
    dest: /var/lib/dcass-sftp/reports
    partner_index: "{{ standby.index }}"
"""

RETURN = r"""
handover:
  description: What the run has handed to the back office, in check mode what it would.
  type: dict
  returned: with O(handover_dir), also on failure, but not by a drill or where the account is busy
  contains:
    list:
      description: Where the list of new reports lies, the last of several; null without one, and in check mode.
      type: str
    listed: {description: How many reports were listed., type: int}
    linked: {description: How many reports were linked., type: int}
    commanded: {description: For how many reports the command has ended well., type: int}
    complete:
      description: The days that are complete, and were not before.
      type: list
      elements: dict
      contains:
        day: {description: The business day., type: str}
        path: {description: Where its marker lies., type: str}
        acknowledged:
          description: The globs of O(expected) that have brought nothing and were closed by people.
          type: list
          elements: str
    waiting: {description: How many hand-overs wait for the next run., type: int}
    failed:
      description: What has failed in this run, the first 1000 of it.
      type: list
      elements: dict
      contains:
        what: {description: 'A report''s path below O(dest), or a day.', type: str}
        way: {description: 'V(list), V(link), V(command) or V(day).', type: str}
        error_code: {description: Stable word., type: str, sample: handover_failed}
        reason: {description: One sentence., type: str}
outcome:
  description:
    - What came of the run, as a word that stays the same.
    - V(synced), V(closed) since the facility is, V(busy) since another run works with the account, V(standby) where
      this workstation only took note of what its partner has told.
    - With O(adopt_from) V(adopted), V(closed), V(nothing_to_adopt) where no login was needed, V(no_folder) where there
      is none.
  type: str
  returned: success
  sample: synced
drill:
  description: Whether the run was a drill's.
  type: bool
  returned: always
adopted:
  description:
    - With O(adopt_from), the reports that came into the archive, in check mode those that would, in the order of their
      paths. Of more than 1,000 these are the first.
  type: list
  elements: dict
  returned: with O(adopt_from), also on failure
  contains:
    name: {description: Name below the folder., type: str}
    folder: {description: Folder of the facility., type: str}
    size: {description: Bytes., type: int}
    sha256: {description: SHA-256 of the content in hexadecimal; null in check mode., type: str}
    path: {description: Where it lies in the archive., type: str}
    reason: {description: Why it was wanted., type: str, sample: new}
    origin: {description: Where people had laid it., type: str, sample: /var/tmp/by-hand/COMMON/RX_AUDIT_20261120.csv}
    who: {description: Who had it adopted., type: str, sample: Chan Tai Man}
adopted_count:
  description: With O(adopt_from), how many reports came into the archive, in check mode how many would.
  type: int
  returned: with O(adopt_from), also on failure
left_out:
  description: With O(adopt_from), what was left where it is.
  type: list
  elements: dict
  returned: with O(adopt_from), also on failure
  contains:
    path: {description: Path below O(adopt_from)., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    why:
      description:
        - The reason as a word - V(held), V(not_listed), V(other_size), V(older) than the report that is listed,
          V(not_wanted) by O(include) or O(exclude), V(other_folder), V(unsafe_name), V(no_plain_file), V(unreadable),
          V(changing) while it was read; or the error code with which the archive could not take it.
      type: str
      sample: held
    reason: {description: One sentence., type: str}
downloaded:
  description:
    - The reports fetched by this run, in check mode those that would be, in the order of their paths.
    - Of more than 1,000 these are the first; with O(list_downloaded) a file has them all.
    - In check mode RV(downloaded[].sha256) is null.
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: Name below the folder., type: str}
    folder: {description: Folder of the facility., type: str}
    size: {description: Bytes., type: int}
    sha256: {description: SHA-256 of the content in hexadecimal., type: str}
    path: {description: Where it lies on the workstation., type: str}
    reason: {description: Why it was fetched., type: str, sample: new}
downloaded_count:
  description: How many reports this run fetched, in check mode how many it would.
  type: int
  returned: always
downloaded_list:
  description: The file with all reports that this run fetched; in check mode none is written.
  type: str
  returned: with O(list_downloaded), where the run has come to fetch, also on failure
  sample: /var/lib/dcass-sftp/CXYZ001.downloaded.jsonl
downloaded_shared:
  description: How many of them both accounts of the participant see, so all but those about keys.
  type: int
  returned: always
bytes:
  description: Sum of the sizes of all that was fetched or adopted.
  type: int
  returned: always
unchanged:
  description: How many listed reports the archive held already.
  type: int
  returned: always
held_by_partner:
  description: How many listed reports were left alone because the other workstation of the pair holds them.
  type: int
  returned: always
index:
  description:
    - What this workstation holds of the shared folders' reports of the last two weeks, for the other one's
      O(partner_index). In check mode also what would be fetched.
    - A report that the disk has lost is not told.
  type: list
  elements: dict
  returned: with O(standby) or O(return_index), also on failure
  contains:
    path: {description: Path below the archive's folder., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    size: {description: Bytes., type: int}
    mtime: {description: The facility's time of the report in Unix seconds., type: int}
refused:
  description:
    - Entries that were left at the facility, each with its reason; the rest went on. Of more than 1,000 these are the
      first.
  type: list
  elements: dict
  returned: always
  contains:
    folder: {description: Folder of the facility., type: str}
    name: {description: Name in printable form; of a folder that can't be listed its path., type: str}
    error_code: {description: Stable word., type: str, sample: unsafe_remote_name}
    reason: {description: One sentence., type: str}
refused_count:
  description: How many entries were left at the facility.
  type: int
  returned: always
absent:
  description:
    - Reports of the last two weeks that are on record, that the disk has lost or holds in another size, and that the
      facility does not list any more. Those that it still lists are fetched again.
    - Of more than 1,000 these are the first by path. M(dcass.sftp.archive_check) looks at the whole archive.
  type: list
  elements: dict
  returned: always
  contains:
    path: {description: Path below the archive's folder., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    reason: {description: One sentence., type: str}
absent_count:
  description: How many reports are so.
  type: int
  returned: always
missing:
  description: Expected globs that a finished business day has not brought, and may still.
  type: list
  elements: dict
  returned: always
  sample: [{expected: '*TP001*', day: '2026-11-20'}]
  contains:
    expected: {description: The glob., type: str}
    day: {description: The business day., type: str}
expiring:
  description:
    - Reports that are wanted, not held, and still at the facility, with the days left to fetch them, the most urgent
      first. Of more than 1,000 these are the first.
  type: list
  elements: dict
  returned: always
  contains:
    folder: {description: Folder of the facility., type: str}
    name: {description: Name below the folder., type: str}
    last_day: {description: The last day on which it can be fetched., type: str, sample: '2026-11-29'}
    days_left: {description: Days after today on which it can still be fetched., type: int}
expiring_count:
  description: How many reports are so.
  type: int
  returned: always
lost:
  description: What the last thirty days have shown to be lost, in the order of days. Of more than 1,000 the first.
  type: list
  elements: dict
  returned: always
  contains:
    what: {description: 'A report, as a path below the archive''s folder, or an expected glob.', type: str}
    day: {description: The business day that it is of., type: str}
    lost_on: {description: The day on which it was found to be lost., type: str}
lost_count:
  description: How much that is.
  type: int
  returned: always
warnings_found:
  description:
    - The facility's warnings that a key is about to expire. Those that an earlier key was about, before the present one
      was registered, are C(answered).
  type: list
  elements: dict
  returned: always
  contains:
    name: {description: Name of the file., type: str, sample: SSHKeyExpireWarning_20281110.txt}
    day: {description: 'The day of the warning, null where it tells none.', type: str}
    path: {description: 'Where it lies on the workstation, null where it is not held.', type: str}
    answered: {description: Whether it is about a key that has been renewed since., type: bool}
opens_at:
  description: When the facility opens, ISO 8601; the task is skipped until then.
  type: str
  returned: when the facility is closed
day_kind:
  description: What the operating day is, C(holiday trading day), C(closed day), or else C(business day) and the like.
  type: str
  returned: when the facility is closed
connection:
  description:
    - How the login came about, how many files and folders the server has allowed to be open at once, and whether it
      mixes them up.
  type: dict
  returned: when logged in
  sample:
    address: 127.151.14.121:10022
    site: primary
    kex: curve25519-sha256@libssh.org
    cipher: aes256-gcm@openssh.com
    mac:
    host_key_algorithm: ssh-rsa
    host_key_fingerprint: SHA256:4dE8…
    logins_left: 3
    round_trip_ms: 0.1
    open_at_once: 64
    mixes_handles: false
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

from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.report_sync import (
    ByHand,
    Office,
    Session,
    SyncPorts,
    SyncRequest,
    Turn,
    adopt,
    handing_over,
    in_turn,
    kind_of,
    nothing_where_busy,
    shorten,
    standby,
    sync,
    sync_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.busy_mark import BusyMark
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now, sleep, uptime
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline
from ansible_collections.dcass.sftp.plugins.module_utils._io.downloaded_list import DownloadedList
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker, machine_name
from ansible_collections.dcass.sftp.plugins.module_utils._io.progress import writing_counts
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import specs

if TYPE_CHECKING:
    from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers

OPTIONS = specs.REPORT_SYNC


def _registered_on(request: SyncRequest, record: KeyRecord) -> date | None:
    from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles

    public = KeyFiles(request.settings.key_dir, request.settings.account).public()
    facts = record.known().get(public.fingerprint) if public else None
    return facts.registered_on if facts else None


def _by_hand(folder: str) -> ByHand:
    from ansible_collections.dcass.sftp.plugins.module_utils._io import by_hand

    return by_hand.ByHand(folder)


def _handovers(request: SyncRequest, state: StateDb) -> Handovers | None:
    if request.handover is None:
        return None
    from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers

    return Handovers(state, request.settings.account.name, request.handover.ways)


def _office(request: SyncRequest, handovers: Handovers | None) -> Office | None:
    if request.handover is None or handovers is None:
        return None
    from ansible_collections.dcass.sftp.plugins.module_utils._io.command import run_command
    from ansible_collections.dcass.sftp.plugins.module_utils._io.handover_folder import HandoverFolder

    settings = request.settings
    folder = HandoverFolder(request.handover.folder, request.dest, settings.key_dir, settings.state_dir)
    return Office(handovers, folder, run_command)


def _fetch(module: Any, request: SyncRequest, ports: SyncPorts) -> dict[str, Any]:
    settings, asked = request.settings, module.params["progress"] > 0
    with writing_counts(ports.tally, settings.state_dir, settings.account.name, asked):
        if request.adopt_from is not None:
            return adopt(request, ports, _by_hand(request.adopt_from), plan_only=module.check_mode)
        return sync(request, ports, plan_only=module.check_mode)


def _run(module: Any, request: SyncRequest, ports: SyncPorts, handovers: Handovers | None) -> dict[str, Any]:
    office = _office(request, handovers)
    return handing_over(request, ports, office, lambda: _fetch(module, request, ports), module.check_mode)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = sync_request(module.params, now := hong_kong_now())
        shorten(module.params)
        deadline = Deadline(request.settings.run_timeout)
        settings, account = request.settings, request.settings.account
        require_account_here(settings.state_dir, settings.key_dir, account, settings.both_accounts, now.date())
        state = StateDb(settings.state_dir, key_dir=settings.key_dir, environment=settings.environment)
        record, marker = KeyRecord(state, account.name), Marker(settings.state_dir, account.name, machine_name())
        ledger = Ledger(state, account.name, uptime, marker, sleep, module.warn)

        def enter() -> AbstractContextManager[Session]:
            # imported here: a run that is only asked, or that meets a closed facility, is over in half the time
            from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
            from ansible_collections.dcass.sftp.plugins.module_utils._io.session import log_in

            key = KeyFiles(settings.key_dir, account).load_to_log_in(settings.passphrase)
            if not module.params["try_expired_key"]:
                record.require_alive(key.public.fingerprint, hong_kong_now().date())
            return log_in(settings, key, ledger, record, request.purpose, hong_kong_now, request.window, deadline)

        handovers = _handovers(request, state)
        ports = SyncPorts(
            archive=Archive(request.dest, account, request.policy.folders, request.drill),
            manifest=Manifest(state, account, request.drill, handovers),
            log_in=enter,
            clock=hong_kong_now,
            registered_on=lambda: _registered_on(request, record),
            downloaded_list=DownloadedList(settings.state_dir, account.name) if request.list_downloaded else None,
        )
        if request.standby:
            return standby(request, ports, plan_only=module.check_mode)
        mark, log = BusyMark(settings.state_dir, account.name, "sync"), Runs(state, account.name)
        turn = Turn(state.hold(account.name), mark, log, kind_of(request), settings.run_by, hong_kong_now)
        nothing = nothing_where_busy(module.params)
        return in_turn(turn, lambda: _run(module, request, ports, handovers), nothing, module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
