# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a damaged disk, or a hand in it, can leave: the state, its rows, evidence, markers, records, counts, clocks."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker
from ansible_collections.dcass.sftp.plugins.module_utils._io.package_file import read_folder
from ansible_collections.dcass.sftp.plugins.module_utils._rules import digest, evidence, guide, limits
from ansible_collections.dcass.sftp.plugins.module_utils._rules.account_status import rebuild_steps
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Counts, from_text, to_text
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import (
    last_business_day,
    opens_on,
    renewal_due,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import validity, wait_for
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import events
from ansible_collections.dcass.sftp.plugins.plugin_utils._pace import Pace
from ansible_collections.dcass.sftp.plugins.plugin_utils._site_record import site_record
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row, page
from tests.fuzz.reading import Reader, text_of
from tests.fuzz.target import ACCOUNT, NOW, Target, noise
from tests.fuzz.workstation import workstation

VALUES = (
    "NULL",
    "''",
    "'x'",
    "-1",
    "1.5",
    "9e999",
    str(2**62),
    str(2**63 - 1),
    str(-(2**63)),
    "x'00ff'",
    "CAST(x'c3' AS TEXT)",
    "'a' || char(0) || 'b'",
    "'2019-02-28'",
    "'0001-01-01'",
    "'9999-12-31'",
    "'2030-01-01T00:00:00+00:00'",
    "'2026-11-20T18:00:00'",
    "'2026-11-20T17:59:00+08:00'",
    "'2099-12-31T23:59:59-14:00'",
    "'[1, null]'",
    "'['",
    "'../../x'",
    "zeroblob(70000)",
    "printf('%.*c', 5000, '[')",
)
COUNTS = Counts("1790000000", 2.5, 1.0, 3, 4_000_000, 650, 386_000_000)
SITE = 'dcass-site secondary 2026-11-23T10:00:00+08:00 {"who": "Chan", "why": "drill"}'


def state_bytes(data: bytes) -> None:
    here = workstation()
    with here.damaged(here.state_file, data):
        here.read()


def state_samples() -> Sequence[bytes]:
    here = workstation()
    return [here.files[here.state_file]]


def state_patch(data: bytes) -> None:
    """Change a few bytes in their places: of a whole file that is bent little is left that is a database."""
    reader, here = Reader(data), workstation()
    content = bytearray(here.files[here.state_file])
    for _patch in range(1 + reader.below(6)):
        at = reader.below(120 if reader.one_in(3) else len(content))
        patch = reader.piece(6) or b"\xff"
        content[at : at + len(patch)] = patch
    with here.damaged(here.state_file, bytes(content)):
        here.read()


def state_rows(data: bytes) -> None:
    reader, here = Reader(data), workstation()
    with here.damaged(here.state_file, here.files[here.state_file]):
        with contextlib.closing(sqlite3.connect(here.state_file)) as db:
            db.execute("PRAGMA synchronous = OFF")
            for _edit in range(1 + reader.below(3)):
                with contextlib.suppress(sqlite3.IntegrityError, sqlite3.OperationalError), db:
                    db.execute(_edit_of(reader, db))
        here.read()


def _edit_of(reader: Reader, db: sqlite3.Connection) -> str:
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    table = reader.choice(tables)
    columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    column, value = reader.choice(columns), reader.choice(VALUES)
    if reader.one_in(12):
        return reader.choice(
            (
                f"DELETE FROM {table}",
                f"DROP TABLE {table}",
                f"ALTER TABLE {table} RENAME COLUMN {column} TO x",
                f"PRAGMA user_version = {reader.below(12) - 2}",
                f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            )
        )
    return f"UPDATE {table} SET {column} = {value}"


def evidence_file(data: bytes) -> None:
    """One of the files below the folder of evidence holds something else."""
    reader, here = Reader(data), workstation()
    paths = sorted(path for path in here.files if "evidence" in path.parts)
    path, names = reader.choice(paths), len(paths)
    with here.damaged(path, reader.rest()):
        here.read()
    assert names == 4


def evidence_samples() -> Sequence[bytes]:
    here = workstation()
    paths = sorted(path for path in here.files if "evidence" in path.parts)
    return [bytes([number]) + here.files[path] for number, path in enumerate(paths)]


def entry(data: bytes) -> None:
    """An entry by itself, and a chain of it and a sound one."""
    found = evidence.parse(data)
    assert found is None or found.data() == data
    sound = evidence.next_entry({}, {}, ACCOUNT.name, "x", "now", {}, {})
    kept = {1: sound.data(), 2: data}
    files = {number: evidence.Found(one, {"a": "b"}) for number, one in kept.items()}
    assert all(evidence.verify(ACCOUNT.name, files, [text_of(data[:9])], {1: digest.sha256(kept[1])}))
    if found:
        facts = {"facts": dict(found.facts), "number": found.number}
        assert rebuild_steps("x", [facts], []) and json.dumps(facts)


def entries() -> Sequence[bytes]:
    first = evidence.next_entry(
        {}, {}, ACCOUNT.name, "renewal 1", "2026-11-20", {"uploads": 1, "a": [None]}, {"x": b""}
    )
    return [first.data(), evidence.next_entry({1: first.data()}, {}, ACCOUNT.name, "y", "z", {}, {}).data()]


def marker(data: bytes) -> None:
    here = workstation()
    with here.damaged(here.marker_file, data):
        mark = Marker(str(here.state_dir), ACCOUNT.name, "this machine").read()
        assert mark is not None and 0 <= mark.attempt < 2**62
        here.log_in()


def progress(data: bytes) -> None:
    counts = from_text(text_of(data))
    if counts is not None:
        assert from_text(to_text(counts)) == counts
    pace = Pace()
    pace.line(COUNTS)
    assert isinstance(pace.line(counts), (str, type(None)))
    Pace().line(counts)


def switch(data: bytes) -> None:
    found = site_record(text_of(data))
    assert found == {} or json.dumps(found).encode("utf-8")
    row = Row("ws1", "cp_cxyz", "CXYZ001", None, found or None, "primary", text_of(data[:40]))
    told = events(page([row]), apart=False)
    assert all("\n" not in line for event in told for line in event["lines"])


def clocks(data: bytes) -> None:
    """Attempts as a state may hold them, by clocks that were set in any way."""
    reader = Reader(data)
    attempts = [
        limits.Attempt(_moment(reader), _moment(reader) if reader.one_in(2) else None, _up(reader), _up(reader))
        for _attempt in range(reader.below(7))
    ]
    now, up = _moment(reader), _up(reader)
    limit = reader.choice((guide.LOGINS, guide.UPLOADS, guide.UPLOADS_A_DAY))
    righted = [attempt.righted(now, up) for attempt in attempts]
    for some in (attempts, righted):
        left = limits.allowance(limit, 4, some, now, 1 + reader.below(5), up)
        assert 0 <= left.left <= 4 and (left.retry_at is None or left.retry_at > now)
    if up:
        wait = wait_for(now.date(), _moment(reader), up)
        wait.at(_up(reader) or up)


def _moment(reader: Reader) -> datetime:
    first = datetime(2000, 1, 1, tzinfo=NOW.tzinfo)
    return reader.choice((NOW, NOW - timedelta(minutes=3), first + timedelta(seconds=reader.below(3_155_000_000))))


def _up(reader: Reader) -> limits.Uptime | None:
    seconds = reader.choice((0.0, 100.0, -5e9, 9.9e9, reader.below(100_000) / 3))
    return limits.Uptime(reader.choice((None, "a", "b")), seconds) if reader.below(4) else None


def due(data: bytes) -> None:
    """Days of keys as a state may hold them."""
    reader = Reader(data)
    made, registered, today = (_moment(reader).date() for _day in range(3))
    span = validity(made if reader.one_in(2) else None, registered)
    if span:
        last = last_business_day(Calendar(), span.last_day, today)
        assert renewal_due(span, reader.below(731), reader.choice((None, made)), None, today, last).reason
        opens_on(span, reader.below(731))


def package_folder(data: bytes) -> None:
    """A folder that somebody brings, of files with any names and any content."""
    reader, folder = Reader(data), workstation().root / "brought"
    folder.mkdir(exist_ok=True)
    written: list[pathlib.Path] = []
    try:
        for _file in range(1 + reader.below(3)):
            name = reader.piece(5).replace(b"/", b"").replace(b"\0", b"") + reader.choice((b".pub", b".fpt", b"x"))
            written.append(folder / name.decode("utf-8", "surrogateescape"))
            written[-1].write_bytes(reader.piece(300))
        keys, fingerprints = read_folder(str(folder))
        assert len(keys) + len(fingerprints) <= len(written)
    finally:
        for path in written:
            path.unlink(missing_ok=True)


def text_samples(*texts: str) -> Any:
    return lambda: [text.encode() for text in texts]


TARGETS = (
    Target("the state's bytes", state_bytes, state_samples, share=2, examples=60),
    Target("the state, patched", state_patch, noise, share=3, examples=60),
    Target("the state's rows", state_rows, noise, share=4, examples=60),
    Target("files of evidence", evidence_file, evidence_samples, share=2, examples=60),
    Target("entries of evidence", entry, entries),
    Target("markers", marker, text_samples('{"attempt": 2, "machine": "this machine"}', '{"attempt": 1}'), examples=60),
    Target("files of progress", progress, text_samples(to_text(COUNTS), to_text(Counts("x", 1.0)))),
    Target("records of a switch", switch, text_samples(SITE, f"{SITE}\n{SITE}", "dcass-site primary x {}")),
    Target("attempts and clocks", clocks, noise),
    Target("days of keys", due, noise),
    Target("folders that people bring", package_folder, noise, examples=100),
)
