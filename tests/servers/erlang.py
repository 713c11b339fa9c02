# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Erlang/OTP's ssh_sftpd, with ssh-rsa signatures enabled."""

from __future__ import annotations

import glob
import shutil

from tests.servers.base import PROGRAMS, Server, find, lacks, told_version

LIBRARY = "/usr/lib/erlang/lib/ssh-*"
VERSION = "{ok, _} = application:ensure_all_started(ssh), {ok, V} = application:get_key(ssh, vsn),"
VERSION += ' io:format("OTP ~s, ssh ~s~n", [erlang:system_info(otp_release), V]), halt().'


class ErlangServer(Server):
    """A running Erlang node with one SSH daemon."""

    name = "Erlang/OTP ssh_sftpd"
    host = "127.151.14.139"
    remark = "ssh-rsa enabled, which it has not by default"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        lack = None if glob.glob(LIBRARY) else "there is no Erlang ssh on this machine (Debian package erlang-ssh)"
        return lacks("escript", "erlang-base") or lack

    def version(self):
        return told_version(r"(OTP .+)", find("erl"), "-noshell", "-eval", VERSION)

    def chokes_on(self, path):
        if max(map(ord, path)) > 255:
            return "a name beyond Latin-1 ends its session as soon as the folder is listed, so none is served"
        return None

    def prepare(self):
        shutil.copy(self.home / "host_key", self.home / "ssh_host_rsa_key")

    def command(self):
        program = [find("escript"), PROGRAMS / "sftpd.escript"]
        return [*program, self.home, self.root, self.host, str(self.port)]
