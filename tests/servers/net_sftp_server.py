# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Perl's Net::SFTP::SftpServer behind asyncssh."""

from __future__ import annotations

import getpass

from tests.servers.asyncssh_server import AsyncsshServer, Carried
from tests.servers.base import find, run, told_version

MODULE = "Net::SFTP::SftpServer"
PROGRAM = f"use {MODULE}; {MODULE}->new(home => $ARGV[0])->run;"


class PerlServer(AsyncsshServer):
    """asyncssh that starts a program of Perl's for each session."""

    name = "asyncssh, Net::SFTP::SftpServer"
    host = "127.151.14.147"
    remark = "its default settings"

    @classmethod
    def why_not(cls):
        try:
            run(find("perl") or "perl", f"-M{MODULE}", "-e", "1")
        except (OSError, RuntimeError):
            return f"there is no {MODULE} on this machine (Debian package libnet-sftp-sftpserver-perl)"
        return None

    def version(self):
        return told_version(r"(\S+)", find("perl"), f"-M{MODULE}", "-e", f"print ${MODULE}::VERSION")

    def prepare(self):
        (self.home / "homes").mkdir()
        (self.home / "homes" / getpass.getuser()).symlink_to(self.root)  # it shows its user a folder of this name

    def session(self):
        return Carried([find("perl"), "-e", PROGRAM, self.home / "homes"])
