# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told after the archives were read: a line a workstation, and below it what is not as it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section, events
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import lost_line

Vars = Mapping[str, Any]
_KINDS = (("damaged", "Damaged"), ("absent", "Gone"), ("unknown", "Not on record"))
_MOST = 10  # paths of each kind; the module's result names a thousand


def verify_lines(
    hosts: Sequence[str], hostvars: Mapping[str, Vars], apart: bool, first_host: str = ""
) -> list[dict[str, Any]]:
    """Return the events for all workstations, those that failed first; ``apart`` makes one or more for each."""
    return events([_section(host, hostvars[host]) for host in hosts], apart, first_host)


def _section(host: str, its: Vars) -> Section:
    row = its.get("proof_row")
    if row is None:
        return Section(host, [lost_line(its, host)], (0,))
    failure = row["failure"]
    said = f"{host} {row['account']}: {failure or _summary(row['found'])}"
    return Section(host, [said, *_details(row["found"])], (0,) if failure else (1,))


def _summary(found: Vars) -> str:
    entries = sum(one["entries"] for one in found["evidence"].values())
    return (
        f"{found['checked']} reports read, all of them as they were fetched; {entries} entries of evidence, all sound."
    )


def _details(found: Vars) -> Iterator[str]:
    for kind, word in _KINDS:
        for one in (found.get(kind) or [])[:_MOST]:
            yield f"    {word}: {one['path']}: {one['reason']}"
        more = (found.get("counts") or {}).get(kind, 0) - _MOST
        if more > 0:
            yield f"    {word}: {more} more."
    for account, one in (found.get("evidence") or {}).items():
        yield from (f"    Evidence of {account}: {fault}" for fault in one["faults"][:_MOST])
