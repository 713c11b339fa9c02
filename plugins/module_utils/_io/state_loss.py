# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a state that is not there was there before: what lies beside it, and the keys, tell."""

from __future__ import annotations

import contextlib
import os

from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import SUFFIX
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import in_words, on_disk

_LEFT_BY_RUNS = (SUFFIX, ".lock", ".progress")
_SMALLEST = 512  # bytes of a page of SQLite


def size(path: str) -> int | None:
    """Return a file's bytes, None where there is none."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.getsize(on_disk(path))
    return None


def losses(state_dir: str, key_dir: str | None, was: int | None) -> dict[str, str]:
    """Return the accounts that have worked here before, each with what was found; ``was`` is the file's size."""
    if was is None:
        found = "there is no state"
    elif was == 0:
        found = "the state was emptied"
    elif was < _SMALLEST:
        found = f"the state is torn: it has {was} bytes"
    else:
        found = "the state holds nothing"
    traces = {
        name[: -len(suffix)]: f"{state_dir}/{name}"
        for suffix in _LEFT_BY_RUNS
        for name in _names(state_dir)
        if name.endswith(suffix) and not name.startswith(".")
    }
    traces.update((name, f"{state_dir}/evidence/{name}") for name in _names(os.path.join(state_dir, "evidence")))
    for account in _names(key_dir) if key_dir else ():
        folder = os.path.join(str(key_dir), account)
        if any(not name.startswith(".") for name in _names(folder)):
            traces.setdefault(account, folder)
    return {account: f"{found}, but {trace} is there" for account, trace in traces.items()}


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(in_words(name) for name in os.listdir(on_disk(folder)))
    return []
