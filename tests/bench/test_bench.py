# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: report_sync as users run it, durable and hashed, against the clients that others use.

A test is a part of the bench. It fails where a copy is not whole, ours spends more than its one login or something
could not be measured, never because a machine was slow; what was measured is kept all the same.
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code
from tests.bench import conftest, fleet, line, payload, plays, profile
from tests.bench.peers import OURS, Peers
from tests.bench.race import Race, Stopped, measure
from tests.bench.served import DATA
from tests.bench.server import BenchServer, PlainServer
from tests.servers.openssh import OpenSshServer

LAB = pathlib.Path(__file__).resolve().parents[2] / "tools" / "lab.py"
LAB_SKIPPED = 77  # tools/lab.py says so where this machine can't have a lab


@pytest.mark.parametrize("name", conftest.CHOSEN)
def test_part(bench, name):
    with bench.part(name) as part:
        PARTS[name](bench, part)


def race(bench, part, data, trips, clients, place=None):
    """Let the clients that ``clients`` names of the peers race for a data set, at each round trip."""
    part.found.update(lines={}, races={}, notes=[], rounds=conftest.rounds_of(part.name))
    for trip in trips:
        if trip and line.why_not():
            part.found["notes"].append(f"no round trip of {trip} ms: {line.why_not()}")
            continue
        with part.step(f"{data}, {trip} ms"), a_race(bench, part, trip) as (serving, namespace):
            part.found["size"] = filled(serving, data)
            wanted = clients(Peers(serving, bench.workstation, bench.key["private_key_path"], bench.build_before))
            racing = Race(serving, wanted, place or bench.place, namespace, conftest.PATIENCE)
            try:
                scores = racing.run(part.found["rounds"])
            finally:
                part.found["races"][str(trip)] = {n: s.kept() for n, s in racing.scores.items() if s.first}
                part.found["notes"] += racing.failed
            assert scores[OURS].logins == 1


def filled(serving, data):
    """Serve a data set; what it is, in words."""
    files, median, spread = DATA[data]
    count = int(files * conftest.SHARE)
    return f"{count} files, {serving.fill(count, median, spread) / 1e6:.0f} MB"


@contextlib.contextmanager
def a_race(bench, part, trip):
    """A server, and the namespace of whoever races to it: on loopback None, else at the near end of a line."""
    with contextlib.ExitStack() as stack:
        if trip:
            wire = stack.enter_context(line.Line(trip, bench.root))
            came_to, speed, most = wire.measure()
            part.found["lines"][str(trip)] = (
                f"{trip} ms by {wire.made_by}: a byte and its echo take {came_to:.1f} ms, one TCP stream with the"
                f" kernel's own buffers carries {speed:.0f} MB/s, with buffers of 64 MiB {most:.0f} MB/s"
            )
        namespace = line.CLIENTS if trip else None
        yield stack.enter_context(a_server(bench, namespace)), namespace


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


def no_op(bench, part):
    race(bench, part, "day", conftest.NO_OP_TRIPS, Peers.looking)
    with part.step("bytes that a task sends"), a_server(bench) as serving:
        filled(serving, "day")
        peers = Peers(serving, bench.workstation, bench.key["private_key_path"])
        part.found["sent"] = {
            "warm": sent(peers, bench.place / "warm"),
            "as a module": sent(peers, bench.place / "module", "-e", "dcass_installed_code=false"),
        }


def sent(peers, dest, *arguments):
    """How many bytes a play of one report_sync says to the workstation's Python."""
    (command, said), counted = peers.play(dest, *arguments), dest.with_name(f"{dest.name}.counted")
    plays.count(peers.python, counted)
    measure(command, said, dest.parent)
    plays.wrap(peers.python)
    return counted.stat().st_size


def mirror(bench, part):
    race(bench, part, part.name, conftest.TRIPS, Peers.mirroring)


def on_disk(bench, part):
    race(bench, part, "big", (0,), Peers.durable, bench.disk / "copies")


def growth(bench, part):
    part.found["rows"] = []
    with a_server(bench) as serving:
        peers = Peers(serving, bench.workstation, bench.key["private_key_path"])
        for files in conftest.GROWTH:
            with part.step(f"{files} reports in one folder"):
                serving.fill_one_folder(files)
                part.found["rows"].append(grown(bench, serving, peers, files))


def grown(bench, serving, peers, files):
    """Files; seconds of a plan, a first mirror and a second run (None: not in time); most memory in MB."""
    dest = bench.place / f"grown-{files}"

    def run(**more):
        done = measure(*peers.report_sync(dest, **more), bench.place)
        return done, installed_code.ended(done.said)["facts"]

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


def a_fleet(bench, part):
    part.found["rows"] = rows = []
    with fleet.fleet(bench.disk / "fleet", conftest.MEMBERS) as made:
        for row in fleet.rows(made, conftest.FLEETS):
            part.note(f"{row['hosts']} workstations")
            rows.append(row)
        control = made.facility.control
        assert len(control.events(event="login")) == fleet.logins(conftest.MEMBERS, conftest.FLEETS)
        assert control.violations() == []


def a_fleet_over_ssh(bench, part):
    file = bench.disk / "lab.json"
    what = [json.dumps(each) for each in (conftest.MEMBERS, conftest.SSH_FLEETS, conftest.FORKS)]
    command = [sys.executable, LAB, "run", sys.executable, "-m", "tests.bench.lab_fleet", file, *what]
    log = (conftest.KEPT / "ssh.log").open("w+")
    done = subprocess.run(command, check=False, cwd=LAB.parents[1], stdout=log, stderr=log)
    part.found["rows"] = json.loads(file.read_text()) if file.exists() else []
    log.seek(0)
    said = log.read()[-3000:]
    if done.returncode == LAB_SKIPPED:
        part.found["why_not"] = said.strip().splitlines()[-1]
    assert done.returncode in (0, LAB_SKIPPED), said


def sizes(_bench, part):
    part.found["KiB"] = payload.sizes()
    assert part.found["KiB"]["report_sync"] > part.found["KiB"]["ping"]


def where_time_goes(bench, part):
    with a_server(bench) as serving:
        peers = Peers(serving, bench.workstation, bench.key["private_key_path"])
        with part.step("the stages of a run that finds nothing new"):
            filled(serving, "day")
            part.found["stages"] = profile.stages(peers, bench.place, conftest.rounds_of("profile"))
        with part.step("the least that a large one has to do"):
            part.found["size"] = filled(serving, "big")
            size = sum(file.stat().st_size for file in serving.root.rglob("*.csv"))
            part.found["least"] = profile.least(peers, bench.place, size)


PARTS = {
    "noop": no_op,
    "day": mirror,
    "small": mirror,
    "big": mirror,
    "disk": on_disk,
    "growth": growth,
    "fleet": a_fleet,
    "ssh": a_fleet_over_ssh,
    "sizes": sizes,
    "profile": where_time_goes,
}
