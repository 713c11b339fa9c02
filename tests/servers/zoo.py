# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server that tests know; `make test` runs the contract against FEW, `make integration` against MORE as well."""

from __future__ import annotations

from tests.servers import (
    asyncssh_server,
    conch,
    dropbear,
    erlang,
    gesftpserver,
    go_sftp,
    libssh,
    mysecureshell,
    net_sftp_server,
    npm_ssh2,
    openssh,
    paramiko_server,
    proftpd,
    rclone,
    rehearsal,
)

FEW = (
    rehearsal.RehearsalFacility,
    openssh.FewOpenFilesOpenSsh,
    proftpd.ProFtpdServer,
    erlang.ErlangServer,
    paramiko_server.ParamikoServer,
)
MORE = (
    openssh.OpenSshServer,
    openssh.RekeyingOpenSsh,
    openssh.GroupExchangeOpenSsh,
    gesftpserver.GreenEndServer,
    mysecureshell.MySecureShellServer,
    dropbear.DropbearServer,
    asyncssh_server.AsyncsshServer,
    net_sftp_server.PerlServer,
    conch.ConchServer,
    npm_ssh2.NpmSsh2Server,
    go_sftp.GoServer,
    rclone.RcloneServer,
    rclone.NewestRcloneServer,
    libssh.LibsshServer,
)
