# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one archive for machines that reach no package index: `python tools/bundle.py [sign KEY]`, into .build/bundle.

In it: the collection, wheels for a control node and for workstations, what is in them (CycloneDX) and under which
licences, the script that installs it all, and SHA256SUMS of everything. `sign` has gpg sign the sums of the one that is
there, with the maintainer's key, and packs it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import collection
import environments
import reproducible
import wheels
import yaml

ROOT = environments.ROOT
TARGET = ROOT / ".build" / "bundle"
CONTROL = ("3.11", "3.12", "3.13")  # the Pythons that ansible-core 2.19 runs on
WORKSTATIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
CONTROL_LOCK = ROOT / "requirements" / "control.lock"
EE_LOCK = ROOT / "awx" / "ee" / "requirements.txt"
# as classifiers of older packages name them
SPDX = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "License :: OSI Approved :: GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
UNSTATED = {"dumb-init": "MIT"}  # whose sources say it, and whose wheel does not
CARRIED = re.compile(r"\.dist-info/sboms/.+\.json$")  # in a wheel
NOT_SUMMED = ("./SHA256SUMS", "./SHA256SUMS.asc")
Bom = dict[str, Any]


class NotSigned(Exception):
    """A bundle was not signed; the message says why, and what to do."""


def facts() -> dict[str, str]:
    """What galaxy.yml says of the collection."""
    read: dict[str, str] = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    return read


def name() -> str:
    """The bundle's name, and that of its folder."""
    return "{namespace}-{name}-{version}-bundle".format(**facts())


def make(
    target: pathlib.Path = TARGET, control: Sequence[str] = CONTROL, workstations: Sequence[str] = WORKSTATIONS
) -> pathlib.Path:
    """The bundle for these Pythons; what was in `target` goes."""
    shutil.rmtree(target, ignore_errors=True)
    folder = target / name()
    folder.mkdir(parents=True)
    with environments.alone("galaxy"):
        shutil.copy(collection.build_tarball(ROOT / ".build" / "galaxy"), folder)
    shutil.copy(ROOT / "tools" / "install.sh", folder)
    gather(folder / "control", control, CONTROL_LOCK)
    gather(folder / "workstations", workstations, wheels.LOCK)
    (folder / "control" / "for").write_text(f"{wheels.MACHINE} {wheels.GLIBC} {' '.join(control)}\n")
    boms = {
        **{f"control-{python}": describe(python, CONTROL_LOCK) for python in control},
        **{f"workstation-{python}": describe(python, wheels.LOCK) for python in workstations},
        "execution-environment": describe("3.12", EE_LOCK),
    }
    for python in workstations:  # a rollout lays a part of the control node's there, beside our own code
        boms[f"workstation-{python}"]["components"] += core_of(boms[f"control-{control[0]}"])
    (folder / "sbom").mkdir()
    for title, bom in boms.items():
        (folder / "sbom" / f"{title}.cdx.json").write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n")
    (folder / "LICENCES.md").write_text(licences(boms))
    (folder / "SHA256SUMS").write_text(sums(folder))
    return pack(folder)


def gather(folder: pathlib.Path, pythons: Sequence[str], lock: pathlib.Path) -> None:
    """The wheels of a lock for some Pythons, with the lock by whose hashes they are installed."""
    folder.mkdir()
    shutil.copy(lock, folder / "requirements.txt")
    for python in pythons:
        for wheel in wheels.download(python, lock=lock).glob("*.whl"):
            shutil.copy(wheel, folder)


