# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ProFTPD with mod_sftp: an SSH server of another family, with the algorithms that it has by default."""

from __future__ import annotations

import os

from tests.servers.base import Server, find, lacks, not_root, rfc4716, told_version

MODULES = ("/usr/lib/proftpd", "/usr/libexec/proftpd", "/usr/lib64/proftpd")
# it changes its user, at which the kernel forgets that it was to end with us: a shell that does not ends it
ENDS = '"$@" & child=$!; trap "kill $child" TERM; wait $child; wait $child'
CONFIG = """
ServerType standalone
ModulePath {modules}
LoadModule mod_sftp.c
UseIPv6 off
DefaultAddress {host}
SocketBindTight on
Port {port}
User nobody
Group nogroup
AuthUserFile {home}/passwd
AuthOrder mod_auth_file.c
RequireValidShell off
DefaultRoot {root}
PidFile {home}/pid
ScoreboardFile none
WtmpLog off
TransferLog none
SFTPEngine on
SFTPHostKey {home}/host_key
SFTPAuthorizedUserKeys file:{home}/authorized_keys
"""


class ProFtpdServer(Server):
    """A running ProFTPD, which takes keys as RFC 4716 text."""

    name = "ProFTPD mod_sftp"
    host = "127.151.14.132"
    remark = "its default algorithms"

    def __init__(self, account, public_key):
        super().__init__(account, public_key)
        self.accepted = f"USER {account}: Login successful."

    @classmethod
    def why_not(cls):
        lack = None if modules() else "there is no mod_sftp on this machine (Debian package proftpd-mod-crypto)"
        return lacks("proftpd", "proftpd-core") or lack or not_root("a ProFTPD that shows nothing but its folders")

    def version(self):
        return told_version(r"ProFTPD Version (\S+)", find("proftpd"), "-v")

    def prepare(self):
        self.write("authorized_keys", rfc4716(self.public_key))
        self.write("passwd", f"{self.account}:*:65534:65534::/:/bin/sh\n")
        places = {"home": self.home, "root": self.root, "modules": modules()}
        self.write("config", CONFIG.format(host=self.host, port=self.port, **places))

    def command(self):
        return ["sh", "-c", ENDS, "sh", find("proftpd"), "--nodaemon", "-c", self.home / "config"]


def modules():
    """Where ProFTPD's modules lie, if mod_sftp is among them."""
    return next((folder for folder in MODULES if os.path.exists(f"{folder}/mod_sftp.so")), None)
