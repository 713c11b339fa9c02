# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync as any module runs; where ``progress`` asks for it, somebody looks on and tells how far it is.

Then whoever watches the account hears of it.
"""

from __future__ import annotations

import contextlib
import copy
import shlex
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import blocked_by
from ansible_collections.dcass.sftp.plugins.plugin_utils._first_look import ActionModule as AnyModule
from ansible_collections.dcass.sftp.plugins.plugin_utils._workstation import places

if TYPE_CHECKING:
    from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Counts
    from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.installed_code import Places
    from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables

_MOST_SECONDS = 86_400  # seconds; no run takes a day
_JOIN_TIMEOUT = 5.0  # seconds that a finished run waits for a look that is under way


class ActionModule(AnyModule):
    """The run itself goes its usual way, asked for progress or not: what is added never touches it or its result."""

    _asks_standby = False

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Any:
        """Run the module; where somebody watches the account, look at it then."""
        self._asks_standby = (task_vars or {}).get("report_sync_turn") == "standby"
        result = self._run(tmp, task_vars)
        if self._task.async_val or self._task.check_mode or not self._is_watched() or blocked_by(result):
            return result
        # imported here: a run that nobody watches shall not wait for it
        from ansible_collections.dcass.sftp.plugins.plugin_utils._reporting import LOOK, look_options, with_look

        options = look_options(self._task.args, datetime.now(timezone.utc).timestamp())
        return with_look(
            result, lambda: self._execute_module(module_name=LOOK, module_args=options, task_vars=task_vars)
        )

    def _where_to_look(self, its: Variables) -> Places:
        """A standby that is asked what it holds need not answer where its archive has nothing new."""
        return places(its, of_archive=self._asks_standby)

    def _is_watched(self) -> bool:
        """Whether metrics or events are wanted, and there is anything to tell: what only listens is on no record."""
        args = self._task.args
        return bool(args.get("metrics_file") or args.get("events_file")) and not boolean(
            args.get("standby"), strict=False
        )

    def _run(self, tmp: None, task_vars: dict[str, Any] | None) -> Any:
        """Run the module; where lines are wanted, look on meanwhile."""
        seconds = self._seconds()
        if not seconds:
            return super().run(tmp, task_vars)
        onlooker, over = self._onlooker(), threading.Event()
        host = (task_vars or {}).get("inventory_hostname", "")
        look = threading.Thread(target=onlooker.look_on, args=(str(host), seconds, over), daemon=True)
        look.start()
        try:
            return super().run(tmp, task_vars)
        finally:
            over.set()
            look.join(_JOIN_TIMEOUT)

    def _seconds(self) -> int:
        """How many seconds are to pass between lines; 0 where none are wanted, or nobody waits for the run."""
        if self._task.no_log or self._task.async_val:
            return 0
        try:
            return min(max(0, int(self._task.args.get("progress") or 0)), _MOST_SECONDS)
        except (TypeError, ValueError, OverflowError):  # the module itself says what is wrong
            return 0

    def _onlooker(self) -> ActionModule:
        """This action over again, which may run commands beside it: a connection remembers the command under way."""
        onlooker = copy.copy(self)
        onlooker._connection = copy.copy(self._connection)
        onlooker._connection.become = copy.copy(self._connection.become)
        return onlooker

    def look_on(self, host: str, seconds: int, over: threading.Event) -> None:
        """Show one line every so many seconds until it is over."""
        # imported here: a run that nobody has asked about shall not wait for it
        from ansible_collections.dcass.sftp.plugins.plugin_utils._pace import Pace

        account = str(self._task.args.get("account", ""))
        pace, path = Pace(), self._path(account)
        pace.ignore(self._counts(path))
        while not over.wait(seconds):
            line = pace.line(self._counts(path))
            if line and not over.is_set():
                self._display.display(f"{host} {account}: {line}")

    def _path(self, account: str) -> str:
        from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import STATE_DIR
        from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import file_name

        folder = str(self._task.args.get("state_dir") or STATE_DIR.default)
        with contextlib.suppress(AnsibleError):
            folder = self._remote_expand_user(folder)
        return str(self._connection._shell.join_path(folder, file_name(account)))

    def _counts(self, path: str) -> Counts | None:
        """What the run tells at this moment; None where it tells nothing yet, or can't be asked."""
        from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import from_text

        with contextlib.suppress(AnsibleError):
            return from_text(self._low_level_execute_command(f"cat {shlex.quote(path)}")["stdout"])
        return None
