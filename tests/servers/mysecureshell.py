# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MySecureShell behind sshd: another SFTP server, with a configuration of its own."""

from __future__ import annotations

from tests.servers.base import find, told_version
from tests.servers.openssh import OtherSftpOpenSsh

CONFIG = """
<Default>
    GlobalDownload 0
    Download 0
    StayAtHome false
    VirtualChroot false
    LimitConnection 0
    LimitConnectionByUser 0
    LimitConnectionByIP 0
    Home /
    ResolveIP false
</Default>
"""


class MySecureShellServer(OtherSftpOpenSsh):
    """sshd that starts mysecureshell."""

    name = "OpenSSH, MySecureShell"
    host = "127.151.14.137"
    remark = "sshd as in the row `OpenSSH`"
    program = "/usr/bin/mysecureshell"
    package = "mysecureshell"
    started = "exec {program} -c /usr/lib/openssh/sftp-server"

    def version(self):
        return told_version(r"is version (\S+)", find(self.program), "--version")

    def prepare(self):
        super().prepare()
        (self.root / "etc" / "ssh").mkdir()
        (self.root / "etc" / "ssh" / "sftp_config").write_text(CONFIG)
