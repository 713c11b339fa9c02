# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules are asked with: each option's default and range, once, and what can't be right is refused here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, Busy
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import INTRADAY, LOGINS, SITES, VALID_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import PORT as FACILITY_PORT

CONFIG_DIR = "/etc/dcass-sftp"
METRICS_END = ".prom"
_PASSPHRASE_BYTES = 1000  # OpenSSH's own limit is a little above
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


@dataclass(frozen=True)
class Option:
    """An option and its default; ``type`` is Ansible's word, and a list is one of texts."""

    name: str
    type: str
    default: Any

    def spec(self) -> dict[str, Any]:
        """Return what Ansible is told of it."""
        if self.type == "list":
            return {"type": "list", "elements": "str", "default": list(self.default)}
        spec = {"type": self.type, "default": self.default}
        return {**spec, "no_log": False} if self.type == "path" else spec  # key_dir sounds like a secret, and is none


@dataclass(frozen=True)
class Choice(Option):
    """One of some words."""

    words: tuple[str, ...]

    def spec(self) -> dict[str, Any]:
        """Return what Ansible is told of it."""
        return {**super().spec(), "choices": list(self.words)}

    def complaint(self, value: object) -> str | None:
        """Return why a value can't be right, None where it can."""
        return None if str(value) in self.words else f"it must be {' or '.join(self.words)}."


@dataclass(frozen=True)
class Range(Option):
    """A number from ``least`` to ``most``, both included; ``unit`` follows them in the sentence."""

    least: float
    most: float
    unit: str = ""

    def complaint(self, value: object) -> str | None:
        """Return why a value can't be right, None where it can; an inventory may have the number as a text."""
        kind = float if self.type == "float" else int
        try:
            fits = not isinstance(value, bool) and self.least <= kind(str(value)) <= self.most
        except ValueError:
            fits = False
        return None if fits else f"it must be a number from {self.least} to {self.most}{self.unit}."

    def require(self, value: object) -> None:
        """Return if a module was given what can be right, or raise BadInput."""
        complaint = self.complaint(value)
        if complaint:
            raise BadInput(f"{self.name} is {value}: {complaint}")


SITE = Choice("site", "str", next(iter(SITES)), tuple(SITES))
PORT = Range("port", "int", FACILITY_PORT, 1, 65535)
KNOWN_HOSTS = Option("known_hosts", "path", f"{CONFIG_DIR}/known_hosts")
KEY_DIR = Option("key_dir", "path", f"{CONFIG_DIR}/keys")
STATE_DIR = Option("state_dir", "path", "/var/lib/dcass-sftp")
BOTH_ACCOUNTS = Option("both_accounts", "bool", False)
LOGIN_BUDGET = Range(
    "login_budget", "int", LOGINS.reached - 1, 1, LOGINS.reached - 1, ", since the fifth login locks the account"
)
ENVIRONMENT = Option("environment", "str", "")
OUTSIDE_HOURS = Choice("outside_hours", "str", "skip", ("skip", "fail", "ignore"))
CLOSED_DAYS = Option("closed_days", "list", ())
OPEN_DAYS = Option("open_days", "list", ())
HOLIDAYS = Option("holidays", "list", ())
HOLIDAY_TRADING = Option("holiday_trading", "bool", False)
CONNECT_TIMEOUT = Range("connect_timeout", "float", 10.0, 0.001, 3600, " seconds")
OPERATION_TIMEOUT = Range("operation_timeout", "float", 60.0, 0.001, 3600, " seconds")
RUN_BY = Option("run_by", "str", "")
RUN_TIMEOUT = Range("run_timeout", "float", 3600.0, 0.001, 86_400, " seconds")

RENEW_BEFORE = Range("renew_before", "int", 60, 0, VALID_DAYS, " days")
FORCE = Option("force", "bool", False)
BUSY = Choice(Busy.code, "str", "fail", ("skip", "fail"))  # the playbooks say skip: most of their runs are scheduled
RESULT_TIMEOUT = Range("result_timeout", "float", 120.0, 0, 3600, " seconds")
RETIRE_OLD = Option("retire_old", "bool", True)

INCLUDE = Option("include", "list", ())
EXCLUDE = Option("exclude", "list", ())
INTRADAY_GLOBS = Option("intraday", "list", (INTRADAY,))
SCOPE = Choice("scope", "str", "all", ("all", "intraday"))
EXPECTED = Option("expected", "list", ())
EXPECTED_ON_HOLIDAYS = Option("expected_on_holidays", "list", ())
WINDOW = Range("window", "int", 256, 1, 1024)
STANDBY = Option("standby", "bool", False)
RETURN_INDEX = Option("return_index", "bool", False)
TRY_EXPIRED_KEY = Option("try_expired_key", "bool", False)
DRILL = Option("drill", "bool", False)
LIST_DOWNLOADED = Option("list_downloaded", "bool", False)
PROGRESS = Range("progress", "int", 0, 0, 3600, " seconds")
HANDOVER_LINKS = Option("handover_links", "bool", False)
HANDOVER_COMMAND = Option("handover_command", "list", ())
HANDOVER_TIMEOUT = Range("handover_timeout", "int", 60, 1, 3600, " seconds")

REGENERATE = Choice("regenerate", "str", "never", ("never", "invalid", "always"))
LOGIN = Option("login", "bool", False)
DEEP = Option("deep", "bool", False)
RECORD = Option("record", "bool", False)

