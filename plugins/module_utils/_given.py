# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in the place of AnsibleModule where that has checked the options on the control node, and waits there.

It hands the end of a run back; AnsibleModule, over there, forms the result of it, as it does on a host.
"""

from __future__ import annotations

import json
import locale
import os
import sys
import syslog
import traceback
from typing import Any, NoReturn

ENDED = "dcass_ended"  # with it begins the line that is handed back


class GivenModule:
    """The part of AnsibleModule that our modules use, with options that have been checked."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.params: dict[str, Any] = given["params"]
        self.check_mode: bool = given["check_mode"]
        self._diff: bool = given["diff"]
        self._warnings: list[str] = []
        self._asked = {name: list(its) if isinstance(its, list) else its for name, its in self.params.items()}
        _set_locale()
        for name in given["paths"]:
            if self.params.get(name) is not None:  # only here is it known whose home and whose variables are meant
                self.params[name] = os.path.expanduser(os.path.expandvars(self.params[name]))
        _log(given["log"])

    def warn(self, warning: str) -> None:
        """Tell people something beside the result."""
        if warning not in self._warnings:
            self._warnings.append(warning)

    def exit_json(self, **facts: Any) -> NoReturn:
        """Leave with a result."""
        self._leave("exit_json", facts)

    def fail_json(self, msg: str, **facts: Any) -> NoReturn:
        """Leave with a failure."""
        self._leave("fail_json", {"msg": msg, **facts})

    def _leave(self, how: str, facts: dict[str, Any]) -> NoReturn:
        raised = sys.exc_info()[2]
        trace = "".join(traceback.format_tb(raised)) if raised else None
        params = {name: value for name, value in self.params.items() if value != self._asked[name]}
        ended = {ENDED: how, "facts": facts, "warnings": self._warnings, "params": params, "trace": trace}
        sys.stdout.write(f"\n{json.dumps(ended)}\n")
        raise SystemExit(0 if how == "exit_json" else 1)


def _set_locale() -> None:
    """In which the system words its errors; where the environment names one that there is not, none."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        locale.setlocale(locale.LC_ALL, "C")
        os.environ.update(LANG="C", LC_ALL="C", LC_MESSAGES="C")


def _log(said: dict[str, str] | None) -> None:
    """Leave in the log of the host that it was called, as every module does."""
    if said is not None:
        syslog.openlog(said["name"], 0, getattr(syslog, said["facility"], syslog.LOG_USER))
        syslog.syslog(syslog.LOG_INFO, said["text"])
