# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that bring reports home, each as a whole process that starts from nothing and may be run a second time."""

from __future__ import annotations

import json
import pathlib
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench import payload
from tests.modules.support import new_state

OURS = "dcass.sftp report_sync"
BEFORE = "report_sync of the other checkout"
UNWRAPPED = "the same without Ansible's wrapper"
LIMIT = "ssh tar stream (a limit)"
PROGRAMS = str(pathlib.Path(__file__).with_name("programs.py"))
IN_PARTS = ("--sftp-concurrency=64", "--sftp-chunk-size=255Ki", "--sftp-disable-hashcheck")
RCLONE = {
    "rclone, one connection": ("--transfers=1", "--checkers=1", "--check-first", *IN_PARTS),
    "rclone, defaults": (),
    "rclone, tuned": ("--transfers=16", "--checkers=16", *IN_PARTS),
}
UNPACKED = """
import json, sys
from ansible.module_utils import basic
from ansible_collections.dcass.sftp.plugins.modules import report_sync
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.load(sys.stdin)}).encode()
basic._ANSIBLE_PROFILE = "legacy"
report_sync.main()
"""
LFTP = {"lftp, one connection": 1, "lftp, four connections": 4}


@dataclass(frozen=True)
class Client:
    """``command(dest)`` is what to run and what to say to it; ``repeats`` tells whether a second run has a meaning."""

    program: str
    command: Callable[[pathlib.Path], tuple[list[str], str]]
    repeats: bool = True


class Peers:
    """Clients of one server, for one account with its key. All copy the same two folders into ``dest``."""

    def __init__(self, server, workstation, key, before=None):
        self._server, self._workstation, self._key = server, workstation, str(key)
        self._checkout = before  # of ours, to compare with: ours with what it was

    def clients(self):
        """Name → client, of those whose program this machine has."""
        wanted = {
            OURS: Client(sys.executable, self._ours),
            BEFORE: Client(sys.executable, self._before),
            UNWRAPPED: Client(sys.executable, self._unwrapped),
            LIMIT: Client("tar", self._tar, repeats=False),
            "OpenSSH sftp": Client("sftp", self._sftp),
            **{name: Client("lftp", self._lftp(number)) for name, number in LFTP.items()},
            **{name: Client("rclone", self._rclone(flags)) for name, flags in RCLONE.items()},
            "asyncssh, 32 at once": Client(sys.executable, self._python("asyncssh")),
            "paramiko get": Client(sys.executable, self._python("paramiko")),
        }
        if not self._server.tar_port:
            del wanted[LIMIT]
        if not self._checkout:
            del wanted[BEFORE]
        return {name: client for name, client in wanted.items() if shutil.which(client.program)}

    def _ours(self, dest):
        return self.report_sync(dest), ""

    def _before(self, dest):
        """The other checkout's, with a state that it makes itself, since it may not read ours."""
        return self._task(dest, self._options(dest, state_dir=f"{dest}-state"), self._checkout), ""

    def report_sync(self, dest, **more):
        """The module as Ansible starts it on a workstation: its payload, unpacked by Python."""
        return self._task(dest, self._options(dest, **more), payload.CHECKOUT)

    def _task(self, dest, options, checkout):
        file = dest.parent / "task.py"
        file.write_bytes(payload.build("report_sync", options, checkout))
        return [sys.executable, str(file)]

    def _unwrapped(self, dest):
        return [sys.executable, "-c", UNPACKED], self._options(dest)

    def _options(self, dest, **more):
        place = {"dest": str(dest), "folders": self._server.folders}
        state = more.get("state_dir") or new_state(f"{dest}-state")
        return json.dumps({**self._workstation.options, **place, **more, "state_dir": state})

    def _tar(self, dest):
        dest.mkdir()
        ssh = shlex.join(["ssh", *self._ssh(self._server.tar_port), f"{self._server.account}@{self._server.host}"])
        return ["sh", "-c", f"{ssh} | tar -C {dest} -xf -"], ""

    def _sftp(self, dest):
        again = "-a " if dest.exists() else ""
        dest.mkdir(exist_ok=True)
        gets = "".join(f"get -R {again}/{folder} {dest}\n" for folder in self._server.folders)
        place = f"{self._server.account}@{self._server.host}"
        return ["sftp", *self._ssh(self._server.port, "-P"), "-b", "-", place], gets

    def _lftp(self, connections):
        ssh = shlex.join(["ssh", "-a", "-x", *self._ssh(self._server.port)])

        def command(dest):
            script = [f'set sftp:connect-program "{ssh}"', "set cmd:fail-exit true", "set net:max-retries 1"]
            script += ["set sftp:max-packets-in-flight 64", f"set net:connection-limit {connections}"]
            script += [f"open -u {self._server.account}, sftp://{self._server.host}:{self._server.port}"]
            mirror = f"mirror --parallel={connections}"
            script += [f"{mirror} /{folder} {dest}/{folder}" for folder in self._server.folders]
            return ["lftp", "-f", "/dev/stdin"], "\n".join([*script, "bye\n"])

        return command

    def _rclone(self, flags):
        server = {"host": self._server.host, "port": self._server.port, "user": self._server.account}
        options = [f"--sftp-{name}={value}" for name, value in server.items()]
        options += [f"--sftp-key-file={self._key}", "--config=/dev/null", "--retries=1", *flags]
        options += [f"--include=/{folder}/**" for folder in self._server.folders]
        return lambda dest: (["rclone", "copy", ":sftp:/", str(dest), *options], "")

    def _python(self, program):
        place = [self._server.host, str(self._server.port), self._server.account, self._key]
        return lambda dest: ([sys.executable, PROGRAMS, program, *place, str(dest)], "")

    def _ssh(self, port, flag="-p"):
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "HostKeyAlgorithms=ssh-rsa")
        options += ("PubkeyAcceptedAlgorithms=ssh-rsa", "Ciphers=aes256-gcm@openssh.com", "IdentitiesOnly=yes")
        flags = [part for option in options for part in ("-o", option)]
        return ["-q", "-F", "none", flag, str(port), "-i", self._key, *flags]
