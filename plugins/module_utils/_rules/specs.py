# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each module of a daily playbook is asked with, as Ansible is told of it: also the control node reads it."""

from __future__ import annotations

from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import options

Spec = dict[str, dict[str, Any]]

# what is asked of a module that reads the records of an account, and of one that talks to the facility as well
STATE: Spec = {
    "account": {"type": "str", "required": True},
    **options.specs(options.OF_STATE),
    "dest": {"type": "path"},
    "metrics_file": {"type": "path"},
    "events_file": {"type": "path"},
}
FACILITY: Spec = {
    **STATE,
    "addresses": {"type": "list", "elements": "str"},
    "source_address": {"type": "str"},
    "passphrase": {"type": "str", "no_log": True},
    **options.specs(options.OF_FACILITY),
}

ACCOUNT_INFO: Spec = {
    **STATE,
    **options.specs([options.EXPECTED, options.EXPECTED_ON_HOLIDAYS, options.RUN_BY]),
    "passphrase": {"type": "str", "no_log": True},
    "control_time": {"type": "float"},
}
KEY_RENEWAL: Spec = {
    **FACILITY,
    **options.specs(options.OF_RENEWAL),
    "other_account": {
        "type": "dict",
        "options": {
            "account": {"type": "str", "required": True},
            "state": {"type": "str"},
            "uploaded_on": {"type": "str"},
        },
    },
    "compromised_fingerprint": {"type": "str"},
    "registered_on": {"type": "str"},
}
REPORT_SYNC: Spec = {
    **FACILITY,
    "dest": {"type": "path", "required": True},
    "folders": {"type": "list", "elements": "str"},
    "adopt_from": {"type": "path"},
    "adopt_by": {"type": "str"},
    "handover_dir": {"type": "path"},
    **options.specs(options.OF_SYNC),
    "partner_index": {
        "type": "list",
        "elements": "dict",
        "options": {
            "path": {"type": "str", "required": True},
            "size": {"type": "int", "required": True},
            "mtime": {"type": "int"},
        },
    },
}
BY_MODULE = {"account_info": ACCOUNT_INFO, "key_renewal": KEY_RENEWAL, "report_sync": REPORT_SYNC}
