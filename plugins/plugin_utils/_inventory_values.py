# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable of the inventory may be: each check returns None, or why the value can't be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import options
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import facility_addresses
from ansible_collections.dcass.sftp.plugins.module_utils._rules.due import AT_ONCE_WORD, SOON_WORD
from ansible_collections.dcass.sftp.plugins.module_utils._rules.environment import environment_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import on_holidays, parse_expected
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import PORT, SITES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import command_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import INCOMPLETE, flaw_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.rfc4716 import can_be_written
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_folders import (
    CONFIG,
    HANDOVER,
    KEYS,
    REPORTS,
    STATE,
    VENV,
    environment,
    folder,
)

Check = Callable[[Any], "str | None"]
MAX_FAIL = options.Range("renewal_max_fail_percentage", "int", 25, 0, 100)
_STATUS_DAYS = options.Range("status_fail", "int", 0, 0, 3650)
_DEEPEST = 10  # lists and tables in a value; addresses by site have two
_BATCH = re.compile(r"[1-9]\d*|([1-9]\d?|100)%")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_TRUE_OR_FALSE = "true false yes no on off y n t f 1 0 1.0 0.0".split()


def is_deep(value: Any) -> bool:
    """Say whether a value is nested deeper than any of ours: whoever goes into it would not come back."""
    layer = [value]
    for _level in range(_DEEPEST):
        layer = [part for one in layer for part in _parts(one)]
    return bool(layer)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def batch(value: Any) -> str | None:
    """Allow a number of hosts, a percentage of them, or a list of such; Ansible would take 0 for all at once."""
    sizes = value if isinstance(value, (list, tuple)) else [value]
    fits = bool(sizes) and all(_BATCH.fullmatch(str(size)) for size in sizes)
    return None if fits else "it must be a number of hosts or a percentage, such as 5 or 25%."


def flag(value: Any) -> str | None:
    """Allow what Ansible takes for true or false; anything else it would take for false in silence."""
    return None if str(value).lower() in _TRUE_OR_FALSE else "it must be true or false."


def one_day(value: Any) -> str | None:
    """Allow a day, or nothing."""
    return "it must be one day." if isinstance(value, (list, tuple)) else days(value)


def each(value: Any) -> Iterator[Any]:
    """Return what is in a list, also of lists, as the roles flatten them; or the value alone, if there is one."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from each(item)
    elif value:
        yield value


def days(value: Any) -> str | None:
    """Allow a day or a list of days."""
    for one in each(value):
        try:
            day("", str(one))
        except DcassError:
            return f"'{one}' is not a date of the form 2026-12-31."
    return None


def lines(value: Any) -> str | None:
    """Allow lines of known_hosts: host, kind of key, key, with or without a marker in front."""
    if not isinstance(value, (str, list, tuple)):
        return "it must be a list of lines."
    for number, line in enumerate(value.splitlines() if isinstance(value, str) else each(value), 1):
        flaw = flaw_of(str(line))
        if flaw == INCOMPLETE:
            return f"each line must name host, kind of key and key, as '[HOST]:{PORT} ssh-rsa AAAA…'."
        if flaw:
            return (
                f"line {number}: {flaw}. Leave it out for now: dcass.sftp.preflight then tells the line that a "
                "server's key makes, to be compared with the exchange's own word."
            )
    return None


def comment(value: Any) -> str | None:
    """Allow a comment that every reader of a public key file takes."""
    fits = isinstance(value, str) and can_be_written(value)
    return None if fits else "it must be one line of at most 60 characters, all of them ASCII."


def absolute_file(value: Any) -> str | None:
    """Allow the path of a file that means the same wherever it is asked, or nothing."""
    return None if value == "" or str(value).startswith("/") else "it must be an absolute path."


def handover_dir(value: Any) -> str | None:
    """Allow a folder, or nothing."""
    return None if value == "" else folder(value)


def metrics_file(value: Any) -> str | None:
    """Allow a file that node_exporter reads, or nothing."""
    ends = value == "" or str(value).endswith(options.METRICS_END)
    wrong = f"its name must end with {options.METRICS_END}, or node_exporter passes it over."
    return absolute_file(value) or (None if ends else wrong)


def status_fail(value: Any) -> str | None:
    """Allow how soon is red: a word, a number of days, or nothing."""
    if str(value) in ("", AT_ONCE_WORD, SOON_WORD) or not _STATUS_DAYS.complaint(value):
        return None
    days = f"{_STATUS_DAYS.least} to {_STATUS_DAYS.most}"
    return f"it must be {AT_ONCE_WORD}, {SOON_WORD} or a number of days from {days}."


def text(value: Any) -> str | None:
    """Allow a text."""
    return None if isinstance(value, str) else "it must be a text."


def page(value: Any) -> str | None:
    """Allow where a page may lie, or nothing: its figures get the same name with another ending."""
    fits = value == "" or (isinstance(value, str) and value.startswith("/") and value.endswith(".html"))
    return None if fits else "it must be an absolute path that ends in .html."


def texts(what: str) -> Check:
    """Allow a list of texts, or one."""

    def check(value: Any) -> str | None:
        given = value if isinstance(value, (list, tuple)) else [value]
        return None if all(isinstance(item, str) for item in given) else f"it must be a list of {what}."

    return check


def handover_command(value: Any) -> str | None:
    """Allow the words of a command, the first of them a program's path, or nothing."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        return "it must be a list of words: the program and its arguments, each as it is."
    try:
        command_from(value)
    except DcassError:
        return "its first word must be the absolute path of a program."
    return None


