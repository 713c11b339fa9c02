# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workstation keeps its account, whatever an inventory says: which of a participant's two it is, by what lies here.

Derived from the order of hosts an account may change, and AWX sorts them by name. A key for the other one would be a
second pair that the exchange does not know (§3.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import OtherAccountHere
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts


@dataclass(frozen=True)
class Traces:
    """What a workstation has of an account: a private key to log in with, and one that the exchange knows by record."""

    has_key: bool
    is_registered: bool


def is_registered(known: Iterable[KeyFacts], today: date) -> bool:
    """Say whether the exchange knows a key of the account; one that has ended is of a former life."""
    return any(facts.works_on(today) and not facts.compromised for facts in known)


def require_account_here(account: Account, ours: Traces, other: Traces, key_dir: str) -> None:
    """Return if this workstation may be that account's, or raise OtherAccountHere, which names both."""
    if ours.has_key or ours.is_registered or not (other.has_key or other.is_registered):
        return
    sibling = account.sibling
    why = f"holds the key of {sibling} ({key_dir})" if other.has_key else f"is that of {sibling} by its record"
    raise OtherAccountHere(
        f"{account} has no key on this workstation, which {why}.",
        hint=(
            f"A workstation keeps its account: write dcass_account: {sibling} on this host, and on the participant's "
            f"other one dcass_account: {account}. Nothing was made or changed."
        ),
    )
