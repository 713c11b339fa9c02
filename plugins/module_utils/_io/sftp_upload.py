# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One small file, opened under its final name, written once, closed; nothing before, between or after (§2.1)."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, UploadRefused


def upload(channel: SftpChannel, path: str, content: bytes) -> None:
    """Upload, or raise UploadRefused (nothing has arrived) or ConnectionLost (nobody knows).

    ``content`` must fit into one WRITE, at most ``REQUEST_BYTES``: a public key is 500 bytes.
    """
    kind, fields = _ask(channel, wire.OPEN, wire.open_request(path, wire.TO_WRITE_ANEW))
    if kind != wire.HANDLE:
        raise UploadRefused(f"The facility refused the upload of {path}: {fields.reason()}.")
    handle = fields.string()
    for request, body in (
        (wire.WRITE, wire.write_request(handle, 0, content)),
        (wire.CLOSE, wire.string(handle)),  # the facility takes the file over when it is closed
    ):
        kind, fields = _ask(channel, request, body)
        if kind != wire.STATUS or not fields.is_ok():
            raise ConnectionLost(f"The facility broke off the upload of {path}; whether it arrived is not known.")


def _ask(channel: SftpChannel, kind: int, body: bytes) -> tuple[int, wire.Fields]:
    answers: list[tuple[int, wire.Fields]] = []
    channel.ask(kind, body, lambda kind, fields: answers.append((kind, fields)))
    while not answers:
        channel.turn()
    return answers[0]
