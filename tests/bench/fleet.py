# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet costs its control node: a sync where nothing is new beside a bare ping, in the same minute.

All workstations are this machine, so what a workstation does itself is in the figures, and so is the facility.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import pathlib
import re
import time
from datetime import datetime, timedelta, timezone

from emulator.client import running
from tests.e2e.steered import Steered
from tests.modules.support import succeed

CALLBACKS = pathlib.Path(__file__).with_name("callbacks")
HONG_KONG = timezone(timedelta(hours=8))
SMALL = 40  # workstations, up to which a sync while the facility is closed is measured as well
PING = """- hosts: cp_*
  gather_facts: false
  tasks:
    - ansible.builtin.ping:
"""


class Fleet(Steered):
    """Registered participants whose first workstations hold what there is, and whose second ones know it."""

    def ready(self):
        """Do, in this process, what a rollout, a registration and a first sync leave behind."""
        (self.root / "ping.yml").write_text(PING)
        self.whole = json.loads(self.inventory.read_text())
        for participant in self.whole.values():
            self._register(participant)
        self.facility.control.publish(scale=0.01)
        for participant in self.whole.values():
            self._sync(*participant["hosts"].values())

    def _register(self, participant):
        code, hosts = participant["vars"]["dcass_customer_code"], list(participant["hosts"].values())
        accounts = [f"{code}00{place}" for place in (1, 2)]
        made = [succeed("account_key", **_options(host, account)) for host, account in zip(hosts, accounts)]
        package = succeed(
            "registration_package",
            customer_code=code,
            workstation_addresses=[host["dcass_workstation_address"] for host in hosts],
            public_keys={account: key["public_key"] for account, key in zip(accounts, made)},
            dest=str(self.root / f"{code}.zip"),
        )
        self.facility.control.register(package["path"])
        for host, account in zip(hosts, accounts):
            host["dcass_account"] = account

    def _sync(self, first, second):
        known = {
            "addresses": self._variables["dcass_addresses"],
            "known_hosts": f"{first['dcass_config_dir']}/known_hosts",
            "source_address": first["dcass_workstation_address"],
            "outside_hours": "ignore",
            "dest": first["dcass_report_dir"],
        }
        assert succeed("report_sync", **_options(first, first["dcass_account"], **known))["downloaded"]

    def take(self, participants):
        """Let the inventory be these participants alone."""
        self.inventory.write_text(json.dumps(dict(participants)))

    def run(self, playbook, *arguments):
        """Seconds of a play that changes nothing, and the most memory of the control node's own process in MB."""
        began = time.monotonic()
        outcome = self.play(playbook, *arguments, log="run")
        seconds = time.monotonic() - began
        assert outcome.code == 0, outcome.output[-3000:]
        assert set(re.findall(r"changed=(\d+)", outcome.output)) == {"0"}, outcome.output[-3000:]
        return seconds, int((self.root / "peak").read_text()) / 1024

    def environment(self):
        """As for any rehearsal, only that nobody looks on but one who tells the memory at the end."""
        own = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "peak"}
        return {**super().environment(), **own, "BENCH_PEAK": str(self.root / "peak")}


def _options(host, account, **more):
    return {
        "account": account,
        "key_dir": f"{host['dcass_config_dir']}/keys",
        "state_dir": host["dcass_state_dir"],
        **more,
    }


@contextlib.contextmanager
def fleet(root, hosts):
    """A fleet of so many workstations, and the facility that it meets."""
    with running(root / "facility") as facility:
        made = Fleet(root / "stage", facility, [f"C{number:03}" for number in range(hosts // 2)])
        made.ready()
        yield made


def rows(made, sizes):
    """Yield for each size: hosts; seconds and MB of a ping and of a sync with nothing new; seconds of one when shut.

    The sizes take turns with the fleet's members: each account may log in four times in five minutes (§4.3).
    """
    everybody = itertools.cycle(made.whole.items())
    today = datetime.now(HONG_KONG).date()
    around = [(today + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1)]
    shut = json.dumps({"dcass_outside_hours": "skip", "dcass_closed_days": around})
    for hosts in sizes:
        made.take(itertools.islice(everybody, hosts // 2))
        ping = made.run(str(made.root / "ping.yml"))
        sync = made.run("dcass.sftp.sync_reports")
        small = hosts <= SMALL
        yield hosts, ping, sync, made.run("dcass.sftp.sync_reports", "--extra-vars", shut)[0] if small else None
