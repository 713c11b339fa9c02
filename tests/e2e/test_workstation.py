# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preflight says whom one may trust; an installation that was cut off is done again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo.rehearsal import CHECKOUT, WHEELS, Outcome, Rehearsal
from emulator.client import Emulator
from tests.e2e.steered import last_lines

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
ASK = "Ask the exchange whether it changed its host key before you change known_hosts."


def preflight(stage: Rehearsal, **variables: object) -> Outcome:
    """Run preflight on one workstation with other variables."""
    return stage.play("dcass.sftp.preflight", f"--limit={ONE}", "--extra-vars", json.dumps(variables))


def test_an_unknown_host_key_is_shown_and_a_changed_one_refused(
    stage: Rehearsal, rolled_out: Outcome, facility: Emulator
) -> None:
    first, _, secondary, _ = facility.known_hosts.splitlines()
    forged = f"{first.split()[0]} {secondary.split(maxsplit=1)[1]}"
    outcome = preflight(stage, dcass_known_hosts=[forged])
    changed, unknown = outcome.of("facility_info")[ONE]["addresses"]
    assert (changed["error_code"], unknown["error_code"]) == ("host_key_mismatch", "host_key_unknown")
    assert f"{unknown['host_key_fingerprint']}; known_hosts has no key for it. Compare the" in outcome.output
    assert outcome.code == 2
    (line,) = last_lines(outcome)
    assert line.startswith(f"{ONE} CXYZ001: host_key_mismatch: ")
    assert "which is not the one in known_hosts" in line
    assert line.endswith(
        " Do not connect. Ask the exchange whether it changed its host key before you change known_hosts."
    )


def test_a_facility_that_is_down_fails_preflight(stage: Rehearsal, rolled_out: Outcome, facility: Emulator) -> None:
    standby = facility.by_site["secondary"]
    outcome = preflight(stage, dcass_addresses=standby, dcass_known_hosts=facility.known_hosts)
    assert outcome.code == 2
    (line,) = last_lines(outcome)
    assert line.startswith(f"{ONE} CXYZ001: unreachable: ") and "refused" in line
    assert "rollout writes it" not in outcome.output, "a text of lines is as good as a list of them"


def test_a_text_of_host_keys_is_pinned_as_a_list_of_them_is(
    stage: Rehearsal, rolled_out: Outcome, facility: Emulator
) -> None:
    text = json.dumps({"dcass_known_hosts": facility.known_hosts})
    assert stage.play("dcass.sftp.rollout", f"--limit={ONE}", "--extra-vars", text).changed == 0
    pinned = (stage.folder(ONE) / "etc" / "known_hosts").read_text().splitlines()[1:]
    assert pinned == facility.known_hosts.splitlines()


def test_nothing_but_an_environment_is_swept_away(stage: Rehearsal, rolled_out: Outcome) -> None:
    everything = stage.folder(ONE)
    kept = sorted(everything.rglob("*"))
    way = stage.root / "way"
    way.symlink_to(everything)
    for playbook in ("dcass.sftp.rollout", "dcass.sftp.remove"):
        outcome = stage.play(playbook, f"--limit={ONE}", "--extra-vars", json.dumps({"dcass_venv": str(way)}))
        assert outcome.code == 2, outcome.output
        assert all(str(everything / name) in outcome.complaints[0] for name in ("etc", "etc/keys", "state", "reports"))
    way.unlink()
    assert sorted(everything.rglob("*")) == kept


def test_an_installation_cut_off_is_none_and_would_be_done_again(stage: Rehearsal, synced: object) -> None:
    marker = stage.folder(TWO) / "venv" / "requirements.txt"  # written last
    written = marker.read_bytes()
    marker.unlink()
    refused = stage.play("dcass.sftp.sync_reports", f"--limit={TWO}", log="cut_off")
    foretold = stage.play("dcass.sftp.rollout", f"--limit={TWO}", "--check", log="cut_off_check")
    marker.write_bytes(written)
    (line,) = last_lines(refused)
    assert line.endswith("Run ansible-playbook dcass.sftp.rollout first.")
    changed = {entry["task"] for entry in foretold.results if entry["how"] == "changed"}
    code = "Look whether this version's code lies beside the libraries"  # which go with the environment
    assert (foretold.code, changed) == (0, {"Compare the installed requirements with those of this version", code})