OF_STATE = (
    SITE,
    KEY_DIR,
    STATE_DIR,
    BOTH_ACCOUNTS,
    LOGIN_BUDGET,
    CLOSED_DAYS,
    OPEN_DAYS,
    HOLIDAYS,
    HOLIDAY_TRADING,
    RENEW_BEFORE,
)
OF_FACILITY = (PORT, KNOWN_HOSTS, ENVIRONMENT, OUTSIDE_HOURS, CONNECT_TIMEOUT, OPERATION_TIMEOUT, RUN_TIMEOUT, RUN_BY)
OF_ARCHIVE = (STATE_DIR, KEY_DIR, DEEP, RECORD, RUN_BY)
OF_RENEWAL = (FORCE, RESULT_TIMEOUT, RETIRE_OLD, BUSY)
OF_SYNC = (
    INCLUDE,
    EXCLUDE,
    INTRADAY_GLOBS,
    SCOPE,
    EXPECTED,
    EXPECTED_ON_HOLIDAYS,
    WINDOW,
    STANDBY,
    RETURN_INDEX,
    TRY_EXPIRED_KEY,
    DRILL,
    LIST_DOWNLOADED,
    PROGRESS,
    BUSY,
    HANDOVER_LINKS,
    HANDOVER_COMMAND,
    HANDOVER_TIMEOUT,
)


def specs(options: Iterable[Option]) -> dict[str, dict[str, Any]]:
    """Return the argument specification of these options."""
    return {option.name: option.spec() for option in options}


def absolute_path(option: str, path: str) -> str:
    """Return a path that means the same wherever the module runs, or raise BadInput."""
    if not path.startswith("/") or "\0" in path:
        raise BadInput(f"{option} is {path!r}: it must be an absolute path.")
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadInput(f"{option} is {path!r}: half a surrogate pair is no character of a path.") from None
    return path


def metrics_file(text: str | None) -> str | None:
    """Return where the metrics go, None for nowhere, or raise BadInput: node_exporter reads no other names."""
    if text and not text.endswith(METRICS_END):
        raise BadInput(f"metrics_file is {text!r}: its name must end with {METRICS_END}, or nobody reads it.")
    return absolute_path("metrics_file", text) if text else None


def passphrase(text: str | None) -> str | None:
    """Return a private key's passphrase, None for none, or raise BadInput (which does not show it)."""
    if not text:
        return None
    if not text.strip() or "\0" in text or not _is_short_enough(text):
        raise BadInput(
            f"passphrase must not be blank, hold a NUL or what is no text, or have more than {_PASSPHRASE_BYTES} bytes."
        )
    return text


def _is_short_enough(text: str) -> bool:
    """Say whether it has so few bytes in UTF-8; what is no text has none there."""
    try:
        return len(text.encode()) <= _PASSPHRASE_BYTES
    except UnicodeEncodeError:
        return False


def day(option: str, text: str) -> date:
    """Return the day that an option names, or raise BadInput."""
    try:
        if _DAY.match(str(text)):
            return date.fromisoformat(str(text))
    except ValueError:
        pass
    raise BadInput(f"{option}: '{text}' is not a date of the form 2026-12-31.")


# The variable of the inventory that sets an option. The check of the inventory judges by it those that have a range.
VARIABLES: dict[str, Option] = {
    "dcass_site": SITE,
    "dcass_port": PORT,
    "dcass_key_dir": KEY_DIR,
    "dcass_state_dir": STATE_DIR,
    "dcass_both_accounts": BOTH_ACCOUNTS,
    "dcass_login_budget": LOGIN_BUDGET,
    "dcass_environment": ENVIRONMENT,
    "dcass_outside_hours": OUTSIDE_HOURS,
    "dcass_closed_days": CLOSED_DAYS,
    "dcass_open_days": OPEN_DAYS,
    "dcass_holidays": HOLIDAYS,
    "dcass_holiday_trading": HOLIDAY_TRADING,
    "dcass_connect_timeout": CONNECT_TIMEOUT,
    "dcass_operation_timeout": OPERATION_TIMEOUT,
    "dcass_run_timeout": RUN_TIMEOUT,
    "dcass_renew_before": RENEW_BEFORE,
    "dcass_renewal_force": FORCE,
    "dcass_result_timeout": RESULT_TIMEOUT,
    "dcass_retire_old": RETIRE_OLD,
    "dcass_report_include": INCLUDE,
    "dcass_report_exclude": EXCLUDE,
    "dcass_report_intraday": INTRADAY_GLOBS,
    "dcass_report_scope": SCOPE,
    "dcass_report_expected": EXPECTED,
    "dcass_report_expected_on_holidays": EXPECTED_ON_HOLIDAYS,
    "dcass_report_window": WINDOW,
    "dcass_report_drill": DRILL,
    "dcass_report_list_downloaded": LIST_DOWNLOADED,
    "dcass_report_progress": PROGRESS,
    "dcass_handover_links": HANDOVER_LINKS,
    "dcass_handover_command": HANDOVER_COMMAND,
    "dcass_handover_timeout": HANDOVER_TIMEOUT,
    "dcass_try_expired_key": TRY_EXPIRED_KEY,
    "dcass_key_regenerate": REGENERATE,
}
