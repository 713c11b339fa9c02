# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_export: all that is on record of an account for some days, as one file that can be verified elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import QUARANTINED, Entry, parse
from ansible_collections.dcass.sftp.plugins.module_utils._rules.export import (
    CHAIN,
    FORMAT,
    MANIFEST,
    REGISTRATIONS,
    REPORTS,
    SCRIPT,
    SEAL,
    SUMS,
    SWITCHES,
    Contents,
    Period,
    Row,
    Sealed,
    as_csv,
    as_sums,
    chain_rows,
    manifest,
    registration_rows,
    seal,
    switch_rows,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import PACKAGE_ENDING
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path, day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private_inside
from ansible_collections.dcass.sftp.plugins.module_utils._rules.version import VERSION

_LONGEST = 500  # characters of a name

Pack = Callable[[str, Iterable[bytes]], Sealed]


class Records(Protocol):
    """The rows that are on record of an account."""

    @property
    def environment(self) -> str | None: ...
    def snapshot(self) -> AbstractContextManager[None]: ...
    def tables(self) -> Mapping[str, tuple[str, ...]]: ...
    def rows(self, file: str, period: Period) -> Iterator[Row]: ...
    def hashes(self, period: Period) -> Iterator[tuple[str, str]]: ...


class Evidence(Protocol):
    """The account's evidence."""

    def files(self) -> Iterator[tuple[str, bytes]]: ...
    def recorded(self) -> Mapping[int, str]: ...
    def verify(self) -> tuple[int, list[str]]: ...


class ExportFile(Protocol):
    """Where the export is written."""

    @property
    def path(self) -> str: ...
    def write(self, fill: Callable[[Pack], None], plan_only: bool) -> tuple[bool, str, int]: ...


@dataclass(frozen=True)
class ExportRequest:
    """Whose records of which days, and who asks for them."""

    account: Account
    state_dir: str
    dest: str
    period: Period
    run_by: str

    @property
    def name(self) -> str:
        """The name of the file."""
        return f"{self.account}-{self.period.name}{PACKAGE_ENDING}"


@dataclass(frozen=True)
class ExportPorts:
    """What is exported, and how it is written: records, evidence, the record of switches, the script that verifies."""

    records: Records
    evidence: Evidence
    switches: str
    script: bytes
    file: ExportFile


def export_request(options: Mapping[str, Any], today: date) -> ExportRequest:
    """Build the request from module options, or raise BadInput or BadAccount."""
    since = day("since", options["since"]) if options["since"] else None
    until = day("until", options["until"]) if options["until"] else today
    if since and since > until:
        raise BadInput(f"since is {since}, and until is {until}: no day is between them.")
    return ExportRequest(
        account=parse_account(options["account"]),
        state_dir=absolute_path("state_dir", options["state_dir"]),
        dest=absolute_path("dest", options["dest"]),
        period=Period(since, until),
        run_by=foreign.line(options["run_by"], _LONGEST),
    )


def export_account(request: ExportRequest, ports: ExportPorts, today: date, plan_only: bool) -> dict[str, Any]:
    """Write the export, or with ``plan_only`` find out what would be in it; nothing in it is secret."""
    contents, head = Contents(), _Head()

    def fill(pack: Pack) -> None:
        with ports.records.snapshot():
            _pack_records(request.period, ports, contents, pack)
            _pack_evidence(request.period, ports.evidence, contents, head, pack)
        _pack_switches(request.period, ports.switches, contents, pack)
        contents.files[SCRIPT] = pack(SCRIPT, [ports.script])
        sealed = manifest(_facts(request, ports.records.environment, head, today), contents)
        pack(MANIFEST, [sealed])
        pack(SEAL, [seal(sealed)])

    changed, digest, size = ports.file.write(fill, plan_only)
    _entries, faults = ports.evidence.verify()
    return {
        "changed": changed,
        "path": ports.file.path,
        "sha256": digest,
        "size": size,
        "since": iso(request.period.since),
        "until": iso(request.period.until),
        "counts": {name.rpartition(".")[0]: count for name, count in contents.counts.items()},
        "evidence": {"entries": head.entries, "head": head.digest, "faults": faults},
        "left_out": contents.left_out,
        "warnings": [f"The evidence of {request.account} is not as it was written: {faults[0]}"] if faults else [],
    }


@dataclass
class _Head:
    """How far the chain of evidence goes."""

    entries: int = 0
    digest: str | None = None


def _facts(request: ExportRequest, environment: str | None, head: _Head, today: date) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "account": request.account.name,
        "environment": environment,
        "since": iso(request.period.since),
        "until": iso(request.period.until),
        "made_on": iso(today),
        "run_by": request.run_by,
        "version": VERSION,
        "evidence": {"entries": head.entries, "head": head.digest},
    }


def _pack_table(name: str, columns: Sequence[str], rows: Iterable[Row], contents: Contents, pack: Pack) -> None:
    paths = 1 if name == REPORTS else 0
    contents.files[name] = pack(name, as_csv(columns, contents.counted(name, rows), paths))


def _pack_records(period: Period, ports: ExportPorts, contents: Contents, pack: Pack) -> None:
    for name, columns in ports.records.tables().items():
        _pack_table(name, columns, ports.records.rows(name, period), contents, pack)
    contents.files[SUMS] = pack(SUMS, as_sums(ports.records.hashes(period)))


def _pack_evidence(period: Period, evidence: Evidence, contents: Contents, head: _Head, pack: Pack) -> None:
    """Pack the whole chain, also of days before: a part of it proves nothing."""
    entries: list[tuple[Entry, bytes]] = []
    for name, data in evidence.files():
        path = f"evidence/{name}"
        if name.endswith(QUARANTINED):
            contents.left_out.append(path)
            continue
        refuse_private_inside(path, data)
        contents.files[path] = pack(path, [data])
        entry = parse(data) if "/" not in name else None
        entries += [(entry, data)] if entry else []
    rows = list(chain_rows(entries, evidence.recorded()))
    head.entries, head.digest = len(rows), str(rows[-1][3]) if rows else None
    _pack_table("evidence.csv", CHAIN, rows, contents, pack)
    registrations = registration_rows((entry for entry, _data in entries), period)
    _pack_table("registrations.csv", REGISTRATIONS, registrations, contents, pack)


def _pack_switches(period: Period, record: str, contents: Contents, pack: Pack) -> None:
    refuse_private_inside("switches.csv", record.encode("utf-8", "replace"))
    _pack_table("switches.csv", SWITCHES, switch_rows(record, period), contents, pack)
