# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks a workstation's shell where a launcher could not: who the module runs as, else whoever logs in."""

from __future__ import annotations

import pytest

try:
    from ansible.errors import AnsibleError

    from ansible_collections.dcass.sftp.plugins.plugin_utils._first_look import ActionModule
except ImportError:
    ActionModule = object
pytestmark = pytest.mark.skipif(ActionModule is object, reason="ansible-core is in the checkout's .venv alone")
NOBODY = {"rc": 1, "stdout": "", "stderr": "sudo: unknown user dcass"}
SITE = {"rc": 0, "stdout": "dcass-ready", "stderr": ""}


class Asked(ActionModule):
    """An action whose workstation gives these answers, one after the other."""

    def __init__(self, *answers):
        self.answers, self.by_sudo = list(answers), []

    def _low_level_execute_command(self, cmd, sudoable=True, **how):
        self.by_sudo.append(sudoable)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_who_the_module_runs_as_sees_most():
    asked = Asked(SITE)
    assert (asked._ask("true"), asked.by_sudo) == (SITE, [True])


def test_where_that_is_nobody_yet_whoever_logs_in_answers():
    for refusal in (NOBODY, AnsibleError("Missing sudo password")):
        asked = Asked(refusal, SITE)
        assert (asked._ask("true"), asked.by_sudo) == (SITE, [True, False])
