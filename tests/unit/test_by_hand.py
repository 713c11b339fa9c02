# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports that people fetched by hand: what comes into the archive, what does not, and why (§4.1)."""

from __future__ import annotations

import json
import os
import pwd
from datetime import timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.filter.adopt_lines import adopt_lines as adopted_events
from ansible_collections.dcass.sftp.plugins.module_utils._flow.report_sync import adopt
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.by_hand import ByHand
from ansible_collections.dcass.sftp.plugins.module_utils._rules.by_hand import Lying, why_not
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    BadInput,
    DiskFull,
    FolderRefused,
    LocalError,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed, Origin
from ansible_collections.dcass.sftp.plugins.plugin_utils._adopt_lines import adopt_lines
from tests.unit.crashing import cut_at, steps
from tests.unit.test_sync_flow import EVERYTHING, MADE, Site, report, site

__all__ = ["site"]  # a fixture

ME = pwd.getpwuid(os.getuid()).pw_name
AUDIT, RPI, DEEP = "COMMON/RX_AUDIT_20261120.csv", "CXYZ/RPI03_20261120.csv", "CXYZ/2026/deep.csv"
RESULT = "KEY_MANAGEMENT/Result.20261120.101500.success.txt"
IN_ARCHIVE = {path: path.replace("MENT/R", "MENT/CXYZ001/R") for path in (AUDIT, RPI, DEEP, RESULT)}
CONTENT = {path: EVERYTHING[there] for path, there in IN_ARCHIVE.items()}


class ByPeople:
    """The folder in which people lay what they fetch, beside a site's archive."""

    def __init__(self, site: Site) -> None:
        self.site, self.place = site, site.root / "by hand"

    def lay(self, path: str, content: bytes = b"report", mtime: int = MADE) -> None:
        file = self.place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (mtime, mtime))

    def adopt(self, plan_only: bool = False, **more) -> dict:
        def flow(request, ports, plan_only):
            return adopt(request, ports, ByHand(request.adopt_from), plan_only)

        return self.site.run(plan_only, flow, adopt_from=str(self.place), **more)

    def left(self, **more) -> dict[str, str]:
        """Why each file that is left out is."""
        return {entry["path"]: entry["why"] for entry in self.adopt(**more)["left_out"]}


@pytest.fixture
def people(site: Site) -> ByPeople:
    """All reports of the site but one, fetched by hand."""
    people = ByPeople(site)
    for path, content in CONTENT.items():
        people.lay(path, content)
    return people


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        pytest.param(Listed("COMMON", "A", 10, 1000), None, id="as it is listed, its time kept"),
        pytest.param(Listed("COMMON", "A", 10, 999), None, id="written after it was made"),
        pytest.param(Listed("COMMON", "A", 10, None), None, id="of no time"),
        pytest.param(Listed("COMMON", "A", 10, 1001), "older", id="written before it was made"),
        pytest.param(Listed("COMMON", "A", 11, 1000), "other_size", id="cut off"),
        pytest.param(None, "not_listed", id="gone from the facility"),
    ],
)
def test_a_file_is_the_listed_report_or_is_left_out(listed, why):
    found = why_not(Lying("COMMON", "A", 10, 1000, Origin("/x", "ops")), listed)
    assert (found.why if found else None) == why
    assert found is None or (found.path, found.reason[-1]) == ("COMMON/A", ".")


def test_what_is_listed_and_not_held_comes_into_the_archive_and_nothing_is_fetched(site, people):
    planned = people.adopt(plan_only=True)
    assert not site.dest.exists()
    done = people.adopt()
    assert (done["outcome"], done["changed"], done["downloaded"], done["left_out"]) == ("adopted", True, [], [])
    assert site.held() == {there: EVERYTHING[there] for there in IN_ARCHIVE.values()}
    assert (site.logins, site.fetched) == (2, 0)
    for entry in done["adopted"]:
        assert entry["who"] == ME
        assert entry["origin"] == str(people.place / entry["folder"] / entry["name"])
        assert os.stat(entry["path"]).st_mtime == MADE
    foretold, came = (
        [{key: entry[key] for key in ("path", "size", "reason", "origin", "who")} for entry in result["adopted"]]
        for result in (planned, done)
    )
    assert foretold == came and planned["diff"] == done["diff"] and planned["bytes"] == done["bytes"]


