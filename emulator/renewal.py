# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-service renewal: an uploaded key is imported at once, and a result file says how that went (§6)."""

import base64
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from emulator.registration import is_private
from emulator.registry import Participant, RegisteredKey
from emulator.rfc4716 import BadKey, PublicKey, parse_rsa_2048

OLD_KEY_DAYS = timedelta(days=13)  # §6.1: renewed on 1 March, the old key's last day is 14 March
WARNING_DAYS = timedelta(days=14)  # §6.2


@dataclass(frozen=True)
class Import:
    """What became of an uploaded file."""

    name: str
    size: int
    at: datetime
    reason: str | None = None

    @property
    def result_name(self) -> str:
        """The name of the result file; the word in it decides."""
        return f"Result.{self.at:%Y%m%d.%H%M%S}.{'failed' if self.reason else 'success'}.txt"

    def result_text(self) -> str:
        """The result file: file name, import date, size, result, and the reason where it failed."""
        lines = [
            "SSH Public Key Import Result",
            "",
            f"File Name     : {self.name if self.name.isprintable() else ascii(self.name)}",
            f"Import Date   : {self.at:%Y-%m-%d %H:%M:%S}",
            f"File Size     : {self.size} bytes",
            f"Import Result : {'FAILED' if self.reason else 'SUCCESS'}",
        ]
        return "\r\n".join([*lines, *([f"Error Reason  : {self.reason}"] if self.reason else []), ""])


def import_key(participant: Participant, account: str, name: str, data: bytes, now: datetime) -> Import:
    """Renew the account's key, or tell why not; changes the participant only where the key is good."""
    outcome = Import(name, len(data), now)
    key, reason = _check(participant, account, name, data, now.date())
    if key is None:
        return replace(outcome, reason=reason)
    kept = [_retire(old, now.date()) for old in participant.accounts[account]]
    participant.accounts[account] = [*kept, RegisteredKey.from_today(key, now.date())]
    return outcome


def _check(
    participant: Participant, account: str, name: str, data: bytes, today: date
) -> tuple[PublicKey | None, str | None]:
    if name != f"{account}.pub":
        return None, f"the file name must be {account}.pub"
    if is_private(data):
        return None, "the file holds a private key, which must never be sent"
    try:
        key = parse_rsa_2048(data)
    except BadKey as problem:
        return None, f"the file {problem}"
    blob = base64.b64encode(key.blob).decode()
    for owner, keys in participant.accounts.items():
        if any(known.blob == blob and known.valid_on(today) for known in keys):
            whose = "in use already" if owner == account else f"the key of {owner}"
            return None, f"this key is {whose}"
    return key, None


def _retire(old: RegisteredKey, today: date) -> RegisteredKey:
    return replace(old, last_day=min(old.last_day, today + OLD_KEY_DAYS))


def needs_warning(key: RegisteredKey, day: date) -> bool:
    """Whether the key expires within the coming 14 days, the day itself counted (§6.2)."""
    return timedelta() <= key.last_day - day < WARNING_DAYS


def warning_text(account: str, keys: list[RegisteredKey], day: date) -> str:
    """The expiry warning of a day."""
    lines = [f"SSH Key Expire Warning {day:%Y-%m-%d}", "", f"Account : {account}"]
    lines += [f"Key     : {key.fingerprint} expires after {key.last_day:%Y-%m-%d}" for key in keys]
    return "\r\n".join([*lines, "Renew the key in /KEY_MANAGEMENT before that day.", ""])
