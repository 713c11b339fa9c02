# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers show in the contract: all that has ever made a difference to one of them."""

from __future__ import annotations

import random

DAY = 1_795_100_565  # the time of all reports, 19 November 2026, so that their content alone tells them apart
KIB = 1024
AROUND_A_READ = (0, 1, 32 * KIB - 1, 32 * KIB, 32 * KIB + 1, 64 * KIB, 255 * KIB - 1, 255 * KIB, 255 * KIB + 1)
ODD_NAMES = (
    "TP 001 with spaces.csv",
    "TP+1+2.csv",
    "TP#3.csv",
    "TP%41%2F.csv",
    "TP'quoted'.csv",
    'TP"quoted".csv',
    "TP[0-9].csv",
    "TP{a,b}(c).csv",
    "TP;&|$HOME`.csv",
    "TP*?.csv",
    "TP=@,:!^~<>.csv",
    "no extension",
    "Umläute_ÄÖÜ_ß.csv",
    "报告_二〇二六.csv",
    "L" * 196 + ".csv",
)
DATED_FOLDERS = 60  # more than a client may ask a server to have open at once


def all_kinds(code):
    """Every kind of report by its path: about 90, 11 MB."""
    dice = random.Random(1)
    made = {f"COMMON/RX{size:07}_20261120.csv": dice.randbytes(size) for size in AROUND_A_READ}
    made["COMMON/BIG_20261120.csv"] = dice.randbytes(9_000_001)
    made |= {f"{code}/{name}": dice.randbytes(3000 + number) for number, name in enumerate(ODD_NAMES)}
    made |= {f"{code}/EQUAL{number:02}.csv": dice.randbytes(1000) for number in range(12)}
    made |= {"COMMON/a folder/RX.csv": dice.randbytes(5000), f"{code}/a/b/TP.csv": dice.randbytes(40_000)}
    made |= {f"{code}/archive/{folder(day)}/TP.csv": dice.randbytes(1000) for day in range(DATED_FOLDERS)}
    return made


def folder(day):
    return f"2026{1 + day // 28:02}{1 + day % 28:02}"


def small(files, seed):
    """That many reports of ordinary sizes."""
    dice = random.Random(seed)
    return {f"COMMON/S{number:03}.csv": dice.randbytes(int(dice.lognormvariate(8, 2))) for number in range(files)}


def large(files):
    """That many reports of 1.5 MB."""
    dice = random.Random(files)
    return {f"COMMON/L{number:03}.csv": dice.randbytes(1_500_000 + number) for number in range(files)}