POOR = """\
#!/bin/sh
PYTHONPATH={folder} exec {python} "$@"
"""


@pytest.mark.parametrize("playbook", ["dcass.sftp.preflight", "dcass.sftp.rollout"])
@pytest.mark.parametrize(
    ("lacking", "wheels", "refused"),
    [
        pytest.param(
            "ensurepip.py",
            [],
            r"python_unfit: \S+: \S+/poor can't make virtual environments\. On Debian and Ubuntu install .+",
            id="no venv",
        ),
        pytest.param(
            "",
            ["paramiko-5.1.0-py3-none-any.whl", "cryptography-50.0.2-cp27-cp27m-manylinux1_x86_64.whl"],
            r"wheels_unfit: \S+: \S+ has no wheel of bcrypt \S+, .*cryptography 50\.0\.2.* for Python 3\.\d+ on .+",
            id="wheels of another Python",
        ),
    ],
)
def test_a_python_that_can_t_have_the_libraries_is_told_before_anything_is_copied(
    facility: Emulator, tmp_path: Path, playbook: str, lacking: str, wheels: list[str], refused: str
) -> None:
    for folder, names in ((tmp_path / "without", [lacking] if lacking else []), (tmp_path / "wheels", wheels)):
        folder.mkdir()
        for name in names:
            (folder / name).write_text("raise ImportError\n")
    python = tmp_path / "poor"
    python.write_text(POOR.format(folder=tmp_path / "without", python=sys.executable))
    python.chmod(0o755)
    more = {"dcass_wheel_dir": str(tmp_path / "wheels")} if wheels else {}
    addresses = facility.by_site["primary"]
    its = {"dcass_pip": [], "dcass_base_python": str(python), **more}
    bare = Rehearsal(tmp_path / "stage", addresses, facility.known_hosts, **its)
    outcome = bare.play(playbook)
    assert outcome.code == 2, outcome.output
    for number, line in zip((1, 2), last_lines(outcome), strict=True):
        assert re.fullmatch(rf"cxyz-ws{number} CXYZ00{number}: {refused}", line), line
    assert not (bare.root / "hosts").exists()


LIST_WHEELS = """\
- hosts: cp_cxyz
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: dcass.sftp.workstation
        tasks_from: wheels
"""


@pytest.fixture
def listing(tmp_path: Path) -> str:
    """A play of one's own that asks which wheels the workstations want."""
    play = tmp_path / "wheels.yml"
    play.write_text(LIST_WHEELS)
    return str(play)


def test_an_installed_collection_says_which_wheels_to_fetch(stage: Rehearsal, listing: str, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    outcome = stage.play(listing, "-e", f"dcass_wheel_dir={folder}", log="wheels")
    assert outcome.code == 0, outcome.output
    locked = CHECKOUT / "roles" / "workstation" / "files" / "requirements.txt"
    assert (folder / "requirements.txt").read_bytes() == locked.read_bytes()
    place = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PATH": f"{python_named(tmp_path)}:/bin"}
    fetched = subprocess.run([folder / "fetch.sh"], env=place, capture_output=True, text=True, check=False)
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    packages = {path.name.partition("-")[0] for path in folder.glob("*.whl")}
    assert packages >= {"bcrypt", "cffi", "cryptography", "invoke", "paramiko", "pycparser", "pynacl"}
    again = stage.play(listing, "-e", f"dcass_wheel_dir={folder}", log="wheels")
    assert (again.code, again.changed) == (0, 0)


def python_named(folder: Path) -> Path:
    """A folder in which the Python of the checkout is called by its version, and nothing else."""
    command = folder / "bin" / "python{}.{}".format(*sys.version_info)
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    command.chmod(0o755)
    return command.parent


def test_a_list_of_wheels_wants_a_folder(stage: Rehearsal, listing: str) -> None:
    outcome = stage.play(listing, log="wheels_nowhere")
    assert outcome.code == 2
    assert outcome.complaints == ["dcass_wheel_dir names no folder. Set it in the inventory, or give it with -e."] * 2
