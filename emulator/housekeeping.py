# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What time does by itself: daily expiry warnings (§6.2), and files leaving after ten days (§4.1)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from emulator.clock import HONG_KONG
from emulator.folders import KEY_MANAGEMENT, Folders
from emulator.registry import RegisteredKey, Registry
from emulator.renewal import needs_warning, warning_text

KEPT_DAYS = 10  # a file made on the 1st can be fetched through the 10th: the day it is made counts, as in §6.1
WARNED_AT = time(6, 0)
_WARNING = "SSHKeyExpireWarning_{}.txt"


def is_kept(made: date, today: date) -> bool:
    """Whether a file made on that day is still there."""
    return today - made < timedelta(days=KEPT_DAYS)


def warn(folders: Folders, registry: Registry, through: date | None, now: datetime) -> date:
    """Leave the expiry warnings of every day after `through` until now; returns the last day that is done.

    A clock that was set back takes the warnings of days to come away with it; they come again in their time.
    """
    last = now.date() if now.time() >= WARNED_AT else now.date() - timedelta(days=1)
    day = last - timedelta(days=KEPT_DAYS)
    if through and through <= last:
        day = max(day, through)
    else:
        _take_back(folders, after=now)
    while day < last:
        day += timedelta(days=1)
        for account, keys in _accounts(registry):
            dying = [key for key in keys if needs_warning(key, day)]
            if dying:
                made_at = datetime.combine(day, WARNED_AT, HONG_KONG)
                text = warning_text(account, dying, day)
                folders.leave_for(account, _WARNING.format(f"{day:%Y%m%d}"), text, made_at)
    return last


def _take_back(folders: Folders, after: datetime) -> None:
    for warning in (folders.root / KEY_MANAGEMENT).glob(f"*/{_WARNING.format('*')}"):
        if warning.stat().st_mtime > after.timestamp():
            warning.unlink()


def _accounts(registry: Registry) -> Iterator[tuple[str, list[RegisteredKey]]]:
    for participant in registry.participants.values():
        yield from participant.accounts.items()


def sweep(folders: Folders, today: date) -> list[str]:
    """Remove what is older than ten days; returns what left."""
    gone = []
    for path in _files(folders.root):
        if not is_kept(datetime.fromtimestamp(path.lstat().st_mtime, HONG_KONG).date(), today):
            path.unlink()
            gone.append(str(path.relative_to(folders.root)))
    return gone


def _files(root: Path) -> Iterator[Path]:
    for folder in root.iterdir():
        if not folder.name.startswith("."):
            yield from (path for path in folder.rglob("*") if path.is_symlink() or path.is_file())
