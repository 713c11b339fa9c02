# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The most that is taken from a facility, whatever it offers: what memory and time bear, far beyond an honest one.

A facility keeps reports for ten days; a participant has some hundreds of them, in some dozens of folders.
"""

from __future__ import annotations

LEAST_RATE = 1024  # bytes a second, where for a whole operation_timeout no answer is whole
FIRST_LOOK = 5.0  # seconds that a look for a result may take at least, however short result_timeout is

MOST_NAMES = 102_400  # listed in one look, whatever they are; 0.2 kB each, 1.1 kB where each is outstanding
MOST_NAME_BYTES = 6 << 20  # of these names with their paths: 60 on average
MOST_ODD = 5_000  # entries or reports that can't be fetched: each is told with its reason, a kilobyte
MOST_FOLDERS = 10_000  # gone into in one look
MOST_SMALL_BYTES = 1 << 20  # of a file that is read into memory, such as a result; the exchange's have 300
MOST_UNANSWERED = 1 << 24  # bytes that may wait in memory for whoever asked: four times what is asked for at once
MOST_NAMED = 1000  # of a kind in a result, whatever it names; all are counted
