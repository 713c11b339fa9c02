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
from dataclasses import dataclass, replace

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import checked, installed_code
from tests.bench import before, payload, plays
from tests.e2e.steered import laid_code
from tests.modules.support import new_state

OURS = "dcass.sftp report_sync"
SENT = "the same, sent as a module"
BEFORE = "report_sync of the build before"
LIMIT = "ssh tar stream (a limit)"
ASYNCSSH = "asyncssh, 32 at once"
LFTP_4 = "lftp, four connections"
PING = "Ansible's ping"
PLAY, PLAY_PING = "a play of one report_sync", "a play of one ping"
SYNCED = ", then sync -f"
PROGRAMS = str(pathlib.Path(__file__).with_name("programs.py"))
IN_PARTS = ("--sftp-concurrency=64", "--sftp-chunk-size=255Ki", "--sftp-disable-hashcheck")
RCLONE = {
    "rclone, one connection": ("--transfers=1", "--checkers=1", "--check-first", *IN_PARTS),
    "rclone, defaults": (),
    "rclone, tuned": ("--transfers=16", "--checkers=16", *IN_PARTS),
}
LFTP = {"lftp, one connection": 1, LFTP_4: 4}


@dataclass(frozen=True)
class Client:
    """``command(dest)`` is what to run and what to say to it.

    ``repeats`` tells whether a second run has a meaning, ``copies`` whether it brings anything home.
    """

    program: str
    command: Callable[[pathlib.Path], tuple[list[str], str]]
    repeats: bool = True
    copies: bool = True


class Peers:
    """Clients of one server, for one account with its key. All copy the same two folders into ``dest``."""

    def __init__(self, server, workstation, key, build_before=None):
        self._server, self._workstation, self._key = server, workstation, str(key)
        self._checkout = build_before
        venv = workstation.root / "venv"  # what looks like a workstation's private environment
        self.python = venv / "bin" / "python"
        if not venv.exists():
            self.python.parent.mkdir(parents=True)
            (venv / "dcass").symlink_to(laid_code())
            plays.wrap(self.python)

    def mirroring(self):
        """Name → client, of all that bring reports home and whose program this machine has."""
        wanted = {
            OURS: Client(sys.executable, self._ours),
            SENT: Client(sys.executable, self._sent),
            BEFORE: Client(sys.executable, self._before),
            LIMIT: Client("tar", self._tar, repeats=False),
            "OpenSSH sftp": Client("sftp", self._sftp),
            **{name: Client("lftp", self._lftp(number)) for name, number in LFTP.items()},
            **{name: Client("rclone", self._rclone(flags)) for name, flags in RCLONE.items()},
            ASYNCSSH: Client(sys.executable, self._python("asyncssh")),
            "paramiko get": Client(sys.executable, self._python("paramiko")),
        }
        if not self._server.tar_port:
            del wanted[LIMIT]
        if not self._checkout:
            del wanted[BEFORE]
        return {name: client for name, client in wanted.items() if shutil.which(client.program)}

    def looking(self):
        """Those that are quick where nothing is new, beside tasks and whole plays that only ping."""
        quick = (OURS, SENT, BEFORE, LFTP_4, "rclone, one connection", ASYNCSSH)
        nothing = {"repeats": True, "copies": False}
        return {
            **{name: client for name, client in self.mirroring().items() if name in quick},
            PING: Client(sys.executable, lambda _dest: self._piped(payload.build("ping")), **nothing),
            PLAY: Client(sys.executable, self.play),
            PLAY_PING: Client(sys.executable, self._play_ping, **nothing),
        }

    def durable(self):
        """Those that are to end with all on the disk: ours as ever, each of the others with and without `sync -f`."""
        some = {name: client for name, client in self.mirroring().items() if name in (OURS, BEFORE, LIMIT, ASYNCSSH)}
        others = {name: client for name, client in some.items() if name in (LIMIT, ASYNCSSH)}
        return some | {name + SYNCED: _and_sync(client) for name, client in others.items()}

    def report_sync(self, dest, **more):
        """Ours as a workstation runs it: what Ansible says to a Python there, which finds the code laid."""
        options = json.dumps({"ANSIBLE_MODULE_ARGS": self._options(dest, **more)}).encode()
        module = f"{installed_code.COLLECTION}.modules.report_sync"
        given = json.dumps(checked.check("report_sync", options).given())
        return self._piped(installed_code.checked_launcher(str(self.python), module, given))

    def into_nothing(self):
        """A client that is as fast as one can be: the server's stream, thrown away."""
        return (["sh", "-c", f"{self._stream()} > /dev/null"], "") if self._server.tar_port else None

    def _ours(self, dest):
        return self.report_sync(dest)

    def _sent(self, dest):
        return self._piped(payload.build("report_sync", json.dumps(self._options(dest))))

    def _before(self, dest):
        """The build before, with a state of its own making, since it may not read ours."""
        state = f"{dest}-state"
        if not dest.exists():
            before.new_state(self._checkout, state)
        options = json.dumps(self._options(dest, state_dir=state))
        return self._piped(payload.build("report_sync", options, self._checkout))

    def _piped(self, script):
        """What Ansible with pipelining does: a Python reads the script from its standard input."""
        return [sys.executable], script.decode()

    def play(self, dest, *arguments):
        """A play of one report_sync, with more words for ansible-playbook."""
        task = {"dcass.sftp.report_sync": self._options(dest)}
        return plays.command(self.python, dest.parent, task, *arguments), ""

    def _play_ping(self, dest):
        return plays.command(self.python, dest.parent, {"ansible.builtin.ping": {}}), ""

    def _options(self, dest, **more):
        place = {"dest": str(dest), "folders": self._server.folders}
        state = more.get("state_dir") or new_state(f"{dest}-state")
        return {**self._workstation.options, **place, **more, "state_dir": state}

    def _tar(self, dest):
        dest.mkdir()
        return ["sh", "-c", f"{self._stream()} | tar -C {dest} -xf -"], ""

    def _stream(self):
        return shlex.join(["ssh", *self._ssh(self._server.tar_port), f"{self._server.account}@{self._server.host}"])

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


def _and_sync(client):
    def command(dest):
        words, said = client.command(dest)
        return ["sh", "-c", f"{shlex.join(words)} && sync -f {shlex.quote(str(dest))}"], said

    return replace(client, command=command, repeats=False)
