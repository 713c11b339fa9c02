# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at an address from a workstation that has no libraries yet: does SSH answer, and with which host key?

OpenSSH's ssh-keyscan reads the key, where it is there. It finishes no login, as we don't (§4.3).
"""

from __future__ import annotations

import base64
import contextlib
import math
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline
from ansible_collections.dcass.sftp.plugins.module_utils._io.greeting import NoSsh, skip_notices
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.session import connect
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, HostKeyUnread, Unreachable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import HOST_KEYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import HostKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import parse_blob

_PROGRAM = "ssh-keyscan"
_PATH = "/usr/local/bin:/usr/bin:/bin"
_BANNER_BYTES = 255  # RFC 4253 section 4.2
_SAID = 1 << 16  # bytes of what it says; a key has some hundred
_GRACE = 5.0  # seconds until it is ended, beyond those that it is given


@dataclass(frozen=True)
class Glimpse:
    """An address that answered, with the host key that it showed; nothing is open any more."""

    address: Address
    host_key: HostKey
    round_trip_ms: float

    def __enter__(self) -> Glimpse:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def describe(self) -> dict[str, Any]:
        """What facility_info returns of it."""
        return {
            "reachable": True,
            "known_hosts_line": self.host_key.line(self.address),
            "host_key_fingerprint": self.host_key.fingerprint,
            "round_trip_ms": self.round_trip_ms,
        }


def is_bare(missing: Exception | None) -> bool:
    """Say whether libraries are missing since no rollout has brought them: not where they are broken or forbidden."""
    is_rolled_out = os.path.exists(on_disk(os.path.join(sys.prefix, "requirements.txt")))
    return isinstance(missing, ImportError) and not is_rolled_out


def glance(settings: Settings, address: Address, deadline: Deadline) -> Glimpse:
    """Connect to an address, and ask for its host key; raise Unreachable, or HostKeyUnread where nobody here can."""
    deadline.require()
    seconds = min(settings.connect_timeout, deadline.left)
    sock, round_trip_ms = connect(settings, address, seconds)
    with contextlib.closing(sock):
        banner = _banner(sock, address, seconds)
    program = shutil.which(_PROGRAM, path=_PATH)
    answers = f"{address} answers in {round_trip_ms} ms as {banner}; its host key can't be read"
    if program is None:
        raise HostKeyUnread(f"{answers}: this workstation has neither the libraries nor {_PROGRAM}.")
    deadline.require()
    for key in _keys(program, address, min(settings.connect_timeout, deadline.left)):
        return Glimpse(address, key, round_trip_ms)
    raise HostKeyUnread(
        f"{answers}: {_PROGRAM} got no RSA key. It connects from the address that the route has, and not by itself "
        "from dcass_workstation_address."
    )


def _banner(sock: socket.socket, address: Address, seconds: float) -> str:
    try:
        sock.settimeout(seconds)
        skip_notices(sock, seconds)
        return shown(sock.recv(_BANNER_BYTES).partition(b"\n")[0].rstrip(b"\r"))
    except (NoSsh, OSError) as error:
        raise Unreachable(f"{address} answers, but is no SSH server: {error}.") from error


def _keys(program: str, address: Address, seconds: float) -> Iterator[HostKey]:
    """Yield the RSA keys that it prints, a line of known_hosts each; whatever else it says is of no use."""
    whole = math.ceil(seconds)
    words = [program, "-T", str(whole), "-p", str(address.port), "-t", "rsa", "--", address.host]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        scanned = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": _PATH, "LANG": "C.UTF-8"},
            cwd="/",
            timeout=whole + _GRACE,
            check=False,
        )
        for line in scanned.stdout[:_SAID].decode("ascii", "replace").splitlines():
            _name, kind, encoded, *_rest = [*line.split(" "), "", ""]
            with contextlib.suppress(ValueError, BadInput):
                blob = base64.b64decode(encoded, validate=True)
                if kind == HOST_KEYS[0] and parse_blob(blob).key_type == kind:
                    yield HostKey(blob)
