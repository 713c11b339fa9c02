# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: report_sync as users run it, durable and hashed, against the clients that others use.

A test fails where a copy is not whole or ours spends more than its one login, never because a machine was slow.
"""

from __future__ import annotations

import contextlib
import json

import pytest

from tests.bench import conftest, fleet, line, payload
from tests.bench.peers import OURS, Peers
from tests.bench.race import Race, Stopped, measure
from tests.bench.served import DATA
from tests.bench.server import BenchServer, PlainServer
from tests.servers.openssh import OpenSshServer


@pytest.mark.parametrize("trip", conftest.TRIPS)
def test_first_mirror_and_second_run(bench, trip):
    if trip and line.why_not():
        bench.results.notes.append(f"no round trip of {trip} ms: {line.why_not()}")
        pytest.skip(line.why_not())
    with contextlib.ExitStack() as stack:
        namespace = None
        if trip:
            stack.enter_context(a_line(bench, trip))
            namespace = line.CLIENTS
        serving = stack.enter_context(a_server(bench, namespace))
        peers = Peers(serving, bench.workstation, bench.key["private_key_path"], conftest.BEFORE)
        for name, (files, median, spread) in DATA.items():
            count = int(files * conftest.SHARE)
            bench.results.sizes[name] = f"{count} files, {serving.fill(count, median, spread) / 1e6:.0f} MB"
            racing = Race(serving, peers.clients(), bench.place, namespace, bench.results.patience)
            scores = bench.results.races[name, trip] = racing.run(bench.results.rounds)
            bench.results.notes += racing.failed
            assert scores[OURS].logins == 1


@contextlib.contextmanager
def a_line(bench, trip):
    """A line of that round trip, measured before anybody races on it."""
    with line.Line(trip, bench.root) as wire:
        came_to, speed, most = wire.measure()
        bench.results.lines[trip] = (
            f"{trip} ms by {wire.made_by}: a byte and its echo take {came_to:.1f} ms, one TCP stream with the kernel's"
            f" own buffers carries {speed:.0f} MB/s, with buffers of 64 MiB {most:.0f} MB/s"
        )
        yield


@contextlib.contextmanager
def a_server(bench, namespace=None):
    """A server that the workstation trusts: on loopback, or at the far end of the line."""
    host = line.ADDRESSES[line.SERVER] if namespace else None
    with contextlib.ExitStack() as stack:
        with line.inside(line.SERVER if namespace else None):
            reason = OpenSshServer.why_not()
            server = PlainServer(bench.root, bench.public) if reason else BenchServer(bench.root, bench.public, host)
            serving = stack.enter_context(server)
        bench.reach(serving, line.ADDRESSES[line.CLIENTS] if namespace else "127.0.10.31")
        yield serving


def test_growth_of_a_folder(bench):
    with a_server(bench) as serving:
        peers = Peers(serving, bench.workstation, bench.key["private_key_path"])
        for files in conftest.GROWTH:
            serving.fill_one_folder(files)
            bench.results.growth.append(grown(bench, serving, peers, files))


def grown(bench, serving, peers, files):
    """Files; seconds of a plan, a first mirror and a second run (None: not in time); most memory in MB."""
    dest = bench.place / f"grown-{files}"

    def run(**more):
        done = measure(peers.report_sync(dest, **more), "", bench.place)
        return done, json.loads(done.said)

    planned, plan = run(_ansible_check_mode=True)
    assert plan["downloaded_count"] == files
    try:
        first, _result = run()
    except Stopped:
        return files, planned.seconds, None, None, planned.memory
    assert serving.differs(dest) is None
    before = serving.logins()
    second, result = run()
    assert (result["bytes"], result["unchanged"], serving.logins() - before) == (0, files, 1)
    memory = max(planned.memory, first.memory, second.memory)
    return files, planned.seconds, first.seconds, second.seconds, memory


def test_growth_of_a_fleet(bench):
    with fleet.fleet(bench.root / "fleet", max(conftest.FLEETS)) as made:
        for row in fleet.rows(made, conftest.FLEETS):
            bench.results.fleets.append(row)
        logins = made.facility.control.events(event="login")
        assert len(logins) == max(conftest.FLEETS) // 2 + sum(conftest.FLEETS)
        assert made.facility.control.violations() == []


def test_size_of_tasks(bench):
    bench.results.payloads = payload.sizes()
    assert bench.results.payloads["report_sync"] > bench.results.payloads["ping"]
