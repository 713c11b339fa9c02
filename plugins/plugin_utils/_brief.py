# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of a run at a terminal or in a mail: lines of tasks, and each failure once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import UNREACHABLE, in_words
from ansible_collections.dcass.sftp.plugins.plugin_utils._some import some

# whose message was written for people, so that it is all that they need; a collection may be named before it
_SPEAK = ("fail", "assert")
_SAYS_NOTHING = ("Assertion failed", "Failed as requested from task")  # what Ansible says where nobody has written any
_ACCOUNT = re.compile(r"C[A-Z0-9]{3}00[12]\b")
_FAILURE = re.compile(r"(\S+) C[A-Z0-9]{3}00[12]: (?=[a-z_]+: )")  # how a failure of ours begins
_OF_ANSIBLE = ("changed", "failed", "skipped", "skip_reason", "warnings", "deprecations", "exception")


def is_debug(action: str) -> bool:
    """Say whether a task shows something to people."""
    return action.rpartition(".")[2] == "debug"


def speaks_for_itself(action: str, result: Mapping[str, Any]) -> bool:
    """Say whether what a failed task says was written for people."""
    said = str(result.get("msg") or "").strip()
    return action.rpartition(".")[2] in _SPEAK and said != "" and said not in _SAYS_NOTHING


def is_failure(line: str) -> bool:
    """Say whether a line is that of a failure, as some of ours show before they fail with it."""
    return bool(_FAILURE.match(line))


def lines_of(result: Mapping[str, Any]) -> list[str]:
    """Return what a task shows: its message, line by line, or else the variables that it was asked for."""
    if "msg" in result:
        return _lines(result["msg"])
    asked = {name: value for name, value in result.items() if name not in _OF_ANSIBLE and name[:1] != "_"}
    return [line for name, value in asked.items() for line in _lines(f"{name}: {_text(value)}")]


def with_host(host: str, lines: list[str]) -> list[str]:
    """Begin with the host, if there is one; what the first line does not say is set in below it."""
    begun = [line if not host or _names(line, host) else _joined(host, line) for line in lines[:1]]
    return [*begun, *(f"    {line}" if host and not line[:1].isspace() else line for line in lines[1:])]


def _names(line: str, host: str) -> bool:
    return bool(re.match(rf"{re.escape(host)}[ :]", line))


def _joined(host: str, line: str) -> str:
    return f"{host} {line}" if _ACCOUNT.match(line) else f"{host}: {line}"


def _lines(said: Any) -> list[str]:
    entries = said if isinstance(said, (list, tuple)) else [said]
    return [line for entry in entries for line in foreign.lines(_text(entry)).splitlines() if line.strip()]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False, sort_keys=True)


class Failures:
    """What has failed, in the order of its first appearance; told again, in other words or none, it counts once."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], str] = {}

    def add(self, host: str, result: Mapping[str, Any], task: str, spoken: bool) -> None:
        """Take a failed result in; without a ``host`` it is the whole run's. ``spoken`` words are for people."""
        if spoken:
            for line in _lines(result["msg"]):
                self.add_line(host, line)
        else:
            its = {**result, "msg": result.get("msg") or result.get("censored")}  # as no_log leaves it
            self.add_line(host, foreign.line(in_words(its, task)))

    def take(self) -> list[str]:
        """Return all lines; they are told then."""
        lines, self._lines = list(self._lines.values()), {}
        return lines

    def add_line(self, host: str, line: str) -> None:
        """Take in what is told of a host; a line that begins as ours do names it, and the account as well."""
        begun = _FAILURE.match(line)
        words, where = (line[begun.end() :], begun[1]) if begun else (line, host)
        key = (where, UNREACHABLE if words.startswith(f"{UNREACHABLE}: ") else words)
        if begun or key not in self._lines:
            self._lines[key] = line if begun else "".join(with_host(host, [line]))


def would_change(task: str, hosts: list[str]) -> str:
    """Return the line of a task that check mode has found something to do for."""
    return foreign.line(f"Would change: {task}: {some(sorted(hosts))}")


def summary(seconds: float, changed: int, failed: int, is_empty: bool) -> str:
    """Return the last line of a playbook that has gone well, and the one before its failures."""
    if is_empty:
        return f"{seconds:.0f} s; no host had anything to do"
    return f"{seconds:.0f} s, changed={changed}" + (f", failed={failed}" if failed else "")
