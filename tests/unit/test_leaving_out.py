# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive can't take is left at the facility before the first byte, for the reason it has; the rest comes."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    DiskFull,
    LocalError,
    NameClash,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from tests.unit.mounting import caseless, mounted, tmpfs
from tests.unit.sftp_server import Folder
from tests.unit.test_sync_flow import FRIDAY, Site, report


class Listed(Site):
    """A site whose COMMON lists whatever it is given, the same name twice as well."""

    def lists(self, *entries) -> None:
        self.entries = entries

    @property
    def folders(self):
        return {"COMMON": self, "CXYZ": {}, "KEY_MANAGEMENT": {}}

    @folders.setter
    def folders(self, _folders) -> None:
        pass

    def items(self):
        return self.entries


@pytest.fixture
def site(tmp_path) -> Listed:
    return Listed(tmp_path)


def fails(site, error, **more):
    """Run a sync that must fail in that way at its end; return what it tells."""
    with pytest.raises(error) as failed:
        site.run(**more)
    return failed.value


def told(error) -> dict[str, str]:
    return {entry["name"]: entry["error_code"] for entry in error.facts["refused"]}


def folder(**reports):
    return Folder([(name.encode(), content) for name, content in reports.items()])


def test_of_a_report_and_a_folder_of_one_name_one_comes_and_the_rest_of_the_run_with_it(site):
    site.lists(("A", report(b"a")), ("A", folder(b=report(b"b"), c=report(b"c"))), ("Z", report(b"z")))
    planned = fails(site, NameClash, plan_only=True)
    assert not site.dest.exists()
    error = fails(site, NameClash)
    assert told(planned) == told(error) == {"A/b": "name_clash", "A/c": "name_clash"}
    assert "COMMON/A/b needs a folder where the archive has the report COMMON/A" in str(error)
    assert site.held() == {"COMMON/A": b"a", "COMMON/Z": b"z"} and site.fetched == 2
    site.now = FRIDAY + timedelta(days=7)
    again = fails(site, NameClash)
    assert (again.facts["unchanged"], site.fetched, told(again)) == (2, 2, told(error))
    assert {entry["name"] for entry in again.facts["expiring"]} == {"A/b", "A/c"}


def test_a_report_and_a_folder_of_one_name_are_seen_across_a_long_listing(site):
    between = [(f"A-{number:03}", report(b"")) for number in range(600)]  # sorted between A and A/b
    site.lists(("A", folder(b=report(b"b"))), *between, ("A", report(b"a")))
    assert told(fails(site, NameClash)) == {"A/b": "name_clash"}
    assert len(site.held()) == site.fetched == 601


def test_what_is_held_stays_whatever_comes_later_under_its_name(site):
    site.lists(("A", folder(b=report(b"b"))))
    site.run()
    site.lists(("A", report(b"a")), ("A", folder(b=report(b"b"))))
    error = fails(site, NameClash)
    assert "COMMON/A is the name of a report and of a folder, in which the archive has COMMON/A/b" in str(error)
    site.lists(("A", report(b"a")))  # the facility has the folder no more
    assert told(fails(site, NameClash)) == {"A": "name_clash"}
    assert site.held() == {"COMMON/A/b": b"b"} and site.fetched == 1


def test_a_report_held_where_a_folder_is_wanted_later_stays(site):
    site.lists(("A", report(b"a")))
    site.run()
    site.lists(("A", folder(b=report(b"b"))), ("Z", report(b"z")))
    assert told(fails(site, NameClash)) == {"A/b": "name_clash"}
    assert site.held() == {"COMMON/A": b"a", "COMMON/Z": b"z"}


class Meddled(Site):
    """A site whose archive somebody meddles with while the reports are on their way."""

    @contextlib.contextmanager
    def log_in(self):
        with super().log_in() as session:
            fetch = session.fetch

            def meddled(*arguments):
                for outcome in fetch(*arguments):
                    if "B" in self.folders["COMMON"]:
                        (self.dest / "COMMON" / "B").mkdir(exist_ok=True)
                    yield outcome

            session.fetch = meddled
            yield session


