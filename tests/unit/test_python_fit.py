# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a workstation's Python before anything is brought there."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._python_fit import Ways, python_fit

ROLE = pathlib.Path(__file__).resolve().parents[2] / "roles" / "workstation"
LOCK = (ROLE / "files" / "requirements.txt").read_text()
SCRIPT = (ROLE / "files" / "about_python.py").read_text()
GOOD = {
    "version": [3, 11, 2],
    "kind": "cpython",
    "machine": "x86_64",
    "bits": 64,
    "free_threads": False,
    "glibc": "2.36",
    "venv": True,
    "ensurepip": True,
    "md5": True,
}
PURE = ["invoke-3.0.3-py3-none-any.whl", "paramiko-5.1.0-py3-none-any.whl", "README.whl"]
OF_311 = [
    *PURE,
    "bcrypt-5.0.0-cp39-abi3-manylinux_2_28_x86_64.whl",
    "cffi-2.1.1-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "cryptography-50.0.2-cp311-abi3-manylinux_2_28_x86_64.whl",
    "pycparser-3.12-py3-none-any.whl",
    "pynacl-1.6.2-cp38-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
]
NO_WHEELS = Ways(pip=False, packages=True, wheel_dir="", wheels=())


def of(ways=NO_WHEELS, **about):
    """What is told of a Python that is as good as any, but for this."""
    said = {"stdout": f"a greeting of the host\r\ndcass-python {json.dumps({**GOOD, **about})}\r\n", "rc": 0}
    return python_fit(said, "ws1", "python3", LOCK, ways)


def code(told):
    """The word of a failure."""
    return told["failure"].get("error_code", "")


def with_wheels(*wheels):
    """The inventory names a folder with these."""
    return Ways(pip=False, packages=False, wheel_dir="/srv/wheels", wheels=wheels)


@pytest.mark.parametrize(
    ("about", "ways", "found"),
    [
        pytest.param({}, {}, ("", False), id="as on most"),
        pytest.param({"version": [3, 8, 20]}, {}, ("python_unfit", False), id="too old"),
        pytest.param({"version": [2, 7, 18]}, {}, ("python_unfit", False), id="much too old"),
        pytest.param({"ensurepip": False}, {}, ("", True), id="a package brings what makes environments"),
        pytest.param({"ensurepip": False}, {"packages": False}, ("python_unfit", True), id="nothing may bring it"),
        pytest.param({"ensurepip": False}, {"pip": True}, ("", False), id="a pip of the host's fills it"),
        pytest.param({"venv": False}, {"pip": True}, ("python_unfit", False), id="no environment to fill"),
        pytest.param({"md5": False}, {}, ("crypto_forbidden", False), id="a policy against MD5"),
    ],
)
def test_it_is_told_what_keeps_a_python_from_it(about, ways, found):
    told = of(Ways(**{**vars(NO_WHEELS), **ways}), **about)
    assert (code(told), told["package"]) == found


@pytest.mark.parametrize(
    ("wheels", "about", "missing"),
    [
        pytest.param(OF_311, {}, "", id="those of its kind"),
        pytest.param(OF_311, {"glibc": "2.28"}, "", id="on the oldest C library"),
        pytest.param(OF_311, {"version": [3, 12, 1]}, "cffi 2.1.1", id="those of an older Python"),
        pytest.param(
            OF_311,
            {"version": [3, 9, 18]},
            "cffi 2.0.0, cryptography 50.0.2, pycparser 2.23, typing-extensions 4.16.0",
            id="those of a newer Python",
        ),
        pytest.param(OF_311, {"glibc": "2.27"}, "bcrypt 5.0.0, cryptography 50.0.2", id="a C library that is older"),
        pytest.param(
            OF_311, {"machine": "aarch64"}, "bcrypt 5.0.0, cffi 2.1.1, cryptography 50.0.2, pynacl 1.6.2",
            id="another processor",
        ),
        pytest.param(
            OF_311, {"bits": 32}, "bcrypt 5.0.0, cffi 2.1.1, cryptography 50.0.2, pynacl 1.6.2", id="of 32 bits"
        ),
        pytest.param(
            OF_311, {"free_threads": True}, "bcrypt 5.0.0, cffi 2.1.1, cryptography 50.0.2, pynacl 1.6.2",
            id="without the lock that others have",
        ),
        pytest.param([*OF_311[:-1], "pynacl-1.5.0-cp38-abi3-manylinux_2_17_x86_64.whl"], {}, "pynacl 1.6.2",
                     id="another version"),
        pytest.param(OF_311, {"glibc": ""}, "", id="a C library that nothing is known of here"),
    ],
)  # fmt: skip
def test_wheels_are_compared_with_what_it_takes(wheels, about, missing):
    failure = of(with_wheels(*wheels), **about)["failure"]
    its = {**GOOD, **about}
    version = f"{its['version'][0]}.{its['version'][1]}"
    machine = "i686" if its["bits"] == 32 else its["machine"]
    sentence = (
        f"ws1: /srv/wheels has no wheel of {missing} for Python {version} on {machine} with glibc {its['glibc']}."
    )
    assert failure.get("msg", "") == (sentence if missing else "")
    assert not missing or (failure["error_code"] == "wheels_unfit" and f"tools/wheels.py {version} " in failure["hint"])


def test_a_folder_without_wheels_is_told():
    told = of(with_wheels())["failure"]
    assert (told["error_code"], told["msg"]) == (
        "wheels_unfit",
        "dcass_wheel_dir is /srv/wheels: the control node has no wheels there.",
    )


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        pytest.param(
            {"rc": 127, "stdout": "", "stderr": "bash: line 1: python9: command not found\n"},
            "ws1 has no python9 that runs: bash: line 1: python9: command not found.",
            id="there is none",
        ),
        pytest.param({}, "ws1 has no python9 that runs.", id="it says nothing"),
    ],
)
def test_a_python_that_does_not_run_is_told(said, sentence):
    told = python_fit(said, "ws1", "python9", LOCK, NO_WHEELS)["failure"]
    assert (told["error_code"], told["msg"]) == ("python_unfit", sentence)


def test_a_workstation_that_stopped_answering_is_none_of_these():
    gone = {"unreachable": True, "msg": "No route to host"}
    assert python_fit(gone, "ws1", "python3", LOCK, NO_WHEELS) == {"failure": gone, "package": False}


def test_a_python_says_what_it_is():
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    told = json.loads(said.removeprefix("dcass-python "))
    assert set(told) == set(GOOD)
    assert (told["version"], told["kind"], told["bits"]) == (list(sys.version_info[:3]), "cpython", 64)


def test_what_its_own_pip_takes_is_what_is_worked_out_for_it():
    from packaging.tags import sys_tags

    from ansible_collections.dcass.sftp.plugins.plugin_utils import _python_fit

    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    about = json.loads(said.removeprefix("dcass-python "))
    assert set(_python_fit._tags(about)) == set(sys_tags())
