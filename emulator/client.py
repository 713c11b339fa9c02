# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests, demos and scripts: start an emulator, steer it, stop it again. Standard library only."""

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_CONTROL = "http://127.0.0.1:10080"
ANY_PORTS = ("127.151.14.121:0", "127.151.14.122:0", "127.152.14.121:0", "127.152.14.122:0")
NETS = {"primary": "127.151.", "secondary": "127.152."}  # of the mirrored addresses
PATIENCE = 300  # seconds: a day's reports for many participants take their time


class Refused(RuntimeError):
    """The facility said no; `reasons` lists why."""

    def __init__(self, reason: str, reasons: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reasons = list(reasons) or [reason]


class DidNotStart(RuntimeError):
    """The emulator ended before it was ready; the message is what it said."""


@dataclass(frozen=True)
class Control:
    """The control interface of a running emulator, one method a verb."""

    url: str = DEFAULT_CONTROL

    def status(self) -> dict[str, Any]:
        """Clock, active site, addresses, known_hosts lines, and the number of the latest event."""
        return self._call("GET", "/")  # type: ignore[no-any-return]

    def register(self, package: str | os.PathLike[str], name: str | None = None) -> list[dict[str, Any]]:
        """Hand in a registration package; `name` where the file is not called CXXX.zip."""
        path = Path(package)
        where = "/registrations?" + urllib.parse.urlencode({"name": name or path.name})
        return self._call("POST", where, path.read_bytes())  # type: ignore[no-any-return]

    def forget(self, customer_code: str) -> dict[str, Any]:
        """Forget a participant with its keys, folders and counts; the event log stays."""
        where = "/registrations/" + urllib.parse.quote(customer_code, safe="")
        return self._call("DELETE", where)  # type: ignore[no-any-return]

    def publish(self, **order: Any) -> dict[str, Any]:
        """Publish a day's reports, those of an ad hoc call for margin, or one file.

        Of a day, today or `date=`: all, those made by now (`due=True`), those of a holiday (`holiday=True`); of a call:
        `adhoc="13:20"`; all made smaller by `scale=`. One file has `name=`, `folder=` and `size=`.
        """
        return self._call("POST", "/reports", order)  # type: ignore[no-any-return]

    def clock_real(self) -> dict[str, Any]:
        """Go back to the machine's clock."""
        return self._call("PUT", "/clock", {"real": True})  # type: ignore[no-any-return]

    def clock_set(self, moment: str, *, hold: bool = False) -> dict[str, Any]:
        """Jump to an ISO 8601 moment, and run on or (`hold`) stand still."""
        return self._call("PUT", "/clock", {"set": moment, "hold": hold})  # type: ignore[no-any-return]

    def clock_advance(self, duration: str) -> dict[str, Any]:
        """Move forward by 90s, 5m, 1h30m, 14d …"""
        return self._call("PUT", "/clock", {"advance": duration})  # type: ignore[no-any-return]

    def hours(self, **change: Any) -> dict[str, Any]:
        """Opening hours: `enforce=` steered, always or never; `closed_days=`, `open_days=` as lists of ISO dates."""
        return self._call("PUT", "/hours", change)  # type: ignore[no-any-return]

    def site(self, active: str) -> dict[str, Any]:
        """Let the primary or the secondary site answer."""
        return self._call("PUT", "/site", {"active": active})  # type: ignore[no-any-return]

    def fault_arm(self, name: str, times: int | None = None, **settings: str | float) -> dict[str, Any]:
        """Arm a fault until cleared, or for the next `times`; `account=` names whom it is to strike."""
        return self._call("POST", "/faults", {"name": name, "times": times, "settings": settings})  # type: ignore[no-any-return]

    def fault_clear(self, account: str | None = None) -> dict[str, Any]:
        """Disarm every fault, or those that were armed for an account."""
        which = "?" + urllib.parse.urlencode({"account": account}) if account else ""
        return self._call("DELETE", "/faults" + which)  # type: ignore[no-any-return]

    def fault_list(self) -> dict[str, Any]:
        """What is armed, and what there is."""
        return self._call("GET", "/faults")  # type: ignore[no-any-return]

    def accounts(self) -> list[dict[str, Any]]:
        """All registered accounts."""
        return self._call("GET", "/accounts")  # type: ignore[no-any-return]

    def events(self, **which: Any) -> list[dict[str, Any]]:
        """The event log: `since=`, `account=`, `event=` narrow it down."""
        return self._call("GET", "/events?" + urllib.parse.urlencode(which))  # type: ignore[no-any-return]

    def violations(self, **which: Any) -> list[dict[str, Any]]:
        """What clients did that the guide forbids; narrowed down like `events`."""
        return self._call("GET", "/violations?" + urllib.parse.urlencode(which))  # type: ignore[no-any-return]

    def _call(self, method: str, path: str, body: bytes | dict[str, Any] | None = None) -> Any:
        kind = "application/zip" if isinstance(body, bytes) else "application/json"
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        host, port, root = _place(self.url)
        # A connection for each question, and straight: to loopback no proxy leads.
        with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
            try:
                connection.request(method, root + path, data, {"Content-Type": kind})
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException) as problem:
                raise Refused(f"no emulator answers at {self.url}: {problem}") from None
        if answer.status >= 400:
            raise _refusal(said, f"{answer.status} {answer.reason}")
        return json.loads(said)


