# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is registered: participants, their workstation addresses, their two accounts and the accounts' keys."""

import base64
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from emulator.registration import Application
from emulator.rfc4716 import PublicKey

VALIDITY = timedelta(days=730)  # §6.1: valid from 1 March 2020, last day 1 March 2022


@dataclass(frozen=True)
class RegisteredKey:
    """A public key of an account and the first and last calendar day (Hong Kong) it may be used on."""

    fingerprint: str
    valid_from: date
    last_day: date
    blob: str

    @classmethod
    def from_today(cls, key: PublicKey, today: date) -> "RegisteredKey":
        """A key that is effective at once (§6) and valid for 730 days (§6.1)."""
        return cls(key.fingerprint, today, today + VALIDITY, base64.b64encode(key.blob).decode())

    @classmethod
    def load(cls, saved: dict[str, Any]) -> "RegisteredKey":
        """A key as it was saved."""
        days = {name: date.fromisoformat(saved[name]) for name in ("valid_from", "last_day")}
        return cls(fingerprint=saved["fingerprint"], blob=saved["blob"], **days)

    def valid_on(self, day: date) -> bool:
        """Whether the key opens the door on that day."""
        return self.valid_from <= day <= self.last_day


@dataclass
class Participant:
    """A clearing participant: what it registered, and its two accounts with their keys."""

    customer_code: str
    addresses: tuple[str, str]
    registered_at: datetime
    accounts: dict[str, list[RegisteredKey]] = field(default_factory=dict)

    def describe(self, today: date) -> list[dict[str, Any]]:
        """Both accounts and their valid keys as JSON; fingerprints identify the keys."""
        return [
            {
                "account": name,
                "customer_code": self.customer_code,
                "addresses": list(self.addresses),
                "registered_at": self.registered_at.isoformat(timespec="seconds"),
                "keys": [
                    {
                        "fingerprint": key.fingerprint,
                        "valid_from": key.valid_from.isoformat(),
                        "last_day": key.last_day.isoformat(),
                    }
                    for key in keys
                    if key.valid_on(today)
                ],
            }
            for name, keys in self.accounts.items()
        ]


class Registry:
    """All participants, in one JSON file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        saved = json.loads(path.read_text()) if path.exists() else []
        self.participants = {entry["customer_code"]: _participant(entry) for entry in saved}

    def register(self, application: Application, now: datetime) -> Participant:
        """Register a participant, or re-register it: keys and addresses of before count no more (§5)."""
        participant = Participant(application.customer_code, application.addresses, now)
        for account, key in application.keys.items():
            participant.accounts[account] = [RegisteredKey.from_today(key, now.date())]
        self.participants[participant.customer_code] = participant
        self.save()
        return participant

    def forget(self, customer_code: str) -> None:
        """Strike a participant off the list."""
        del self.participants[customer_code]
        self.save()

    def owner(self, account: str) -> Participant | None:
        """The participant that has this account, spelt exactly so (§3.1)."""
        participant = self.participants.get(account[:4])
        return participant if participant and account in participant.accounts else None

    def save(self) -> None:
        """Write everything to a new file and put it in the place of the old one."""
        entries = [asdict(participant) for participant in self.participants.values()]
        replace_file(self._path, json.dumps(entries, indent=1, default=lambda moment: moment.isoformat()))


def replace_file(path: Path, text: str) -> None:
    """Write a file so that a crash leaves either the old or the new one."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _participant(saved: dict[str, Any]) -> Participant:
    first, second = saved["addresses"]
    accounts = {name: [RegisteredKey.load(key) for key in keys] for name, keys in saved["accounts"].items()}
    registered_at = datetime.fromisoformat(saved["registered_at"])
    return Participant(saved["customer_code"], (first, second), registered_at, accounts)
