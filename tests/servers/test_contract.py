# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract for report_sync and facility_info against servers that share no code: what is held is what is served."""

from __future__ import annotations

import pathlib

import paramiko
import pytest

from tests.modules.support import succeed
from tests.servers import reports
from tests.servers.contract import ACCOUNT, Desk, compare, hashes, measure
from tests.servers.zoo import FEW, MORE

KINDS = [*FEW, *(pytest.param(kind, marks=pytest.mark.more) for kind in MORE)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.name)
def running(request, desk):
    if reason := request.param.why_not():
        pytest.skip(reason)
    with request.param(ACCOUNT, desk.public_key) as server:
        yield server


@pytest.fixture
def server(running):
    running.begin()
    yield running
    assert running.complaints() == []


@pytest.fixture
def workstation(server, desk):
    return desk.workstation(server)


def serve(server, files, mtime=reports.DAY):
    for path, content in files.items():
        server.put(path, content, mtime)


def test_all_is_held_after_one_login_and_the_second_run_fetches_nothing(server, workstation):
    measured = measure(server, workstation)
    refused = [path for path in sorted(hashes(server.root, workstation.code)) if server.refuses(path)]
    assert measured.errors == []
    assert (measured.wrong, measured.surplus) == ([], [])
    assert (measured.missing, measured.refused) == (refused, refused)
    assert measured.right == measured.served - len(refused) >= 85
    assert measured.logins in (1, None)
    again = measured.again
    assert (again["changed"], again["bytes"], again["downloaded"]) == (False, 0, [])
    assert again["unchanged"] == measured.right
    assert compare(server, workstation).right == measured.right


def test_what_changed_comes_and_its_earlier_version_is_kept(server, workstation):
    files = reports.small(6, seed=2) | {"COMMON/SAME_SIZE.csv": b"first;" * 2000, "COMMON/GROWS.csv": b"first;" * 50}
    serve(server, files)
    workstation.sync()
    changed = {"COMMON/SAME_SIZE.csv": b"other;" * 2000, "COMMON/GROWS.csv": b"first;" * 9000}
    serve(server, changed, mtime=reports.DAY + 60)
    result = workstation.sync()
    assert {f"{entry['folder']}/{entry['name']}" for entry in result["downloaded"]} == set(changed)
    earlier = {f"{path}.~1~": files[path] for path in changed}
    dest = pathlib.Path(workstation.dest)
    assert {path: (dest / path).read_bytes() for path in earlier} == earlier
    assert compare(server, workstation).surplus == sorted(earlier)
    assert compare(server, workstation).right == len(files)
    assert server.logins() in (2, None)


@pytest.mark.parametrize("window", [1, 7, 128])
def test_reports_come_whole_whatever_the_window(server, workstation, window):
    files = reports.small(40, seed=window)
    serve(server, files)
    result = workstation.sync(window=window)
    assert (len(result["downloaded"]), result["refused"]) == (40, [])
    assert compare(server, workstation).right == 40
    assert server.logins() in (1, None)


def test_new_keys_in_mid_stream_lose_nothing(server, workstation, monkeypatch):
    files = reports.large(12)
    serve(server, files)
    monkeypatch.setattr(paramiko.packet.Packetizer, "REKEY_BYTES", 1 << 20)
    assert len(workstation.sync()["downloaded"]) == len(files)
    assert compare(server, workstation).right == len(files)


def test_it_is_looked_at_without_a_login_and_with_one(server, workstation):
    serve(server, {"COMMON/RX.csv": b"report", f"{workstation.code}/TP.csv": b"report"})
    [told] = succeed("facility_info", **workstation.options)["addresses"]
    assert told["reachable"] and told["error_code"] is None
    assert told["known_hosts_line"].split()[1:] == server.known_hosts.split()[1:3]
    assert server.logins() in (0, None)
    found = succeed("facility_info", **workstation.options, login=True)
    assert found["folders"] == {"COMMON": 1, workstation.code: 1, "KEY_MANAGEMENT": 0}
    assert {name: found["connection"][name] for name in told["agreed"]} == told["agreed"]
    assert server.logins() in (1, None)
