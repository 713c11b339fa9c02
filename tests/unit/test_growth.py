# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time grows with the size of what others wrote, not with its square: four times the size takes at most eight times as
long."""

from __future__ import annotations

import base64
import time
from datetime import date, datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRun as Run
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import read_any
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, result_report
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.fingerprints import is_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import (
    HostKey,
    only_by_authority,
    require_pinned,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Refusal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding, note, settle
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import CHECKS
from tests.unit.support import RFC_DSA_BODY, public_of, refusal, rsa_key, ssh2

MOST, TIMES, TRIES, ROUNDS = 8, 4, 3, 5  # sixteen would be the square
NOTHING, LONG = 0.1, 20  # seconds in which nobody sees whether anything grows, and that nobody waits
KEY = public_of(rsa_key())
B64 = base64.b64encode(KEY.blob).decode()
NOW = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
OURS, FACILITY = Account("CXYZ001"), Address("127.151.14.121", 10022)
MB = 1 << 20


def seconds(work, given):
    """The least processor time of some tries: what else the machine does only adds to it."""
    spent = []
    for _try in range(TRIES):
        began = time.process_time()
        work(given)
        spent.append(time.process_time() - began)
        if spent[-1] > 1:
            break
    return min(spent)


def pinned(text):
    refusal(require_pinned, text, FACILITY, HostKey(KEY.blob), NOW)
    only_by_authority(text, FACILITY)


def key_file(text):
    refusal(read_any, text.encode(), None, "key")


def checked(value):
    CHECKS["dcass_known_hosts"](value)


def package(text):
    refusal(refuse_private, "notes", text.encode())


TEXTS = {
    "a reason: the word over and over": (result_report.reason, lambda size: b"reason " * (size // 7)),
    "a reason: the word, and a mark at the end": (result_report.reason, lambda size: b"reason " * (size // 7) + b":"),
    "a reason: words and marks": (result_report.reason, lambda size: b"reason:" * (size // 7)),
    "a reason: blanks": (result_report.reason, lambda size: b"x" + b" " * size + b"y"),
    "a reason: blanks behind it": (result_report.reason, lambda size: b"reason:" + b" " * size + b"y"),
    "a reason: empty lines": (result_report.reason, lambda size: b"reason:\n" * (size // 8)),
    "a reason: lines": (result_report.reason, lambda size: b"no such word\n" * (size // 13)),
    "a result's text": (result_report.decode_text, lambda size: b"\x1b\n" * (size // 2)),
    "SSH2: headers": (key_file, lambda size: ssh2(RFC_DSA_BODY, *["a: b"] * (size // 5))),
    "SSH2: a header continued": (key_file, lambda size: ssh2(RFC_DSA_BODY, "a: \\", *["\\"] * (size // 2), "b")),
    "SSH2: empty lines": (key_file, lambda size: ssh2("\n" * size + RFC_DSA_BODY)),
    "SSH2: lines of key": (key_file, lambda size: ssh2("AAAA\n" * (size // 5))),
    "SSH2: a long header": (key_file, lambda size: ssh2(RFC_DSA_BODY, "a: " + "x" * size)),
    "PEM: beginnings": (key_file, lambda size: "-----BEGIN " * (size // 11)),
    "PEM: dashes": (key_file, lambda size: "-" * size),
    "OpenSSH: words": (key_file, lambda size: "ssh-rsa " * (size // 8)),
    "OpenSSH: blanks": (key_file, lambda size: "x" + " " * size + "ssh-rsa"),
    "fingerprint: words": (lambda text: is_of(KEY, text), lambda size: "2048 " * (size // 5)),
    "known_hosts: other hosts": (pinned, lambda size: "".join(f"h{n} ssh-rsa {B64}\n" for n in range(size // 380))),
    "known_hosts: our host": (pinned, lambda size: f"[127.151.14.121]:10022 ssh-rsa {B64}x\n" * (size // 400)),
    "known_hosts: hosts on a line": (pinned, lambda size: "a," * (size // 2) + f" ssh-rsa {B64}"),
    "known_hosts: wild cards": (pinned, lambda size: "*1" * (size // 2) + f"z ssh-rsa {B64}"),
    "known_hosts: blanks": (pinned, lambda size: " " * size + "x"),
    "known_hosts: short lines": (pinned, lambda size: "a\n" * (size // 2)),
    "inventory: known_hosts": (checked, lambda size: f"h ssh-rsa {B64}\n" * (size // 380)),
    "inventory: blanks": (checked, lambda size: ["x" + " " * size + "y"]),
    "package: letters": (package, lambda size: "A" * size),
    "package: a member of JSON": (package, lambda size: '"d" ' * (size // 4)),
    "shown: a line": (foreign.line, lambda size: "\x1b" * size),
    "scrubbed: dashes": (foreign.scrubbed, lambda size: "-----BEGIN" * (size // 10)),
    "scrubbed: octets": (foreign.scrubbed, lambda size: "aa:" * (size // 3)),
    "scrubbed: octets of too few": (foreign.scrubbed, lambda size: ("aa:" * 19 + " ") * (size // 58)),
}


def grows(work, make, size):
    """Raise AssertionError unless four times the size takes at most eight times as long; what takes no time grows in
    none. The least of some rounds counts: a busy machine is slow in some of them, what grows with the square in all."""
    once = more = float("inf")
    for _round in range(ROUNDS):
        once, more = min(once, seconds(work, make(size))), min(more, seconds(work, make(TIMES * size)))
        if more <= max(NOTHING, MOST * once) or more > LONG:
            break
    assert more <= max(NOTHING, MOST * once), f"{size}: {once:.3f} s, {TIMES} times as much: {more:.3f} s"
    assert more < LONG


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_of_a_megabyte(what):
    grows(*TEXTS[what], MB // 4)


def so_many_outstanding(number):
    """So many reports outstanding, in folders of which as many could not be listed; and all that is asked of them."""
    refused = [Refusal("CXYZ", f"f{index}", "folder_refused", "no") for index in range(number)]
    outstanding = [Outstanding("report", f"CXYZ/g{index}/RX.csv", date(2026, 11, 19)) for index in range(number)]
    run = Run(OURS, NOW, {})
    run.listing = Listing([], refused)
    return run, outstanding


def ask(given):
    run, outstanding = given
    paths = [item.what for item in outstanding]
    assert not run.unseen(["CXYZ"], paths)
    assert not run.listed(paths)


def test_what_is_owed_and_what_is_refused():
    grows(ask, so_many_outstanding, 25_000)


def test_what_is_unseen_is_what_lies_in_a_refused_folder_or_another_one():
    run, _debts = so_many_outstanding(3)
    paths = ["CXYZ/f1", "CXYZ/f1/a", "CXYZ/f1/a/b", "CXYZ/f10/a", "CXYZ/g/f1", "COMMON/f1/a", "CXYZ"]
    assert run.unseen(["CXYZ"], paths) == {"CXYZ/f1", "CXYZ/f1/a", "CXYZ/f1/a/b", "COMMON/f1/a"}


def test_debts_are_settled():
    def work(outstanding):
        note((), settle(outstanding, outstanding, {item.what for item in outstanding}, {}, date(2026, 11, 20)), {})

    grows(work, lambda number: so_many_outstanding(number)[1], 10_000)