def describe(python: str, lock: pathlib.Path) -> Bom:
    """What a lock brings to a Python, as cyclonedx-py sees it installed, with the SHA-256 of each wheel."""
    source, uv = wheels.download(python, lock=lock), environments.uv_of_checkout()
    cyclonedx = environments.ensure("release").parent / "cyclonedx-py"
    with tempfile.TemporaryDirectory() as scratch:
        place, subject = pathlib.Path(scratch) / "installed", pathlib.Path(scratch) / "pyproject.toml"
        subject.write_text(f'[project]\nname = "dcass.sftp"\nversion = "{facts()["version"]}"\n')
        environments.fetch([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, place])
        platform = ["--python-version", f"{python}.99", "--python-platform", f"{wheels.MACHINE}-manylinux_2_28"]
        install = [uv, "pip", "install", "--quiet", "--no-index", "--no-deps", "--require-hashes", *platform]
        environments.fetch([*install, f"--find-links={source}", "--python", place / "bin" / "python", "-r", lock])
        words = [
            cyclonedx,
            "environment",
            "--no-validate",
            "--output-reproducible",
            "--pyproject",
            subject,
            place / "bin" / "python",
        ]
        moment = {**os.environ, "SOURCE_DATE_EPOCH": str(reproducible.moment())}
        said = subprocess.run(list(map(str, words)), check=True, env=moment, capture_output=True, text=True).stdout
    bom: Bom = json.loads(said)
    wheel_of = {key(*wheel.name.split("-")[:2]): wheel for wheel in source.glob("*.whl")}
    for component in bom["components"]:
        wheel = wheel_of[key(component["name"], component["version"])]
        component["hashes"] = [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
        if inside := carried(wheel):
            component["components"] = inside
    return bom


def carried(wheel: pathlib.Path) -> list[Bom]:
    """What a wheel says that it carries itself, such as OpenSSL, in bills of its own (PEP 770); each once."""
    found: dict[tuple[str, str], Bom] = {}
    with zipfile.ZipFile(wheel) as packed:
        for path in sorted(name for name in packed.namelist() if CARRIED.search(name)):
            bom = json.loads(packed.read(path))
            for one in [bom.get("metadata", {}).get("component", {}), *bom.get("components", ())]:
                its = {name: one[name] for name in ("type", "name", "version", "purl", "licenses") if name in one}
                if {"type", "name", "version"} <= its.keys():
                    found.setdefault((its["name"], its["version"]), its)
    return [found[which] for which in sorted(found)]


def core_of(bom: Bom) -> list[Bom]:
    """ansible-core as a bill has it, to be a component of another."""
    return [
        {name: value for name, value in one.items() if name != "bom-ref"}
        for one in bom["components"]
        if one["name"] == "ansible-core"
    ]


def key(package: str, version: str) -> tuple[str, str]:
    """A package as names of wheels and metadata both have it."""
    return re.sub(r"[-_.]+", "-", package).lower(), version


def licences(boms: Mapping[str, Bom]) -> str:
    """A table of every package, those of the execution environment too: under which licence, and where."""
    rows: dict[tuple[str, str, str], set[str]] = {}
    for title, bom in boms.items():
        for component in bom["components"]:
            row = (*key(component["name"], component["version"]), licence_of(component))
            rows.setdefault(row, set()).add(re.sub(r"-3\.\d+$", "", title))
    lines = [f"| {' | '.join(row)} | {', '.join(sorted(places))} |" for row, places in sorted(rows.items())]
    head = [
        f"# Licences of what dcass.sftp {facts()['version']} brings along\n",
        f"dcass.sftp: {facts()['license'][0]}\n",
    ]
    return "\n".join([*head, "| package | version | licence | where |", "|---|---|---|---|", *lines, ""])


def licence_of(component: Mapping[str, Any]) -> str:
    """What a package declares, in SPDX's words where it can; nothing where it declares none."""
    given = [entry.get("expression") or entry["license"] for entry in component.get("licenses", ())]
    texts = [one if isinstance(one, str) else str(one.get("id") or one.get("name", "")) for one in given]
    ids = [SPDX.get(text, text) for text in texts if text != "License :: OSI Approved"]
    return ", ".join(dict.fromkeys(ids)) or UNSTATED.get(component["name"], "")


def sums(folder: pathlib.Path) -> str:
    """SHA256SUMS, as `sha256sum --check` reads it."""
    members = reproducible.members_of(folder, ".")
    digests = {path: hashlib.sha256(content).hexdigest() for path, content, _is_program in members}
    return "".join(f"{digest}  {path}\n" for path, digest in digests.items() if path not in NOT_SUMMED)


def pack(folder: pathlib.Path) -> pathlib.Path:
    """The archive of a bundle's folder."""
    archive = folder.parent / f"{folder.name}.tar.gz"
    reproducible.write(archive, reproducible.members_of(folder, folder.name))
    return archive


def sign(signer: str, target: pathlib.Path = TARGET) -> pathlib.Path:
    """The archive with SHA256SUMS.asc, which gpg makes with the signer's key."""
    folder = target / name()
    if not folder.exists():
        raise NotSigned(f"There is no {folder}. Make it (make bundle), and sign that.")
    if (folder / "SHA256SUMS").read_text() != sums(folder):
        raise NotSigned(f"{folder} is not as it was made. Make it again (make bundle), and sign that.")
    gpg = ["gpg", "--yes", "--armor", "--detach-sign", "--local-user", signer, folder / "SHA256SUMS"]
    if code := subprocess.run(list(map(str, gpg)), check=False).returncode:
        raise NotSigned(f"gpg has not signed with {signer}, and ended with {code}. gpg --list-secret-keys lists keys.")
    return pack(folder)


if __name__ == "__main__":
    if sys.argv[1:] and (sys.argv[1] != "sign" or len(sys.argv) != 3):
        sys.exit("Usage: python tools/bundle.py [sign KEY], where KEY names the maintainer's key as gpg does.")
    try:
        archive = sign(sys.argv[2]) if sys.argv[1:] else make()
    except (environments.NotFetched, environments.Missing, NotSigned) as reason:
        sys.exit(str(reason))
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.1f} MB")
