# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH: one user, SFTP alone, and the algorithms of §2.1 that it knows; and moods in which it is harder to serve."""

from __future__ import annotations

import fcntl
import os
import pathlib
import pwd
import subprocess

from tests.servers.base import Server, cage, find, lacks, not_root, run

KEX = "curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256"
KEX += ",diffie-hellman-group-exchange-sha256"
CONFIG = """
Port {port}
ListenAddress {host}
PidFile none
HostKey {home}/host_key
{more}
HostKeyAlgorithms {host_key_algorithms}
PubkeyAcceptedAlgorithms ssh-rsa
KexAlgorithms {kex}
MACs hmac-sha2-256
Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
AuthenticationMethods publickey
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin no
LogLevel VERBOSE
ChrootDirectory {root}
{sftp}
Match User *
    X11Forwarding no
"""
ONLY_SFTP = "Subsystem sftp internal-sftp\nForceCommand internal-sftp"


class OpenSshServer(Server):
    """A running sshd, with an account of this machine's for as long as it runs."""

    name = "OpenSSH"
    host = "127.151.14.131"
    remark = "limited to the algorithms of §2.1, of which it has ssh-rsa not by default"
    place = "/run"  # sshd wants every folder above a chroot to be root's alone, which /tmp is not
    kex, more, sftp = KEX, "", ONLY_SFTP

    def __init__(self, account, public_key, host_key_algorithms="ssh-rsa", more=None, sftp=None):
        super().__init__(account, public_key)
        self.accepted = "Accepted publickey for " + account
        self._algorithms = host_key_algorithms
        self._more, self._sftp = self.more if more is None else more, self.sftp if sftp is None else sftp

    @classmethod
    def why_not(cls):
        return lacks("sshd", "openssh-server") or not_root("an sshd that serves an account of its own")

    def __enter__(self):
        # One server an account at a time, whoever else runs tests; so a user that is there was left by a killed run.
        self._turn = open(f"/run/dcass-sshd-{self.account}.lock", "w")
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        self._remove_user()
        self._turn.close()

    def prepare(self):
        self._remove_user()
        os.chmod(self.home / "authorized_keys", 0o644)
        self.write("config", self._config())
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        run("useradd", "--badname", "--no-create-home", "--no-user-group", "--password", "*", self.account)

    def command(self):
        return [find("sshd"), "-D", "-e", "-f", self.home / "config"]

    def _remove_user(self):
        if any(user.pw_name == self.account for user in pwd.getpwall()):
            subprocess.run(["userdel", "--force", self.account], check=False, capture_output=True)

    def _config(self):
        return CONFIG.format(
            port=self.port,
            host=self.host,
            home=self.home,
            root=self.root,
            kex=self.kex,
            host_key_algorithms=self._algorithms,
            more=self._more,
            sftp=self._sftp,
        )


class RekeyingOpenSsh(OpenSshServer):
    """It wants new keys after each megabyte."""

    name = "OpenSSH, new keys each MB"
    host = "127.151.14.133"
    remark = "`RekeyLimit 1M`"
    more = "RekeyLimit 1M"


class GroupExchangeOpenSsh(OpenSshServer):
    """It knows no key exchange but the last of §2.1's."""

    name = "OpenSSH, group exchange only"
    host = "127.151.14.134"
    remark = "`KexAlgorithms diffie-hellman-group-exchange-sha256`"
    kex = "diffie-hellman-group-exchange-sha256"


class OtherSftpOpenSsh(OpenSshServer):
    """sshd with another program for SFTP, ``program``, which ``started`` starts; it runs in the served folder."""

    program = "/usr/lib/openssh/sftp-server"
    package = "openssh-sftp-server"
    started = "exec {program}"

    def __init__(self, account, public_key):
        command = self.started.format(program=self.program)
        super().__init__(account, public_key, sftp=f"Subsystem sftp {self.program}\nForceCommand {command}")

    @classmethod
    def why_not(cls):
        return super().why_not() or lacks(cls.program, cls.package)

    def prepare(self):
        super().prepare()
        cage(self.root, pwd.getpwnam(self.account).pw_uid, self.account, self.program)


class FewOpenFilesOpenSsh(OtherSftpOpenSsh):
    """Its sftp-server may have 32 files open, its own included."""

    name = "OpenSSH, 32 open files"
    host = "127.151.14.135"
    remark = "`sftp-server` under `ulimit -n 32`"
    started = "ulimit -n 32; exec {program}"
