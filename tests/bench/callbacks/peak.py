# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback for the bench: writes the most memory that ansible-playbook itself has had, in KiB, to $BENCH_PEAK."""

import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: peak
type: aggregate
short_description: peak memory of the control node's process
description: Writes the peak memory of ansible-playbook, without that of its workers, to the file that BENCH_PEAK names.
"""


class CallbackModule(CallbackBase):
    """Listens to a run and changes nothing."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "peak"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_stats(self, stats):
        # not getrusage: what that tells begins with the peak of the process that has started this one
        with open("/proc/self/status", encoding="ascii") as status, open(os.environ["BENCH_PEAK"], "w") as peak:
            peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
