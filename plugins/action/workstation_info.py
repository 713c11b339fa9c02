# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""workstation_info: one question by the shell, where a module would cost each run of each host a third of a second."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

# not where they are used: Ansible loads an action before it branches off a worker for each host
from ansible_collections.dcass.sftp.plugins.plugin_utils import _workstation as rules
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import gone
from ansible_collections.dcass.sftp.plugins.plugin_utils._first_look import ask
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.sudo import refusal, said_by_sudo
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables


class ActionModule(ActionBase):
    """Asks the workstation; where a sync would find the facility closed, nobody is asked."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _VALID_ARGS = frozenset(("before_sync", "presume", "sudo"))

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what follows from what it says."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        host, its = variables["inventory_hostname"], Variables(variables, self._templar.template)
        if "dcass_wrong" in variables:
            return {"changed": False, **rules.passed_over(its)}
        if boolean(self._task.args.get("sudo", False)):
            return {"changed": False, "blocked": self._ask_sudo(its)}
        who = rules.who_is_who(its, host, variables["groups"])
        before_sync = boolean(self._task.args.get("before_sync", False))
        closed = rules.closed(its, datetime.now(timezone.utc)) if before_sync else None
        if closed:
            return {"changed": False, **who, **rules.unasked(its, closed)}
        if boolean(self._task.args.get("presume", False)) and not self._task.check_mode:
            return {"changed": False, **who, **rules.presumed(its)}
        said = ask(self, rules.question(its))
        return {"changed": False, **said, **who, **rules.answer(its, host, said, self._task.check_mode)}

    def _ask_sudo(self, its: Variables) -> dict[str, Any]:
        """Become whom the task is to become, for nothing; what is in the way, and which line of sudoers is missing."""
        try:
            said = self._low_level_execute_command("true", executable="/bin/sh")
        except AnsibleConnectionFailure as error:
            return gone(str(error))
        except AnsibleError as error:
            said = {"rc": 1, "stderr": str(error)}
        if not said["rc"]:
            return {}
        words = said_by_sudo(said["rc"], said.get("stdout"), said["stderr"])
        user = self.get_become_option("become_user") or "root"
        refused = refusal(words, self._get_remote_user() or "LOGIN", user, its["dcass_service_user"])
        return refused or {"failed": True, "msg": f"Nothing can be run as {user} there: {words.strip()[-200:]}"}
