# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as AWX runs them: ansible-runner, a private data directory for each, workstations behind ssh."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_runner.utils.streaming import unstream_dir

from demo.rehearsal import CHECKOUT, HOME
from emulator.client import Emulator
from tests.e2e.sshd import Way
from tests.e2e.steered import ONE, TWO, Steered

DEV = Path(sys.executable).parent
RUNNER = DEV / "ansible-runner"
ACCOUNTS = {ONE: "CXYZ001", TWO: "CXYZ002"}
ADDRESSES = ("127.0.10.31", "127.0.10.32")
OF_TERMINALS = {"schedule"}  # timers of a control node are no job of AWX
STUBS = sorted({path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")} - OF_TERMINALS)
# what an execution environment has on its path, beside Ansible: no sudo
TOOLS = "sh env rm mkdir cat echo sleep chmod ssh ssh-agent ssh-add ssh-keygen scp sftp".split()
AS_TALKATIVE_AS_IT_GETS = ("-vvvvv", "--diff")


@dataclass
class Job:
    """What a job left: its exit code, its events, and all files and streams that could be looked into, by name."""

    code: int
    events: list[dict[str, Any]]
    seen: dict[str, bytes] = field(repr=False)

    @property
    def counts(self) -> dict[str, Any]:
        """The recap."""
        (last,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(last)

    @property
    def changed(self) -> int:
        """Changes on all hosts."""
        return sum(self.counts["changed"].values())

    @property
    def artifacts(self) -> dict[str, Any]:
        """What set_stats has left."""
        found: dict[str, Any] = self.counts["artifact_data"]
        return found

    @property
    def output(self) -> str:
        """All that was on the screen."""
        return "\n".join(event["stdout"] for event in self.events)

    def of(self, action: str) -> dict[str, Any]:
        """The last result of a module, by host."""
        ran = [event["event_data"] for event in self.events if event["event"] == "runner_on_ok"]
        return {its["host"]: its["res"] for its in ran if its["task_action"].endswith(action)}


class Controller(Steered):
    """A participant whose workstations are reached by ssh alone, and a place for jobs, which share nothing."""

    def __init__(self, root: Path, facility: Emulator, way: Way, core: Path = DEV, **variables: Any) -> None:
        self.way, self.core = way, core
        super().__init__(root, facility, **variables)
        self.project = root / "project"
        self.project.mkdir()
        for name in STUBS:
            ours = CHECKOUT / "awx" / "project" / f"{name}.yml"
            stub = ours.read_text() if ours.exists() else f"- import_playbook: dcass.sftp.{name}\n"
            (self.project / f"{name}.yml").write_text(stub)
        self._write_fleet_behind_ssh()

    def _write_fleet_behind_ssh(self) -> None:
        shutil.copy(CHECKOUT / "roles" / "workstation" / "files" / "requirements.txt", self.root / "venv")
        (self.root / "venv" / "pyvenv.cfg").touch()  # or nothing takes it away
        sudo = self.root / "sudo"  # of the workstations; whoever runs the tests is root enough for them
        sudo.write_text('#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
        sudo.chmod(0o755)
        inventory = json.loads(self.inventory.read_text())
        participant = inventory["cp_cxyz"]
        participant["vars"] |= {
            "ansible_connection": "ssh",
            "ansible_port": self.way.port,
            "ansible_user": self.way.user,
            "ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=5s",
            "ansible_ssh_timeout": 60,  # a busy machine is not unreachable
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.way.known_hosts}",
            "ansible_become_exe": str(sudo),
            "ansible_python_interpreter": sys.executable,
            "dcass_base_python": sys.executable,
        }
        del participant["vars"]["dcass_package_dir"]
        participant["vars"]["dcass_addresses"] = self.facility.by_site
        for (host, its), address in zip(participant["hosts"].items(), ADDRESSES, strict=True):
            its |= {"ansible_host": address, "dcass_account": ACCOUNTS[host]}
        self.inventory.write_text(json.dumps(inventory))

    def at(self, moment: str) -> None:
        """Set all clocks; the workstations' Python reads its own here, since ssh hands on no environment."""
        super().at(moment)
        clock = f"export PYTHONPATH='{HOME / 'clock'}' REHEARSAL_SHIFT={self.shift}"
        (self.root / "venv" / "bin" / "python").write_text(f'#!/bin/sh\n{clock}\nexec {sys.executable} "$@"\n')

    def job(self, stub: str, *arguments: str, name: str, mesh: bool = False, **variables: Any) -> Job:
        """Run a stub as a job with a private data directory of its own; ``mesh`` lets another node run it."""
        home = self.root / "jobs" / name
        self._prepare(home, {"awx_job_id": 7, "dcass_passphrase": self._variables.get("dcass_passphrase"), **variables})
        words = [str(home), "--playbook", f"{stub}.yml", "--ident", name, *_cmdline(arguments)]
        seen: dict[str, bytes] = {}
        if not mesh:
            done = self._run("run", *words)
            seen["run"] = done.stdout + done.stderr
            return self._came_of(home, name, done.returncode, seen)
        sent = self._run("transmit", *words)
        node = self.root / "nodes" / name
        done = self._run("worker", "--private-data-dir", str(node), "--delete", given=sent.stdout)
        back = self._run("process", str(home), "--ident", name, given=done.stdout)
        assert not node.exists(), "the folder goes with the job"
        seen |= {f"sent/{path}": text for path, text in unpacked(sent.stdout, self.root / "sent" / name)}
        seen |= {f"back/{path}": text for path, text in unpacked(done.stdout, self.root / "back" / name)}
        seen |= {"transmit": sent.stderr, "worker": done.stderr, "process": back.stdout + back.stderr}
        return self._came_of(home, name, back.returncode, seen)

    def _prepare(self, home: Path, variables: dict[str, Any]) -> None:
        for folder in ("env", "inventory"):
            (home / folder).mkdir(parents=True)
        shutil.copytree(self.project, home / "project")
        shutil.copy(self.inventory, home / "inventory" / "hosts.json")
        shutil.copy(self.way.login, home / "env" / "ssh_key")
        given = {name: value for name, value in variables.items() if value is not None}
        (home / "env" / "extravars").write_text(json.dumps(given))
        inventory = json.loads((home / "inventory" / "hosts.json").read_text())
        inventory["cp_cxyz"]["vars"].pop("dcass_passphrase", None)  # AWX brings it as an extra variable
        (home / "inventory" / "hosts.json").write_text(json.dumps(inventory))

    def _run(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(RUNNER), *words], env=self.environment(), input=given, capture_output=True, check=False
        )

    def environment(self) -> dict[str, str]:
        """An execution environment: Ansible, ssh, no sudo, and no configuration but its own."""
        tools = self.root / "tools"
        tools.mkdir(exist_ok=True)
        for name in TOOLS:
            found = shutil.which(name)
            if found and not (tools / name).exists():
                (tools / name).symlink_to(found)
        for name in ("ansible", "ansible-playbook"):
            (tools / name).unlink(missing_ok=True)
            (tools / name).symlink_to(self.core / name)
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        ours = {"PATH": str(tools), "TMPDIR": str(temporary), "HOME": str(self.root), "LANG": "C.UTF-8"}
        kept = {name: value for name, value in super().environment().items() if name.startswith("REHEARSAL")}
        return {**kept, **ours, "ANSIBLE_BECOME_ALLOW_SAME_USER": "1", "PYTHONPATH": str(HOME / "clock")}

    def _came_of(self, home: Path, name: str, code: int, seen: dict[str, bytes]) -> Job:
        files = [path for place in (home, self.root / "tmp") for path in place.rglob("*") if path.is_file()]
        seen |= {str(path.relative_to(self.root)): path.read_bytes() for path in files}
        found = [json.loads(path.read_text()) for path in (home / "artifacts" / name / "job_events").glob("*.json")]
        assert found, seen
        return Job(code, sorted(found, key=lambda event: int(event["counter"])), seen)


def _cmdline(arguments: Sequence[str]) -> list[str]:
    verbose = [word for word in arguments if word.startswith("-v")]
    others = [word for word in arguments if not word.startswith("-v")]
    return [*verbose, f"--cmdline={' '.join(others)}"] if others else verbose


def unpacked(stream: bytes, folder: Path) -> Iterator[tuple[str, bytes]]:
    """What ansible-runner sends from node to node: its lines, and each file of the folders that it packs."""
    source, number = io.BytesIO(stream), 0
    while line := source.readline():
        number += 1
        yield f"line {number}", line
        if b'"zipfile"' in line:
            unstream_dir(source, json.loads(line)["zipfile"], str(folder / str(number)))
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
