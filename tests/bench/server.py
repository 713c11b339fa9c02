# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's sshd: at one end of a line, limited to §2.1 but for what rclone needs; a second port is for `ssh tar`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import random
import shutil

from tests.openssh import ONLY_SFTP, OpenSshServer, free_port

WORKPLACE = pathlib.Path("/run/dcass-bench")  # sshd wants every folder above a chroot to be root's alone
ACCOUNT = "CXYZ001"
DAY = 1_795_359_765  # the reports' time, in seconds since 1970
DATA = {  # files, median bytes, spread of the logarithm: ten days of reports, and many small ones
    "big": (650, 200_000, 1.5),
    "small": (1300, 20_000, 1.0),
}


@contextlib.contextmanager
def workplace():
    """The one folder in which a bench works: alone there, and whatever a killed bench left is gone."""
    with open(f"{WORKPLACE}.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        shutil.rmtree(WORKPLACE, ignore_errors=True)
        WORKPLACE.mkdir(mode=0o755)
        try:
            yield WORKPLACE
        finally:
            shutil.rmtree(WORKPLACE, ignore_errors=True)


class BenchServer(OpenSshServer):
    """sshd on ``host``; ``tar_port`` answers a login with a tar stream of both folders instead of SFTP."""

    def __init__(self, account, public_key, host=None):
        super().__init__(account, public_key)
        shutil.rmtree(self.home)
        self.home = WORKPLACE / "sshd"
        self.home.mkdir()
        self.root, self.log = self.home / "root", self.home / "log"
        self.host = host or self.host
        self.port, self.tar_port = free_port(self.host), free_port(self.host)
        # rclone signs with rsa-sha2 alone where sshd announces it, which sshd does whatever it accepts; and sshd's
        # MaxStartups would refuse some of sixteen connections at once by lot
        self._more = "PubkeyAcceptedAlgorithms ssh-rsa,rsa-sha2-512,rsa-sha2-256\nMaxStartups 100"
        self._more += f"\nListenAddress {self.host}:{self.tar_port}"
        stream = f"tar -C {self.root} -cf - COMMON {self.account[:4]}"
        self._sftp = f"{ONLY_SFTP}\nMatch LocalPort {self.tar_port}\nChrootDirectory none\nForceCommand {stream}"

    @property
    def folders(self):
        return ("COMMON", self.account[:4])

    def fill(self, files, median, spread):
        """Serve a data set that is the same each time; return its size in bytes."""
        dice, total = random.Random(files), 0
        self.empty()
        for number in range(files):
            content = dice.randbytes(int(median * dice.lognormvariate(0, spread)))
            self.put(f"{self.folders[number % 2]}/REPORT{number:04}_20261120.csv", content, DAY)
            total += len(content)
        return total

    def fill_one_folder(self, files):
        """Serve that many reports of a hundred bytes in one folder."""
        self.empty()
        for number in range(files):
            file = self.root / "COMMON" / f"REPORT{number:06}_20261120.csv"
            file.write_bytes(b"%099d\n" % number)
            os.utime(file, (DAY, DAY))

    def empty(self):
        for folder in self.folders:
            shutil.rmtree(self.root / folder)
            (self.root / folder).mkdir()

    def differs(self, dest):
        """The first served report that a copy lacks or has otherwise; None where the copy is whole, byte for byte."""
        for file in self.root.rglob("*.csv"):
            copy = dest / file.relative_to(self.root)
            if not copy.is_file() or copy.read_bytes() != file.read_bytes():
                return copy
        return None
