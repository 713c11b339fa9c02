# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_renewal as any module runs; then whoever watches the account hears of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import blocked_by
from ansible_collections.dcass.sftp.plugins.plugin_utils._first_look import ActionModule as AnyModule
from ansible_collections.dcass.sftp.plugins.plugin_utils._reporting import LOOK, look_options, with_look


class ActionModule(AnyModule):
    """The run itself goes its usual way; what is added never touches it or its result."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Any:
        """Run the module; where somebody watches the account, look at it then."""
        result = super().run(tmp, task_vars)
        options = look_options(self._task.args, datetime.now(timezone.utc).timestamp())
        if not options or self._task.async_val or self._task.check_mode or blocked_by(result):
            return result
        return with_look(
            result, lambda: self._execute_module(module_name=LOOK, module_args=options, task_vars=task_vars)
        )
