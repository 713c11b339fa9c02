# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may log in: the account, the workstation it comes from, and the key (§3.1, §6.1, §7)."""

import base64
from dataclasses import dataclass
from datetime import datetime

from emulator.registry import Registry


@dataclass(frozen=True)
class Verdict:
    """A decision with its reason, and where it is a refusal the section of the guide behind it."""

    accepted: bool
    reason: str
    section: str | None = None


def judge_login(registry: Registry, account: str, key: bytes, source: str, now: datetime) -> Verdict:
    """Decide on one login; the first rule that is broken gives the reason."""
    participant = registry.owner(account)
    if participant is None:
        if registry.owner(account.upper()):
            return Verdict(False, f"accounts are case sensitive: {account.upper()} in capital letters", "§3.1")
        return Verdict(False, "no such account is registered", "§5")
    if source not in participant.addresses:
        return Verdict(False, f"{source} is not a registered workstation of {participant.customer_code}", "§7")
    blob = base64.b64encode(key).decode()
    known = next((kept for kept in participant.accounts[account] if kept.blob == blob), None)
    if known is None:
        others = [name for name, keys in participant.accounts.items() if blob in {key.blob for key in keys}]
        whose = f"the key of {others[0]}" if others else "not a registered key"
        return Verdict(False, f"this is {whose}", "§3.2")
    if not known.valid_on(now.date()):
        return Verdict(False, f"the key's last day was {known.last_day}", "§6.1")
    return Verdict(True, f"key {known.fingerprint}, last day {known.last_day}")
