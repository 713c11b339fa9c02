# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Green End's SFTP server behind sshd: it answers requests from several threads."""

from __future__ import annotations

from tests.servers.base import find, told_version
from tests.servers.openssh import OtherSftpOpenSsh


class GreenEndServer(OtherSftpOpenSsh):
    """sshd that starts gesftpserver."""

    name = "OpenSSH, gesftpserver"
    host = "127.151.14.136"
    remark = "several threads; sshd as in the row `OpenSSH`"
    program = "/usr/libexec/gesftpserver"
    package = "gesftpserver"

    def version(self):
        return told_version(r"(\d+\S*)\s*$", find(self.program), "--version")
