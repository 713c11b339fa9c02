# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info as any module runs; after a login, or a strange host key, whoever watches the account hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import STRANGE_HOST_KEYS
from ansible_collections.dcass.sftp.plugins.plugin_utils._reporting import LOOK, look_options, with_look
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.action import ActionModule as AnyModule


class ActionModule(AnyModule):
    """The run itself goes its usual way; what is added never touches it or its result."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> Any:
        """Run the module; where somebody watches the account, look at it then."""
        result = super().run(tmp, task_vars)
        is_on_record = boolean(self._task.args.get("login"), strict=False) or _has_strange_host_key(result)
        options = look_options(self._task.args, datetime.now(timezone.utc).timestamp()) if is_on_record else {}
        if not options or self._task.async_val or self._task.check_mode:
            return result
        return with_look(
            result, lambda: self._execute_module(module_name=LOOK, module_args=options, task_vars=task_vars)
        )


def _has_strange_host_key(result: Mapping[str, Any]) -> bool:
    """Whether an address showed one that the module has noted."""
    return any(seen.get("error_code") in STRANGE_HOST_KEYS for seen in result.get("addresses") or ())
