#!/usr/bin/python
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_export: what is on record of an account, for an auditor."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: account_export
short_description: Write what is on record of an account into one file for an auditor
version_added: 1.0.0
description:
  - Writes a zip with all that this workstation has on record of an account for some days - keys with their days,
    registrations, renewals with each step, logins and uploads, runs, syncs, switches of site, acknowledgements, what
    was outstanding, and each report with its SHA-256, size and times.
  - The tables are CSV, C(SHA256SUMS) is what C(sha256sum --check) reads in a copy of the archive. The whole chain of
    evidence is in it, whatever the days, and C(manifest.json) with the SHA-256 of each file.
  - C(verify.py) in it verifies all of that on another machine, with Python 3.9 or newer and nothing else.
  - Beside the zip lies its own SHA-256. The same records, days and asker give the same bytes on the same day.
  - Holds no private key, no passphrase and no report. Evidence in which the exchange's own words look like a private
    key stays here, and is told as RV(left_out).
  - Reads the state, and holds no run up for longer than it takes to read it. Nothing is connected to.
options:
  account:
    description: SFTP user account, in capitals, such as V(CXYZ001).
    type: str
    required: true
  state_dir:
    description: Folder of the state database and of the evidence.
    type: path
    default: /var/lib/dcass-sftp
  since:
    description:
      - First day of the export, such as V(2026-01-01). Without it, from the beginning.
      - Reports belong to their business day, where it is known, else to the day on which they were fetched.
    type: str
  until:
    description: Last day of the export. Without it, today in Hong Kong.
    type: str
  run_by:
    description: Who asks for it; it stands in the manifest.
    type: str
    default: ""
  site_record:
    description: File in which this workstation keeps the switches of site. Without it none are told.
    type: path
  dest:
    description: Folder for the zip; it must be there. An earlier export of the same name is replaced.
    type: path
    required: true
extends_documentation_fragment:
  - dcass.sftp.attributes
attributes:
  diff_mode:
    support: none
    details: A zip has no difference that could be shown.
author:
  - the dcass.sftp contributors (@dcass)
seealso:
  - module: dcass.sftp.archive_check
"""

EXAMPLES = r"""
- name: What happened in 2026?
  dcass.sftp.account_export:
    account: CXYZ001
    since: '2026-01-01'
    until: '2026-12-31'
    run_by: internal audit, Chan Tai Man
    site_record: /etc/dcass-sftp/site
    dest: /var/lib/dcass-sftp/export
"""

RETURN = r"""
path:
  description: Path of the zip.
  type: str
  returned: success
  sample: /var/lib/dcass-sftp/export/CXYZ001-2026-01-01-to-2026-12-31.zip
sha256:
  description: Its SHA-256 in hexadecimal.
  type: str
  returned: success
size:
  description: Its size in bytes.
  type: int
  returned: success
since:
  description: The first day, null for the beginning.
  type: str
  returned: success
until:
  description: The last day.
  type: str
  returned: success
counts:
  description: How many rows each table has.
  type: dict
  returned: success
  sample: {reports: 15712, renewals: 1, attempts: 1490}
  contains:
    TABLE: {description: One for each table., type: int}
evidence:
  description: The chain of evidence that is in it.
  type: dict
  returned: success
  contains:
    entries: {description: How many entries there are., type: int}
    head: {description: 'SHA-256 of the last one, null where there is none.', type: str}
    faults: {description: 'What is wrong with them, in sentences.', type: list, elements: str}
left_out:
  description: Evidence that stays on the workstation, since it may hold a private key.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_export import (
    ExportPorts,
    export_account,
    export_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._glue import make_module, run
from ansible_collections.dcass.sftp.plugins.module_utils._io.clock import hong_kong_now
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.export_file import ExportFile, script, site_record
from ansible_collections.dcass.sftp.plugins.module_utils._io.export_records import ExportRecords
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

OPTIONS: dict[str, dict[str, Any]] = dict(
    account={"type": "str", "required": True},
    **options.specs([options.STATE_DIR, options.RUN_BY]),
    since={"type": "str"},
    until={"type": "str"},
    site_record={"type": "path"},
    dest={"type": "path", "required": True},
)


def main() -> None:
    module = make_module(OPTIONS)

    def work() -> dict[str, Any]:
        today = hong_kong_now().date()
        request = export_request(module.params, today)
        account, state = request.account.name, StateDb(request.state_dir, read_only=True)
        ports = ExportPorts(
            records=ExportRecords(state, account),
            evidence=Evidence(state, request.state_dir, account),
            switches=site_record(module.params["site_record"]),
            script=script(),
            file=ExportFile(request.dest, request.name),
        )
        return export_account(request, ports, today, plan_only=module.check_mode)

    run(module, work)


if __name__ == "__main__":
    main()
