# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a workstation's Python can have the libraries, told before anything is brought there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CryptoForbidden
from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import is_unreachable

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.tags import Tag

# packaging, which ansible-core needs, is imported where it is used: ansible-test looks at this file without it
OLDEST = (3, 9)
_ANSWER = re.compile(r"^dcass-python (\{.*\})\s*$", re.MULTILINE)
_LOCKED = re.compile(r"^\w[^\\\n]*", re.MULTILINE)  # a line of a lock, without the hashes that follow it
_MANYLINUX = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # older names, by the minor version of glibc
_NARROW = {"x86_64": "i686", "aarch64": "armv7l"}  # a Python of 32 bits on a machine of 64
_OTHER_PYTHON = "Install Python 3.9 or newer there, or name another one with dcass_base_python."


@dataclass(frozen=True)
class Ways:
    """How the inventory lets libraries come: by a ``pip`` of its own, by ``packages`` of the system, by ``wheels``."""

    pip: bool
    packages: bool
    wheel_dir: str
    wheels: Sequence[str]


def python_fit(said: Mapping[str, Any], host: str, python: str, lock: str, ways: Ways) -> dict[str, Any]:
    """Return the ``failure`` of a Python that can't have them, as of a failed task, and if a ``package`` makes it fit.

    ``said`` is the result of roles/workstation/files/about_python.py, ``lock`` the text of what is installed.
    """
    found = _ANSWER.search(str(said.get("stdout")))
    if is_unreachable(said) or not found:
        failure = dict(said) if is_unreachable(said) else _silent(said, host, python)
        return {"failure": failure, "package": False}
    about = json.loads(found[1])
    wants_package = not ways.pip and not (about["venv"] and about["ensurepip"])
    failure = _itself(about, host, python, (wants_package and not ways.packages) or (not about["venv"] and ways.pip))
    return {"failure": failure or _wheels(about, host, python, lock, ways), "package": wants_package}


def _silent(said: Mapping[str, Any], host: str, python: str) -> dict[str, Any]:
    words = str(said.get("stderr") or said.get("stdout") or said.get("msg") or "").strip().splitlines()
    why = f": {words[-1].strip()}" if words else ""
    return _failure("python_unfit", f"{host} has no {python} that runs{why.rstrip('.')}.", _OTHER_PYTHON)


def _itself(about: Mapping[str, Any], host: str, python: str, no_venv: bool) -> dict[str, Any]:
    version = about["version"]
    if tuple(version[:2]) < OLDEST:
        its = ".".join(map(str, version))
        return _failure("python_unfit", f"{host}: {python} is Python {its}, and 3.9 is the oldest.", _OTHER_PYTHON)
    if no_venv:
        package = f"python{version[0]}.{version[1]}-venv"
        return _failure(
            "python_unfit",
            f"{host}: {python} can't make virtual environments.",
            f"On Debian and Ubuntu install the package {package} there. {_OTHER_PYTHON}",
        )
    if not about["md5"]:
        return _failure(
            CryptoForbidden.code,
            f"{host}: the crypto policy forbids {python} to make fingerprints with MD5, which the exchange asks for.",
            "Have an exception made for it: they identify keys, and protect nothing.",
        )
    return {}


def _wheels(about: Mapping[str, Any], host: str, python: str, lock: str, ways: Ways) -> dict[str, Any]:
    if not ways.wheel_dir:
        return {}
    version = ".".join(map(str, about["version"][:2]))
    hint = (
        f"Fetch those it takes: ansible -i INVENTORY {host} -m ansible.builtin.include_role -a "
        "'name=dcass.sftp.workstation tasks_from=wheels' -e dcass_wheel_dir=FOLDER writes a script for that into a "
        f"folder of yours; in a checkout python tools/wheels.py {version} does it for its own processor, glibc 2.28 "
        "and newer."
    )
    if not ways.wheels:
        sentence = f"dcass_wheel_dir is {ways.wheel_dir}: the control node has no wheels there."
        return _failure("wheels_unfit", sentence, hint)
    if about["kind"] != "cpython" or not about["glibc"]:
        return {}  # what these take is not known here, and pip says it
    from packaging.utils import canonicalize_name

    accepted = set(_tags(about))
    there = [wheel for wheel in map(_parsed, ways.wheels) if wheel]
    missing = [
        wanted
        for wanted in _wanted(about, lock)
        if not any(
            name == canonicalize_name(wanted.name) and wanted.specifier.contains(version) and tags & accepted
            for name, version, tags in there
        )
    ]
    if not missing:
        return {}
    names = ", ".join(f"{one.name} {str(one.specifier).removeprefix('==')}" for one in missing)
    return _failure(
        "wheels_unfit",
        f"{host}: {ways.wheel_dir} has no wheel of {names} for Python {version} on {_machine(about)} with glibc "
        f"{about['glibc']}.",
        hint,
    )


def _parsed(wheel: str) -> tuple[str, str, frozenset[Tag]] | None:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _build, tags = parse_wheel_filename(wheel)
    except InvalidWheelFilename:
        return None
    return name, str(version), tags


def _wanted(about: Mapping[str, Any], lock: str) -> Iterator[Requirement]:
    """Yield each line of a lock that such a Python installs."""
    from packaging.requirements import Requirement

    version = about["version"]
    place = {
        "implementation_name": about["kind"],
        "os_name": "posix",
        "platform_machine": _machine(about),
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": ".".join(map(str, version)),
        "python_version": f"{version[0]}.{version[1]}",
        "sys_platform": "linux",
    }
    for line in _LOCKED.findall(lock):
        requirement = Requirement(line)
        if not requirement.marker or requirement.marker.evaluate(place):
            yield requirement


def _tags(about: Mapping[str, Any]) -> Iterator[Tag]:
    """Yield what such a Python installs, as its own pip would work it out."""
    from packaging.tags import compatible_tags, cpython_tags

    version, name = about["version"][:2], "cp{}{}".format(*about["version"])
    abi = f"{name}t" if about["free_threads"] else name
    platforms = list(_platforms(about))
    yield from cpython_tags(version, [abi], platforms)
    yield from compatible_tags(version, name, platforms)


def _platforms(about: Mapping[str, Any]) -> Iterator[str]:
    machine, minor = _machine(about), int(about["glibc"].split(".")[1])
    for older in range(minor, 4, -1):
        yield f"manylinux_2_{older}_{machine}"
        if older in _MANYLINUX:
            yield f"{_MANYLINUX[older]}_{machine}"
    yield f"linux_{machine}"


def _machine(about: Mapping[str, Any]) -> str:
    machine = str(about["machine"])
    return _NARROW.get(machine, machine) if about["bits"] == 32 else machine


def _failure(code: str, sentence: str, hint: str) -> dict[str, Any]:
    return {"error_code": code, "msg": sentence, "hint": hint}
