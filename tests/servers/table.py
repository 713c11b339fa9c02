# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/servers.md anew, from syncs that it runs: `.venv/bin/python -m tests.servers.table`."""

from __future__ import annotations

import datetime
import importlib.metadata
import pathlib
import platform
import tempfile

from tests.servers import reports
from tests.servers.bendings import BEFORE, BENDINGS
from tests.servers.contract import ACCOUNT, Desk, measure
from tests.servers.zoo import FEW, MORE
from tests.unit.sftp_server import Folder

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "servers.md"
HEAD = """\
<!--
Copyright: (c) 2026, the dcass.sftp contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
# Servers that report_sync was run against

`.venv/bin/python -m tests.servers.table` wrote this page on {date}, on
{machine}.

Nobody outside knows which server the exchange runs. These share little code or none. Each one serves {count} reports:
an empty one, one of 9 MB, sizes around those of one read, odd names (spaces, quotes, brackets, umlauts, Chinese, 200
bytes), {dated} dated folders, and many of one size and time that only their content tells apart. They are synced twice,
with one login each, and compared with what is served by SHA-256; `tests/servers/test_contract.py` asks for more.

| server | version | key exchange | cipher | MAC | host key | held, as served | second run | remarks |
|---|---|---|---|---|---|---|---|---|
"""
END = """
The algorithms are what `report_sync` returns as `connection`. A row without them was not run, for the reason that it
gives. `tests/servers` has a file for each server.

## Bent answers

A server of our own bends one answer at a time, as servers were seen to do or might: `tests/servers/bendings.py`. Each
row is a test, which looks at content, codes, logins and a second run as well. A second run fetches nothing now, but for
reports that came shorter than listed, which are read once more; what is refused is outstanding, with its reason.
"Before" is what the same server met at commit 469b54d.

| what is bent | held now | a run ends | refused | before |
|---|---|---|---|---|
{bent}"""


def row(kind, desk):
    """One server's line."""
    if reason := kind.why_not():
        return [kind.name, "–", *["–"] * 6, f"not run: {reason}"]
    with kind(ACCOUNT, desk.public_key) as server:
        server.begin()
        measured = measure(server, desk.workstation(server))
        served = reports.all_kinds(server.account[:4])
        refusals = sorted(filter(None, {server.chokes_on(path) or server.refuses(path) for path in served}))
        remarks = "; ".join(filter(None, [kind.remark, *refusals, *unexplained(server, measured)]))
        agreed = [measured.connection.get(name) or "–" for name in ("kex", "cipher", "mac", "host_key_algorithm")]
        held = f"{measured.right} of {measured.served}"
        return [kind.name, server.version(), *agreed, held, second_run(measured), remarks]


def unexplained(server, measured):
    """What should not be."""
    if measured.errors:
        yield f"**{', '.join(sorted(set(measured.errors)))}**"
    if measured.wrong:
        yield f"**{len(measured.wrong)} with another report's content**"
    missing = [path for path in measured.missing if not server.refuses(path)]
    if missing:
        yield f"**{len(missing)} not fetched**"


def second_run(measured):
    """What it did."""
    again = measured.again
    if again.get("failed"):
        return again["error_code"]
    return f"{len(again['downloaded'])} fetched" if again["changed"] else f"{again['unchanged']} unchanged"


def machine():
    """What the rows depend on, beside the servers."""
    system = platform.freedesktop_os_release()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("paramiko", "cryptography"))
    return f"{system['NAME']} {system['VERSION_ID']} with Python {platform.python_version()}, {versions}"


def page(rows):
    """The whole text."""
    count = len(reports.all_kinds(ACCOUNT[:4]))
    facts = {"date": f"{datetime.date.today()}", "machine": machine(), "count": count, "dated": reports.DATED_FOLDERS}
    return HEAD.format(**facts) + lines(rows) + END.format(bent=lines(map(bent_row, BENDINGS)))


def lines(rows):
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def bent_row(bending):
    """What one bent answer comes to, as its test asserts."""
    entries = [entry for name, entry in bending.entries() if name[:1] != b"."]
    served = sum(len(entry.entries) if isinstance(entry, Folder) else 1 for entry in entries)
    codes = [f"`{code}`" if code else "green" for code in (bending.code, bending.again)]
    ends = codes[0] if codes[0] == codes[1] else f"{codes[0]}, then {codes[1]}"
    refused = ", ".join(f"`{code}`" for code in bending.refused) or "–"
    return [bending.what, f"{bending.held} of {served}", ends, refused, BEFORE[bending.what]]


def main():
    rows = []
    with tempfile.TemporaryDirectory() as place:
        desk = Desk(place)
        for kind in sorted((*FEW, *MORE), key=lambda kind: kind.name.lower()):
            rows.append(row(kind, desk))
            print(" | ".join(rows[-1]), flush=True)
    PAGE.write_text(page(rows))


if __name__ == "__main__":
    main()
