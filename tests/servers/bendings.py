# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way in which an SFTP server's answers were seen, or can be thought, to differ, and what a sync makes of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.reports import DAY
from tests.unit.sftp_server import (
    EOF,
    FAILURE,
    LINK,
    NO_SUCH_FILE,
    Folder,
    Remote,
    Server,
)

COUNT = 40
LIMITS = struct.Struct(">4Q")


def report(number: int, **odd: Any) -> Remote:
    """A report with a content of its own; all are of one size and time."""
    return Remote((b"%04d;" % number) * 300, **{"mtime": DAY, **odd})


def reports(**odd: Any) -> list[tuple[bytes, Any]]:
    return [(b"RX%03d_20261120.csv" % number, report(number, **odd)) for number in range(COUNT)]


@dataclass(frozen=True)
class Bending:
    """What is bent, and what is right: how many reports come home, with which code a run ends, what is refused."""

    what: str
    entries: Callable[[], list[tuple[bytes, Any]]] = reports
    folder: dict[str, Any] = field(default_factory=dict)
    bend: Callable[[Server], None] = lambda server: None
    order: str | int = "first"
    piece: int = 100
    options: dict[str, Any] = field(default_factory=dict)
    held: int = COUNT
    code: str | None = None
    again: str | None = None  # the second run's code
    refused: tuple[str, ...] = ()


def traits(**how: Any) -> Callable[[Server], None]:
    return lambda server: vars(server).update(how)


def with_one(name: bytes, **odd: Any) -> Callable[[], list[tuple[bytes, Any]]]:
    return lambda: [*reports(), (name, report(99, **odd))]


def dated(**odd: Any) -> list[tuple[bytes, Any]]:
    """Sixty folders with a report in each, and some reports beside them."""
    folders = [(b"2026%04d" % day, Folder([(b"TP.csv", report(day))], **odd)) for day in range(60)]
    return [*reports(), *folders]


def mix(server: Server) -> None:
    server.mixes = True


