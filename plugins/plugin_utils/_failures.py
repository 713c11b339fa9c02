# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failure tells people: one line, which begins with host and account and ends with the next step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.plugin_utils._events import AROUND, MOST, cut
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.sudo import CODE as NO_SUDO
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.sudo import why_not

UNREACHABLE = "host_unreachable"
FOUND = "workstation"  # in a result: what is otherwise than workstation_info has presumed


class Vars(Protocol):
    """The variables of a host."""

    def get(self, name: str, /) -> Any: ...


_OTHER = "task_failed"  # no refusal of ours: what Ansible or another module says
_ANSIBLES = re.compile(r"^(Task failed: )?((Module|Action) failed: )?")  # what newer Ansible puts before a sentence
_MORE_OF_SUDO = "docs/operations.md tells which playbook needs what of sudo, and the lines of sudoers."
_BRING_IT_UP = "Look whether it is up and lets this control node in by ssh, then run the playbook again."


def about(its: Vars, *results: str) -> Mapping[str, Any]:
    """Return what workstation_info has told of a workstation; nothing where it has not been asked.

    Where it has only presumed it, ``results`` are the registered results whose modules may have found it otherwise.
    """
    here = its.get("dcass_probe") or {}
    for name in results:
        here = {**here, **((its.get(name) or {}).get(FOUND) or {})}
    return here


def has_failed(result: Mapping[str, Any], proof: str = "") -> bool:
    """Say whether a task has failed, also one that Ansible was told to take for good: what went well has ``proof``.

    A task that was skipped has not, nor one that was never run; a module that its workstation kept from running has.
    """
    if is_unreachable(result) or result.get("failed") or "error_code" in result or blocked_by(result):
        return True
    return bool(proof and result) and proof not in result and not result.get("skipped")


def is_unreachable(result: Mapping[str, Any]) -> bool:
    """Say whether Ansible could not reach the workstation."""
    return bool(result.get("unreachable"))


def blocked_by(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was found on the workstation that kept a module from being run; nothing where it was run."""
    return (result.get(FOUND) or {}).get("blocked") or {}


def gone(why: str) -> dict[str, Any]:
    """Return the result of a task whose workstation Ansible could not reach."""
    return {"unreachable": True, "msg": why}


def failure_line(result: Mapping[str, Any], host: str, account: str, task: str = "") -> str:
    """Return ``HOST ACCOUNT: error_code: sentence Next step.``; a result that is none of ours names its ``task``.

    It is as long as AWX shows of an event: since ansible-core 2.19 the line comes twice, and the first one is whole.
    """
    result = blocked_by(result) or result
    begin = f"{host} {account}: " if host else ""
    text = str(result.get("msg")).strip()
    is_line = host and text.startswith(begin)  # a task of ours has told it already
    return cut(text if is_line else begin + in_words(result, task), MOST - AROUND)


def lost_line(its: Mapping[str, Any], host: str) -> str:
    """Return the line of a workstation that Ansible has taken out of the run, from its variables.

    It is gone, or a task that was to keep its failure for the end has failed as well.
    """
    account = about(its).get("account") or its.get("dcass_account") or ""
    failed = its.get("ansible_failed_result")
    if failed and not its.get("dcass_has_failed"):
        return failure_line(failed, host, account, (its.get("ansible_failed_task") or {}).get("name", ""))
    return failure_line({"unreachable": True, "msg": "It stopped answering in the middle of the run."}, host, account)


def in_words(result: Mapping[str, Any], task: str) -> str:
    """Return ``error_code: sentence Next step.`` of a failed result."""
    its = _first_that_failed(result)
    text = sentence(its)
    code, parts = its.get("error_code"), [text, its.get("hint")]
    if is_unreachable(result):
        code, parts = UNREACHABLE, [text, _BRING_IT_UP]
    elif not code and why_not(text)[0]:  # in a task of Ansible's own, which has no better words
        code, parts = NO_SUDO, [f"{task}: {text}" if task else text, _MORE_OF_SUDO]
    elif not code:
        code, parts = _OTHER, [f"{task}: {text}" if task else text, *_last_words(its)]
    sentences = [str(part).strip() for part in parts if part]
    return f"{code}: " + " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in sentences)


def sentence(result: Mapping[str, Any]) -> str:
    """Return what a result says, without what Ansible puts before it."""
    return _ANSIBLES.sub("", str(result.get("msg") or "").strip()) or "It gave no answer."


def _first_that_failed(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of a loop, whose own sentence says nothing, the result of the first item that failed; else the result itself."""
    items = (item for item in result.get("results") or [] if isinstance(item, Mapping))
    return next((item for item in items if item.get("msg") and has_failed(item)), result)


def _last_words(result: Mapping[str, Any]) -> list[str]:
    """What a program said last before it failed, if the result has it."""
    said = str(result.get("module_stderr") or result.get("stderr") or "").strip().splitlines()
    return [said[-1].strip()] if said else []
