# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of an account's keys on disk: a folder for each version, called after its day and its fingerprint."""

from __future__ import annotations

from datetime import date, datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey


def version_name(key: PrivateKey, day: date) -> str:
    """Return the name of a key's folder: the day it was made, and how its fingerprint begins."""
    return f"{day:%Y%m%d}-{key.public.fingerprint.replace(':', '')[:8]}"


def day_of(version: str) -> date | None:
    """Return the day on which a version was made, None where its name tells none."""
    try:
        return datetime.strptime(version.partition("-")[0], "%Y%m%d").date()
    except ValueError:
        return None
