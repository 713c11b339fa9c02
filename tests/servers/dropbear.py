# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dropbear with OpenSSH's sftp-server, both in a folder that is the whole world to them."""

from __future__ import annotations

import shutil

from tests.servers.base import Server, cage, find, lacks, not_root, run, told_version

SFTP_SERVER = "/usr/lib/openssh/sftp-server"


class DropbearServer(Server):
    """A running Dropbear whose only account has no privileges."""

    name = "Dropbear"
    host = "127.151.14.138"
    remark = "OpenSSH's `sftp-server`"
    accepted = "Pubkey auth succeeded for"

    @classmethod
    def why_not(cls):
        return (
            lacks("dropbear", "dropbear-bin")
            or lacks(SFTP_SERVER, "openssh-sftp-server")
            or not_root("a Dropbear that shows nothing but its folders")
        )

    def version(self):
        return told_version(r"Dropbear v(\S+)", find("dropbear"), "-V")

    def prepare(self):
        cage(self.root, 65534, self.account, find("dropbear"), SFTP_SERVER)
        shutil.copy(SFTP_SERVER, self.root / "usr" / "lib" / "sftp-server")  # where Dropbear looks
        (self.root / "etc" / "shells").write_text("/bin/sh\n")
        (self.root / ".ssh").mkdir()
        shutil.copy(self.home / "authorized_keys", self.root / ".ssh")
        (self.root / ".ssh" / "authorized_keys").chmod(0o644)
        key = self.root / "etc" / "host_key"
        run("dropbearconvert", "openssh", "dropbear", str(self.home / "host_key"), str(key))

    def command(self):
        dropbear = [find("dropbear"), "-F", "-E", "-s", "-j", "-k", "-r", "/etc/host_key", "-P", "/dev/null"]
        return ["chroot", self.root, *dropbear, "-p", self.address]
