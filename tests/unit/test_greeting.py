# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server says before its SSH line is passed over, in any pieces and encoding; what follows is left alone."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.greeting import NoSsh, skip_notices

NOTICE = "未經授權不得使用\r\n"


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(0.1)
    with ours, theirs:
        yield ours, theirs


@pytest.mark.parametrize(
    "notice",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"AUTHORISED USE ONLY\r\n" * 200, id="many lines"),
        pytest.param(NOTICE.encode(), id="UTF-8"),
        pytest.param(NOTICE.encode("big5"), id="Big5"),
        pytest.param(b"\xff\x00\xfe\n", id="no text at all"),
        pytest.param(b"\n\nSS\nSSH\n SSH-2.0-in the middle of a line\n", id="what only looks like it"),
        pytest.param(b"x" * 60_000 + b"\n", id="a long line"),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 16])
def test_notices_are_passed_over(ends, notice, piece):
    ours, theirs = ends
    sent = notice + b"SSH-2.0-x\r\nwhat follows"
    if piece == 1:
        sent = sent[-2000:] if b"\n" in sent[-2000:-30] else sent[-25:]

    def send():
        for start in range(0, len(sent), piece):
            theirs.sendall(sent[start : start + piece])

    sender = threading.Thread(target=send)
    sender.start()
    skip_notices(ours, 20)
    sender.join()
    assert ours.recv(100) == b"SSH-2.0-x\r\nwhat follows"


def test_a_notice_that_thinks_for_seconds_is_waited_for(ends):
    ours, theirs = ends
    theirs.sendall(b"Welcome\r\nS")

    def think():
        time.sleep(2.5)
        theirs.sendall(b"SH-2.0-x\r\n")

    sender = threading.Thread(target=think)
    sender.start()
    skip_notices(ours, 20)
    sender.join()
    assert ours.recv(100) == b"SSH-2.0-x\r\n"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        pytest.param(b"", "no SSH line came$", id="nothing"),
        pytest.param(
            b"220 mail ESMTP\r\n", "no SSH line came after it had said '220 mail ESMTP'$", id="another service"
        ),
        pytest.param(b"\x1b[2Jowned\r\n", r"'.x1b\[2Jowned'$", id="terminal escapes"),
        pytest.param(b"\xff" * 70_000, "no SSH line came", id="a flood"),
    ],
)
def test_who_says_something_else_is_told_with_it(ends, said, says):
    ours, theirs = ends
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    theirs.sendall(said)
    with pytest.raises(NoSsh, match=says):
        skip_notices(ours, 0.3)


def test_who_hangs_up_is_told_with_what_was_said(ends):
    ours, theirs = ends
    theirs.sendall(b"Exceeded MaxStartups\r\n")
    theirs.close()
    with pytest.raises(NoSsh, match="it hung up after it had said 'Exceeded MaxStartups'"):
        skip_notices(ours, 20)


def test_a_drip_does_not_hold_it_beyond_its_time(ends):
    ours, theirs = ends
    over = threading.Event()

    def drip():
        while not over.wait(0.02):
            theirs.sendall(b"x\n")

    sender = threading.Thread(target=drip)
    sender.start()
    began = time.monotonic()
    with pytest.raises(NoSsh):
        skip_notices(ours, 0.5)
    assert time.monotonic() - began < 5
    over.set()
    sender.join()
