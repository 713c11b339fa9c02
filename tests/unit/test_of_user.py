# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which folders a rollout, as root, follows no link: those that the service user may lead elsewhere."""

from __future__ import annotations

import json
import os
import pathlib
import pwd
import subprocess
import sys
import tempfile

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "roles" / "workstation" / "files" / "of_user.py"
USER = "nobody"

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root gives folders to somebody")


class Machine:
    """A folder of root's where nobody else may write, and what the script says of folders in it."""

    def __init__(self, root: str) -> None:
        self.root = root

    def folder(self, path: str, owner: str = "root", mode: int = 0o755) -> None:
        os.mkdir(os.path.join(self.root, path))
        self._give(path, owner)
        os.chmod(os.path.join(self.root, path), mode)

    def link(self, path: str, leads_to: str, owner: str = "root") -> None:
        os.symlink(leads_to.format(self.root), os.path.join(self.root, path))
        self._give(path, owner)

    def _give(self, path: str, owner: str) -> None:
        entry = pwd.getpwnam(USER)
        uid = entry.pw_uid if owner == USER else 0
        os.chown(os.path.join(self.root, path), uid, entry.pw_gid, follow_symlinks=False)

    def says(self, *its: str, config: str = "etc", user: str = USER) -> tuple[list[str], list[str]]:
        """Which ways the user decides, and where the user can't take over."""
        lists = [json.dumps([os.path.join(self.root, path) for path in paths]) for paths in (its, (config,))]
        command = [sys.executable, "-I", "-c", SCRIPT.read_text(), user, *lists]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return tuple([os.path.relpath(path, self.root) for path in said[key]] for key in ("ways", "taken"))


@pytest.fixture
def machine():
    # a temporary folder lies where anybody may put a link
    with tempfile.TemporaryDirectory(dir=pathlib.Path.home()) as root:
        os.chmod(root, 0o755)
        yield Machine(os.path.realpath(root))


DEFAULT = ("etc/keys", "state", "state/reports")


def test_on_a_bare_host_what_lies_in_the_users_folder_is_the_users(machine):
    assert machine.says(*DEFAULT) == (["state/reports"], [])


def test_on_a_complete_one_as_well(machine):
    machine.folder("etc")
    for path in DEFAULT:
        machine.folder(path, USER)
    assert machine.says(*DEFAULT) == (["state/reports"], [])


@pytest.mark.parametrize("leads_to", ["{0}/mnt", "mnt", "../{1}/mnt", "./mnt/./"])
def test_a_link_of_roots_is_followed_to_where_the_user_may_write(machine, leads_to):
    machine.folder("mnt", USER)
    machine.link("data", leads_to.replace("{1}", os.path.basename(machine.root)))
    assert machine.says("data/reports") == (["data/reports"], [])


def test_a_link_of_roots_to_where_only_root_writes_is_roots(machine):
    machine.folder("mnt")
    machine.link("data", "mnt")
    assert machine.says("data/reports") == ([], [])
    assert machine.says("data/state", "data/state/reports") == (["data/state/reports"], [])


def test_a_link_of_the_users_is_never_followed(machine):
    machine.folder("etc")
    machine.folder("victim")
    machine.link("etc/keys", "{0}/victim", USER)
    assert machine.says("etc/keys") == (["etc/keys"], ["etc/keys"])


def test_links_that_lead_to_one_another_are_not_followed_for_ever(machine):
    machine.link("one", "two")
    machine.link("two", "one")
    assert machine.says("one/reports") == (["one/reports"], [])


@pytest.mark.parametrize(("mode", "found"), [(0o775, ["shared/reports"]), (0o757, ["shared/reports"]), (0o755, [])])
def test_a_folder_that_the_users_group_or_everybody_may_write_counts(machine, mode, found):
    machine.folder("shared", mode=mode)
    assert machine.says("shared/reports") == (found, [])


def test_what_is_somebody_elses_where_the_user_may_write_is_not_taken_over(machine):
    machine.folder("state", USER)
    machine.folder("state/reports")  # a file system that was just mounted
    assert machine.says(*DEFAULT) == (["state/reports"], ["state/reports"])


def test_what_is_somebody_elses_where_only_root_writes_is_given_away_by_root(machine):
    machine.folder("reports")
    assert machine.says("reports") == ([], [])


def test_the_folder_of_roots_is_told_where_the_user_may_write(machine):
    assert machine.says("state", config="state/etc") == (["state/etc"], [])


@pytest.mark.parametrize("user", ["root", "no-such-user"])
def test_for_root_and_for_somebody_who_is_not_there_nothing_is_told(machine, user):
    assert machine.says(*DEFAULT, user=user) == ([], [])