BENDINGS = (
    # reading
    Bending("FSTAT tells no bytes", lambda: reports(fstat_size=0)),
    Bending("FSTAT tells more bytes", lambda: reports(fstat_size=5000)),
    Bending("FSTAT tells another time", lambda: reports(touched=DAY + 7)),
    Bending("FSTAT is refused", lambda: reports(fstat=False)),
    Bending("reports are longer than listed", lambda: reports(listed=1000)),
    Bending("reports are listed as empty", lambda: reports(listed=0)),
    Bending("reports are shorter than listed", lambda: reports(listed=1600), code="size_differs", again="size_differs"),
    Bending(
        "reports are listed with content and read as empty",
        lambda: reports(ends_at=0),
        held=0,
        code="nothing_readable",
        again="nothing_readable",
        refused=("not_readable",),
    ),
    Bending("half of each report can be read", lambda: reports(ends_at=750), code="size_differs", again="size_differs"),
    Bending("a READ brings 100 bytes at the most", bend=traits(_most_read=100)),
    Bending(
        "a READ of more than 32 KiB fails",
        lambda: [(b"BIG_20261120.csv", Remote(bytes(400_000), DAY, breaks_above=32768))],
        bend=traits(limits=LIMITS.pack(0, 1 << 18, 1 << 18, 0)),
        held=1,
    ),
    Bending("one report breaks off", with_one(b"BAD_20261120.csv", breaks_at=700), refused=("not_readable",)),
    Bending("one report may not be opened", with_one(b"BAD_20261120.csv", denied=True), refused=("not_readable",)),
    Bending(
        "one report never stands still",
        with_one(b"BAD_20261120.csv", grows=b"x", restless=True),
        refused=("still_changing",),
    ),
    # handles and limits
    Bending("open files share a handle", bend=mix),
    Bending("open files share a handle, answers out of order", bend=mix, order=7),
    Bending("open folders share a handle", dated, bend=mix, held=100),
    *(
        Bending(
            f"{most} open at most, refused with status {status}",
            dated,
            bend=traits(most_open=most, refusal=status),
            held=100,
        )
        for most, status in ((1, 4), (2, 14), (27, FAILURE), (27, NO_SUCH_FILE))
    ),
    Bending(
        "27 open at most, as it tells",
        dated,
        bend=traits(most_open=27, limits=LIMITS.pack(1 << 18, 1 << 17, 1 << 17, 27)),
        held=100,
    ),
    Bending("limits that are cut short", bend=traits(limits=b"\0" * 16)),
    Bending("one request at a time", dated, options={"window": 1}, held=100),
    Bending("answers in any order", dated, order=3, held=100),
    *(
        Bending(
            f"of {most} open handles at most the oldest is dropped, and says {word}",
            dated,
            bend=traits(keeps=most, dropped_says=says),
            held=100,
        )
        for most, says, word in ((1, EOF, "EOF"), (8, EOF, "EOF"), (32, EOF, "EOF"), (4, FAILURE, "failure"))
    ),
    Bending(
        "the file opened last is read, whatever handle is named",
        lambda: [
            (b"RX%03d_20261120.csv" % number, Remote(b"%04d;" % number * (50 + number), DAY)) for number in range(COUNT)
        ],
        bend=traits(reads_newest=True),
    ),
    Bending("a READ at the end brings no bytes", bend=traits(empty_data_ends=True)),
    # listings
    Bending("an empty page ends the listing", folder={"ends": "empty"}),
    Bending("an empty page stands before EOF", folder={"ends": "empty-eof"}),
    Bending("after EOF comes failure", folder={"ends": "eof-failure"}),
    Bending("an empty folder is an empty page", lambda: [*reports(), (b"empty", Folder(ends="empty-eof"))]),
    Bending("nine empty pages in the middle of the listing", folder={"gap": 9}, piece=7),
    Bending(
        "all folders below are closed",
        lambda: [(b"2026%04d" % day, Folder([(b"TP.csv", report(day))], denied=True)) for day in range(8)],
        held=0,
        code="folder_refused",
        again="folder_refused",
        refused=("folder_refused",),
    ),
    Bending(
        "an entry is listed twice, once with an impossible size",
        lambda: [(b"RX000_20261120.csv", report(0, listed=2**63)), *reports()],
    ),
    Bending(
        "all of one day have names that are no UTF-8",
        lambda: [
            *reports(),
            *((b"\xb3\xf8%d_20261118.csv" % number, report(90 + number, mtime=DAY - 86_400)) for number in range(4)),
        ],
        code="nothing_readable",
        again="nothing_readable",
        refused=("unsafe_remote_name",),
    ),
    Bending("READDIR fails once, with a page lost", folder={"stumbles": 1}, piece=7),
    Bending(
        "READDIR fails each time, with a page lost",
        folder={"stumbles": 99},
        piece=7,
        held=COUNT - 7,
        code="folder_refused",
        again="folder_refused",
        refused=("folder_refused",),
    ),
    Bending(
        "READDIR is denied half way",
        folder={"fails_after": 2},
        piece=7,
        held=14,
        code="folder_refused",
        again="folder_refused",
        refused=("folder_refused",),
    ),
    Bending("one name a page", piece=1),
    Bending(
        "permissions without the bits of a type",
        lambda: reports(mode=0o644, line=b"-rw-r--r--   1 u g 1 Nov 27 18:00 x"),
    ),
    Bending("permissions without the bits of a type, no long name", lambda: reports(mode=0o644, line=b"")),
    Bending("no permissions, no LSTAT, no long name", lambda: reports(mode=None, line=b""), bend=traits(lstat=False)),
    Bending(
        "the same, and OPENDIR opens files",
        lambda: reports(mode=None, line=b""),
        bend=traits(lstat=False, opens_files_as_folders=True),
    ),
    Bending("no attributes at all in the listing", lambda: reports(told=False)),
    Bending("folders without the bits of a type", lambda: dated(mode=0o755), held=100),
    Bending(". and .. are listed", lambda: [(b".", Folder()), (b"..", Folder()), *reports()]),
    Bending(
        "reports are links to files",
        lambda: [(name, Remote(b"-> elsewhere", DAY, mode=LINK, stat=entry)) for name, entry in reports()],
        bend=lambda server: None,
    ),
    Bending("a link to nowhere", with_one(b"LINK.csv", mode=LINK, stat="nowhere"), refused=("no_regular_file",)),
    Bending("a size of 2^63", with_one(b"BAD_20261120.csv", listed=2**63), refused=("size_impossible",)),
    Bending("a size of 2^64 - 1", with_one(b"BAD_20261120.csv", listed=2**64 - 1), refused=("size_impossible",)),
    *(
        Bending(f"a time of {mtime}", lambda mtime=mtime: reports(mtime=mtime))
        for mtime in (0, 2**31 + 86_400, 2**32 - 1)
    ),
    Bending("no times", lambda: reports(mtime=None)),
)