def _place(url: str) -> tuple[str, int | None, str]:
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return parts.hostname, parts.port, parts.path.rstrip("/")
    except ValueError:
        pass  # a port that is no number
    raise Refused(f"{url!r} is no address of a control interface, such as {DEFAULT_CONTROL}")


def _refusal(answer: bytes, status: str) -> Refused:
    try:
        said = json.loads(answer)
    except ValueError:
        return Refused(status)
    return Refused(said.get("reason", status), said.get("reasons", ()))


@dataclass
class Emulator:
    """An emulator process of one's own: ready once the context is entered, gone once it is left or the caller dies."""

    root: str | os.PathLike[str]
    listen: Sequence[str] = ANY_PORTS
    now: str | None = None
    options: Sequence[str] = ()
    control: Control = field(init=False)
    addresses: list[tuple[str, int]] = field(init=False, default_factory=list)
    known_hosts: str = field(init=False, default="")
    host_ca: str = field(init=False, default="")

    def start(self) -> "Emulator":
        """Start the process and wait until it accepts connections."""
        command = [sys.executable, "-m", "emulator", "--root", os.fspath(self.root), "--control", "127.0.0.1:0"]
        command += ["--parent", str(os.getpid()), "--listen", *self.listen, *self.options]
        command += ["--now", self.now] if self.now else []
        home = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
        complaints = Path(self.root, "complaints.log")
        complaints.parent.mkdir(parents=True, exist_ok=True)
        with complaints.open("w") as stderr:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, text=True, env={**os.environ, "PYTHONPATH": path}
            )
        if not self._is_ready():
            self.stop()
            raise DidNotStart(complaints.read_text().strip())
        return self

    @property
    def by_site(self) -> dict[str, list[str]]:
        """Where each site listens, HOST:PORT each, as an inventory's dcass_addresses names both."""
        places = [f"{host}:{port}" for host, port in self.addresses]
        return {site: [place for place in places if place.startswith(net)] for site, net in NETS.items()}

    def _is_ready(self) -> bool:
        self.addresses, self.known_hosts = [], ""
        for line in self._process.stdout or ():
            word, _, rest = line.rstrip("\n").partition(" ")
            if word in ("listening", "standby"):
                host, _, port = rest.rpartition(":")
                self.addresses.append((host, int(port)))
            elif word == "control":
                self.control = Control(rest)
            elif word == "host-key":
                self.known_hosts += rest + "\n"
            elif word == "host-ca":
                self.host_ca = rest + "\n"
            elif word == "ready":
                return True
        return False

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> "Emulator":
        return self.start()

    def __exit__(self, *_problem: object) -> None:
        self.stop()


@contextmanager
def running(root: str | os.PathLike[str], **settings: Any) -> Iterator[Emulator]:
    """`with running(folder) as facility:` an emulator on free ports of the mirrored addresses."""
    with Emulator(root, **settings) as emulator:
        yield emulator
