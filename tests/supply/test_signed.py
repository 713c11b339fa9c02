# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures of a bundle and of AWX's project, with keys that go with the test."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.supply.conftest import ROOT


@dataclass(frozen=True)
class Signer:
    """Somebody with a key of gpg: their home, and the keyring by which others know it."""

    home: Path

    @property
    def keyring(self) -> Path:
        return self.home / "public.gpg"


@pytest.fixture(scope="module")
def signers() -> Iterator[list[Signer]]:
    """Two of them; a home with a short path, since gpg-agent's socket lies in it."""
    if not (shutil.which("gpg") and shutil.which("gpgv")):
        pytest.skip("there is no gpg and gpgv on this machine (Debian packages gnupg, gpgv)")
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        both = [Signer(Path(first)), Signer(Path(second))]
        for signer in both:
            gpg(signer, "--quick-generate-key", "maintainer@example.org", "ed25519", "sign", "never")
            gpg(signer, "--output", str(signer.keyring), "--export")
        yield both
        for signer in both:
            subprocess.run(["gpgconf", "--homedir", signer.home, "--kill", "all"], check=False)


def gpg(signer: Signer, *words: str) -> None:
    batch = [
        "gpg",
        "--homedir",
        str(signer.home),
        "--quiet",
        "--batch",
        "--passphrase",
        "",
        "--pinentry-mode",
        "loopback",
    ]
    subprocess.run([*batch, *words], check=True, capture_output=True)


@pytest.fixture
def signed(
    tools: ModuleType, archive: Path, signers: list[Signer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder of a bundle as the first of them has signed it, out of its archive."""
    shutil.copytree(archive.parent, tmp_path / "target")
    monkeypatch.setenv("GNUPGHOME", str(signers[0].home))
    with tarfile.open(tools.sign("maintainer@example.org", tmp_path / "target")) as tar:
        tar.extractall(tmp_path / "taken in", filter="data")
    (folder,) = (tmp_path / "taken in").iterdir()
    return folder


def refused(folder: Path, keyring: Path) -> str:
    """What the script says first; a signature that it believes lets it look for Python."""
    words = [folder / "install.sh", "-k", keyring, "-p", "no-python", folder.parent / "new"]
    outcome = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert not (folder.parent / "new").exists()
    return outcome.stderr


def test_a_signature_of_a_key_that_is_known_is_believed(signed: Path, signers: list[Signer]) -> None:
    assert refused(signed, signers[0].keyring).startswith("There is no no-python on this machine.")


def test_a_signature_of_another_key_is_not(signed: Path, signers: list[Signer]) -> None:
    assert refused(signed, signers[1].keyring).startswith(
        f"No key of {signers[1].keyring} has signed this bundle. gpgv says: "
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(("--armor", "--export"), r"\S+ is armoured, and gpgv reads no such one\. .+", id="armoured"),
        pytest.param((), r"There is no keyring \S+ that you may read\.", id="not there"),
    ],
)
def test_a_keyring_that_gpgv_does_not_read_is_refused(
    signed: Path, signers: list[Signer], tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    keyring = tmp_path / "public.asc"
    if words:
        gpg(signers[0], "--output", str(keyring), *words)
    assert re.fullmatch(sentence, refused(signed, keyring).strip())


def test_sums_that_were_changed_after_the_signature_are_refused(
    tools: ModuleType, signed: Path, signers: list[Signer]
) -> None:
    (signed / "LICENCES.md").write_text("none\n")
    (signed / "SHA256SUMS").write_text(tools.sums(signed))
    assert refused(signed, signers[0].keyring).startswith(f"No key of {signers[0].keyring} has signed this bundle.")


@pytest.mark.parametrize("name", ["venv.py", "control/platform.py", "dcass-sftp-9.9.9.tar.gz", "control/SHA256SUMS"])
def test_a_file_that_was_added_after_the_signature_is_refused_and_not_run(
    signed: Path, signers: list[Signer], name: str
) -> None:
    (signed / name).write_text(f"open({str(signed.parent / 'run')!r}, 'w')\n")
    assert refused(signed, signers[0].keyring).startswith("This bundle has other files than it was made with.")
    assert not (signed.parent / "run").exists()


def test_a_link_in_the_place_of_a_file_is_refused(signed: Path, signers: list[Signer]) -> None:
    shutil.move(signed / "LICENCES.md", signed.parent / "elsewhere")
    (signed / "LICENCES.md").symlink_to(signed.parent / "elsewhere")
    assert refused(signed, signers[0].keyring).startswith("This bundle has other files than it was made with.")


def test_a_bundle_that_was_changed_is_not_signed(
    tools: ModuleType, archive: Path, signers: list[Signer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(archive.parent, tmp_path / "target")
    (tmp_path / "target" / tools.name() / "venv.py").touch()
    monkeypatch.setenv("GNUPGHOME", str(signers[0].home))
    with pytest.raises(tools.NotSigned, match="is not as it was made"):
        tools.sign("maintainer@example.org", tmp_path / "target")
    assert not list((tmp_path / "target").rglob("*.asc"))


def test_a_key_that_gpg_does_not_have_signs_nothing(
    tools: ModuleType, archive: Path, signers: list[Signer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(archive.parent, tmp_path / "target")
    monkeypatch.setenv("GNUPGHOME", str(signers[0].home))
    with pytest.raises(tools.NotSigned, match="gpg has not signed with somebody"):
        tools.sign("somebody@example.org", tmp_path / "target")
    assert not list((tmp_path / "target").rglob("*.asc"))


@pytest.fixture
def project(tools: ModuleType, signers: list[Signer], tmp_path: Path) -> Path:
    """A copy of AWX's project, signed."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "awx" / "project", folder)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    said = sign(tools, signers[0], "gpg-sign", folder)
    assert said.startswith("0 "), said
    return folder


def sign(tools: ModuleType, signer: Signer, *words: object) -> str:
    """Run ansible-sign; what it says, with its exit code before it."""
    program = tools.environments.ensure("release").parent / "ansible-sign"
    place = {**os.environ, "GNUPGHOME": str(signer.home), "GPG_TTY": ""}  # or it wants a terminal
    command = [str(program), "project", *map(str, words)]
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return f"{done.returncode} {done.stdout}{done.stderr}"


def test_the_project_of_awx_is_signed_whole(tools: ModuleType, project: Path, signers: list[Signer]) -> None:
    sums = (project / ".ansible-sign" / "sha256sum.txt").read_text().splitlines()
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT / "awx" / "project", capture_output=True, text=True, check=True
    )
    assert {line.split("  ", 1)[1] for line in sums} == set(listed.stdout.split())
    assert sign(tools, signers[0], "gpg-verify", project).startswith("0 ")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("sync_reports.yml", "- hosts: all\n", id="changed"),
        pytest.param("another.yml", "- hosts: all\n", id="added"),
        pytest.param("known_hosts", None, id="taken away"),
    ],
)
def test_a_file_of_the_project_that_is_not_as_signed_is_refused(
    tools: ModuleType, project: Path, signers: list[Signer], name: str, text: str | None
) -> None:
    path = project / name
    path.write_text(text) if text else path.unlink()
    assert not sign(tools, signers[0], "gpg-verify", project).startswith("0 ")
