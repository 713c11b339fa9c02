# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""rclone's SFTP server, of Debian and at its newest: it reads files by way of a virtual file system of its own."""

from __future__ import annotations

from tests.servers.base import Server, environment, find, lacks, not_built, told_version


class RcloneServer(Server):
    """A running `rclone serve sftp` of Debian's."""

    name = "rclone serve sftp, Debian's"
    host = "127.151.14.141"
    remark = "its default algorithms"
    accepted = "SSH login from"

    @classmethod
    def why_not(cls):
        return lacks("rclone", "rclone")

    def version(self):
        return told_version(r"rclone v(\S+)", self.program(), "version")

    def program(self):
        return find("rclone")

    def command(self):
        files = ["--key", self.home / "host_key", "--authorized-keys", self.home / "authorized_keys"]
        # nothing remembered: a test changes what is served
        plain = ["--config", "/dev/null", "--read-only", "--dir-cache-time", "0s", "-v"]
        return [self.program(), "serve", "sftp", self.root, "--addr", self.address, *files, *plain]


class NewestRcloneServer(RcloneServer):
    """PyPI's, in the environment `rclone`."""

    name = "rclone serve sftp, newest"
    host = "127.151.14.142"

    @classmethod
    def why_not(cls):
        return not_built("rclone")

    def program(self):
        return environment("rclone").with_name("rclone")
