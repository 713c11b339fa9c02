# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that are started together share the account's logins."""

from concurrent.futures import ThreadPoolExecutor

from demo.rehearsal import Rehearsal
from emulator.client import Emulator

RUNS = 5
LEDGER = 2  # logins that the milestone has spent


def test_runs_started_together_never_reach_the_lock(stage: Rehearsal, synced: object, facility: Emulator) -> None:
    before = len(facility.control.events(account="CXYZ002", event="login"))
    # A person's own login, one at most, is in no ledger: what it took is taken off the budget.
    budget = f"--extra-vars=dcass_login_budget={LEDGER + 4 - before}"
    with ThreadPoolExecutor(RUNS) as runs:
        started = [
            runs.submit(stage.play, "dcass.sftp.sync_reports", "--limit=cxyz-ws2", budget, log=f"together_{number}")
            for number in range(RUNS)
        ]
    results = [run.result().of("report_sync")["cxyz-ws2"] for run in started]
    outcomes = [result.get("error_code") or result["outcome"] for result in results]
    seen = facility.control.events(account="CXYZ002", event="login")
    assert set(outcomes) <= {"synced", "busy", "login_budget_spent"}
    assert "synced" in outcomes
    assert len(seen) - before == outcomes.count("synced")
    assert len(seen) <= 4
    assert facility.control.violations() == []
