# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server may say before its SSH line: legal notices, in any encoding, and slowly (RFC 4253 section 4.2)."""

from __future__ import annotations

import socket
import time

from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import shown

_SSH = b"SSH-"
_MOST_BYTES = 1 << 16  # no notice is longer; whoever sends more is no SSH server
_PAUSE = 0.02  # seconds until a line that has only begun is looked at again


class NoSsh(Exception):
    """The server ended, went on with something else, or took too long."""


def skip_notices(sock: socket.socket, seconds: float) -> None:
    """Read what stands before the SSH line, which is left to be read; raise NoSsh where none comes in so many seconds.

    The socket may have a timeout of its own, which only paces the waiting.
    """
    until = time.monotonic() + seconds
    said, begins_line = b"", True
    while True:
        try:
            ahead = sock.recv(4096, socket.MSG_PEEK)
        except (socket.timeout, BlockingIOError):
            ahead = None
        if begins_line and ahead and ahead.startswith(_SSH):
            return
        if ahead == b"":
            raise NoSsh(f"it hung up{_instead(said)}")
        if time.monotonic() > until or len(said) > _MOST_BYTES:
            raise NoSsh(f"no SSH line came{_instead(said)}")
        if not ahead:
            continue
        if begins_line and _SSH.startswith(ahead):
            time.sleep(_PAUSE)
            continue
        line = ahead[: ahead.find(b"\n") + 1] or ahead
        said += sock.recv(len(line))
        begins_line = line.endswith(b"\n")


def _instead(said: bytes) -> str:
    text = b" ".join(said.split())
    return f" after it had said {shown(text)}" if text else ""
