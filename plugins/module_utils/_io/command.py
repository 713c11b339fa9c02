# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of other people: no shell reads its words, it reads nothing, and it has its time."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import IO, cast

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import in_words, raw
from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import HandoverFailed, HandoverHung

_PATH = "/usr/local/bin:/usr/bin:/bin"
_KEPT = ("HOME", "USER", "LOGNAME", "TZ")  # of the environment; all else stays with the module
_SAID = 2000  # bytes of what it said last
_SHOWN = 200  # characters of them
_PAUSE = 0.1  # seconds between two looks whether it has ended
_DRAINED = 5.0  # seconds; one that never stops talking is not listened to for ever


def run_command(words: Sequence[str], variables: Mapping[str, str], seconds: float) -> None:
    """Run a program to its end as the user who runs the module, or raise HandoverFailed or HandoverHung.

    When its time is over it is killed, with all that it has started and that has not left its group.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment.update(PATH=_PATH, LANG="C.UTF-8", **variables)
    try:
        process = subprocess.Popen(
            [raw(word) for word in words],
            env={raw(name): raw(value) for name, value in environment.items()},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise HandoverFailed(f"{words[0]} can't be started: {getattr(error, 'strerror', None) or error}.") from error
    said = _Said(cast("IO[bytes]", process.stderr))
    try:
        code: int | None = process.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        last = said.last()
    if code is None:
        raise HandoverHung(f"{words[0]} did not end within {seconds:g} seconds and was killed{last}.")
    if code:
        how = f"was ended by signal {abs(code)}" if code < 0 else f"ended with {code}"
        raise HandoverFailed(f"{words[0]} {how}{last}.")


class _Said:
    """The last of what a program says to stderr, taken as it comes, so that it never has to wait for us.

    Whoever it leaves running may keep the pipe: that is waited for no longer than the program itself.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._tail = b""
        self._is_over = self._is_enough = False
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def _drain(self, pipe: IO[bytes]) -> None:
        with pipe, selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while not self._is_enough:
                if ready.select(_PAUSE):
                    some = os.read(pipe.fileno(), 1 << 16)
                    if not some:
                        return
                    self._tail = (self._tail + some)[-_SAID:]
                elif self._is_over:
                    return

    def last(self) -> str:
        """Return its last line, with what leads to it; call it when the program has ended."""
        self._is_over = True
        self._thread.join(_DRAINED)
        self._is_enough = True
        lines = in_words(self._tail).strip().splitlines()
        return f", and said: {foreign.line(foreign.scrubbed(lines[-1]), _SHOWN)}" if lines else ""