def test_a_second_run_changes_nothing_and_spends_no_login(site, people):
    people.adopt()
    again = people.adopt()
    assert (again["outcome"], again["changed"], again["connection"], site.logins) == (
        "nothing_to_adopt",
        False,
        None,
        1,
    )
    assert {entry["why"] for entry in again["left_out"]} == {"held"}
    assert {path: (people.place / path).read_bytes() for path in CONTENT} == CONTENT


def test_what_was_adopted_is_held_and_satisfies_what_is_expected(site, people):
    people.adopt()
    done = site.run(expected=["RX_AUDIT*", "RPI03*"])
    assert [entry["name"] for entry in done["downloaded"]] == ["TP001_20261120.csv"]
    site.now += timedelta(days=3)
    assert site.run(expected=["RX_AUDIT*", "RPI03*"])["missing"] == []
    checked = site.archive_check()
    assert (checked["checked"], checked["unknown"]) == (5, [])
    index = {entry["path"] for entry in site.standby()["index"]}
    assert {AUDIT, RPI, DEEP} <= index


def test_the_record_says_what_was_adopted_from_where_and_by_whom(site, people):
    people.adopt()
    site.run()
    held = site.record().held()
    assert held[AUDIT].origin == Origin(str(people.place / AUDIT), ME)
    assert held["COMMON/TP001_20261120.csv"].origin is None
    rows = [tuple(row) for row in site.record()._state.rows("SELECT scope, downloaded FROM syncs ORDER BY id")]
    assert rows == [("adopt", 4), ("all", 1)]
    assert site.record().summary()["last_sync"]["scope"] == "all"


def test_whoever_has_them_adopted_may_say_so(site, people):
    done = people.adopt(adopt_by="Chan\x1b Tai Man")
    assert {entry["who"] for entry in done["adopted"]} == {"Chan\\x1b Tai Man"}
    assert site.record().held()[AUDIT].origin.who == "Chan\\x1b Tai Man"


def test_an_adopted_report_is_not_outstanding_any_more(site, people):
    site.folders["CXYZ"]["RPI03_20261120.csv"].denied = True
    site.run()
    assert [item.what for item in site.record().outstanding()] == [RPI]
    assert [entry["name"] for entry in people.adopt()["adopted"]] == ["RPI03_20261120.csv"]
    assert site.record().outstanding() == []


def test_a_changed_report_goes_beside_the_earlier_version(site, people):
    people.adopt()
    for content, earlier in ((b"margin, corrected", 1), (b"MARGIN, CORRECTED", 2)):
        site.folders["CXYZ"]["RPI03_20261120.csv"] = report(content, MADE + 60 * earlier)
        people.lay(RPI, content, MADE + 60 * earlier + 5)
        [entry] = people.adopt()["adopted"]
        assert entry["reason"] == "changed at the facility"
        assert site.held()[RPI] == content and f"{RPI}.~{earlier}~" in site.held()
    assert people.adopt()["outcome"] == "nothing_to_adopt"


def test_a_report_that_the_disk_has_lost_is_taken_in_again(site, people):
    site.run()
    (site.dest / RPI).unlink()
    [entry] = people.adopt()["adopted"]
    assert (entry["name"], entry["reason"]) == ("RPI03_20261120.csv", "gone from the archive")


def test_a_file_of_another_content_never_takes_the_place_of_what_is_held(site, people):
    site.run()
    people.lay(RPI, b"MARGIN")
    assert people.left()[RPI] == "held"
    assert site.held()[RPI] == b"margin"


