# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options as one frozen request, refused here if they can't be right (before anything connects)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address, facility_addresses
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, calendar_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.environment import environment_name, environment_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import (
    CONNECT_TIMEOUT,
    LOGIN_BUDGET,
    OPERATION_TIMEOUT,
    RENEW_BEFORE,
    RUN_TIMEOUT,
    absolute_path,
    passphrase,
)


@dataclass(frozen=True)
class Settings:
    """How one account reaches the facility from this workstation. Spans are seconds."""

    account: Account
    site: str
    addresses: tuple[Address, ...]
    source_address: str | None
    known_hosts: str
    known_hosts_text: str | None  # what is to be believed in place of that file
    environment: str
    key_dir: str
    state_dir: str
    both_accounts: bool
    passphrase: str | None = field(repr=False)
    login_budget: int
    outside_hours: str
    calendar: Calendar
    connect_timeout: float
    operation_timeout: float
    run_timeout: float
    run_by: str


def settings_from(options: Mapping[str, Any]) -> Settings:
    """Build the request from module options, or raise BadInput or BadAccount."""
    for option in (CONNECT_TIMEOUT, OPERATION_TIMEOUT, RUN_TIMEOUT, LOGIN_BUDGET, RENEW_BEFORE):
        option.require(options[option.name])
    lines = options.get("known_hosts_lines")
    addresses = facility_addresses(options["site"], options["addresses"], options["port"])
    return Settings(
        account=parse_account(options["account"]),
        site=options["site"],
        addresses=addresses,
        source_address=_source(options["source_address"]),
        known_hosts=absolute_path("known_hosts", options["known_hosts"]),
        known_hosts_text=None if lines is None else "\n".join(lines),
        environment=environment_of(_environment(options["environment"]), addresses),
        key_dir=absolute_path("key_dir", options["key_dir"]),
        state_dir=absolute_path("state_dir", options["state_dir"]),
        both_accounts=options["both_accounts"],
        passphrase=passphrase(options["passphrase"]),
        login_budget=options["login_budget"],
        outside_hours=options["outside_hours"],
        calendar=calendar_from(options),
        connect_timeout=options["connect_timeout"],
        operation_timeout=options["operation_timeout"],
        run_timeout=options["run_timeout"],
        run_by=options["run_by"],
    )


def _environment(text: str) -> str:
    try:
        return environment_name(text) if text else ""
    except ValueError as error:
        raise BadInput(f"environment is '{text}': {error}") from None


def _source(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise BadInput(f"source_address: '{text}' is not an IPv4 address of this workstation.") from None