def expected(parse: Callable[[str, str], object]) -> Check:
    """Allow a list of globs with their days, or one."""

    def check(value: Any) -> str | None:
        given = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(item, str) for item in given):
            return "it must be a list of globs, such as '*RX*'."
        if isinstance(value, str) and "," in value:  # Ansible would make two of it
            return "write it as a list, with one element for each glob and its days."
        try:
            for item in given:
                parse("", item)
        except DcassError as error:
            return str(error)[len(": ") :]
        return None

    return check


def system_name(value: Any) -> str | None:
    """Allow names of users and groups, but not root: the service user's password is locked, its shell taken away."""
    return None if _NAME.fullmatch(str(value)) and value != "root" else "it must be a name of its own, such as dcass."


def unit_name(value: Any) -> str | None:
    """Allow what the names of systemd's units, and of a folder, may begin with."""
    fits = _UNIT.fullmatch(str(value))
    return None if fits else "it must be letters, figures, dots, dashes and underscores, such as dcass-sftp."


def addresses(value: Any) -> str | None:
    """Allow a list of HOST or HOST:PORT, or one for each site."""
    if isinstance(value, Mapping):
        if set(value) != set(SITES):
            return f"by site, it must have {' and '.join(SITES)}, and nothing else."
        return next((reason for site in SITES if (reason := addresses(value[site]))), None)
    if not isinstance(value, (list, tuple)):
        return "it must be a list of HOST or HOST:PORT, or a list for each site."
    try:
        facility_addresses(options.SITE.default, [str(address) for address in value], PORT)
    except DcassError as error:
        return str(error)
    return None


def environment_word(value: Any) -> str | None:
    """Allow the name of an environment, or nothing."""
    try:
        if value != "":
            environment_name(value)
    except ValueError as error:
        return str(error)
    return None


def schedule_lines(value: Any) -> str | None:
    """Allow lines of the schedule, each once or more, or one."""
    given = value if isinstance(value, (list, tuple)) else [value]
    return None if all(line in SCHEDULE_LINES for line in given) else f"it must be a list of {_or(SCHEDULE_LINES)}."


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


SCHEDULE_LINES = ("sync_reports", "renew_keys", "status", "verify", "intraday")
_GLOBS = texts("globs, such as '*RX*'")
CHECKS: dict[str, Check] = {
    **{
        variable: option.complaint
        for variable, option in options.VARIABLES.items()
        if isinstance(option, (options.Choice, options.Range))
    },
    "dcass_addresses": addresses,
    "dcass_busy": options.BUSY.complaint,
    "dcass_environment": environment_word,
    "dcass_known_hosts": lines,
    "dcass_closed_days": days,
    "dcass_open_days": days,
    "dcass_holidays": days,
    "dcass_registered_on": one_day,
    "dcass_renewal_max_fail_percentage": MAX_FAIL.complaint,
    "dcass_renewal_serial": batch,
    "dcass_report_exclude": _GLOBS,
    "dcass_report_expected": expected(parse_expected),
    "dcass_report_expected_on_holidays": expected(on_holidays),
    "dcass_report_include": _GLOBS,
    "dcass_report_intraday": _GLOBS,
    "dcass_both_accounts": flag,
    "dcass_four_eyes": flag,
    "dcass_handover_links": flag,
    "dcass_handover_command": handover_command,
    "dcass_holiday_trading": flag,
    "dcass_installed_code": flag,
    "dcass_manage_system": flag,
    "dcass_renewal_force": flag,
    "dcass_report_drill": flag,
    "dcass_report_list_downloaded": flag,
    "dcass_report_shared": flag,
    "dcass_try_expired_key": flag,
    "dcass_remove_data": flag,
    "dcass_retire_old": flag,
    CONFIG: folder,
    KEYS: folder,
    STATE: folder,
    REPORTS: folder,
    VENV: environment,
    HANDOVER: handover_dir,
    "dcass_base_python": text,
    "dcass_key_comment": comment,
    "dcass_export_dir": text,
    "dcass_export_since": one_day,
    "dcass_export_until": one_day,
    "dcass_package_dir": text,
    "dcass_package_host": text,
    "dcass_passphrase_file": text,
    "dcass_passphrases_file": text,
    "dcass_verify_since": one_day,
    "dcass_wheel_dir": text,
    "dcass_packages": texts("packages"),
    "dcass_pip": texts("words, the command that installs"),
    "dcass_pip_arguments": texts("arguments"),
    "dcass_report_folders": texts("folders"),
    "dcass_schedule_arguments": texts("words"),
    "dcass_schedule_lines": schedule_lines,
    "dcass_schedule_name": unit_name,
    "dcass_schedule_state": options.Choice("schedule_state", "str", "present", ("present", "absent")).complaint,
    "dcass_service_group": system_name,
    "dcass_service_user": system_name,
    "dcass_metrics_file": metrics_file,
    "dcass_events_file": absolute_file,
    "dcass_state_version": options.Range("state_version", "int", 0, 0, 1000).complaint,
    "dcass_status_fail": status_fail,
    "dcass_webhook_always": flag,
    "dcass_status_host": text,
    "dcass_status_page": page,
}
UNCHECKED = (
    "account acknowledge acknowledge_day acknowledge_until acknowledge_who acknowledge_why address_template adopt_from"
    " adopt_who approved_by compromised customer_code hosts passphrase schedule_ansible_playbook"
    " schedule_collections_path schedule_host schedule_inventory schedule_mail schedule_user"
    " schedule_vault_password_file schedule_webhook_url switch_confirmed switch_to switch_who switch_why"
    " webhook_url workstation_address"
).split()
KNOWN = {*CHECKS, *(f"dcass_{name}" for name in UNCHECKED)}
# what a job leaves in its artifacts, which AWX hands as variables to those that follow in a workflow; nobody reads them
ARTIFACTS = {f"dcass_{name}" for name in "next_actions missing expiring lost renewals package exports".split()}
