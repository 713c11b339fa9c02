# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports that a bench's server shows, and whether a copy of them is whole."""

from __future__ import annotations

import os
import random

from tests.bench.aside import put_away

DAY = 1_795_359_765  # the reports' time, in seconds since 1970
DATA = {  # files, median bytes, spread of the logarithm: a day as it is, many small reports, ten days
    "day": (65, 108_000, 1.5),
    "small": (1300, 20_000, 1.0),
    "big": (650, 200_000, 1.5),
}


class Served:
    """What servers have in common: ``root``, the folder that they show to ``account``."""

    @property
    def folders(self):
        return ("COMMON", self.account[:4])

    def fill(self, files, median, spread):
        """Serve a data set that is the same each time; return its size in bytes."""
        dice, total = random.Random(files), 0
        self.empty()
        for number in range(files):
            content = dice.randbytes(int(median * dice.lognormvariate(0, spread)))
            self._lay(f"{self.folders[number % 2]}/REPORT{number:04}_20261120.csv", content)
            total += len(content)
        return total

    def fill_one_folder(self, files):
        """Serve that many reports of a hundred bytes in one folder."""
        self.empty()
        for number in range(files):
            self._lay(f"COMMON/REPORT{number:06}_20261120.csv", b"%099d\n" % number)

    def empty(self):
        for folder in self.folders:
            if (self.root / folder).exists():
                put_away([self.root / folder], self.root.with_name("away"))
            (self.root / folder).mkdir(parents=True)

    def differs(self, dest):
        """The first served report that a copy lacks or has otherwise; None where the copy is whole, byte for byte."""
        for file in self.root.rglob("*.csv"):
            copy = dest / file.relative_to(self.root)
            if not copy.is_file() or copy.read_bytes() != file.read_bytes():
                return copy
        return None

    def _lay(self, path, content):
        file = self.root / path
        file.write_bytes(content)
        os.utime(file, (DAY, DAY))
