# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names are bytes in UTF-8 to the disk, under whatever locale a workstation's Python was started."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tests.modules.support import MODULES, Participant, taken

# locale: its sources, None where every machine has it
LOCALES = {
    "C": None,
    "POSIX": None,
    "en_US.ISO-8859-1": ("en_US", "ISO-8859-1"),
    "zh_TW.BIG5": ("zh_TW", "BIG5"),
    "zh_HK.BIG5-HKSCS": ("zh_HK", "BIG5-HKSCS"),
}
NAMES = [
    "結算報告_20261120.csv",
    "Übersicht 20261120.csv",
    "\u3000報告\u00a0一_20261120.csv",
    "\ue000私用\U000f0001_20261120.csv",
    "\U000218a1香港增補字_20261120.csv",  # Python's own Big5-HKSCS does not give its bytes back as they were
    "plain_20261120.csv",
]
RUN = """
import importlib, json, os, sys
from ansible.module_utils.testing import patch_module_args
expected = sys.argv[1]
assert not sys.flags.utf8_mode and sys.getfilesystemencoding() != "utf-8", sys.getfilesystemencoding()
work = json.load(sys.stdin)
module = importlib.import_module(work["module"])
with patch_module_args(work["options"]):
    module.main()
"""


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    """A folder with the locales, for LOCPATH; nothing is installed."""
    folder = tmp_path_factory.mktemp("locales")
    for name, sources in LOCALES.items():
        if sources:
            command = ["localedef", "--no-archive", "-i", sources[0], "-f", sources[1], str(folder / name)]
            try:
                made = subprocess.run(command, capture_output=True, text=True, check=False)
            except FileNotFoundError:
                pytest.skip("this machine has no localedef")
            if not (folder / name).is_dir():
                pytest.skip(f"no {name} can be made here (Debian: locales): {made.stderr.strip()[-200:]}")
    return folder


@pytest.fixture
def participant(tmp_path, facility, request):
    """One whose folders have Chinese names."""
    (tmp_path / "結算所").mkdir()
    return Participant(tmp_path / "結算所", facility, f"CL{next(_NUMBERS):02}").register()


_NUMBERS = iter(range(100))


@pytest.fixture
def run_under(locales, workstation):
    """Runs a module in a process of its own under a locale, and returns what it returned."""

    def run(locale, module, check=False, variables=None, **more):
        options = {**taken(module, {**workstation.options, **more}), "_ansible_check_mode": check}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
        environment |= {"LC_ALL": locale, "LOCPATH": str(locales), "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        environment |= variables or {}
        done = subprocess.run(
            [sys.executable, "-c", RUN, locale],
            input=json.dumps({"module": f"{MODULES}.{module}", "options": options}).encode(),
            env=environment, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.stdout.isascii() and done.stdout.strip(), done.stderr.decode("utf-8", "replace")
        return json.loads(done.stdout)

    return run


def publish(facility, workstation):
    for name in NAMES:
        facility.put(workstation.code, name)


def found(dest):
    """The names that the archive has, as the disk knows them."""
    return sorted(
        os.path.relpath(os.path.join(place, name), os.fsencode(dest))
        for place, _folders, names in os.walk(os.fsencode(dest))
        for name in names
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_names_are_the_same_bytes_under_every_locale(facility, workstation, run_under, locale):
    publish(facility, workstation)
    first = run_under(locale, "report_sync", dest=workstation.dest)
    assert not first.get("failed"), first
    assert {entry["name"] for entry in first["downloaded"]} == set(NAMES) and first["refused"] == []
    assert {entry["path"] for entry in first["downloaded"]} == {
        f"{workstation.dest}/{workstation.code}/{n}" for n in NAMES
    }
    assert found(workstation.dest) == sorted(f"{workstation.code}/{name}".encode() for name in NAMES)
    again = run_under(locale, "report_sync", dest=workstation.dest, return_index=True)
    assert (again["changed"], again["unchanged"], again["absent"]) == (False, len(NAMES), [])
    assert {entry["path"] for entry in again["index"]} == {f"{workstation.code}/{name}" for name in NAMES}
    checked = run_under(locale, "archive_check", dest=workstation.dest, deep=True)
    assert not checked.get("failed"), checked
    assert (checked["checked"], checked["unknown"], checked["damaged"], checked["absent"]) == (len(NAMES), [], [], [])


@pytest.mark.parametrize("locale", [name for name in LOCALES if name != "POSIX"])
def test_a_run_under_another_locale_finds_the_same_names(facility, workstation, run_under, locale):
    publish(facility, workstation)
    run_under("C", "report_sync", dest=workstation.dest)
    facility.put(workstation.code, NAMES[0], b"a later report")
    changed = run_under(locale, "report_sync", dest=workstation.dest)
    assert [(entry["name"], entry["reason"]) for entry in changed["downloaded"]] == [
        (NAMES[0], "changed at the facility")
    ]
    under_utf8 = workstation.sync(check=True)
    assert (under_utf8["changed"], under_utf8["unchanged"]) == (False, len(NAMES))
    assert f"{workstation.code}/{NAMES[0]}.~1~".encode() in found(workstation.dest)
    state = pathlib.Path(workstation.options["state_dir"])
    told = run_under(locale, "account_info")
    assert not told.get("failed") and told["reports"]["held"] == len(NAMES), told
    assert sorted(os.listdir(os.fsencode(state.parent))) == sorted(
        name.encode() for name in ("keys", "known_hosts", "reports", "state")
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_each_module_finds_its_folders_under_every_locale(facility, workstation, run_under, locale):
    key = run_under(locale, "account_key")
    assert (key.get("failed", False), key["changed"]) == (False, False), key
    assert key["private_key_path"].startswith(workstation.options["key_dir"])
    made = run_under(locale, "account_key", key_dir=f"{workstation.root}/鎖匙")
    assert made["changed"] and pathlib.Path(f"{workstation.root}/鎖匙/{workstation.account}/current/id_rsa").is_file()
    public = run_under(locale, "key_fingerprint", path=key["public_key_path"], dest=f"{workstation.root}/指紋.fpt")
    assert public["changed"] and pathlib.Path(f"{workstation.root}/指紋.fpt").read_text().strip() == key["fingerprint"]
    assert run_under(locale, "facility_info")["addresses"][0]["reachable"]
    assert run_under(locale, "key_renewal", check=True)["changed"] is False
    told = run_under(locale, "account_info", key_dir=f"{workstation.root}/無此")
    assert "無此" in json.dumps(told, ensure_ascii=False) or told["key"] is None
    wrong = run_under(locale, "report_sync", dest=f"{workstation.root}/known_hosts")
    assert wrong["error_code"] == "local_error" and "結算所" in wrong["msg"]


@pytest.mark.parametrize("locale", LOCALES)
def test_a_home_and_a_variable_may_have_such_names_too(facility, workstation, run_under, locale):
    publish(facility, workstation)
    variables = {"HOME": str(workstation.root), "REPORTS": "報告"}
    done = run_under(locale, "report_sync", dest="~/$REPORTS/一", variables=variables)
    assert done["downloaded"][0]["path"].startswith(f"{workstation.root}/報告/一/")
    assert len(found(f"{workstation.root}/報告/一")) == len(NAMES)
