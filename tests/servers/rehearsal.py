# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal facility, as one server among others: it writes down whatever a client does that the guide forbids."""

from __future__ import annotations

import importlib.metadata
import pathlib

from emulator.client import Emulator
from tests.modules.support import WORKSTATIONS, succeed
from tests.servers.base import Server, rfc4716, run


class RehearsalFacility(Server):
    """An emulator with the account registered."""

    name = "rehearsal facility"
    host = "127.151.14.121"
    remark = "[the facility's double](emulator.md), made with asyncssh"
    accepted = "counted by its event log"

    @classmethod
    def why_not(cls):
        return None

    def version(self):
        return f"asyncssh {importlib.metadata.version('asyncssh')}"

    def __enter__(self):
        # four days after the reports: none of them is ten days old, and no midnight comes
        self._emulator = Emulator(self.home / "facility", listen=(f"{self.host}:0",), now="2026-11-23T12:00").start()
        try:
            self._register()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self._emulator.stop()
        super().__exit__(*error)

    @property
    def known_hosts(self):
        return self._emulator.known_hosts

    def begin(self):
        self._emulator.control.clock_advance("10m")  # an account has four logins in five minutes
        self._began = self._emulator.control.status()["last_event"]
        super().begin()

    def complaints(self):
        return self._emulator.control.violations(since=self._began)

    def _logged(self):
        return len(self._emulator.control.events(event="login"))

    def _register(self):
        ((_host, self.port),) = self._emulator.addresses
        code, other = self.account[:4], self.home / "other"
        run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(other))
        package = succeed(
            "registration_package",
            customer_code=code,
            workstation_addresses=list(WORKSTATIONS),
            public_keys={f"{code}001": self.public_key, f"{code}002": rfc4716(other.with_suffix(".pub").read_text())},
            dest=str(self.home / f"{code}.zip"),
        )
        self._emulator.control.register(package["path"])
        self._emulator.control.hours(enforce="never")
        self.root = pathlib.Path(self._emulator.root) / "folders"
