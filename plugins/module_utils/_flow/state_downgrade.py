# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state_downgrade: make a workstation's state one that an older dcass.sftp can go on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path

_BECOMES = "The state would become one of version {}."


class OlderState(Protocol):
    """What can be made of the state."""

    newest: int

    def found(self) -> int: ...
    def left_out(self, number: int) -> list[str]: ...
    def go_back(self, number: int) -> str: ...


@dataclass(frozen=True)
class DowngradeRequest:
    """Whose state is to have which version."""

    account: Account
    version: int
    key_dir: str
    state_dir: str


def downgrade_request(options: Mapping[str, Any]) -> DowngradeRequest:
    """Build the request from module options, or raise BadInput or BadAccount."""
    return DowngradeRequest(
        account=parse_account(options["account"]),
        version=options["version"],
        key_dir=absolute_path("key_dir", options["key_dir"]),
        state_dir=absolute_path("state_dir", options["state_dir"]),
    )


def downgrade(request: DowngradeRequest, state: OlderState, check: bool) -> dict[str, Any]:
    """Go back, unless the state is of that version, or of an older one, which every version opens."""
    if not 1 <= request.version <= state.newest:
        raise BadInput(f"version is {request.version}: it must be a number from 1 to {state.newest}, the present one.")
    found = state.found()
    common = {"account": request.account.name, "version_before": found, "version": min(found, request.version)}
    if found <= request.version:
        return {**common, "changed": False, "left_out": [], "copy_path": None, "msg": _unchanged(found)}
    left_out = state.left_out(request.version)
    if check:
        return {
            **common,
            "changed": True,
            "left_out": left_out,
            "copy_path": None,
            "msg": _BECOMES.format(request.version),
        }
    copy = state.go_back(request.version)
    with_it = f", with {', '.join(left_out)}, which that version does not have" if left_out else ""
    msg = f"The state is one of version {request.version} now; {copy} is what it was{with_it}."
    return {**common, "changed": True, "left_out": left_out, "copy_path": copy, "msg": msg}


def _unchanged(found: int) -> str:
    return f"The state has version {found}: there is nothing to do." if found else "There is no state."