@pytest.mark.parametrize(
    ("path", "content", "mtime", "why"),
    [
        pytest.param("COMMON/GONE.csv", b"x", MADE, "not_listed", id="not listed any more"),
        pytest.param(RPI, b"marg", MADE, "other_size", id="cut off"),
        pytest.param(RPI, b"MARGIN", MADE - 1, "older", id="an earlier version of the same size"),
        pytest.param("NOTES.txt", b"x", MADE, "other_folder", id="beside the folders"),
        pytest.param("CABC/RPI03_20261120.csv", b"margin", MADE, "other_folder", id="in a folder of somebody else"),
        pytest.param("CXYZ/.hidden", b"x", MADE, "unsafe_name", id="a hidden file"),
        pytest.param("CXYZ/a\nb.csv", b"x", MADE, "unsafe_name", id="a name of two lines"),
        pytest.param("CXYZ/RPI03_20261120.csv.~1~", b"x", MADE, "unsafe_name", id="a name of ours"),
        pytest.param("CXYZ/.x/deep.csv", b"x", MADE, "unsafe_name", id="below a hidden folder"),
    ],
)
def test_what_is_no_listed_report_is_left_where_it_is(site, path, content, mtime, why):
    people = ByPeople(site)
    people.lay(path, content, mtime)
    assert list(people.left().values()) == list(people.left(plan_only=True).values()) == [why]
    assert site.held() == {} and (people.place / path).read_bytes() == content
    costs_a_login = why in ("not_listed", "other_size", "older")
    assert site.logins == (2 if costs_a_login else 0)


def test_what_the_globs_leave_out_is_left_out(people):
    assert people.left(exclude=["*RPI*"]) == {RPI: "not_wanted"}


def test_links_and_what_is_no_file_are_left_out(site, people):
    secret = site.root / "secret"
    secret.mkdir()
    (secret / "TP001_20261120.csv").write_bytes(b"")
    (people.place / "COMMON" / "TP001_20261120.csv").symlink_to(secret / "TP001_20261120.csv")
    (people.place / "CXYZ" / "linked").symlink_to(secret)
    os.mkfifo(people.place / "CXYZ" / "pipe")
    assert people.left() == {
        "COMMON/TP001_20261120.csv": "no_plain_file",
        "CXYZ/linked": "no_plain_file",
        "CXYZ/pipe": "no_plain_file",
    }


def test_a_folder_of_the_facility_that_is_a_link_is_not_followed(site):
    people = ByPeople(site)
    elsewhere = ByPeople(site)
    elsewhere.place = site.root / "elsewhere"
    elsewhere.lay("RPI03_20261120.csv", b"margin")
    people.place.mkdir()
    (people.place / "CXYZ").symlink_to(elsewhere.place)
    assert people.left() == {"CXYZ": "other_folder"} and site.held() == {}


def test_a_file_that_changes_while_it_is_read_is_left_out_and_spoils_no_other(site, people, monkeypatch):
    copy = ByHand.copy

    def grows(by_hand, lying, part):
        if lying.path == RPI:
            people.lay(RPI, b"margin and more")
        return copy(by_hand, lying, part)

    monkeypatch.setattr(ByHand, "copy", grows)
    done = people.adopt()
    assert [(entry["path"], entry["why"]) for entry in done["left_out"]] == [(RPI, "changing")]
    assert len(done["adopted"]) == 3 and RPI not in site.held()
    assert not list((site.dest / ".incoming-CXYZ001").iterdir())


def test_without_a_folder_nothing_is_done(site):
    done = ByPeople(site).adopt()
    assert (done["outcome"], done["changed"], done["adopted"], site.logins) == ("no_folder", False, [], 0)


def test_a_file_in_place_of_the_folder_is_told(site):
    ByPeople(site).place.write_text("a file")
    with pytest.raises(LocalError):
        ByPeople(site).adopt()
    assert site.logins == 0


def test_while_the_facility_is_closed_nothing_is_compared(site, people):
    site.now += timedelta(days=1)
    closed = people.adopt(outside_hours="skip")
    assert (closed["outcome"], closed["adopted"], site.logins) == ("closed", [], 0)
    assert closed["opens_at"]


@pytest.mark.parametrize(
    ("more", "where"),
    [
        pytest.param({"drill": True, "outside_hours": "ignore"}, None, id="a drill"),
        pytest.param({"standby": True}, None, id="a standby"),
        pytest.param({}, "reports", id="the archive itself"),
        pytest.param({}, "reports/x/../COMMON", id="a folder of the archive"),
    ],
)
def test_what_can_t_be_meant_is_refused(site, people, more, where):
    people.place = site.root / where if where else people.place
    site.now += timedelta(days=1)
    with pytest.raises(BadInput):
        people.adopt(**more)
    assert site.logins == 0


