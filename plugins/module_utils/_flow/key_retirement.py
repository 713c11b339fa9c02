# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a superseded key: it is destroyed once its last day has really passed (§6.1)."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import KeyFacts, wait_for


def retire(run: RenewalRun, plan_only: bool) -> list[str]:
    """Destroy the keys that have ended, each with a line of evidence; return their versions."""
    ports, now = run.ports, run.ports.clock()
    known = ports.record.known()
    destroyed = []
    for version, fingerprint in ports.files.fingerprints().items():
        facts = known.get(fingerprint)
        if facts is None or not _has_ended(run, facts, plan_only) or not run.request.retire_old:
            continue
        destroyed.append(version)
        run.changed = True
        if not plan_only:
            result = {"fingerprint": fingerprint, "version": version, "last_day": iso(facts.last_day)}
            ports.evidence.add(f"key {fingerprint} destroyed", now, result, {})
            ports.files.destroy(version)
    if not plan_only:
        ports.files.sweep()  # what a run was about to destroy when it was killed
    return destroyed


def _has_ended(run: RenewalRun, facts: KeyFacts, plan_only: bool) -> bool:
    """Say whether a superseded key is past its last day, by the calendar and by the time that has really passed (§6.1).

    A compromised one does not wait: the exchange has removed it.
    """
    now, uptime, wait = run.ports.clock(), run.ports.uptime(), facts.wait
    if facts.last_day is None:
        return False
    if uptime and not facts.compromised:
        wait = wait.at(uptime) if wait else wait_for(facts.last_day, now, uptime)
        if not plan_only and (facts.wait is None or wait.left != facts.wait.left):
            run.ports.record.waits(facts.fingerprint, wait)
    return facts.last_day < now.date() and (facts.compromised or wait is None or wait.is_over)
