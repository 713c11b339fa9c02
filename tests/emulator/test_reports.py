# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A business day's reports: how many, how large, always the same bytes, never from the future."""

from datetime import date, datetime
from pathlib import Path
from statistics import median

import pytest

from emulator.client import Emulator, Refused
from emulator.clock import HONG_KONG
from emulator.content import content
from emulator.reports import reports_for_all, reports_for_one

FRIDAY = date(2026, 11, 20)


def test_a_day_brings_65_reports_of_believable_size() -> None:
    reports = [*reports_for_all(FRIDAY), *reports_for_one("CXYZ", FRIDAY)]
    sizes = [report.size for report in reports]
    assert len({(report.folder, report.name) for report in reports}) == 65
    assert {report.folder for report in reports} == {"COMMON", "CXYZ"}
    assert all("20261120" in report.name for report in reports)
    for mark in ("HKCC", "SEOCH", "RX_AUDIT", "TP001", "RPI03"):
        assert any(mark in report.name for report in reports)
    assert max(sizes) <= 4_500_000
    assert 10_000_000 < sum(sizes) < 100_000_000
    assert sum(sizes) / 65 > 2 * median(sizes), "few large reports, many small ones"
    assert {report.made_at.date() for report in reports} == {FRIDAY}


@pytest.mark.parametrize("size", [0, 1, 2, 40, 400, 4001, 1_234_567])
def test_content_has_the_size_asked_for_and_is_the_same_every_time(size: int) -> None:
    data = content(FRIDAY, "CXYZ_TP001.csv", size)
    assert len(data) == size
    assert data == content(FRIDAY, "CXYZ_TP001.csv", size)
    assert size < 100 or data != content(date(2026, 11, 19), "CXYZ_TP001.csv", size)
    assert data[-1:] in (b"\n", b"")
    data.decode("ascii")


def test_publishing_twice_changes_nothing(publisher: Emulator, enrol) -> None:
    participant = enrol(publisher)
    folder = Path(publisher.root) / "folders" / participant.code
    first = publisher.control.publish(date="2026-11-17", scale=0.01)
    kept = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}
    again = publisher.control.publish(date="2026-11-17", scale=0.01)
    assert first["published"] >= 65
    assert (again["published"], again["bytes"]) == (0, 0)
    assert again["unchanged"] == first["published"] + first["unchanged"]
    assert {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()} == kept
    assert len(kept) == 41


def test_who_registers_later_gets_the_own_reports_with_the_next_publication(publisher: Emulator, enrol) -> None:
    publisher.control.publish(date="2026-11-18", scale=0.01)
    late = enrol(publisher)
    names = late.sftp(lambda client: client.listdir("/COMMON"))
    assert any("20261118" in name for name in names)
    assert set(late.sftp(lambda client: client.listdir(f"/{late.code}"))) == {".", ".."}
    publisher.control.publish(date="2026-11-18", scale=0.01)
    assert len(late.sftp(lambda client: client.listdir(f"/{late.code}"))) == 43


def test_times_are_of_the_day_and_never_ahead_of_the_clock(held: Emulator) -> None:
    held.control.clock_set("2026-12-11T11:00", hold=True)
    held.control.publish(date="2026-12-10", scale=0.001)
    held.control.publish(scale=0.001)
    made = {path.name: path.stat().st_mtime for path in Path(held.root, "folders", "COMMON").iterdir()}
    moments = {name: datetime.fromtimestamp(moment, HONG_KONG) for name, moment in made.items()}
    today = [moment for name, moment in moments.items() if "20261211" in name]
    before = [moment for name, moment in moments.items() if "20261210" in name]
    assert (len(today), len(before)) == (24, 24)
    assert {moment.date() for moment in before} == {date(2026, 12, 10)}
    assert max(today) == datetime(2026, 12, 11, 11, tzinfo=HONG_KONG)
    assert {moment.date() for moment in today} == {date(2026, 12, 11)}


def test_reports_appear_through_the_day(held: Emulator, enrol) -> None:
    participant = enrol(held)

    def seen(clock: str) -> set[str]:
        held.control.clock_set(f"2026-12-14T{clock}", hold=True)
        held.control.publish(scale=0.001, due=True)
        return {path.name for path in Path(held.root, "folders", participant.code).iterdir()}

    counts = [sum("RPI" in name for name in seen(clock)) for clock in ("09:00", "10:00", "12:00", "15:00")]
    assert counts == [0, 2, 4, 6]
    assert not any("TP001" in name for name in seen("15:00"))
    assert len(seen("23:00")) == 41


def test_one_file_of_a_size_and_its_change(facility: Emulator, participant) -> None:
    order = {"date": "2026-11-19", "name": "X.csv", "folder": participant.code}
    place = Path(facility.root) / "folders" / participant.code / "X.csv"
    assert facility.control.publish(**order, size=10)["published"] == 1
    assert facility.control.publish(**order, size=10)["published"] == 0
    before = place.read_bytes()
    assert facility.control.publish(**order, size=20)["published"] == 1
    assert (len(before), len(place.read_bytes())) == (10, 20)


def test_a_name_may_be_of_any_script(facility: Emulator) -> None:
    for name in ("結算 報告_20261120.csv", "Übersicht.csv", "\u3000\ue000.csv"):
        assert facility.control.publish(name=name, folder="COMMON", size=10)["published"] == 1
        assert len(Path(facility.root, "folders/COMMON", name).read_bytes()) == 10


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"date": "2099-01-01"}, "has not come yet"),
        ({"date": "yesterday"}, "not an ISO 8601 date"),
        ({"date": "0001-01-01"}, "out of reach"),
        ({"name": "x"}, "needs name, folder and size"),
        ({"name": "x", "folder": "CNIL", "size": 1}, "neither COMMON nor the folder"),
        ({"name": "x", "folder": "KEY_MANAGEMENT", "size": 1}, "neither COMMON nor the folder"),
        ({"name": "../x", "folder": "COMMON", "size": 1}, "not a plain folder or file name"),
        ({"name": "x", "folder": "COMMON/..", "size": 1}, "not a plain folder or file name"),
        ({"name": "報" * 86, "folder": "COMMON", "size": 1}, "not a plain folder or file name"),
        ({"name": "x", "folder": "COMMON", "size": -1}, "size: "),
        ({"name": "x", "folder": "COMMON", "size": 1 << 50}, "out of reach"),
        ({"scale": 0}, "scale: "),
        ({"colour": "red"}, "colour: "),
    ],
    ids=str,
)
def test_bad_orders_get_a_sentence(facility: Emulator, order: dict, reason: str) -> None:
    before = len(facility.control.events())
    with pytest.raises(Refused, match=reason):
        facility.control.publish(**order)
    assert len(facility.control.events()) == before
