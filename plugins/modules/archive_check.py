#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""archive_check: the archive and the evidence, each beside its record."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: archive_check
short_description: Verify the archive of reports and the evidence of keys
version_added: 1.0.0
description:
  - Compares each report in the archive with what was recorded when it was fetched, and tells what else lies there.
  - Verifies the evidence that registrations and renewals leave, which is a chain - each entry names the hash of the one
    before, and the state database holds the hash of each, so an entry that was edited, removed or exchanged is told.
  - Fails with C(archive_damaged) where a report is damaged or absent, or evidence is not as it was written.
  - Nothing is connected to, links are not followed, and nothing is changed, but for the note that O(record) asks for.
options:
  account:
    description:
      - Verify the evidence of this account alone. Without it, that of every account on record.
      - The archive is looked at as a whole either way.
    type: str
  state_dir:
    description: Folder of the state database with the report manifest, and of the evidence.
    type: path
    default: /var/lib/dcass-sftp
  dest:
    description: Folder of the archive.
    type: path
    required: true
  deep:
    description:
      - Read each report whole and compare its SHA-256. Without it, each must be there with the recorded size and be
        readable.
      - It may read terabytes, so it does so with the lowest priority for processors and disks.
    type: bool
    default: false
  since:
    description:
      - Leave out reports of business days before this one, such as V(2026-01-01), which you have moved away.
    type: str
  key_dir:
    description: Folder of all keys, which tell whether a state that is missing has been there before.
    type: path
    default: /etc/dcass-sftp/keys
  record:
    description:
      - Note in the state that this was looked at and what came of it, so that M(dcass.sftp.account_info) tells it until
        it is looked at again. Needs O(account). In check mode nothing is noted.
    type: bool
    default: false
  run_by:
    description: Who has started the run, or which job, for that note.
    type: str
    default: ""
extends_documentation_fragment:
  - dcass.sftp.attributes
attributes:
  diff_mode:
    support: none
    details: Changes no file.
notes:
  - Earlier versions of a report, C(NAME.~N~), belong to it; their content has no record to compare with.
  - A report that a sync replaces at this very moment may be told as damaged. Let no sync work meanwhile.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.report_sync
"""

EXAMPLES = r"""
- name: Is every report still what was fetched?
  dcass.sftp.archive_check:
    dest: /var/lib/dcass-sftp/reports
    deep: true
"""

RETURN = r"""
checked:
  description: How many recorded reports were looked at.
  type: int
  returned: always
damaged:
  description: Reports that are not what was recorded, or can't be read. The first thousand, see RV(counts).
  type: list
  elements: dict
  returned: always
  contains:
    path: {description: Path below O(dest)., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    reason: {description: One sentence., type: str}
absent:
  description: Reports that were recorded and are gone, as RV(damaged).
  type: list
  elements: dict
  returned: always
  contains:
    path: {description: Path below O(dest)., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    reason: {description: One sentence., type: str}
unknown:
  description: What lies in the archive and is not recorded, as RV(damaged). It is told, and is no failure.
  type: list
  elements: dict
  returned: always
  contains:
    path: {description: Path below O(dest)., type: str, sample: COMMON/RX_AUDIT_20261120.csv}
    reason: {description: One sentence., type: str}
counts:
  description: How many are damaged, absent and unknown, also where the lists end at a thousand.
  type: dict
  returned: always
  sample: {damaged: 0, absent: 0, unknown: 2}
  contains:
    damaged: {description: As in RV(damaged)., type: int}
    absent: {description: As in RV(absent)., type: int}
    unknown: {description: As in RV(unknown)., type: int}
evidence:
  description: By account, how many entries its evidence has, and what is wrong with it in sentences.
  type: dict
  returned: always
  sample: {CXYZ001: {entries: 3, faults: []}}
  contains:
    ACCOUNT:
      description: One for each account.
      type: dict
      contains:
        entries: {description: How many entries there are., type: int}
        faults: {description: 'What is wrong with them, in sentences.', type: list, elements: str}
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.archive_check import (
    VERIFY,
    audit_request,
    check_archive,
    noted,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive_audit import ArchiveAudit
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence, accounts_on_record
from ansible_collections.dcass.sftp.plugins.module_utils._io.gently import gently
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

OPTIONS: dict[str, dict[str, Any]] = dict(
    account={"type": "str"},
    dest={"type": "path", "required": True},
    **options.specs(options.OF_ARCHIVE),
    since={"type": "str"},
)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        request = audit_request(module.params)
        record = request.record and not module.check_mode
        state = StateDb(request.state_dir, read_only=not record, key_dir=module.params["key_dir"])
        accounts = [request.account] if request.account else accounts_on_record(state, request.state_dir)
        chains = {account: Evidence(state, request.state_dir, account) for account in accounts}
        log = Runs(state, request.account) if record and request.account else None
        audit = ArchiveAudit(state, request.dest)
        return noted(log, VERIFY, request.run_by, hong_kong_now, lambda: check_archive(request, audit, chains))

    run(module, lambda: gently(work) if module.params["deep"] else work())


if __name__ == "__main__":
    main()
