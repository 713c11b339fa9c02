# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_key: an account gets its key once, and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules import options as options_
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AmbiguousKey,
    BadInput,
    BadKeyType,
    BadPrivateKey,
    KeyCompromised,
    KeyInUse,
    NoKey,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Renewal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey, require_rsa_2048
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, last_day

_LONGEST = 500  # characters of a name


class KeyFiles(Protocol):
    """The account's keys on disk, a folder for each version."""

    @property
    def current(self) -> str: ...
    def path(self, name: str) -> str: ...
    def exists(self) -> bool: ...
    def withdrawn(self) -> bool: ...
    def current_version(self) -> str | None: ...
    def versions(self) -> list[str]: ...
    def made_on(self) -> date | None: ...
    def public(self) -> PublicKey | None: ...
    def public_text(self, key: PublicKey, comment: str | None) -> str: ...
    def load(self, passphrase: str | None) -> PrivateKey: ...
    def make(self, key: PrivateKey, comment: str, passphrase: str | None, day: date) -> str: ...
    def switch(self, version: str) -> None: ...
    def faults(self, key: PrivateKey, comment: str | None, passphrase: str | None) -> list[str]: ...
    def repair(self, key: PrivateKey, comment: str | None, passphrase: str | None, faults: Sequence[str]) -> None: ...


class KeyRecord(Protocol):
    """What is known of each key, by its fingerprint."""

    def known(self) -> dict[str, KeyFacts]: ...
    def made(self, fingerprint: str, day: date | None) -> None: ...
    def registered(self, fingerprint: str, day: date) -> None: ...


