# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync against a real OpenSSH server that knows §2.1 alone, from each paramiko that is supported."""

from pathlib import Path

import pytest

from demo.rehearsal import CHECKOUT, Outcome, Rehearsal
from tests.servers.openssh import OpenSshServer

ENVIRONMENTS = ("paramiko-3.5", "paramiko-4.0", "paramiko-5.1")
ACCOUNT = "CE2E001"
HERE = Path(__file__).resolve().parent
REPORTS = {f"COMMON/HKCC_{number}.csv": bytes([number]) * 1000 * number**2 for number in range(1, 40)}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One host an environment: each makes its key, the server takes all three, each fetches twice."""
    if reason := OpenSshServer.why_not():
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("openssh")
    stage = Rehearsal(root, [], "")
    hosts = {name: interpreter(name) for name in ENVIRONMENTS if interpreter(name)}
    if not hosts:
        pytest.skip(f"none of {', '.join(ENVIRONMENTS)} is built (python tools/environments.py NAME)")
    stage.write_inventory({"account": ACCOUNT, "root": str(root)}, **hosts)
    made = stage.play(str(HERE / "keys.yml"))
    assert made.code == 0, made.output
    public = "\n".join(result["stdout"] for result in made.of("command").values())
    with OpenSshServer(ACCOUNT, public) as server:
        for path, content in REPORTS.items():
            server.put(path, content)
        (root / "known_hosts").write_text(server.known_hosts)
        outcome = stage.play(str(HERE / "sync.yml"), f"--extra-vars=address={server.address}")
        assert server.logins() == 2 * len(hosts), server.log.read_text()
    return outcome


def interpreter(name: str) -> dict[str, str]:
    """The host variables of an environment, nothing where it was not built."""
    python = CHECKOUT / ".build" / "envs" / name / "bin" / "python"
    return {"ansible_python_interpreter": str(python)} if python.exists() else {}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_fetches_all_once(outcome: Outcome, name: str) -> None:
    if not interpreter(name):
        pytest.skip(f"the environment {name} is not built (python tools/environments.py {name})")
    assert outcome.code == 0, outcome.output
    first, second = (entry["result"] for entry in outcome.results if entry["host"] == name)
    assert {f"{entry['folder']}/{entry['name']}" for entry in first["downloaded"]} == set(REPORTS)
    assert all(Path(e["path"]).read_bytes() == REPORTS[f"{e['folder']}/{e['name']}"] for e in first["downloaded"])
    assert (second["changed"], second["bytes"], second["unchanged"]) == (False, 0, len(REPORTS))
