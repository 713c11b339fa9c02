# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info: can the facility be reached and trusted (§2.2, §4)?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._flow.noted import noted
from ansible_collections.dcass.sftp.plugins.module_utils._rules import opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    STRANGE_HOST_KEYS,
    DcassError,
    HostKeyUnknown,
    HostKeyUnread,
    Unreachable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import COMMON, KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import HostKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import LOGIN
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings, settings_from

__all__ = [
    "LOGIN",
    "DcassError",
    "FacilityPorts",
    "Session",
    "Settings",
    "facility_info",
    "noted",
    "settings_from",
]  # what the module wires


class Reached(Protocol):
    """An address with which the key exchange is finished, until it is left."""

    @property
    def host_key(self) -> HostKey: ...
    def describe(self) -> dict[str, Any]: ...
    def __enter__(self) -> Reached: ...
    def __exit__(self, *_error: object) -> None: ...


class Session(Protocol):
    """A login in being."""

    @property
    def connection(self) -> dict[str, Any]: ...
    def list(self, folders: Iterable[str]) -> Listing: ...


@dataclass(frozen=True)
class FacilityPorts:
    """Reaching one address, judging its host key, and the clock, handed in.

    ``note`` keeps on record that somebody may stand in between, which no login would, since there is none.
    """

    exchange_keys: Callable[[Address], Reached]
    require_trust: Callable[[Address, HostKey, datetime], None]
    clock: Callable[[], datetime]
    note: Callable[[DcassError], None]


def facility_info(
    settings: Settings, ports: FacilityPorts, log_in: Callable[[], AbstractContextManager[Session]] | None = None
) -> dict[str, Any]:
    """Finish the key exchange with every address, and log in where a way to is given.

    Raises the first error where no address can be used at all. A host key that is not pinned yet, or that can't be read
    yet, is told, not an error: nothing is authenticated to it.
    """
    found, errors = [], []
    for address in settings.addresses:
        seen, error = _look_at(address, ports)
        found.append(seen)
        if error is not None:
            errors.append(error)
    strange = next((error for error in errors if error.code in STRANGE_HOST_KEYS), None)
    if strange and log_in is None:
        ports.note(strange)
    unusable = [error for error in errors if error.code not in (HostKeyUnknown.code, HostKeyUnread.code)]
    if len(unusable) == len(found):
        raise type(unusable[0])(" ".join(str(error) for error in unusable), unusable[0].hint, addresses=found)
    result: dict[str, Any] = {"changed": False, "addresses": found}
    if log_in is None:
        return result
    hours = opening_hours.check_hours(settings, ports.clock())
    if hours.skip_result:
        return {**result, **hours.skip_result}
    with log_in() as session:
        folders = (COMMON, settings.account.customer_code, KEY_MANAGEMENT)
        listing = session.list(folders)
        connection = session.connection
    if listing.trouble:
        raise listing.trouble
    counts = {folder: sum(report.folder == folder for report in listing.reports) for folder in folders}
    return {**result, "connection": connection, "folders": counts, "warnings": hours.warnings}


def _look_at(address: Address, ports: FacilityPorts) -> tuple[dict[str, Any], DcassError | None]:
    seen: dict[str, Any] = {
        "address": str(address),
        "reachable": False,
        "host_key_fingerprint": None,
        "known_hosts_line": None,
        "offered": None,
        "agreed": None,
        "round_trip_ms": None,
        "error_code": None,
        "msg": None,
        "hint": None,
    }
    error: DcassError | None = None
    try:
        reached = ports.exchange_keys(address)
        with reached:
            seen.update(reached.describe())
            ports.require_trust(address, reached.host_key, ports.clock())
    except DcassError as problem:
        error = problem
        seen.update(
            error_code=error.code,
            msg=str(error),
            hint=error.hint,
            **{key: error.facts[key] for key in ("offered",) if key in error.facts},
        )
        seen["reachable"] = error.code != Unreachable.code
    return seen, error