# what each came to at commit 469b54d, on 2026-11-28: how many were held whole, and what the first two runs said
BEFORE = {
    "FSTAT tells no bytes": "0 of 40, 40 wrong, green; 40 fetched again",
    "FSTAT tells more bytes": "0 of 40, green",
    "FSTAT tells another time": "40 of 40, green; 40 fetched again",
    "FSTAT is refused": "40 of 40, green",
    "reports are longer than listed": "40 of 40, green; 40 fetched again",
    "reports are listed as empty": "40 of 40, green; 40 fetched again",
    "reports are shorter than listed": "40 of 40, green; 40 fetched again",
    "reports are listed with content and read as empty": "0 of 40, green",
    "half of each report can be read": "0 of 40, green",
    "a READ brings 100 bytes at the most": "40 of 40, green",
    "a READ of more than 32 KiB fails": "0 of 1, green",
    "one report breaks off": "40 of 41, green",
    "one report may not be opened": "40 of 41, green",
    "one report never stands still": "40 of 41, green",
    "open files share a handle": "0 of 40, green",
    "open files share a handle, answers out of order": "0 of 40, green",
    "open folders share a handle": "0 of 100, green",
    "1 open at most, refused with status 4": "0 of 100, `folder_refused`",
    "2 open at most, refused with status 14": "0 of 100, `folder_refused`",
    "27 open at most, refused with status 4": "27 of 100, green; 27 fetched again",
    "27 open at most, refused with status 2": "27 of 100, green; 27 fetched again",
    "27 open at most, as it tells": "27 of 100, green; 27 fetched again",
    "limits that are cut short": "40 of 40, green",
    "one request at a time": "100 of 100, green",
    "answers in any order": "100 of 100, green",
    "an empty page ends the listing": "0 of 40, `folder_refused`",
    "an empty page stands before EOF": "0 of 40, `folder_refused`",
    "after EOF comes failure": "0 of 40, `folder_refused`",
    "an empty folder is an empty page": "40 of 40, green",
    "READDIR fails once, with a page lost": "0 of 40, `folder_refused`; 40 fetched again",
    "READDIR fails each time, with a page lost": "0 of 40, `folder_refused`",
    "READDIR is denied half way": "0 of 40, `folder_refused`",
    "one name a page": "40 of 40, green",
    "permissions without the bits of a type": "0 of 40, green",
    "permissions without the bits of a type, no long name": "0 of 40, green",
    "no permissions, no LSTAT, no long name": "0 of 40, green",
    "the same, and OPENDIR opens files": "0 of 40, green",
    "no attributes at all in the listing": "40 of 40, green",
    "folders without the bits of a type": "40 of 100, green",
    ". and .. are listed": "40 of 40, green",
    "reports are links to files": "0 of 40, green",
    "a link to nowhere": "40 of 41, green",
    "a size of 2^63": "40 of 41, traceback",
    "a size of 2^64 - 1": "40 of 41, traceback",
    "a time of 0": "40 of 40, green",
    "a time of 2147570048": "40 of 40, green",
    "a time of 4294967295": "40 of 40, green",
    "no times": "40 of 40, green",
    "of 1 open handles at most the oldest is dropped, and says EOF": "0 of 100, green",
    "of 8 open handles at most the oldest is dropped, and says EOF": "24 of 100, green; 24 fetched again",
    "of 32 open handles at most the oldest is dropped, and says EOF": "72 of 100, green",
    "the file opened last is read, whatever handle is named": "1 of 40, 39 wrong, green",
    "a READ at the end brings no bytes": "40 of 40, green",
    "nine empty pages in the middle of the listing": "0 of 40, `folder_refused`",
    "all folders below are closed": "0 of 8, green",
    "an entry is listed twice, once with an impossible size": "40 of 40, green",
    "all of one day have names that are no UTF-8": "40 of 44, green",
    "of 4 open handles at most the oldest is dropped, and says failure": "0 of 100, `folder_refused`",
}
