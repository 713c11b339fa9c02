# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal as AWX runs it, through ansible-runner and as talkative as it gets: nothing tells a private key."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from emulator.client import running
from tests.e2e.steered import ONE, TWO, Steered

PASSPHRASE = "plum-typhoon-signal-10"
PLAIN = (
    (Encoding.PEM, PrivateFormat.OpenSSH),
    (Encoding.PEM, PrivateFormat.PKCS8),
    (Encoding.PEM, PrivateFormat.TraditionalOpenSSL),
)


class Watch:
    """Reads command line and environment of every process that comes by."""

    def __init__(self) -> None:
        self.seen: dict[str, bytes] = {}
        self._over = threading.Event()
        self._others = {process.name for process in Path("/proc").glob("[0-9]*")}  # they have secrets of their own
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                if process.name in self._others or process.name == str(os.getpid()):
                    continue  # the test knows its own secrets
                for name in ("cmdline", "environ"):
                    with suppress(OSError):
                        text = (process / name).read_bytes()
                        self.seen[f"{process.name} {name} {hash(text)}"] = text


@dataclass
class Run:
    """What the run left, where; and what must be nowhere in it."""

    code: int
    places: dict[str, dict[str, bytes]]
    secrets: list[bytes] = field(repr=False)
    state: dict[str, str]


def secrets_of(private: bytes) -> Iterable[bytes]:
    """The key as a text in every form, line by line, and its secret numbers; lines that tell public parts are left."""
    key = load_ssh_private_key(private, PASSPHRASE.encode())
    assert isinstance(key, RSAPrivateKey)
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n.to_bytes(256, "big")
    public = [base64.b64encode(bytes(shift) + modulus).decode() for shift in range(3)]
    forms = [private, *(key.private_bytes(*form, NoEncryption()) for form in PLAIN)]
    for line in (line for form in forms for line in form.decode().splitlines() if len(line) > 20 and "-" not in line):
        if not any(line[4:-4] in text for text in public) and not re.search("AAAAB3NzaC1yc2E|AAAA{8}", line):
            yield line.encode()
    for number in (numbers.d, numbers.p, numbers.q):
        yield from (str(number).encode(), f"{number:x}".encode())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The day of a renewal: the first account is renewed, the second waits."""
    root = tmp_path_factory.mktemp("secrets")
    with running(root / "facility") as facility:
        facility.control.hours(enforce="never")
        stage = Steered(root / "stage", facility, dcass_passphrase=PASSPHRASE)
        stage.register()
        secrets = [line for host in (ONE, TWO) for line in secrets_of(stage.key(host).read_bytes())]
        stage.at("2020-03-01T08:00")
        runner = root / "runner"
        (runner / "inventory").mkdir(parents=True)
        (runner / "inventory" / "hosts.yml").write_text(stage.inventory.read_text())
        (runner / "project").mkdir()
        command = [str(Path(sys.executable).with_name("ansible-runner")), "run", str(runner)]
        command += ["--playbook", "dcass.sftp.renew_keys", "-vvvvv", "--cmdline=--diff", "--ident", "morning"]
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        place = {**stage.environment(), "PATH": path}
        del place["ANSIBLE_CONFIG"]  # of the rehearsal, whose callback would tell its own
        place["TMPDIR"] = place["ANSIBLE_LOCAL_TEMP"] = place["ANSIBLE_REMOTE_TEMP"] = str(root / "tmp")
        (root / "tmp").mkdir()
        with Watch() as watch:
            done = subprocess.run(command, env=place, capture_output=True, check=False)
        secrets += secrets_of(stage.key(ONE).read_bytes())
        yield Run(
            done.returncode,
            {
                "what it printed": {"stdout": done.stdout, "stderr": done.stderr},
                "artifacts": contents(runner / "artifacts", root / "tmp"),
                "processes": watch.seen,
                "state and evidence": contents(*(stage.folder(host) / "state" for host in (ONE, TWO))),
            },
            secrets,
            states(runner / "artifacts" / "morning" / "job_events"),
        )


def contents(*places: Path) -> dict[str, bytes]:
    """All files below, by path."""
    files = [file for place in places for file in ([place] if place.is_file() else place.rglob("*")) if file.is_file()]
    return {str(file): file.read_bytes() for file in files}


def states(events: Path) -> dict[str, str]:
    """What came of each host's renewal, by the job events."""
    told = [json.loads(path.read_text()).get("event_data", {}) for path in events.glob("*.json")]
    mine = [event for event in told if event.get("task_action") == "dcass.sftp.key_renewal" and "res" in event]
    return {event["host"]: event["res"]["state"] for event in mine}


def test_the_run_renewed_a_key_and_left_much_to_search(run: Run) -> None:
    assert run.code == 0, run.places["what it printed"]["stdout"].decode()[-3000:]
    assert run.state == {ONE: "renewed", TWO: "current"}
    assert len(run.secrets) > 200
    names = " ".join(run.places["artifacts"])
    assert "job_events" in names and "/stdout" in names and "/command" in names
    assert any("state.sqlite3" in name for name in run.places["state and evidence"])
    assert any("/evidence/CXYZ001/" in name for name in run.places["state and evidence"])
    assert sum(b"ansible" in text for text in run.places["processes"].values()) > 20
    assert b"<cxyz-ws1> EXEC" in run.places["what it printed"]["stdout"], "it is as talkative as it gets"


@pytest.mark.parametrize("place", ["what it printed", "artifacts", "processes", "state and evidence"])
def test_nothing_tells_a_private_key_or_its_passphrase(run: Run, place: str) -> None:
    assert run.places[place]
    for name, text in run.places[place].items():
        assert PASSPHRASE.encode() not in text, name
        assert b"PRIVATE KEY-----" not in text, name
        assert [secret for secret in run.secrets if secret in text] == [], name


def test_the_search_would_find_what_it_looks_for(run: Run) -> None:
    told = b"\n".join(run.secrets[:1])
    # the first lines of two keys may be the same: they tell the cipher, and the first bits of the salt
    assert {secret for secret in run.secrets if secret in b'{"msg": "' + told + b'"}'} == {run.secrets[0]}
