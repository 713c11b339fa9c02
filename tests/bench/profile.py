# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run's time goes: the stages of one that finds nothing new, and the least that a large one has to do."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import threading
import time

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.bench.race import measure

PHASES = str(pathlib.Path(__file__).with_name("phases.py"))
PIECE = 1 << 15  # bytes, which is what sshd sends at once


def stages(peers, place, rounds):
    """Rows of a run with nothing new: what, the medians of its milliseconds and of those of a processor."""
    taken = [_stages(peers, place / f"stages-{number}", place) for number in range(rounds)]
    names = list(dict.fromkeys(name for one in taken for name in one))
    return [[name, *(statistics.median(one.get(name, (0, 0))[of] for one in taken) for of in (0, 1))] for name in names]


def _stages(peers, dest, place):
    """After a first mirror the same once more: what → milliseconds, and those of a processor."""
    command, said = peers.report_sync(dest)
    measure(command, said, place)
    report = place / "phases"
    began = time.monotonic()
    environment = {**os.environ, "BENCH_BEGAN": str(began)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([*command, PHASES, report], input=said, check=True, text=True, capture_output=True, env=environment)
    whole = (time.monotonic() - began) * 1000
    found = {}
    for what, milliseconds, processor in json.loads(report.read_text()):
        before = found.get(what, (0, 0))
        found[what] = (before[0] + milliseconds, before[1] + processor)
    found["Python ends"] = (whole - sum(wall for wall, _processor in found.values()), 0)
    return found


def least(peers, place, size):
    """Rows of so many bytes: what must be done with them, and the seconds of a processor, or of the clock, it takes."""
    data, cipher = os.urandom(PIECE), AESGCM(os.urandom(16))
    sealed, pieces = cipher.encrypt(bytes(12), data, None), size // PIECE
    hashed = hashlib.sha256()
    rows = [["SHA-256", _processor(lambda: [hashed.update(data) for _piece in range(pieces)])]]
    rows += [["AES-GCM", _processor(lambda: [cipher.decrypt(bytes(12), sealed, None) for _piece in range(pieces)])]]
    with open(place / "written", "wb", buffering=0) as file:
        rows += [["writing", _processor(lambda: [file.write(data) for _piece in range(pieces)])]]
    (place / "written").unlink()
    rows += [["receiving", _processor(lambda: _receive(size))]]
    rows += [["all of these", sum(seconds for _what, seconds in rows)]]
    run = measure(*peers.report_sync(place / "least"), place)
    again = measure(*peers.report_sync(place / "least"), place)
    rows += [["ours, less what a second run takes", run.processor - again.processor]]
    return [*rows, ["by the clock: ours", run.seconds], *_into_nothing(peers, place)]


def _into_nothing(peers, place):
    command = peers.into_nothing()
    return [["by the clock: the server's stream, thrown away", measure(*command, place).seconds]] if command else []


def _processor(work):
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _receive(size):
    near, far = socket.socketpair()
    sender = threading.Thread(target=lambda: [far.sendall(bytes(1 << 20)) for _piece in range(size >> 20)])
    sender.start()
    buffer, left = bytearray(1 << 20), (size >> 20) << 20
    while left:
        left -= near.recv_into(buffer)
    sender.join()
    near.close()
    far.close()
