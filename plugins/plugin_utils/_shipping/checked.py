# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module whose options AnsibleModule checks on the control node, and of whose end it forms the result there.

So what is checked and formed is what the ansible-core of this control node would check and form on a host, and a host
need not import AnsibleModule, which takes as long as all else that a short run imports.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
from typing import Any

from ansible.module_utils import basic

from ansible_collections.dcass.sftp.plugins.module_utils._given import ENDED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.specs import BY_MODULE

_PROFILE = "legacy"


class _Module(basic.AnsibleModule):
    """Touches nothing of the control node; what it would log is for the host's log."""

    logged = ""

    def log(self, msg: Any, log_args: Any = None) -> None:
        text = " ".join(part for part in (self._target_log_info, msg) if part)
        self.logged = _masked(text, self)

    def _check_locale(self) -> None: ...

    def _set_cwd(self) -> None: ...


class Checked:
    """A module that may be run: its options are what they must be."""

    def __init__(self, name: str, module: _Module, paths: list[str]) -> None:
        self._name, self._module, self._paths = name, module, paths

    def given(self) -> dict[str, Any]:
        """Return what the host needs of it."""
        module = self._module
        log = {"name": f"ansible-{module._name}", "facility": module._syslog_facility, "text": module.logged}
        return {
            "params": module.params,
            "paths": self._paths,
            "check_mode": module.check_mode,
            "diff": module._diff,
            "log": None if module.no_log else log,
        }

    def result(self, ended: dict[str, Any]) -> str:
        """Return what a module of that end would have printed."""
        module, facts, how = self._module, ended["facts"], ended[ENDED]
        module.params.update(ended["params"])  # paths that were expanded, and what a module has cut
        end = getattr(module, how)
        if ended["trace"] and how == "fail_json" and module._verbosity >= 3 and not _takes_exceptions(end):
            facts.setdefault("exception", ended["trace"])
        result = json.loads(_printed(end, facts))
        if ended["warnings"]:
            result["warnings"] = [_masked(warning, module) for warning in ended["warnings"]]
        return json.dumps(result)


def check(name: str, encoded: bytes) -> Checked | None:
    """Return the module with its options, as they are encoded for it; None where they are left for the host to judge.

    That is so where they are wrong, so that the same words say so as ever, and for modules that nobody waits for.
    """
    if name not in BY_MODULE:
        return None
    spec = {option: {**its, "type": "str"} if its["type"] == "path" else its for option, its in BY_MODULE[name].items()}
    basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = encoded, _PROFILE
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            module = _Module(argument_spec=spec, supports_check_mode=True)
        except SystemExit:
            return None
    return Checked(name, module, [option for option, its in BY_MODULE[name].items() if its["type"] == "path"])


def _masked(text: str, module: _Module) -> str:
    """Return the text without what may not be logged, as the ansible-core of this control node leaves it out."""
    try:
        from ansible.module_utils.secrets import mask_secrets  # since 2.22
    except ImportError:
        from ansible.module_utils.common.parameters import remove_values

        return str(remove_values(text, module.no_log_values))
    return str(mask_secrets(text))


def _takes_exceptions(fail_json: Any) -> bool:
    """Since ansible-core 2.19 it decides by itself whether it tells where something was raised."""
    return "exception" in inspect.signature(fail_json).parameters


def _printed(end: Any, facts: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.suppress(SystemExit):
        end(**facts)
    return printed.getvalue()