def test_a_name_that_is_taken_meanwhile_costs_that_report_alone(tmp_path):
    site = Meddled(tmp_path, COMMON={name: report(name.encode()) for name in "ACDE"})
    site.run()
    site.folders["COMMON"] = {name: report(name.encode()) for name in "BFG"}
    error = fails(site, LocalError)
    assert {entry["name"] for entry in error.facts["downloaded"]} == {"F", "G"}
    again = fails(site, ArchiveDamaged)
    assert (site.fetched, again.facts["unchanged"], told(again)) == (7, 2, {"B": "archive_damaged"})


def test_what_somebody_has_put_there_is_told_as_that(site):
    (site.dest / "COMMON" / "A").mkdir(parents=True)
    site.lists(("A", report(b"a")), ("Z", report(b"z")))
    error = fails(site, ArchiveDamaged)
    assert "a folder has its name" in str(error) and told(error) == {"A": "archive_damaged"}
    assert site.held() == {"COMMON/Z": b"z"}


def test_twins_are_two_reports_where_capitals_are_told_apart(site):
    site.lists(("R.csv", report(b"1")), ("r.CSV", report(b"2")), ("r.csv.", report(b"3")))
    site.run()
    assert site.held() == {"COMMON/R.csv": b"1", "COMMON/r.CSV": b"2", "COMMON/r.csv.": b"3"}
    assert [name for name in os.listdir(site.dest) if name.startswith(".")] == [".incoming-CXYZ001"]
    assert os.listdir(site.dest / ".incoming-CXYZ001") == []


@pytest.fixture
def caseless_site(tmp_path):
    with caseless(tmp_path / "caseless") as disk:
        site = Listed(tmp_path)
        site.dest = disk / "reports"
        yield site


def contents(site) -> list[bytes]:
    return sorted(site.held().values())


def test_of_twins_one_comes_where_capitals_are_not_told_apart(caseless_site):
    site = caseless_site
    site.lists(("r.csv", report(b"2")), ("R.csv", report(b"1")), ("Ü", report(b"3")), ("ü", report(b"4")))
    error = fails(site, NameClash)
    assert told(error) == {"r.csv": "name_clash", "ü": "name_clash"}
    assert "COMMON/r.csv and COMMON/R.csv are one name to the archive's file system" in str(error)
    assert (contents(site), site.fetched) == ([b"1", b"3"], 2)
    assert fails(site, NameClash, plan_only=True).facts["downloaded"] == []
    site.lists(("r.csv", report(b"22")), ("ü", report(b"4")))  # only those that clash with what is held are left
    assert told(fails(site, NameClash)) == {"r.csv": "name_clash", "ü": "name_clash"}
    site.lists(("R.csv", report(b"11")), ("Ü", report(b"3")))  # what is held may change
    site.run()
    assert (contents(site), site.fetched) == ([b"1", b"11", b"3"], 3)


def test_a_plan_for_an_archive_that_is_there_foretells_twins(caseless_site):
    site = caseless_site
    site.lists(("R.csv", report(b"1")))
    site.run()
    site.lists(("R.csv", report(b"1")), ("new.csv", report(b"2")), ("NEW.csv", report(b"3")))
    assert told(fails(site, NameClash, plan_only=True)) == {"new.csv": "name_clash"}
    assert contents(site) == [b"1"]


def test_names_that_the_file_system_does_not_take_are_left_out_and_told(caseless_site):
    site = caseless_site
    site.lists(("10:15.csv", report(b"1")), ("end.", report(b"2")), ("結算 (1).csv", report(b"3")), ("p", report(b"4")))
    error = fails(site, ArchiveDamaged)
    assert told(error) == {"10:15.csv": "archive_damaged", "end.": "archive_damaged"}
    assert "does not take the name" in str(error)
    assert contents(site) == [b"3", b"4"]


