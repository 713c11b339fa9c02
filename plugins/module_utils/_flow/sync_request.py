# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What report_sync is asked for, judged before anything connects or changes, and what it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility, facility_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Tally
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import COMMON, KEY_MANAGEMENT, Copy, Policy

_MOST_WINDOW = 1024


@dataclass(frozen=True)
class Request:
    """What the operator asks for: which facility, where the archive lies, what it shall hold.

    ``partner_holds`` is what the other workstation of the pair has told, None where it was not heard.
    """

    facility: Facility
    policy: Policy
    dest: str
    window: int
    partner_holds: list[Copy] | None
    stand_by: bool
    tell_holds: bool


@dataclass(frozen=True)
class Tools:
    """What the run works with, handed in: the archive on disk, the manifest, a login, the clock; what it counts."""

    archive: Any
    manifest: Any
    log_in: Callable[[], AbstractContextManager[Any]]
    clock: Callable[[], datetime]
    tally: Tally = field(default_factory=Tally)


def request_from(options: Mapping[str, Any]) -> Request:
    """Build the request from module options, or raise BadInput."""
    facility = facility_from(options)
    if not 1 <= options["window"] <= _MOST_WINDOW:
        raise BadInput(f"window is {options['window']}: it must be 1 to {_MOST_WINDOW} requests.")
    folders = options["folders"] or [COMMON, facility.account.customer_code, KEY_MANAGEMENT]
    if any("" in options[name] for name in ("include", "exclude", "intraday", "expected")):
        raise BadInput("include, exclude, intraday and expected: an empty glob matches nothing.")
    policy = Policy(
        folders=tuple(_folder(folder) for folder in folders),
        include=tuple(options["include"]),
        exclude=tuple(options["exclude"]),
        intraday=tuple(options["intraday"]),
        scope=options["scope"],
        expected=tuple(options["expected"]),
    )
    given = options["partner_holds"]
    return Request(
        facility,
        policy,
        absolute_path("dest", options["dest"]),
        options["window"],
        partner_holds=None if given is None else copies_from(given, facility.account),
        stand_by=options["stand_by"],
        tell_holds=options["tell_holds"],
    )


def _folder(text: str) -> str:
    try:
        return safe_name(text.strip("/").encode("utf-8", "surrogateescape"))
    except UnsafeRemoteName:
        raise BadInput(f"folders: '{text}' is not the name of one folder of the facility.") from None
