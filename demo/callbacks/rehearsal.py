# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for rehearsals: writes each task's result and the recap to $REHEARSAL_RESULTS, one JSON object a line."""

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rehearsal
type: aggregate
short_description: results of a rehearsal as JSON lines
description: Writes each task's result and the recap to the file that REHEARSAL_RESULTS names.
"""


class CallbackModule(CallbackBase):
    """Listens to a run and changes nothing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "rehearsal"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, **entry):
        with open(os.environ["REHEARSAL_RESULTS"], "a", encoding="utf-8") as results:
            results.write(json.dumps(entry, default=str) + "\n")

    def _result(self, outcome, how):
        result = {key: value for key, value in dict(outcome._result).items() if key != "invocation"}
        task = {"host": outcome._host.name, "task": outcome._task.name, "action": outcome._task.action}
        self._write(**task, how=how, result=result)

    def v2_runner_on_ok(self, result):
        self._result(result, "changed" if result._result.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._result(result, "failed")

    def v2_runner_on_skipped(self, result):
        self._result(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self._result(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        self._write(recap={host: stats.summarize(host) for host in stats.processed})
