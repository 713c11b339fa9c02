# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a facility can say: names, results, times, notices, texts on their way to a terminal."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._io.greeting import NoSsh, skip_notices
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, retention, sync_plan
from ansible_collections.dcass.sftp.plugins.module_utils._rules.clashes import clashes, rivals, spelled
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    InternalError,
    Unreachable,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Renewal, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import (
    decode_text,
    fresh,
    is_about,
    newest_day_shown,
    reason,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed, Plan, Policy
from tests.fuzz.reading import Reader, text_of
from tests.fuzz.target import ACCOUNT, NOW, Target, noise

RESULTS = (
    b"Result.20261120.180002.success.txt",
    b"Result.20261120.180002.failed.txt",
    b"result.00010101.000000.SUCCESS.TXT",
    b"SSHKeyExpireWarning_20261110.txt",
)
TEXTS = (
    b"Account: CXYZ001\r\nFile: CXYZ001.pub\r\nResult: Failed\r\nReason: the key is known already\r\n",
    "\ufeffResult: Success, CXYZ001.pub".encode("utf-16"),
    "Reason = \u91d1\u9470\u4e0d\u7b26".encode("big5hkscs"),
    "\u539f\u56e0 reason: \u91d1\u9470".encode("utf-16-be"),
    b"reason " * 40,
)
NAMES = (
    b"20261120_RPI01_CXYZ.csv",
    "\u5831\u544a 20261120.xlsx".encode(),
    "na\u0308me\u200d\U0001f468\u200d\U0001f469.pdf".encode(),
    "\u0915\u094d\u200d\u0937.txt".encode(),
)
_TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def result_name(data: bytes) -> None:
    names = text_of(data).split("|")
    found = fresh(names, names[:1])
    newest_day_shown(names)
    renewal = Renewal(1, State.SENT, NOW, None, "a", "b", "v", uploads=1, uploaded_at=NOW)
    for result in found:
        renewal.day_of(result, None, NOW)
        renewal.day_of(result, 1_790_000_000, NOW)
        renewal.verdict(result, NOW)


def result_text(data: bytes) -> None:
    is_about(data, ACCOUNT)
    assert is_clean(decode_text(data).replace("\n", " ")), "told"
    assert is_clean(reason(data)), "reason"


def name_of_report(data: bytes) -> None:
    name = safe_name(data)
    assert name.encode() == data and "/" not in name and name not in (".", "..") and is_clean(name)


def day_of_report(data: bytes) -> None:
    reader = Reader(data)
    mtime = retention.listed_time(reader.number())
    name = reader.text()
    day = retention.report_day(name, mtime)
    assert day is None or isinstance(day, date)
    if mtime is not None:
        retention.last_fetch_day(mtime)


def shown_text(data: bytes) -> None:
    text, most = text_of(data[1:]), 3 + (data[0] if data else 0)
    line, lines, scrubbed = foreign.line(text, most), foreign.lines(text, most), foreign.scrubbed(text)
    assert len(line) <= most and len(lines) <= most
    assert is_clean(line) and is_clean(lines.replace("\n", " ")) and is_clean(foreign.readable(data))
    assert foreign.line(line, most) == line and foreign.lines(lines, most) == lines, "done twice it is another"
    assert foreign.scrubbed(scrubbed) == scrubbed, "scrubbed twice it is another"
    assert foreign.shown(data).isascii() and foreign.shown(data).isprintable()
    assert is_clean(str(DcassError(text))) and is_clean(str(as_ours(ValueError(text))))
    assert isinstance(as_ours(ValueError(text)), InternalError)


def is_clean(text: str) -> bool:
    """Judge by tables of Python's and not by ours whether a text can act on a terminal or turn what is read."""
    return not any(unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp") or one in _TURNS for one in text)


def clash(data: bytes) -> None:
    """Names that a listing may have: safe ones, in folders that are not too deep."""
    paths = [path for path in dict.fromkeys(text_of(data).split("|")) if path.count("/") < 10 and len(path) < 2000]
    for found in clashes(lambda: paths, lambda one, other: len(one) > len(other)):
        found.sentence()
    rivals(paths[:5], paths[5:])
    assert all(spelled(path) == spelled(path.upper().lower()) for path in paths if path.isascii())


def plan(data: bytes) -> None:
    reader = Reader(data)
    listing = [
        Listed(reader.choice(("COMMON", "CXYZ", "KEY_MANAGEMENT")), reader.text(9), abs(reader.number()), None)
        for _report in range(reader.below(9))
    ]
    policy = Policy(("COMMON",), include=(reader.text(9),), exclude=(reader.text(9), "[" + reader.text(9)))
    todo, held = Plan(ACCOUNT), {}
    for batch in sync_plan.batches(ACCOUNT, listing):
        sync_plan.plan_downloads(todo, batch, held, [], {}, policy)
    todo.too_much_for(reader.below(1 << 40))
    todo.leave_out(todo.too_many_for(reader.below(5), [reader.text(9)]))
    assert len(list(todo.fetches())) == len(list(todo.unsettled())) == len(todo)


def completeness(data: bytes) -> None:
    reader = Reader(data)
    days = [NOW.date() - timedelta(days=reader.below(40)) for _day in range(3)]
    recorded = [
        retention.Outstanding(
            reader.choice(("report", "expected", "entry")),
            reader.text(20),
            reader.choice(days),
            reader.choice((None, *days)),
            reader.number(),
            reader.choice((None, reader.number())),
        )
        for _item in range(reader.below(6))
    ]
    held = {reader.text(9): [(reader.number(), reader.number())]}
    known = [(item.what, item.day) for item in recorded]
    globs = (reader.text(9), "[!")
    outstanding = retention.expected_outstanding([(glob, day) for day in days for glob in globs], known, recorded)
    retention.settle(
        recorded, retention.still_expected(outstanding, recorded, *days[:2]), [reader.text(9)], held, NOW.date()
    )
    retention.note(recorded, outstanding, held)
    retention.arrived_late(recorded, known)


class _Said:
    """A socket that says this and hangs up."""

    def __init__(self, data: bytes) -> None:
        self._left = data

    def recv(self, most: int, flags: int = 0) -> bytes:
        taken = self._left[: min(most, 700)]
        self._left = self._left if flags else self._left[len(taken) :]
        return taken


def notices(data: bytes) -> None:
    """What is an error here becomes `unreachable` in `exchange_keys`."""
    if data.endswith((b"\nS", b"\nSS", b"\nSSH")) or data in (b"S", b"SS", b"SSH"):
        return  # it waits, by the clock, for the rest of the line
    try:
        skip_notices(_Said(data), 0.01)  # type: ignore[arg-type]
    except NoSsh as error:
        raise Unreachable(str(error)) from None


TARGETS = (
    Target("result names", result_name, lambda: [b"|".join(RESULTS), *RESULTS]),
    Target("result texts", result_text, lambda: TEXTS),
    Target("report names", name_of_report, lambda: (*NAMES, *RESULTS)),
    Target("report days", day_of_report, lambda: [b"\0\0\0\0\1\0\1" + bytes([len(name)]) + name for name in NAMES]),
    Target("text of others", shown_text, lambda: [b"\x80" + text for text in (*TEXTS, *NAMES)]),
    Target("clashes of names", clash, lambda: [b"COMMON/a|COMMON/A|common/a/b|COMMON/a.", b"|".join(NAMES)]),
    Target("plans", plan, noise),
    Target("outstanding reports", completeness, noise),
    Target("notices", notices, lambda: [b"Welcome\r\nto\r\nSSH-2.0-x\r\n", b"SSH-2.0-x\r\n", b"220 ftp\r\n" * 99]),
)
