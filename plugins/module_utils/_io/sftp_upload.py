# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One small file, opened under its final name, written once, closed; nothing before, between or after (§2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, UploadRefused

Read = TypeVar("Read")


def upload(channel: SftpChannel, path: str, content: bytes) -> None:
    """Upload, or raise UploadRefused (nothing has arrived) or ConnectionLost (nobody knows).

    ``content`` must fit into one WRITE, at most ``REQUEST_BYTES``: a public key is 500 bytes.
    """
    handle, reason = _ask(channel, wire.OPEN, wire.open_request(path, wire.TO_OVERWRITE), _handle)
    if handle is None:
        raise UploadRefused(f"The facility refused the upload of {path}: {reason}.")
    for request, body in (
        (wire.WRITE, wire.write_request(handle, 0, content)),
        (wire.CLOSE, wire.string(handle)),  # the facility takes the file over when it is closed
    ):
        if not _ask(channel, request, body, _is_ok):
            raise ConnectionLost(f"The facility broke off the upload of {path}; whether it arrived is not known.")


def _handle(kind: int, fields: wire.Fields) -> tuple[bytes | None, str]:
    return (fields.handle(), "") if kind == wire.HANDLE else (None, fields.reason())


def _is_ok(kind: int, fields: wire.Fields) -> bool:
    return kind == wire.STATUS and fields.is_ok()


def _ask(channel: SftpChannel, kind: int, body: bytes, read: Callable[[int, wire.Fields], Read]) -> Read:
    """Ask and wait; the answer is read where what is broken in it ends the session."""
    answers: list[Read] = []

    def answered(kind: int, fields: wire.Fields) -> None:
        answers.append(read(kind, fields))
        channel.wake()

    channel.ask(kind, body, answered)
    while not answers:
        channel.pump()
    return answers[0]
