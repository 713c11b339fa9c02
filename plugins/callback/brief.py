# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""brief: at a terminal and in a mail, what people need of a run, and nothing else."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: brief
type: stdout
short_description: What people need of a run, and nothing else
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - For whoever reads a run at a terminal or in the mail of a scheduler. A playbook is told by its name, the lines that
    its tasks show with M(ansible.builtin.debug), and a line with its seconds and the number of its changes.
  - >-
    What has failed comes last, each thing once: C(HOST ACCOUNT: error_code: sentence Next step.) A failure that was
    not written for people, as by M(ansible.builtin.fail), is shown in full as well, when it occurs.
  - In check mode, each task that would change something is told with its hosts; with C(--diff), what would differ.
  - With C(-v) all is as with P(ansible.builtin.default#callback), whose options it has.
requirements:
  - set as C(stdout_callback) in C(ansible.cfg), or in the environment as E(ANSIBLE_STDOUT_CALLBACK)
extends_documentation_fragment:
  - default_callback
  - result_format_callback
"""

import atexit
import functools
import time
from collections.abc import Callable
from typing import Any

from ansible import constants as C  # noqa: N812
from ansible import context
from ansible.plugins.callback.default import CallbackModule as Default

from ansible_collections.dcass.sftp.plugins.plugin_utils import _brief as rules

_LOCALHOST = "localhost"  # where a task runs for all hosts


def _unless_verbose(method: Callable[..., None]) -> Callable[..., None]:
    """With -v, let Ansible's own callback do it."""

    @functools.wraps(method)
    def chosen(self: CallbackModule, *arguments: Any, **more: Any) -> None:
        if self._display.verbosity:
            getattr(super(CallbackModule, self), method.__name__)(*arguments, **more)
        else:
            method(self, *arguments, **more)

    return chosen


def _quietly(name: str) -> Callable[..., None]:
    """A method that says nothing of what no one has to know."""

    def nothing(self: CallbackModule, *arguments: Any, **more: Any) -> None:
        pass

    nothing.__name__ = name
    return _unless_verbose(nothing)


def _of(outcome: Any, what: str) -> Any:
    """The ``host``, ``task`` or ``result`` of an outcome; before ansible-core 2.19 they had another name."""
    return getattr(outcome, what) if hasattr(outcome, what) else getattr(outcome, f"_{what}")


def _for_whom(outcome: Any) -> str:
    """The host that a task speaks of; nothing where it speaks of all."""
    host = str(_of(outcome, "host").get_name())
    return "" if host == _LOCALHOST or _of(outcome, "task").run_once else host


def _name_of(task: Any) -> str:
    """The name that people have given, without the role's."""
    return str(task.name or task.action)


class CallbackModule(Default):
    """Ansible's default, but for what it says where nobody has asked for more."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "dcass.sftp.brief"

    def __init__(self) -> None:
        super().__init__()
        self._failures = rules.Failures()
        self._changes: dict[str, list[str]] = {}  # task → hosts for which it would change something
        self._began = 0.0
        self._number = 0  # of the playbook among those of the command
        self._changed = 0  # by the playbooks before it
        atexit.register(self._show_failures)  # where a run is broken off, nothing is told at its end

    @_unless_verbose
    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Begin with the name that was typed."""
        typed = context.CLIARGS.get("args") or ()
        name = typed[self._number] if self._number < len(typed) else "playbook"
        self._say(("\n" if self._number else "") + name + (" --check" if context.CLIARGS.get("check") else ""))
        self._began, self._number = time.monotonic(), self._number + 1

    @_unless_verbose
    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Tell what the play before would change."""
        self._show_changes()

    @_unless_verbose
    def v2_runner_on_ok(self, result: Any) -> None:
        """Show what was meant to be shown, and note what would change."""
        self._handle_warnings(_of(result, "result"))
        task = _of(result, "task")
        if "results" not in _of(result, "result") or not task.loop:
            self._show(result)
        if task.check_mode and _of(result, "result").get("changed"):
            hosts = self._changes.setdefault(_name_of(task), [])
            hosts.append(str(_of(result, "host").get_name()))

    @_unless_verbose
    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Show what was meant to be shown of an item."""
        self._handle_warnings(_of(result, "result"))
        self._show(result)

    @_unless_verbose
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Keep it for the end; what nobody wrote for people is shown at once, too, with all that is known."""
        task, its = _of(result, "task"), dict(_of(result, "result"))  # as it is before it is shown
        spoken = rules.speaks_for_itself(task.action, its)
        if spoken:
            self._handle_warnings(_of(result, "result"))
        else:
            super().v2_runner_on_failed(result, ignore_errors)
        if not ignore_errors:
            self._failures.add(_for_whom(result), its, _name_of(task), spoken)
        elif spoken:
            self._say_lines(_for_whom(result), [f"{line} (ignored)" for line in rules.lines_of(its)])

    @_unless_verbose
    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Show an item as its task will be."""
        if not rules.speaks_for_itself(_of(result, "task").action, _of(result, "result")):
            super().v2_runner_item_on_failed(result)

    @_unless_verbose
    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Keep it for the end, once a host."""
        self._handle_warnings(_of(result, "result"))
        its = {**_of(result, "result"), "unreachable": True}
        self._failures.add(_for_whom(result), its, _name_of(_of(result, "task")), False)

    @_unless_verbose
    def v2_on_file_diff(self, result: Any) -> None:
        """Show what differs, below host and task."""
        its, task = _of(result, "result"), _of(result, "task")
        for one in its.get("results", ()) if task.loop else [its]:
            differs = self._get_diff(one["diff"]) if one.get("diff") and one.get("changed") else ""
            if differs:
                self._say(f"  {_of(result, 'host').get_name()}: {_name_of(task)}\n{differs}")

    @_unless_verbose
    def v2_playbook_on_stats(self, stats: Any) -> None:
        """End with seconds and changes, and then with what has failed."""
        self._show_changes()
        counts = [stats.summarize(host) for host in stats.processed]
        changed = sum(each["changed"] for each in counts)
        failed = sum(bool(each["failures"] or each["unreachable"]) for each in counts)
        line = rules.summary(time.monotonic() - self._began, changed - self._changed, failed, not counts)
        self._changed = changed
        self._say(f"  {line}", C.COLOR_ERROR if failed else C.COLOR_OK)
        self._show_failures()

    v2_playbook_on_task_start = _quietly("v2_playbook_on_task_start")
    v2_playbook_on_handler_task_start = _quietly("v2_playbook_on_handler_task_start")
    v2_playbook_on_no_hosts_matched = _quietly("v2_playbook_on_no_hosts_matched")
    v2_playbook_on_no_hosts_remaining = _quietly("v2_playbook_on_no_hosts_remaining")
    v2_playbook_on_include = _quietly("v2_playbook_on_include")
    v2_runner_on_start = _quietly("v2_runner_on_start")
    v2_runner_on_skipped = _quietly("v2_runner_on_skipped")
    v2_runner_item_on_skipped = _quietly("v2_runner_item_on_skipped")
    v2_runner_retry = _quietly("v2_runner_retry")
    v2_runner_on_async_poll = _quietly("v2_runner_on_async_poll")
    v2_runner_on_async_ok = _quietly("v2_runner_on_async_ok")
    v2_runner_on_async_failed = _quietly("v2_runner_on_async_failed")

    def _show(self, result: Any) -> None:
        if rules.is_debug(_of(result, "task").action):
            self._say_lines(_for_whom(result), rules.lines_of(_of(result, "result")))

    def _say_lines(self, host: str, lines: list[str]) -> None:
        for line in rules.with_host(host, lines):
            if rules.is_failure(line):
                self._failures.add_line(host, line)
            else:
                self._say(f"  {line}")

    def _say(self, text: str, colour: str | None = None) -> None:
        self._display.display(text, color=colour)

    def _show_changes(self) -> None:
        for task, hosts in self._changes.items():
            self._say(f"  {rules.would_change(task, hosts)}", C.COLOR_CHANGED)
        self._changes = {}

    def _show_failures(self) -> None:
        for line in self._failures.take():
            self._display.display(line, color=C.COLOR_ERROR, stderr=self.get_option("display_failed_stderr"))
