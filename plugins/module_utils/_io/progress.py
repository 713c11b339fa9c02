# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file that tells how far a run has come, for who looks on; it names no report, and goes with the run."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.progress import Tally, file_name, to_text

_EVERY = 0.5  # seconds


@contextlib.contextmanager
def writing_counts(tally: Tally, state_dir: str, account: str, asked: bool) -> Iterator[None]:
    """Keep the account's file in ``state_dir`` up to date while the body runs; where nobody has asked write nothing.

    What an earlier run has left that was killed goes, too. Nothing here makes a run fail.
    """
    path, over = os.path.join(state_dir, file_name(account)), threading.Event()
    writer = threading.Thread(target=_write_counts, args=(tally, path, over), daemon=True)
    if asked:
        writer.start()
    try:
        yield
    finally:
        over.set()
        if asked:
            writer.join()
        with contextlib.suppress(OSError):
            os.unlink(on_disk(path))


def _write_counts(tally: Tally, path: str, over: threading.Event) -> None:
    run, began, since = str(time.time_ns()), time.monotonic(), None
    while not over.is_set():
        seconds = time.monotonic() - began
        if since is None and tally.looked:
            since = seconds
        with contextlib.suppress(OSError):  # a full disk, say: the run itself will tell
            _replace(path, to_text(tally.counts(run, seconds, since)))
        over.wait(_EVERY)


def _replace(path: str, text: str) -> None:
    """Write it whole or not at all, but do not wait for the disk: it is worth nothing after a power cut."""
    staged = f"{path}.new"
    descriptor = os.open(on_disk(staged), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    os.replace(on_disk(staged), on_disk(path))
