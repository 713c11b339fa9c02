# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a webhook is told of a run: once, for all workstations, and whether anything in it matters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, iso
from ansible_collections.dcass.sftp.plugins.plugin_utils._job_stats import job_stats, plain

SCHEMA = 1  # a field that is added does not count


def body(
    hosts: Collection[str], hostvars: Mapping[str, Mapping[str, Any]], what: str, run_by: str, at: float
) -> dict[str, Any]:
    """Return the object; ``matters`` where something has failed, is outstanding, lost or renewed, or is to be done."""
    found = job_stats(hosts, hostvars, what)
    return {
        "schema": SCHEMA,
        "run": what,
        "time": iso(datetime.fromtimestamp(at, HONG_KONG)),
        "run_by": plain(run_by),
        "matters": any(its["total"] for its in found.values()),
        **found,
    }