class Evidence(Protocol):
    """What is kept for an auditor."""

    def add(self, subject: str, at: datetime, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...


@dataclass(frozen=True)
class KeyRequest:
    """What the operator wants of an account's key."""

    account: Account
    passphrase: str | None = field(repr=False)
    comment: str | None
    regenerate: str
    registered_on: date | None
    run_by: str


def key_request(options: Mapping[str, Any]) -> KeyRequest:
    """Build the request from module options, or raise BadAccount or BadInput."""
    for name in ("key_dir", "state_dir"):
        options_.absolute_path(name, options[name])
    day = options["registered_on"]
    return KeyRequest(
        account=parse_account(options["account"]),
        passphrase=options_.passphrase(options["passphrase"]),
        comment=None if options["comment"] is None else rfc4716.as_written(options["comment"]),
        regenerate=options["regenerate"],
        registered_on=options_.day("registered_on", day) if day else None,
        run_by=foreign.line(options["run_by"], _LONGEST),
    )


def make_key(
    request: KeyRequest,
    files: KeyFiles,
    record: KeyRecord,
    evidence: Evidence,
    renewal: Renewal | None,
    generate: Callable[[], PrivateKey],
    now: datetime,
    plan_only: bool,
) -> dict[str, Any]:
    """Make the key if it is missing (or unfit, as ``regenerate`` says), repair its public files, and describe it.

    ``renewal`` is the account's last one: while it is under way no key is made here.
    """
    if files.withdrawn():
        raise KeyCompromised(f"The key of {request.account} is compromised and has been withdrawn.")
    before = files.public()
    request = _without_old_day(request, before, record, now.date())
    adopted = _adopt(request, files, plan_only)
    reason = None if adopted else _reason_to_make(request, files, _Record(record, renewal, now.date()))
    _require_possible(request, files, record, reason, now.date())
    if plan_only and (adopted or reason):
        key, changed = None, True
    elif reason:
        key, changed = _make(request, files, record, generate, now), True
    else:
        key, reason, changed = _keep(request, files, record, plan_only)
    reasons = [f"took up the only version found, {adopted}" if adopted else str(reason)]
    if key is not None and _is_news(request, record, key):
        if not plan_only:
            _note_registration(request, files, record, evidence, key, now)
        reasons.append(f"registered on {request.registered_on}")
    return _described(request, files, before, key, "; ".join(reasons), changed or len(reasons) > 1 or bool(adopted))


def _without_old_day(request: KeyRequest, public: PublicKey | None, record: KeyRecord, today: date) -> KeyRequest:
    """Pass over the registration of an earlier key: inventories go on telling its day after it was renewed or expired.

    A registration that is over keeps nobody from making the key that is to be registered next (§6.1).
    """
    day, facts = request.registered_on, record.known().get(public.fingerprint) if public else None
    if day is None:
        return request
    is_over = last_day(day) < today
    is_of_earlier = facts and facts.made_on and day < facts.made_on and (facts.registered_on or is_over)
    if is_of_earlier or (is_over and request.regenerate == "always"):
        return replace(request, registered_on=None)
    return request


def _make(
    request: KeyRequest, files: KeyFiles, record: KeyRecord, generate: Callable[[], PrivateKey], now: datetime
) -> PrivateKey:
    key = generate()
    comment = request.account.name if request.comment is None else request.comment
    record.made(
        key.public.fingerprint, now.date()
    )  # first: a key on disk that nobody knows of looks like an unknown key
    files.switch(files.make(key, comment, request.passphrase, now.date()))
    return key


def _keep(request: KeyRequest, files: KeyFiles, record: KeyRecord, plan_only: bool) -> tuple[PrivateKey, str, bool]:
    key = files.load(request.passphrase)
    faults = files.faults(key, request.comment, request.passphrase)
    if not plan_only:
        if key.public.fingerprint not in record.known():
            record.made(key.public.fingerprint, files.made_on())
        if faults:
            files.repair(key, request.comment, request.passphrase, faults)
    return key, f"repaired: {', '.join(faults)}" if faults else "the key is there and fit", bool(faults)


def _adopt(request: KeyRequest, files: KeyFiles, plan_only: bool) -> str | None:
    """After a crash between making a version and switching to it, switch to it now."""
    versions = files.versions()
    if files.exists() or not versions:
        return None
    if files.current_version():
        raise AmbiguousKey(
            f"{files.current} leads to {files.current_version()}, which has no private key.",
            hint="Restore that private key from its backup, or point the link at the version that is registered.",
        )
    if len(versions) > 1:
        raise AmbiguousKey(
            f"{request.account} has the versions {', '.join(versions)}, and no link 'current' says which is in use."
        )
    if not plan_only:
        files.switch(versions[0])
    return versions[0]


@dataclass(frozen=True)
class _Record:
    """What the record says of the account's keys today."""

    record: KeyRecord
    renewal: Renewal | None
    today: date

    @property
    def is_registered(self) -> bool:
        return any(facts.works_on(self.today) for facts in self.record.known().values())

    @property
    def in_renewal(self) -> bool:
        if self.renewal is None or not self.renewal.in_flight:
            return False
        old = self.record.known().get(self.renewal.old_fingerprint)
        return self.renewal.uploads > 0 or old is None or old.works_on(self.today)


def _reason_to_make(request: KeyRequest, files: KeyFiles, known: _Record) -> str | None:
    if not files.exists():
        if request.regenerate != "always" and (known.is_registered or known.in_renewal):
            raise KeyInUse(
                f"{request.account} has a key that the exchange knows, and it is not here.",
                hint="Restore it from its backup. If it is lost, -e dcass_key_regenerate=always makes one to register.",
            )
        return "there was no key"
    try:
        require_rsa_2048(files.load(request.passphrase).public, f"The key of {request.account}")
    except (BadPrivateKey, BadKeyType) as unfit:
        if request.regenerate == "never":
            raise
        _refuse_registered(request, known, str(unfit))
        return f"replaced: {unfit}".rstrip(".")
    if request.regenerate == "always":
        _refuse_registered(request, known, "regenerate is 'always'.")
        return "replaced: regenerate is 'always'"
    return None


def _refuse_registered(request: KeyRequest, known: _Record, why: str) -> None:
    if known.in_renewal:
        raise KeyInUse(f"The key of {request.account} is being renewed; none is made here meanwhile: {why}")
    if request.registered_on or known.is_registered:
        raise KeyInUse(f"{request.account} has a key that the exchange knows; it is not replaced here: {why}")


def _require_possible(request: KeyRequest, files: KeyFiles, record: KeyRecord, reason: str | None, today: date) -> None:
    """Refuse a day on which this key can't have been registered: a new key is not the one that the exchange knows."""
    day = request.registered_on
    if day is None:
        return
    if reason:
        raise NoKey(
            f"{request.account} was registered on {day}, but that key is not here ({reason}).",
            hint="Restore the key from its backup; or leave out dcass_registered_on, and register the new key.",
        )
    public = files.public()
    facts = record.known().get(public.fingerprint) if public else None
    made_on = facts.made_on if facts else files.made_on()
    if day > today or (made_on and day < made_on):
        since = f" and not before the key was made, on {made_on}" if made_on else ""
        raise BadInput(f"registered_on: {day} can't be the day; it is not in the future{since}.")


def _is_news(request: KeyRequest, record: KeyRecord, key: PrivateKey) -> bool:
    """Say whether the day of registration is one that the record does not have."""
    facts = record.known().get(key.public.fingerprint)
    return request.registered_on is not None and (facts is None or facts.registered_on != request.registered_on)


def _note_registration(
    request: KeyRequest, files: KeyFiles, record: KeyRecord, evidence: Evidence, key: PrivateKey, now: datetime
) -> None:
    """Keep what an auditor will ask for, and then record the day: a run that is cut off in between keeps it once."""
    day = request.registered_on
    if day is None:
        return
    public = key.public
    facts = {
        "outcome": "registered",
        "registered_on": day.isoformat(),
        "new_fingerprint": public.fingerprint,
        "last_day": last_day(day).isoformat(),
        "run_by": request.run_by,
    }
    kept = {request.account.public_key_name: files.public_text(public, request.comment).encode()}
    evidence.add(f"key {public.fingerprint} registered on {day}", now, facts, kept)
    record.registered(public.fingerprint, day)


def _described(
    request: KeyRequest, files: KeyFiles, before: PublicKey | None, key: PrivateKey | None, reason: str, changed: bool
) -> dict[str, Any]:
    public = key.public if key else None
    after = public.fingerprint if public else "that of the key to be made"
    return {
        "changed": changed,
        "reason": reason,
        "private_key_path": files.path("id_rsa"),
        "public_key_path": files.path(request.account.public_key_name),
        "fingerprint_path": files.path(request.account.fingerprint_name),
        "public_key": files.public_text(public, request.comment) if public else None,
        "fingerprint": public.fingerprint if public else None,
        "fingerprint_sha256": public.fingerprint_sha256 if public else None,
        "bits": public.bits if public else None,
        "diff": {
            "before": f"fingerprint: {before.fingerprint}\n" if before else "",
            "after": f"fingerprint: {after}\n# {reason}\n" if changed else f"fingerprint: {after}\n",
        },
    }
