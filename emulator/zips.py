# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zip files with one member: readable by every tool, the same bytes each time, and of a size that is known before."""

import io
import re
import zipfile
from datetime import date

from emulator.names import final_risk_parameters

_RISK_PARAMETERS = re.compile(r"RPF_(\d{6})\.zip")


def is_zip(name: str) -> bool:
    """Whether a report of this name is a zip file."""
    return name.lower().endswith(".zip")


def member_of(name: str) -> str:
    """The name of what such a zip file carries."""
    risk_parameters = _RISK_PARAMETERS.fullmatch(name)
    return final_risk_parameters(risk_parameters[1]) if risk_parameters else name[: -len(".zip")] + ".csv"


def wrapping(name: str) -> int:
    """How many bytes the zip file of that name has around its member."""
    return len(pack(name, b"", date(2000, 1, 1)))


def pack(name: str, data: bytes, day: date) -> bytes:
    """The zip file of that name; its member is stored as it is, so that the size of one tells that of the other."""
    member = zipfile.ZipInfo(member_of(name), (day.year, day.month, day.day, 0, 0, 0))
    member.create_system, member.external_attr = 3, 0o100440 << 16  # whichever system it is made on
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as package:
        package.writestr(member, data)
    return written.getvalue()
