# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""archive_check: is every report still what was recorded, and every piece of evidence still what was written?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._flow.noted import noted
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.findings import (
    ABSENT,
    DAMAGED,
    SOUND,
    UNKNOWN,
    Finding,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path, day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import VERIFY

__all__ = ["VERIFY", "audit_request", "check_archive", "noted"]  # what the module wires

SHOWN = 1000  # paths of each kind in a result; the rest is counted
_HINT = (
    "Keep what is there for study. Restore the named files from a backup; or move a damaged report away, and the next "
    "sync fetches it again while the facility has it."
)


class ArchiveAudit(Protocol):
    """The archive, beside what the manifest says of it."""

    def compare(self, deep: bool, since: date | None) -> Iterator[Finding]: ...
    def unrecorded(self) -> Iterator[Finding]: ...


class Evidence(Protocol):
    """One account's evidence: how many entries there are, and what is wrong with them."""

    def verify(self) -> tuple[int, list[str]]: ...


@dataclass(frozen=True)
class AuditRequest:
    """What is to be looked at; ``account`` None: the evidence of every account on record."""

    account: str | None
    state_dir: str
    dest: str
    deep: bool
    since: date | None
    record: bool
    run_by: str


@dataclass
class _Tally:
    """What has been found so far."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: dict[str, list[Finding]] = field(default_factory=lambda: {DAMAGED: [], ABSENT: [], UNKNOWN: []})

    def take(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        if finding.kind != SOUND and len(self.shown[finding.kind]) < SHOWN:
            self.shown[finding.kind].append(finding)


def audit_request(options: Mapping[str, Any]) -> AuditRequest:
    """Build the request from module options, or raise BadInput."""
    if options["record"] and not options["account"]:
        raise BadInput("record: name the account whose run this is.")
    absolute_path("key_dir", options["key_dir"])
    return AuditRequest(
        account=parse_account(options["account"]).name if options["account"] else None,
        state_dir=absolute_path("state_dir", options["state_dir"]),
        dest=absolute_path("dest", options["dest"]),
        deep=options["deep"],
        since=day("since", options["since"]) if options["since"] else None,
        record=options["record"],
        run_by=options["run_by"],
    )


def check_archive(request: AuditRequest, audit: ArchiveAudit, chains: Mapping[str, Evidence]) -> dict[str, Any]:
    """Compare archive and evidence with their records; where they differ raise ArchiveDamaged with all that was found.

    What the manifest does not know is told, and is no failure.
    """
    tally = _Tally()
    for finding in audit.compare(request.deep, request.since):
        tally.take(finding)
    checked = sum(tally.counts.values())
    for finding in audit.unrecorded():
        tally.take(finding)
    result: dict[str, Any] = {
        "changed": False,
        "checked": checked,
        **{kind: _to_result(found) for kind, found in tally.shown.items()},
        "counts": {kind: tally.counts[kind] for kind in tally.shown},
        "evidence": {account: _verified(evidence) for account, evidence in chains.items()},
    }
    complaints = [*_of_reports(tally), *_of_evidence(result["evidence"])]
    if complaints:
        raise ArchiveDamaged(" ".join(complaints), hint=_HINT, **result)
    return result


def _to_result(found: list[Finding]) -> list[dict[str, str]]:
    return [{"path": one.path, "reason": one.reason} for one in sorted(found, key=lambda one: one.path)]


def _verified(evidence: Evidence) -> dict[str, Any]:
    entries, faults = evidence.verify()
    return {"entries": entries, "faults": faults}


def _of_reports(tally: _Tally) -> Iterator[str]:
    for kind in (DAMAGED, ABSENT):
        if tally.counts[kind]:
            first = min(tally.shown[kind], key=lambda one: one.path)
            yield f"{kind.capitalize()} in the archive: {tally.counts[kind]}, the first is {first.path}. {first.reason}"


def _of_evidence(evidence: Mapping[str, Any]) -> Iterator[str]:
    for account, found in evidence.items():
        if found["faults"]:
            yield f"The evidence of {account} is not as it was written: {found['faults'][0]}"
