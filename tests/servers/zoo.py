# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server that tests know; `make test` runs the contract against FEW, `make integration` against MORE as well."""

from __future__ import annotations

from tests.servers import (
    asyncssh_server,
    dropbear,
    erlang,
    gesftpserver,
    mysecureshell,
    openssh,
    paramiko_server,
    proftpd,
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
)