def test_what_the_archive_can_t_take_fails_the_run_when_the_rest_has_come(site, people, monkeypatch):
    (site.dest / RPI).mkdir(parents=True)
    for plan_only in (True, False):
        with pytest.raises(ArchiveDamaged) as failure:
            people.adopt(plan_only=plan_only)
        assert [entry["why"] for entry in failure.value.facts["left_out"]] == ["archive_damaged"]
        assert len(failure.value.facts["adopted"]) == 3
    (site.dest / RPI).rmdir()
    monkeypatch.setattr(Archive, "room", lambda _archive: 1)
    with pytest.raises(DiskFull):
        people.adopt()
    monkeypatch.undo()
    assert len(people.adopt()["adopted"]) == 1


def test_a_folder_that_can_t_be_listed_fails_the_run_when_the_rest_has_come(site, people):
    site.folders["CXYZ"] = None
    with pytest.raises(FolderRefused) as failure:
        people.adopt()
    assert {entry["path"] for entry in failure.value.facts["left_out"]} == {RPI, DEEP}
    assert len(failure.value.facts["adopted"]) == 2


def test_a_power_cut_at_any_step_loses_nothing_and_takes_nothing_in_twice(tmp_path):
    for step in steps():
        site = Site(tmp_path / str(step), COMMON={"RX_AUDIT_20261120.csv": report(b"audit")})
        site.folders["CXYZ"] = {"RPI03_20261120.csv": report(b"margin")}
        people = ByPeople(site)
        people.lay(AUDIT, b"audit")
        people.lay(RPI, b"margin")
        died = cut_at(step, people.adopt)
        people.adopt()
        assert site.held() == {AUDIT: b"audit", RPI: b"margin"}
        assert not people.adopt()["changed"] and site.archive_check()["checked"] == 2
        assert site.fetched == 0
        if not died:
            return


ZERO = "CXYZ001: 0 reports adopted (0.0 MB) from /by-hand on ws1, 0 held already, 0 left out"
NOTHING = {"outcome": "nothing_to_adopt", "adopted": [], "adopted_count": 0, "bytes": 0, "left_out": []}
DONE = {"outcome": "adopted", "adopted": [{}, {}], "adopted_count": 2, "bytes": 1_234_567, "left_out": []}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        pytest.param(
            DONE, ["CXYZ001: 2 reports adopted (1.2 MB) from /by-hand on ws1, 0 held already, 0 left out."], id="all"
        ),
        pytest.param(
            {
                **DONE,
                "left_out": [
                    {"path": "COMMON/A", "why": "held", "reason": "The archive holds it."},
                    {"path": "COMMON/B", "why": "older", "reason": "It was \x1b[1m written."},
                ],
            },
            [
                "CXYZ001: 2 reports adopted (1.2 MB) from /by-hand on ws1, 1 held already, 1 left out.",
                "    Left out: COMMON/B: It was \\x1b[1m written.",
            ],
            id="one held, one left out",
        ),
        pytest.param(NOTHING, [f"{ZERO}; no login was needed."], id="nothing to adopt"),
        pytest.param(
            {**DONE, "outcome": "no_folder"}, ["CXYZ001: ws1 has no /by-hand; nothing to do."], id="no folder"
        ),
        pytest.param({**DONE, "opens_at": "x", "msg": "Closed."}, ["CXYZ001: Closed."], id="closed"),
    ],
)
def test_people_read_what_became_of_their_files(result, lines):
    assert adopt_lines(result, "ws1", "CXYZ001", "/by-hand") == lines


def test_of_many_files_that_are_left_out_the_first_are_named():
    many = [{"path": f"COMMON/{n}", "why": "older", "reason": "Old."} for n in range(150)]
    lines = adopt_lines({**DONE, "left_out": many}, "ws1", "CXYZ001", "/by-hand")
    assert (len(lines), lines[-1]) == (100, "    Left out: 52 more.")
    shown = adopted_events({**DONE, "left_out": many}, "ws1", "CXYZ001", "/by-hand", apart=True)
    assert [line for event in shown for line in event["lines"]] == lines
    assert max(len(json.dumps(event["lines"], indent=4)) for event in shown) <= 900


def test_of_a_run_that_has_failed_nothing_is_shown():
    assert adopted_events({"error_code": "busy", "msg": "x"}, "ws1", "CXYZ001", "/by-hand") == []
