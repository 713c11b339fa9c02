# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a client has open: a report being read, a key being written."""

import io
import os
from pathlib import Path

import asyncssh

from emulator.fault_effects import FileEffects
from emulator.folders import KEY_MANAGEMENT

LARGEST_UPLOAD = 64 * 1024  # bytes: a public key file has some 400


class Download(io.FileIO):
    """A report being read: counts the bytes that were asked for and sent."""

    def __init__(self, local: Path, shown: str) -> None:
        super().__init__(os.open(local, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK))
        self.opened = os.fstat(self.fileno())  # what it was then: whoever reads it while it changes gets neither
        self.local = local
        self.shown = shown
        self.effects = FileEffects()
        self.sent = 0
        self.denied: set[str] = set()


class Upload:
    """A key being written: held in memory, for it never becomes a file of the folder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.shown = f"/{KEY_MANAGEMENT}/{name}"
        self.data = bytearray()
        self.denied: set[str] = set()

    def write(self, offset: int, data: bytes) -> int:
        """Place bytes at an offset."""
        end = offset + len(data)
        if end > LARGEST_UPLOAD:
            raise asyncssh.SFTPQuotaExceeded(f"Larger than {LARGEST_UPLOAD} bytes")
        if end > len(self.data):
            self.data.extend(bytes(end - len(self.data)))
        self.data[offset:end] = data
        return len(data)
