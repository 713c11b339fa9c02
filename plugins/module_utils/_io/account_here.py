# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a participant's two accounts lies on this workstation: in the folder of keys, and by the record."""

from __future__ import annotations

import os
from datetime import date

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account


def require_account_here(state_dir: str, key_dir: str, account: Account, both_accounts: bool, today: date) -> None:
    """Return if this workstation may be the account's, or raise OtherAccountHere; with its key it is.

    A withdrawn key waits for its successor, so its account is here as well. The other one's is of a former life.
    """
    if both_accounts or os.path.lexists(on_disk(os.path.join(key_dir, account.name, "current", "id_rsa"))):
        return
    # imported here: almost every run has its key and needs none of this
    from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
    from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
    from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
    from ansible_collections.dcass.sftp.plugins.module_utils._rules import account_here

    state = StateDb(state_dir, read_only=True, key_dir=key_dir)

    def traces(one: Account) -> account_here.Traces:
        files, known = KeyFiles(key_dir, one), KeyRecord(state, one.name).known().values()
        return account_here.Traces(
            has_key=files.exists() or bool(files.versions()),
            is_registered=account_here.is_registered(known, today),
        )

    if not KeyFiles(key_dir, account).withdrawn():
        account_here.require_account_here(account, traces(account), traces(account.sibling), key_dir)
