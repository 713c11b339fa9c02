# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the servers of the tests have in common: a folder that they serve, a process of their own, an end with ours."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import textwrap
import time

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BUILT = CHECKOUT / ".build" / "servers"  # what is compiled or fetched for servers
PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
PATIENCE = 30  # seconds until a server must listen
# Debian keeps servers where only root looks
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"])


class Server:
    """A server at ``address`` that shows the folder ``root`` to ``account``; both are gone when the context is left.

    A kind of server says ``why_not`` this machine can't run it, ``prepare``s its files and names its ``command``.
    """

    name = ""
    host = ""  # a loopback address of its own
    place = None  # where its folder is made; None: where temporary files are
    accepted = ""  # what its log says of each login that it accepts
    remark = ""  # how it differs from what it is by default; for docs/servers.md

    def __init__(self, account, public_key):
        self.account, self.public_key = account, public_key
        self.port = free_port(self.host)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dcass-server-", dir=self.place))
        self.root, self.log = self.home / "root", self.home / "log"
        self._process, self._earlier = None, 0

    @classmethod
    def why_not(cls):
        """The reason why this machine can't run the server; None where it can."""
        return

    def version(self):
        """The version that its program tells."""
        with socket.create_connection((self.host, self.port), PATIENCE) as sock, sock.makefile("r") as greeting:
            return greeting.readline().strip().partition("_")[2]

    def prepare(self):
        """Write what the server reads when it starts."""

    def command(self):
        """The words that start it, in the foreground."""
        return []

    def refuses(self, path):
        """Why this server, and no fault of ours, cannot hand out a report of that path; None where it can."""

    def chokes_on(self, path):
        """Why a report of that path cannot be served at all, being the end of every session; None where it can."""

    def complaints(self):
        """What the server has to say against its client."""
        return []

    def __enter__(self):
        os.chmod(self.home, 0o755)
        for folder in ("COMMON", self.account[:4], "KEY_MANAGEMENT"):
            (self.root / folder).mkdir(parents=True)
        self.make_host_key()
        self.write("authorized_keys", one_line(self.public_key) + "\n")
        try:
            self.prepare()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        stop(self._process)
        shutil.rmtree(self.home)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def known_hosts(self):
        return f"[{self.host}]:{self.port} {(self.home / 'host_key.pub').read_text()}"

    def make_host_key(self):
        run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", str(self.home / "host_key"))

    def write(self, name, text, mode=0o600):
        """A file of the server's own."""
        (self.home / name).write_text(text)
        os.chmod(self.home / name, mode)

    def put(self, path, content, mtime=None):
        """Place a report below the served folder."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if mtime is not None:
            os.utime(file, (mtime, mtime))

    def begin(self):
        """Serve nothing, and count logins from now on: for the next test."""
        for folder in ("COMMON", self.account[:4], "KEY_MANAGEMENT"):
            for entry in (self.root / folder).iterdir():
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        self._earlier = self._logged()

    def logins(self):
        """How many logins its log shows as accepted since the test began; None where it does not tell."""
        return self._logged() - self._earlier if self.accepted else None

    def _logged(self):
        return self.log.read_text(errors="replace").count(self.accepted) if self.accepted else 0

    def _start(self):
        with open(self.log, "w") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            self._process = subprocess.Popen([*with_us(), *map(str, self.command())], cwd=CHECKOUT, **streams)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as sock:
                if sock.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')}")


def find(program):
    """The path of a program, None where the machine has none."""
    return shutil.which(program, path=SEARCHED)


def lacks(program, package):
    """A sentence where a program is not on this machine, else None."""
    return None if find(program) else f"there is no {program} on this machine (Debian package {package})"


def not_root(why):
    """A sentence where we are not root, else None."""
    return None if os.geteuid() == 0 else f"{why} needs root"


def environment(name):
    """The Python of an environment of pyproject.toml, None where it was not built."""
    python = CHECKOUT / ".build" / "envs" / name / "bin" / "python"
    return python if python.exists() else None


def not_built(name):
    """A sentence where an environment was not built, else None."""
    if environment(name):
        return None
    return f"the environment {name} is not built (python tools/environments.py {name})"


def with_us():
    """The words before a command that let its process end when the one that started it does, killed or not."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def stop(process):
    """End a process of ours and wait for it."""
    if process is None:
        return
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port(host):
    with socket.socket() as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def run(*command, **more):
    """Run a command that must succeed, without a terminal; what it said."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def told_version(pattern, *command):
    """The version in what a program tells of itself, whatever its exit code."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    said = subprocess.run([str(word) for word in command], check=False, text=True, timeout=60, **streams).stdout
    found = re.search(pattern, said)
    return found[1] if found else "?"


def one_line(public_key):
    """Public keys as OpenSSH writes them, also where one comes as RFC 4716 text."""
    if not public_key.startswith("---- BEGIN"):
        return public_key.strip()
    return "ssh-rsa " + "".join(re.findall(r"^[A-Za-z0-9+/=]+$", public_key, re.MULTILINE))


def rfc4716(public_key):
    """A public key as RFC 4716 text, also where it comes in OpenSSH's form."""
    if public_key.startswith("---- BEGIN"):
        return public_key
    body = "\n".join(textwrap.wrap(public_key.split()[1], 70))
    return f"---- BEGIN SSH2 PUBLIC KEY ----\n{body}\n---- END SSH2 PUBLIC KEY ----\n"


def cage(root, uid, account, *programs):
    """Lay all below ``root`` that programs need to run where it is the whole world: libraries, a shell, an account."""
    for program in ("/bin/sh", *programs):
        libraries = re.findall(r"(?:=> |^\s+)(/\S+)", run("ldd", program), re.MULTILINE)
        for file in (program, *libraries):
            copy = pathlib.Path(f"{root}/{file}")
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
    for folder in ("etc", "dev"):
        (root / folder).mkdir(exist_ok=True)
    (root / "etc" / "passwd").write_text(f"{account}:*:{uid}:{uid}::/:/bin/sh\n")
    (root / "dev" / "null").touch()  # a file does: nothing is written to it
    (root / "dev" / "null").chmod(0o666)
