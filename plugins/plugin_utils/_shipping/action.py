# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action that runs a module by the code that lies on the host; where that can't be, the module goes there as ever.

Only what is sent differs. The module, the check of its options and the form of its result are Ansible's own, so the
results are the same.
"""

from __future__ import annotations

import json
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as AnyModule
from ansible.utils.display import Display

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import checked
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code as code
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.sudo import refusal, said_by_sudo, why_not

VARIABLE = "dcass_installed_code"
_OURS = "dcass.sftp."


class ActionModule(AnyModule):
    """Runs the module of its name.

    Where ``_places`` are to be looked at first, and what is there wants something else, or can't be looked at, the
    result is ``ASK`` or ``IDLE`` alone, and the module has not been run.
    """

    _interpreter = ""  # by which the code on the host is run; empty where the module is sent
    _checked: checked.Checked | None = None  # the module that runs on the host, where its options are checked here
    _places: code.Places | None = None  # at which is to be looked before the module is run

    def _execute_module(self, module_name: str | None = None, *arguments: Any, **more: Any) -> Any:
        """Run it; where sudo is in the way, the result says which line of sudoers is missing."""
        task_vars = more.get("task_vars") or {}
        try:
            result = self._begin_module(module_name, *arguments, **more)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            refused = self._refused(str(error), task_vars)
            if refused:
                return refused
            raise
        return self._refused(_unbegun(result), task_vars) or result

    def _refused(self, said: str, task_vars: dict[str, Any]) -> dict[str, Any] | None:
        """Say that sudo let nobody in; None where what was said is not about that."""
        if not said:
            return None
        if self._places and why_not(said)[0]:
            return {code.ASK: None}  # perhaps it is not rolled out, and has nobody to become
        user = self.get_become_option("become_user") or "root"
        service_user = self._templar.template(task_vars.get("dcass_service_user", "dcass"))
        return refusal(said, self._get_remote_user() or "LOGIN", user, service_user)

    def _begin_module(self, module_name: str | None, *arguments: Any, **more: Any) -> Any:
        task_vars = more.get("task_vars") or {}
        reason, has_looked = self._why_not(more.get("wrap_async", False), task_vars), not self._places
        if not reason:
            result = super()._execute_module(module_name, *arguments, **more)
            self._interpreter, self._checked = "", None
            reason, has_looked = _why_again(result), has_looked or code.ABSENT in result
            if not reason:
                return result
        if not has_looked:
            return {code.ASK: None}
        Display().vvv(f"The module is sent to the host: {reason}.", host=task_vars.get("inventory_hostname"))
        return super()._execute_module(module_name, *arguments, **more)

    def _why_not(self, wrap_async: bool, task_vars: dict[str, Any]) -> str:
        """Say why the code on the host can't be used, half a sentence; empty where it may be tried."""
        if not boolean(self._templar.template(task_vars.get(VARIABLE, True)), strict=False):
            return f"{VARIABLE} is off"
        if wrap_async or self._task.async_val:
            return "it is to run asynchronously"
        if constants.DEFAULT_KEEP_REMOTE_FILES:
            return "remote files are to be kept"
        become = self._connection.become
        if not self._connection.has_pipelining or (become is not None and not _can_be_piped(become)):
            return "the options could not go by standard input"
        delegated = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        interpreter = self._templar.template(delegated.get("ansible_python_interpreter", ""))
        if not str(interpreter).startswith("/"):
            return "no ansible_python_interpreter says where the libraries lie"
        self._interpreter = str(interpreter)
        return ""

    def _is_pipelining_enabled(self, module_style: str, wrap_async: bool = False) -> bool:
        return bool(self._interpreter) or super()._is_pipelining_enabled(module_style, wrap_async)

    def _configure_module(self, module_name: str, module_args: dict[str, Any], task_vars: Any) -> Any:
        if not self._interpreter:
            return super()._configure_module(module_name, module_args, task_vars)
        name = module_name.removeprefix(_OURS)
        Display().vvv(f"The module {name} is run by the code that lies on the host.")
        module, options = f"{code.COLLECTION}.modules.{name}", _encoded(module_args)
        self._checked = checked.check(name, options)
        if self._checked:
            script = code.checked_launcher(self._interpreter, module, json.dumps(self._checked.given()), self._places)
        else:
            script = code.launcher(self._interpreter, module, options, self._places)
        return _built(script, f"#!{self._interpreter}", name)

    def _parse_returned_data(self, res: dict[str, Any], *profile: Any) -> Any:
        ended = code.ended(res["stdout"]) if self._checked else None
        if ended and self._checked:
            res = {**res, "stdout": self._checked.result(ended)}
        return super()._parse_returned_data(res, *profile)


def _can_be_piped(become: Any) -> bool:
    return bool(getattr(become, "pipelining", become.name != "su"))


def _unbegun(result: Any) -> str:
    """Return what was said where a module should have begun; empty where one has."""
    if "module_stdout" not in result or code.BEGAN in result["module_stdout"]:
        return ""
    return said_by_sudo(result.get("rc"), result["module_stdout"], result.get("module_stderr"))


def _why_again(result: Any) -> str:
    """Say why the module has to be sent after all, half a sentence; once it has begun there is no reason."""
    if code.ABSENT in result:
        return "the host lacks this version's code, which a rollout lays there"
    if "module_stdout" in result and code.BEGAN not in result["module_stdout"]:
        return "the code on the host could not be begun"
    return ""


def _encoded(module_args: dict[str, Any]) -> bytes:
    """What Ansible would hand to the module."""
    params = {"ANSIBLE_MODULE_ARGS": module_args}
    try:
        from ansible.module_utils.common.json import Direction, get_module_encoder
    except ImportError:  # before ansible-core 2.19
        from ansible.module_utils.common.json import AnsibleJSONEncoder

        return json.dumps(params, cls=AnsibleJSONEncoder, vault_to_text=True).encode()
    return json.dumps(params, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)).encode()


def _built(script: bytes, shebang: str, path: str) -> Any:
    """What an action makes of a module before it is run, in the form that this ansible-core has for it."""
    try:
        from ansible.executor.module_common import _BuiltModule
    except ImportError:  # before ansible-core 2.19
        return "new", shebang, script, path
    built = _BuiltModule(b_module_data=script, module_style="new", shebang=shebang, serialization_profile="legacy")
    return built, path
