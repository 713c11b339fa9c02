# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look at a workstation: a question to its shell, or a part of the command that runs a module on it."""

from __future__ import annotations

import contextlib
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.dcass.sftp.plugins.plugin_utils import _workstation as rules
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import FOUND, about, gone, is_unreachable
from ansible_collections.dcass.sftp.plugins.plugin_utils._options import at_site
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code as code
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.action import ActionModule as AnyModule
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import LOOKS, Variables


def ask(action: ActionBase, question: str, **how: Any) -> dict[str, Any]:
    """Return what the shell says, which needs no Python; one that can't be reached says that it is unreachable."""
    try:
        said = action._low_level_execute_command(question, executable="/bin/sh", **how)
    except AnsibleConnectionFailure as error:
        return gone(str(error))
    failed = {"failed": True, "msg": "The workstation did not answer the first question."} if said["rc"] else {}
    return {**{key: said[key] for key in ("rc", "stdout", "stderr")}, **failed}


class ActionModule(AnyModule):
    """Runs the module of its name; a task that has ``dcass_looks`` looks first whether what was presumed is so.

    Where that is not so, or can't be seen, the workstation is asked, and the module is run as its answer wants it.
    """

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Any:
        """Return the module's result; ``workstation`` of it is what was found otherwise than presumed."""
        variables = task_vars or {}
        if not (variables.get(LOOKS) and about(variables).get("presumed")):
            return super().run(tmp, task_vars)
        its = Variables(variables, self._templar.template)
        self._places = self._where_to_look(its)
        try:
            result = super().run(tmp, task_vars)
        except AnsibleConnectionFailure as error:
            return _blocked(self._found(its, gone(str(error))))
        finally:
            self._places = None
        if code.IDLE in result:
            return {**_skipped("Nothing has come into its archive of late."), FOUND: {"has_recent": False}}
        if code.ASK not in result:
            return result
        return self._run_asked(its, result[code.ASK] or self._ask(rules.question(its)), tmp, task_vars)

    def _where_to_look(self, its: Variables) -> code.Places:
        return rules.places(its)

    def _ask(self, question: str) -> dict[str, Any]:
        """Ask as the module is run, since who that is sees most; where that can't be, as whoever logs in."""
        with contextlib.suppress(AnsibleError):
            said = ask(self, question)
            if not said.get("rc"):
                return said
        return ask(self, question, sudoable=False)

    def _run_asked(
        self, its: Variables, said: dict[str, Any], tmp: None, task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Run the module as the workstation's answer wants it, unless that is in the way."""
        found = self._found(its, said)
        if found["blocked"]:
            return _blocked(found)
        self._task.args = at_site(its, self._task.args, found["site"])
        return {**super().run(tmp, task_vars), FOUND: found}

    def _found(self, its: Variables, said: dict[str, Any]) -> dict[str, Any]:
        return {**said, **rules.answer(its, its["inventory_hostname"], said, self._task.check_mode)}


def _blocked(found: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a module that was not run."""
    how = gone(found["msg"]) if is_unreachable(found) else _skipped(found["blocked"]["msg"])
    return {"changed": False, **how, FOUND: found}


def _skipped(why: str) -> dict[str, Any]:
    return {"changed": False, "skipped": True, "skip_reason": why}