@pytest.mark.parametrize("how", ["another file system", "a bind mount"])
def test_a_folder_on_another_mount_is_told_before_the_login(site, tmp_path, how):
    site.lists(("R.csv", report(b"1")))
    (tmp_path / "elsewhere").mkdir()
    words = tmpfs("size=1m") if how == "another file system" else ("--bind", str(tmp_path / "elsewhere"))
    with mounted(site.dest / "COMMON", *words):
        for plan_only in (True, False):
            error = fails(site, LocalError, plan_only=plan_only)
            assert "COMMON is a mount of its own" in str(error) and site.logins == 0
        with pytest.raises(LocalError, match="mount of its own"):
            Archive(str(site.dest), Account("CXYZ001"), ["COMMON", "CXYZ"]).require_usable()
        Archive(str(site.dest), Account("CXYZ001"), ["CXYZ"]).require_usable()
    site.run()
    assert site.held() == {"COMMON/R.csv": b"1"}


def test_a_mount_deeper_down_takes_only_what_would_go_there(site, tmp_path):
    site.lists(("R.csv", report(b"1")), ("2026", folder(b=report(b"2"))))
    with mounted(site.dest / "COMMON" / "2026", *tmpfs("size=1m")):
        error = fails(site, ArchiveDamaged)
        assert told(error) == {"2026/b": "archive_damaged"} and "2026 is a mount of its own" in str(error)
        assert (site.held(), site.fetched) == ({"COMMON/R.csv": b"1"}, 1)


def test_a_whole_archive_on_a_mount_with_blanks_in_its_name_is_fine(tmp_path):
    site = Listed(tmp_path)
    site.dest = tmp_path / "the 結算\tdisk" / "reports"
    site.lists(("R.csv", report(b"1")))
    with mounted(site.dest.parent, *tmpfs("size=100m")), mounted(site.dest / "COMMON", *tmpfs("size=1m")):
        fails(site, LocalError)
    with mounted(site.dest.parent, *tmpfs("size=100m")):
        site.run()
        assert site.held() == {"COMMON/R.csv": b"1"}


def test_without_inodes_what_fits_comes_home_and_the_rest_is_left_before_the_first_byte(site):
    site.lists(*((f"R{number}.csv", report(b"1")) for number in range(5)), ("deep", folder(x=report(b"2"))))
    with mounted(site.dest, *tmpfs("size=100m,nr_inodes=6")):  # of which the root, .incoming and COMMON take three
        planned = fails(site, DiskFull, plan_only=True)
        error = fails(site, DiskFull)
        assert "inodes" in str(error) and "Left out: 3 reports" in str(error)
        assert told(error) == told(planned) == dict.fromkeys(["R3.csv", "R4.csv", "deep/x"], "disk_full")
        assert set(site.held()) == {f"COMMON/R{number}.csv" for number in range(3)} and site.fetched == 3
        again = fails(site, DiskFull)
        assert (again.facts["unchanged"], site.fetched) == (3, 3)


def test_a_changed_report_has_room_for_its_earlier_version_as_well(site):
    site.lists(("R.csv", report(b"1")))
    with mounted(site.dest, *tmpfs("size=100m,nr_inodes=6")):
        site.run()
        site.lists(("R.csv", report(b"22")))
        site.run()
        assert site.held() == {"COMMON/R.csv": b"22", "COMMON/R.csv.~1~": b"1"}
        site.lists(("R.csv", report(b"333")))
        fails(site, DiskFull)


def test_a_file_system_mounted_read_only_is_told_as_that(site):
    with mounted(site.dest, *tmpfs("size=1m,ro")):
        error = fails(site, LocalError)
        assert "mounted read-only" in str(error) and site.logins == 0
