# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole reports on their way to disk and manifest, while others still arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest, Securing
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import Kept
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import (
    NEW,
)

_TOGETHER = 192  # reports that are secured and recorded in one go; as many again may wait, each with its file open
_TOGETHER_BYTES = 64 << 20  # ... or so many bytes, so that a run that is killed has not fetched much in vain


class Recording:
    """Lets one batch be secured while the next arrives; then names it and writes its rows.

    ``keep`` is told what is on record. Leaving the context secures and records the rest, also when the connection
    broke: what is whole is kept.
    """

    def __init__(
        self,
        archive: Archive,
        manifest: Manifest,
        clock: Callable[[], datetime],
        keep: Callable[[list[Kept]], None],
    ) -> None:
        self._archive, self._manifest, self._clock, self._keep = archive, manifest, clock, keep
        self._waiting: list[Fetched] = []
        self._bytes = 0  # of these
        self._securing: list[Fetched] = []
        self._secured: Securing | None = None

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            self._hand_over()
            self._record()
        finally:
            for done in self._waiting:
                done.part.abort()

    def add(self, done: Fetched) -> None:
        """Take over a report that has arrived whole."""
        self._waiting.append(done)
        self._bytes += done.size
        if len(self._waiting) >= _TOGETHER or self._bytes >= _TOGETHER_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        self._record()
        if self._waiting:
            self._securing, self._waiting, self._bytes = self._waiting, [], 0
            self._secured = self._archive.start_securing([done.part for done in self._securing])

    def _record(self) -> None:
        """Wait until a batch is on disk, give it its names and write its rows, also where one could not have its name.

        Where a name is on record already, what will have it is announced before: whoever looks after a kill in between
        finds either version known.
        """
        securing, self._securing = self._securing, []
        if securing and self._secured:
            self._secured.result()
            kept = [Kept(done.item, done.size, done.part.sha256) for done in securing]
            self._manifest.announce([one.held() for one in kept if one.item.reason != NEW])
            try:
                self._archive.name([done.part for done in securing])
            finally:
                named = [one for one, done in zip(kept, securing) if done.part.named]
                if named:
                    self._manifest.record([one.held() for one in named], self._clock())
                    self._keep(named)
