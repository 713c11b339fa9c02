# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo has against a run, as Ansible tells it or sudo itself, and the line of sudoers that would let it be."""

from __future__ import annotations

import re
from typing import Any

CODE = "no_sudo"
ROOT = "root"
_SILENT = "sudo said nothing"
_CLOSED = re.compile(r"Shared connection to \S+ closed\.")  # which ssh says of its own
_LINE = (
    "Its sudoers need the line '{login} ALL=({users}) NOPASSWD: ALL'; where it is to take a password, run the playbook "
    "with --ask-become-pass."
)
_WHY = tuple(  # what is said, why, and the next step
    (re.compile(said), why, hint)
    for said, why, hint in (
        (r"Missing \S+ password", "it wants a password, and none was given", _LINE),
        (r"Incorrect \S+ password", "it did not take the password that was given", _LINE),
        (r"is not allowed to execute|is not in the sudoers file|may not run sudo", "it does not allow that", _LINE),
        (
            r"you must have a tty",
            "it wants a terminal (requiretty in its sudoers)",
            "Write 'Defaults:{login} !requiretty' into its sudoers.",
        ),
        (
            r"sudo: (command )?not found",
            "there is none",
            "Install sudo there, or set dcass_manage_system: false.",
        ),
        (rf"privilege escalation|become success|{_SILENT}", "it lets nothing be run", _LINE),
    )
)


def why_not(said: str) -> tuple[str, str]:
    """Return why nobody could be become, half a sentence, and the next step; empty where it is not about that."""
    return next(((why, hint) for pattern, why, hint in _WHY if pattern.search(said)), ("", ""))


def said_by_sudo(code: object, *words: object) -> str:
    """Return what was said in place of a command that has not begun.

    A sudo that takes a password and then allows nothing ends with 1, and what it says is lost on the way.
    """
    said = "\n".join(str(word or "") for word in words)
    return _SILENT if code == 1 and not _CLOSED.sub("", said).strip() else said


def refusal(said: str, login: str, user: str, service_user: str) -> dict[str, Any] | None:
    """Return the result of a task for which ``login`` could not become ``user``; None where ``said`` is not about that.

    Who makes a workstation ready becomes root and the service user.
    """
    why, hint = why_not(said)
    if not why:
        return None
    users = f"{ROOT}, {service_user}" if user == ROOT else user
    return {
        "failed": True,
        "changed": False,
        "error_code": CODE,
        "msg": f"{login} can't become {user} by sudo there: {why}.",
        "hint": hint.format(login=login, users=users),
    }
