# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reports are called: the exchange's own names of risk parameter files, and ours for what is not public."""

from datetime import date

_RISK_PARAMETERS = "______-_____-__-_____"  # as the exchange writes it: nothing is said in between


def intraday_risk_parameters(day: date, at: str) -> str:
    """The file that follows a call for margin; `at` is the call's time, 13:20."""
    return f"rpi{_RISK_PARAMETERS}-{day:%y%m%d}-{at.replace(':', '')}.lis"


def early_risk_parameters(day: date) -> str:
    """The file of the early evening."""
    return f"rpp{_RISK_PARAMETERS}-{day:%y%m%d}.lis"


def final_risk_parameters(yymmdd: str) -> str:
    """The file of midnight."""
    return f"rpf{_RISK_PARAMETERS}-{yymmdd}.lis"


def zipped_risk_parameters(day: date) -> str:
    """The zip file that carries the file of midnight."""
    return f"RPF_{day:%y%m%d}.zip"


def ours(*words: str, day: date | None = None) -> str:
    """A name in our own shape, with the day or, for what keeps its name, without."""
    return "_".join([*words, f"{day:%Y%m%d}"] if day else words) + ".csv"


def is_intraday(path: str) -> bool:
    """Whether this is a report of a call for margin, which may be fetched more than once a day (§4.1), in any case."""
    return "rpi" in path.rpartition("/")[2].casefold()
