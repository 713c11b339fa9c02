# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written for whoever watches: the metrics as a file of their own, the events line by line, and to journald."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import socket
import stat
from collections.abc import Callable, Iterator, Sequence

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    disk_errors,
    read_if_there,
    staged_file,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.events import Event

_METRICS_MODE, _EVENTS_MODE, _EMITTED_MODE = 0o644, 0o640, 0o600
_MOST_EMITTED = 16 << 20  # bytes: the longest names there are, of all that account_info names
_JOURNAL = "/run/systemd/journal/socket"
_SOURCE = "dcass-sftp"  # as journalctl -t knows it


class MetricsFile:
    """A file in the folder of node_exporter, which passes over the hidden name that it has until it is whole."""

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, text: str) -> None:
        """Put it into the place of the one before, for anybody to read; two that do so at once take turns."""
        with disk_errors(self._path), _turns(os.path.dirname(self._path)):
            write_file(self._path, text.encode(), _METRICS_MODE)


class EventLog:
    """The file of events, which accounts may share, and what has been emitted of this one, beside its state."""

    def __init__(self, path: str, state_dir: str, account: str, journal: str = _JOURNAL) -> None:
        self._path = path
        self._emitted = os.path.join(state_dir, f"{account}.events.json")
        self._journal = journal

    def emit(self, news: Callable[[str | None], tuple[Sequence[Event], str]]) -> None:
        """Write what is news after what has been told; two that do so at once take turns.

        What has been told then is on the disk before, so that a full one doubles nothing; a kill may.
        """
        with disk_errors(self._path), self._opened() as file:
            events, emitted = news(self._emitted_before())
            with staged_file(self._emitted, emitted.encode(), _EMITTED_MODE), disk_errors(self._path):
                _append(file, [f"{event.line()}\n".encode("ascii") for event in events])
                _to_journal(self._journal, events)

    def _emitted_before(self) -> str | None:
        found = read_if_there(self._emitted, _MOST_EMITTED)
        return None if found is None else found.decode("utf-8", "replace")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        file = self._locked()
        while file is None:
            file = self._locked()
        try:
            yield file
        finally:
            os.close(file)

    def _locked(self) -> int | None:
        """Open the file for one writer; None where another has taken its name while this one waited: a rotation."""
        how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        file, is_kept = os.open(on_disk(self._path), how, _EVENTS_MODE), False
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise LocalError(f"{self._path} is no regular file.")
            fcntl.flock(file, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                is_kept = os.path.samestat(os.fstat(file), os.stat(on_disk(self._path)))
        finally:
            if not is_kept:
                os.close(file)
        return file if is_kept else None


@contextlib.contextmanager
def _turns(folder: str) -> Iterator[None]:
    """Let one after the other write in a folder, where its file system has locks."""
    place = os.open(on_disk(folder or "."), os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def _append(file: int, lines: Sequence[bytes]) -> None:
    """Write all lines, or none of them."""
    size = os.fstat(file).st_size
    try:
        for line in lines:
            if os.write(file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(file, size)
        raise


def _to_journal(place: str, events: Sequence[Event]) -> None:
    """Send the events to journald where there is one, with what journalctl can look for; no value has two lines."""
    if not (events and os.path.exists(on_disk(place))):
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.connect(on_disk(place))
        for event in events:
            fields = {
                "MESSAGE": foreign.line(f"{event.account}: {event.event}: {event.sentence}"),
                "PRIORITY": event.priority,
                "SYSLOG_IDENTIFIER": _SOURCE,
                "DCASS_EVENT": event.event,
                "DCASS_ACCOUNT": event.account,
                "DCASS_CODE": event.code or "",
                "DCASS_JSON": event.line(),
            }
            lines = (f"{name}={value}\n" for name, value in fields.items())
            journal.send("".join(lines).encode("utf-8", "replace"))
