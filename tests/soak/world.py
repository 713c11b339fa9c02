# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the soak: a true time that the facility has, and workstations whose own clock may be wrong."""

from __future__ import annotations

import functools
import gc
import multiprocessing
import os
import pathlib
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import load_private
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.modules import (
    account_info,
    account_key,
    facility_info,
    key_renewal,
    report_sync,
)
from tests.modules.support import Workstation, run_module
from tests.soak.processes import Job, side_by_side

RUN_TIMEOUT = 60  # seconds
OPTIONS = {"outside_hours": "skip", "connect_timeout": 1.5, "operation_timeout": 3, "run_timeout": RUN_TIMEOUT}
LOSSES = (
    "emptied",
    "torn",
    "overwritten",
    "vanished",
    "vanished with all beside it",
    "the database of a copy",
    "a copy",
)
KEPT_COPIES = 8


class TrueTime:
    """The time as it is: the facility's clock stands still at it, and all processes share it."""

    def __init__(self, control: Any, moment: datetime) -> None:
        self._control, self._seconds = control, multiprocessing.RawValue("d", moment.timestamp())
        self.reach(moment)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds.value, HONG_KONG)

    def reach(self, moment: datetime) -> None:
        """Let time pass until then; it never goes back."""
        self._seconds.value = max(self._seconds.value, moment.timestamp())
        self._control.clock_set(self.now.isoformat(), hold=True)

    def sleep(self, seconds: float) -> None:
        self.reach(self.now + timedelta(seconds=seconds))


class Station(Workstation):
    """A workstation: its folders, its clock on the wall, and the kernel that runs on it."""

    def __init__(self, root: pathlib.Path, account: str, source: str, facility: Any, time: TrueTime) -> None:
        super().__init__(root, account, source)
        self._time, self._facility, self.site = time, facility, "primary"
        self.ahead = timedelta()  # of the true time: how wrong the clock on the wall is
        self.boots, self._booted = 0, time.now - timedelta(days=100)
        self.copies: list[pathlib.Path] = []
        self.asks_people: set[str] = set()  # the codes with which its runs have failed, and which people can help
        self.options.update(OPTIONS)
        self.point_at(facility)

    def __str__(self) -> str:
        return self.account

    def now(self) -> datetime:
        """What the clock on the wall says."""
        return self._time.now + self.ahead

    def uptime(self) -> Uptime:
        return Uptime(f"boot {self.boots}", (self._time.now - self._booted).total_seconds())

    def reboot(self) -> None:
        """Start anew, in twenty seconds: what the kernel before has done was before this one ran."""
        self.boots, self._booted = self.boots + 1, self._time.now
        self._time.reach(self._time.now + timedelta(seconds=20))

    def switch(self, site: str) -> None:
        """Do as people do when the exchange has told them of its other site."""
        self.site = site
        self.options["site"] = site
        self.point_at(self._facility, site)

    # Its files

    @property
    def state(self) -> pathlib.Path:
        return pathlib.Path(self.options["state_dir"])

    @property
    def database(self) -> pathlib.Path:
        return self.state / FILE_NAME

    @property
    def keys(self) -> pathlib.Path:
        return pathlib.Path(self.options["key_dir"]) / self.account

    def fingerprints(self) -> set[str]:
        """The fingerprint of each private key on disk, wherever it lies and whatever it is called."""
        return {fingerprint(path.read_bytes()) for path in self.keys.glob("*/id_rsa*")}

    def in_force(self) -> str | None:
        """The fingerprint of the key that `current` leads to, if it leads to one."""
        key = self.keys / "current" / "id_rsa"
        return fingerprint(key.read_bytes()) if key.exists() else None

    def newest(self, name: str) -> pathlib.Path:
        """A file of the current key; where there is none, of the key that was made last, which is to be registered."""
        if (self.keys / "current" / "id_rsa").exists():
            return self.keys / "current" / name
        versions = [path.parent for path in self.keys.glob("2*/id_rsa")]
        return max(versions, key=lambda version: version.stat().st_mtime) / name

    def copy_state(self) -> None:
        """Do as a backup does at night; the last few copies are kept."""
        copy = self.root / f"copy-{self._time.now:%Y%m%d}"
        if self.database.exists() and not copy.exists():
            shutil.copytree(self.state, copy)
            self.copies.append(copy)
        for old in self.copies[:-KEPT_COPIES]:
            shutil.rmtree(old)
        del self.copies[:-KEPT_COPIES]

    def lose_state(self, how: str, copy: pathlib.Path) -> None:
        """Let the state come to grief; ``copy`` is what comes back, where one does."""
        self.state.mkdir(exist_ok=True)
        self.database.touch()
        if how == "emptied":
            self.database.write_bytes(b"")
        elif how == "torn":
            os.truncate(self.database, 5000)
        elif how == "overwritten":
            self.database.write_bytes(b"x")
        elif how == "vanished":
            self.database.unlink()
        elif how == "vanished with all beside it":
            shutil.rmtree(self.state)
        elif how == "the database of a copy":
            shutil.copy(copy / FILE_NAME, self.database)
        else:
            shutil.rmtree(self.state)
            shutil.copytree(copy, self.state)

    # Its runs

    def make_key_at_once(self, **options: Any) -> None:
        """Make its key, or tell it when that was registered, before anything happens to anybody."""
        run = Run.of(self, "account_key", **options)
        side_by_side([run])
        assert run.is_good, run.told

    def work(self, module: str, bad_key: bytes | None = None, **options: Any) -> Any:
        """Run a module here and now; ``bad_key`` is what is made where a key is made."""
        for clocked in (account_info, account_key, facility_info, key_renewal, report_sync):
            clocked.hong_kong_now = self.now
            clocked.uptime = self.uptime
            clocked.sleep = self._time.sleep
        if bad_key:
            key_renewal.generate = lambda: load_private(bad_key, None, "a bad key")
        return run_module(module, **{**self.options, **options})


@functools.cache
def fingerprint(private_key: bytes) -> str:
    return load_private(private_key, None, "a key on disk").public.fingerprint


def warm_up() -> None:
    """Make this process one that copies begin fast from: to test the primes of each key takes most of their time."""
    gc.collect()
    gc.freeze()
    load = serialization.load_ssh_private_key
    if not isinstance(load, functools.partial):
        serialization.load_ssh_private_key = functools.partial(load, unsafe_skip_rsa_key_validation=True)


@dataclass
class Run(Job):
    """A run of a module on a workstation, the fault that it meets at the facility, and what was there before it."""

    work: Any = None
    station: Station = field(kw_only=True)
    module: str = field(kw_only=True)
    options: dict[str, Any] = field(kw_only=True)
    is_due: bool = False  # a renewal is under way or opens
    fault: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, station: Station, module: str, bad_key: bytes | None = None, **options: Any) -> Run:
        work = functools.partial(station.work, module, bad_key, **options)
        return cls(work, station=station, module=module, options=options)

    @property
    def told(self) -> dict[str, Any]:
        """What it returned; nothing where it was killed."""
        return self.result or {}

    @property
    def is_good(self) -> bool:
        return self.result is not None and not self.result.get("failed")

    def __str__(self) -> str:
        end = "killed" if self.killed else self.told.get("error_code") or self.told.get("state") or "ok"
        met = f" meets {self.fault} {self.settings}" if self.fault else ""
        more = {name: value for name, value in self.options.items() if name not in ("partner_index", "dest")}
        return f"{self.station} {self.module} {more}{met}: {end} ({self.seconds:.1f} s)"
