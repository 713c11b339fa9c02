# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that a rollout lays on a workstation: its name is its content's, and it is there whole or not at all."""

from __future__ import annotations

import base64
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import zipfile

import pytest

try:
    from ansible_collections.dcass.sftp.plugins.filter.installed_code import installed_code as part_of
    from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code as code
except ImportError:
    code = None
pytestmark = pytest.mark.skipif(code is None, reason="ansible-core is in the checkout's .venv alone")

MODULES = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "modules"
LIBRARIES = "import sys; sys.path.insert(0, sys.argv[1]); "


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder as the role makes it, with the archive in it."""
    (tmp_path / f"{code.name()}.b64").write_text(code.archive())
    return tmp_path


def install(place: pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-", str(place), code.name()]
    return subprocess.run(command, input=code.INSTALLER, capture_output=True, text=True, check=False)


def test_the_archive_is_the_same_each_time_and_holds_every_module():
    assert code.archive() == code.archive()
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(code.archive()))) as zipped:
        names = set(zipped.namelist())
    assert {f"ansible_collections/dcass/sftp/plugins/modules/{path.name}" for path in MODULES.glob("*.py")} <= names
    assert "ansible/module_utils/basic.py" in names


def test_every_module_of_a_workstation_is_run_by_it():
    at_the_control_node = {"key_fingerprint", "registration_package"}  # which may have no libraries, and no rollout
    actions = {path.stem for path in (MODULES.parent / "action").glob("*.py")}
    assert actions == {path.stem for path in MODULES.glob("*.py")} - at_the_control_node


@pytest.mark.parametrize("change", ["content", "path", "core"])
def test_another_source_has_another_name(tmp_path, monkeypatch, change):
    before = code.name()
    shutil.copytree(MODULES.parent, tmp_path / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code, "_PLUGINS", tmp_path / "plugins")
    assert code.name() == before
    module = tmp_path / "plugins" / "modules" / "account_info.py"
    if change == "content":
        module.write_text(module.read_text() + "\n")
    elif change == "path":
        module.rename(module.with_name("account_infos.py"))
    else:
        monkeypatch.setattr(code, "core_version", "2.99.0")
    assert code.name() != before


def test_what_is_installed_runs_compiled_and_alone(place):
    assert install(place).returncode == 0
    home = place / code.name()
    assert sorted(path.name for path in place.iterdir()) == [code.name()]
    script = LIBRARIES + (
        "from ansible_collections.dcass.sftp.plugins.modules import account_info as m; from ansible.module_utils import"
        " basic; print(m.__file__, m.__cached__, basic.__file__)"
    )
    ran = subprocess.run([sys.executable, "-I", "-c", script, home], capture_output=True, text=True, check=True)
    source, compiled, basic = ran.stdout.split()
    assert all(path.startswith(f"{home}/") for path in (source, compiled, basic))
    assert os.path.exists(compiled)
    assert {path.stat().st_mode & 0o777 for path in home.rglob("*")} == {0o755, 0o644}


def test_a_second_installation_leaves_the_first_as_it_is(place):
    install(place)
    before = (place / code.name() / "complete").stat()
    (place / f"{code.name()}.b64").write_text(code.archive())
    assert install(place).returncode == 0
    assert (place / code.name() / "complete").stat() == before
    assert [path.name for path in place.iterdir()] == [code.name()]


def test_the_newest_other_code_stays_and_what_was_left_half_unpacked_goes(place):
    now = (place / f"{code.name()}.b64").stat().st_mtime
    under_way, left = (place / f"{code.name()}.new-{number}" for number in (1, 2))
    for age, path in enumerate((under_way, place / "newest", place / "older", place / "oldest.b64", left), 1):
        path.write_text("") if path.suffix == ".b64" else path.mkdir()
        os.utime(path, (now - age * 1000,) * 2)
    assert install(place).returncode == 0
    assert {path.name for path in place.iterdir()} == {code.name(), "newest", under_way.name}


@pytest.mark.parametrize("wrong", ["no base64 &", base64.b64encode(b"no zip").decode(), "damaged"])
def test_a_damaged_archive_installs_nothing(place, wrong):
    packed = place / f"{code.name()}.b64"
    whole = packed.read_text()
    packed.write_text(whole[: len(whole) // 8 * 4] if wrong == "damaged" else wrong)
    assert install(place).returncode != 0
    assert not (place / code.name()).exists()


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.6, 1.0])
def test_an_installation_that_is_killed_is_no_code(place, seconds):
    command = [sys.executable, "-c", code.INSTALLER, str(place), code.name()]
    with subprocess.Popen(command) as killed:
        time.sleep(seconds)
        killed.kill()
    home = place / code.name()
    assert (home / "complete").exists() == home.exists()
    if home.exists():
        return
    assert install(place).returncode == 0
    assert (home / "complete").exists()


def test_a_launcher_that_finds_no_code_says_so_and_nothing_else(tmp_path):
    script = code.launcher(f"{tmp_path}/bin/python", "none", b"{}")
    ran = subprocess.run([sys.executable, "-"], input=script, capture_output=True, check=True)
    assert ran.stdout.decode() == f'{{"{code.ABSENT}": true}}\n'
    assert ran.stderr == b""


def test_the_filter_gives_a_role_each_part():
    assert part_of("name") == code.name()
    assert part_of("archive") == code.archive()
    assert part_of("installer") == code.INSTALLER


@pytest.fixture
def workstation(place: pathlib.Path) -> dict[str, pathlib.Path]:
    """One that is rolled out, with the code where its launcher looks for it, at the site of the inventory."""
    home = place / "venv" / "dcass"
    home.mkdir(parents=True)
    shutil.move(place / f"{code.name()}.b64", home)
    install(home)
    (place / "etc").mkdir()
    (place / "marker").touch()
    (place / "archive").mkdir()
    (place / "archive" / "x.csv").touch()
    return {name: place / name for name in ("venv", "marker", "etc", "archive")}


def launched(its, folders=None, whole=False):
    """What is run of a workstation's launcher; where that is nothing, the word that it says, or the whole answer."""
    places = {"marker": str(its["marker"]), "record": str(its["etc"] / "site"), "question": "echo \u00e4; exit 3"}
    places |= {} if folders is None else {"folders": [str(folder) for folder in folders]}
    script = code.launcher(f"{its['venv']}/bin/python", "json", b"", places) + b"\n"
    ran = subprocess.run([sys.executable, "-I", "-"], input=script, capture_output=True, check=False)
    said = ran.stdout.decode().splitlines()
    if said == [code.BEGAN]:
        return "the module"
    return json.loads(said[0]) if whole else next(iter(json.loads(said[0])))


def test_a_launcher_runs_the_module_where_all_is_as_presumed(workstation):
    assert launched(workstation) == launched(workstation, [workstation["archive"]]) == "the module"


@pytest.mark.parametrize("what", ["switched", "a link to nothing", "no rollout", "no folder to look into"])
def test_a_launcher_runs_nothing_where_anything_is_otherwise(workstation, what):
    record = workstation["etc"] / "site"
    if what == "switched":
        record.write_text("site=secondary\n")
    elif what == "a link to nothing":
        record.symlink_to("nowhere")
    elif what == "no rollout":
        workstation["marker"].unlink()
    else:
        workstation["etc"].rmdir()
        workstation["etc"].touch()
    assert launched(workstation) == launched(workstation, [workstation["archive"]]) == code.ASK
    assert launched(workstation, whole=True) == {code.ASK: {"rc": 3, "stdout": "\u00e4\n", "stderr": ""}}


def test_a_launcher_says_so_where_nothing_is_recent_or_the_code_is_another(workstation):
    assert launched(workstation, [workstation["etc"]]) == code.IDLE
    shutil.rmtree(workstation["venv"] / "dcass" / code.name())
    assert launched(workstation, [workstation["etc"]]) == launched(workstation) == code.ABSENT
