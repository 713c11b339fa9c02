# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""libssh as a server: a small program of ours, with ssh-rsa enabled."""

from __future__ import annotations

import pathlib

from tests.servers.base import BUILT, PROGRAMS, Server, find, lacks, run, told_version

HEADER = pathlib.Path("/usr/include/libssh/server.h")


class LibsshServer(Server):
    """A process for each connection; the program is compiled when the server starts."""

    name = "libssh"
    host = "127.151.14.146"
    remark = "a small server of ours, ssh-rsa enabled, which it has not by default"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        lack = None if HEADER.exists() else "there is no libssh to compile with (Debian package libssh-dev)"
        return lacks("cc", "build-essential") or lack

    def version(self):
        return told_version(r"([\d.]+)", BUILT / "libssh_sftpd", "--version")

    def prepare(self):
        BUILT.mkdir(parents=True, exist_ok=True)
        words = ["-O1", "-Wall", "-Wextra", "-Werror", "-o", str(BUILT / "libssh_sftpd")]
        run(find("cc"), *words, str(PROGRAMS / "libssh_sftpd.c"), "-lssh")

    def command(self):
        return [BUILT / "libssh_sftpd", self.home, self.host, str(self.port)]
