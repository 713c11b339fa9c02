# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A day's reports: how many, how large, called how, always the same bytes, never from the future."""

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from statistics import median

import pytest

from emulator.client import Emulator, Refused
from emulator.clock import HONG_KONG
from emulator.content import content
from emulator.names import is_intraday
from emulator.reports import Report, reports_for_all, reports_for_one, reports_of_call

FRIDAY = date(2026, 11, 20)
BLANK = "rp{}______-_____-__-_____-261120".format
FINAL = f"{BLANK('f')}.lis"


def test_a_day_brings_65_reports_of_believable_size() -> None:
    reports = [*reports_for_all(FRIDAY), *reports_for_one("CXYZ", FRIDAY)]
    sizes = [report.size for report in reports]
    assert len({(report.folder, report.name) for report in reports}) == 65
    assert {report.folder for report in reports} == {"COMMON", "CXYZ"}
    assert [report.name for report in reports if "261120" not in report.name] == [
        "HKCC_CALENDAR.csv",
        "SEOCH_CALENDAR.csv",
    ]
    for mark in ("HKCC", "SEOCH", "RX_AUDIT", "TP001", "RPI03"):
        assert any(mark in report.name for report in reports)
    assert max(sizes) <= 4_500_000
    assert 10_000_000 < sum(sizes) < 100_000_000
    assert sum(sizes) / 65 > 2 * median(sizes), "few large reports, many small ones"
    assert {report.day for report in reports} == {FRIDAY}
    late = {report.name: report.made_at.strftime("%a %H:%M") for report in reports if report.made_at.date() != FRIDAY}
    assert set(late) == {FINAL, "RPF_261120.zip"}
    assert all("Sat 00:05" <= made < "Sat 03:30" for made in late.values()), "of the day still, by §4.1's hours"


def test_risk_parameters_are_called_as_the_exchange_calls_them() -> None:
    shape = r"rp[ipf]_{6}-_{5}-__-_{5}-\d{6}(-\d{4})?\.lis|RPF_\d{6}\.zip"
    made = {report.name: f"{report.made_at:%H:%M}" for report in reports_for_all(FRIDAY)}
    found = {name: at for name, at in made.items() if re.fullmatch(shape, name)}
    assert [name for name in found if is_intraday(name)] == [
        f"{BLANK('i')}-{at}.lis" for at in ("0945", "1030", "1500")
    ]
    assert [name for name in found if not is_intraday(name)] == [f"{BLANK('p')}.lis", FINAL, "RPF_261120.zip"]
    assert all(after_call(name, at) for name, at in found.items() if is_intraday(name))
    assert "18:30" <= found[f"{BLANK('p')}.lis"] < "18:35"


def after_call(name: str, made: str) -> bool:
    """Whether a report is made within five minutes of the call that its name tells, or its kind."""
    called = re.search(r"-(\d{2})(\d{2})\.lis", name)
    at = ":".join(called.groups()) if called else CALLS[re.search(r"(HKCC|SEOCH)_RPI0\d", name)[0]]
    return at <= made <= f"{at[:-1]}{int(at[-1]) + 4}"


CALLS = {"SEOCH_RPI01": "09:45", "HKCC_RPI02": "10:30", "HKCC_RPI03": "15:00", "SEOCH_RPI03": "15:00"}


def test_rpi_reports_follow_the_calls_for_margin() -> None:
    made = {
        report.name: f"{report.made_at:%H:%M}" for report in reports_for_one("CXYZ", FRIDAY) if "RPI" in report.name
    }
    assert set(made) == {f"CXYZ_{kind}_20261120.csv" for kind in CALLS}
    assert all(after_call(name, at) for name, at in made.items())


def test_risk_parameters_come_as_text_and_in_a_zip_file_that_can_be_read() -> None:
    reports = {report.name: report for report in reports_for_all(FRIDAY)}
    for factor in (1, 0.01, 0.000001):
        final, zipped = (written(reports[name].scaled(factor)) for name in (FINAL, "RPF_261120.zip"))
        with zipfile.ZipFile(io.BytesIO(zipped)) as package:
            assert package.testzip() is None
            assert {name: package.read(name) for name in package.namelist()} == {FINAL: final}
    lines = written(reports[FINAL]).decode("ascii").splitlines()
    assert lines[:2] == [f"REPORT {FINAL}", "BUSINESS DATE 2026-11-20"]
    assert {len(line) for line in lines[2:-1]} == {len(lines[2])}, "columns of fixed width"


def written(report: Report) -> bytes:
    data = content(report.day, report.name, report.size)
    assert len(data) == report.size
    return data


def test_the_first_business_day_of_a_month_brings_one_monthly_report_of_each_house_more() -> None:
    ordinary, first = (set(names(reports_for_one("CXYZ", FRIDAY, monthly=monthly))) for monthly in (False, True))
    assert first - ordinary == {"CXYZ_HKCC_RP008_20261120.csv", "CXYZ_SEOCH_RP008_20261120.csv"}
    assert ordinary < first


def names(reports: Iterable[Report]) -> list[str]:
    return [report.name for report in reports]


def test_a_holiday_brings_what_hkcc_makes_and_nothing_of_seoch() -> None:
    common, own = names(reports_for_all(FRIDAY, holiday=True)), names(reports_for_one("CXYZ", FRIDAY, holiday=True))
    assert set(common) < set(names(reports_for_all(FRIDAY)))
    assert set(own) < set(names(reports_for_one("CXYZ", FRIDAY)))
    assert all("HKCC" in name for name in own)
    risk_parameters = [name for name in common if "HKCC" not in name]
    rest = [f"{BLANK('p')}.lis", FINAL, "RPF_261120.zip"]
    assert risk_parameters == [f"{BLANK('i')}-{at}.lis" for at in ("1030", "1500")] + rest, "SEOCH does not call"
    assert (len(common), len(own)) == (14, 19)


def test_an_ad_hoc_call_brings_risk_parameters_and_reports_of_its_time() -> None:
    called = list(reports_of_call(["CXYZ", "CABC"], FRIDAY, "13:20"))
    assert [f"{report.folder}/{report.name}" for report in called] == [
        f"COMMON/{BLANK('i')}-1320.lis",
        "CXYZ/CXYZ_HKCC_RPI_1320_20261120.csv",
        "CXYZ/CXYZ_SEOCH_RPI_1320_20261120.csv",
        "CABC/CABC_HKCC_RPI_1320_20261120.csv",
        "CABC/CABC_SEOCH_RPI_1320_20261120.csv",
    ]
    assert all(is_intraday(report.name) for report in called)
    on_a_holiday = names(reports_of_call(["CXYZ"], FRIDAY, "13:20", holiday=True))
    assert on_a_holiday == [f"{BLANK('i')}-1320.lis", "CXYZ_HKCC_RPI_1320_20261120.csv"]


PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator.md"
STANDS_FOR = {
    "yyyymmdd": r"\d{8}",
    "yymmdd": r"\d{6}",
    "hhmm": r"\d{4}",
    "HOUSE": "(HKCC|SEOCH)",
    "KIND": "[A-Z_]+",
    "_ID_": r"_([A-Z]{2}\d{3}|RX_LIMITS)_",
    "RPI0N": r"RPI0\d",
}


def test_the_page_has_a_row_for_each_name_and_says_which_come_on_a_holiday() -> None:
    business = names([*reports_for_all(FRIDAY), *reports_for_one("CXYZ", FRIDAY, monthly=True)])
    business += names(reports_of_call(["CXYZ"], FRIDAY, "13:20"))
    holiday = names([*reports_for_all(FRIDAY, holiday=True), *reports_for_one("CXYZ", FRIDAY, holiday=True)])
    holiday += names(reports_of_call(["CXYZ"], FRIDAY, "13:20", holiday=True))
    rows = re.findall(r"^\| `([\w-]+\.(?:lis|zip|csv))`.* \| (.+) \| .+ \|$", PAGE.read_text(), re.MULTILINE)
    told = {}
    for shape, on_a_holiday in rows:
        for word, pattern in STANDS_FOR.items():
            shape = shape.replace(word, pattern)
        told[re.compile(shape)] = on_a_holiday
    assert [name for name in business if not any(shape.fullmatch(name) for shape in told)] == []
    assert [shape.pattern for shape in told if not any(map(shape.fullmatch, business))] == []
    for shape, on_a_holiday in told.items():
        assert (on_a_holiday != "no") == any(map(shape.fullmatch, holiday)), shape.pattern


@pytest.mark.parametrize(
    ("path", "intraday"),
    [
        ("/CXYZ/RPI03.csv", True),
        ("/COMMON/rpi______-_____-__-_____-261120-0945.lis", True),
        ("/COMMON/rpf______-_____-__-_____-261120.lis", False),
        ("/CXYZ/CXYZ_HKCC_RP008_20261201.csv", False),
        ("/CRPI/TP001.csv", False),
    ],
)
def test_rpi_reports_are_known_by_their_own_names_in_either_case(path: str, intraday: bool) -> None:
    assert is_intraday(path) is intraday


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
    common = late.sftp(lambda client: client.listdir("/COMMON"))
    assert any("20261118" in name for name in common)
    assert set(late.sftp(lambda client: client.listdir(f"/{late.code}"))) == {".", ".."}
    publisher.control.publish(date="2026-11-18", scale=0.01)
    assert len(late.sftp(lambda client: client.listdir(f"/{late.code}"))) == 43


def test_times_are_of_the_day_and_never_ahead_of_the_clock(held: Emulator) -> None:
    held.control.clock_set("2026-12-11T11:00", hold=True)
    held.control.publish(date="2026-12-10", scale=0.001)
    held.control.publish(scale=0.001)
    made = {path.name: path.stat().st_mtime for path in Path(held.root, "folders", "COMMON").iterdir()}
    moments = {name: datetime.fromtimestamp(moment, HONG_KONG) for name, moment in made.items()}
    today = [moment for name, moment in moments.items() if "261210" not in name]
    before = {name: moment for name, moment in moments.items() if "261210" in name}
    assert (len(today), len(before)) == (24, 22), "two keep their names"
    in_the_night = {name for name, moment in before.items() if moment.date() > date(2026, 12, 10)}
    assert in_the_night == {"rpf______-_____-__-_____-261210.lis", "RPF_261210.zip"}
    assert max(today) == datetime(2026, 12, 11, 11, tzinfo=HONG_KONG)
    assert {moment.date() for moment in today} == {date(2026, 12, 11)}


def test_reports_appear_through_the_day(held: Emulator, enrol) -> None:
    participant = enrol(held)

    def seen(clock: str) -> set[str]:
        held.control.clock_set(f"2026-12-14T{clock}", hold=True)
        held.control.publish(scale=0.001, due=True)
        return {path.name for path in Path(held.root, "folders", participant.code).iterdir()}

    counts = [sum("RPI" in name for name in seen(clock)) for clock in ("09:00", "10:00", "12:00", "15:10")]
    assert counts == [0, 1, 2, 4]
    assert not any("TP001" in name for name in seen("15:10"))
    assert len(seen("23:00")) == 41


def test_what_is_made_after_midnight_is_of_the_day_before_and_due_from_then_on(held: Emulator) -> None:
    common = Path(held.root, "folders", "COMMON")

    def seen(clock: str, **order: str) -> set[str]:
        held.control.clock_set(clock, hold=True)
        held.control.publish(scale=0.001, due=True, **order)
        return {path.name for path in common.iterdir() if "270219" in path.name and path.name.lower().startswith("rpf")}

    final, zipped = "rpf______-_____-__-_____-270219.lis", "RPF_270219.zip"
    assert seen("2027-02-19T23:59") == set(), "Friday's"
    assert seen("2027-02-20T00:11", date="2027-02-19") == {final}
    assert seen("2027-02-20T00:11") == {final}
    assert seen("2027-02-22T09:00") == {final, zipped}, "on Monday, with the day's first ones"
    made = datetime.fromtimestamp((common / zipped).stat().st_mtime, HONG_KONG)
    assert "2027-02-20 00:15" <= f"{made:%Y-%m-%d %H:%M}" < "2027-02-20 00:20"


def test_a_report_that_keeps_its_name_gives_way_to_the_next_day_s_alone(held: Emulator) -> None:
    place = Path(held.root, "folders", "COMMON", "HKCC_CALENDAR.csv")

    def published(day: str) -> str:
        held.control.publish(date=day, scale=0.5)
        return place.read_text().splitlines()[1]

    held.control.clock_set("2027-03-04T12:00", hold=True)
    assert published("2027-03-02") == "BUSINESS DATE,2027-03-02"
    assert published("2027-03-03") == published("2027-03-02") == "BUSINESS DATE,2027-03-03"
    before = place.stat().st_mtime_ns
    assert published("2027-03-03") and place.stat().st_mtime_ns == before


def test_a_holiday_and_a_call_are_published_on_order(held: Emulator, enrol) -> None:
    participant = enrol(held)
    held.control.clock_set("2027-12-27T14:00", hold=True)

    def seen(**order: object) -> set[str]:
        held.control.publish(scale=0.001, **order)
        return {path.name for path in Path(held.root, "folders", participant.code).iterdir()}

    first = seen(holiday=True, due=True)
    assert first == {f"{participant.code}_HKCC_RPI02_20271227.csv"}
    called = seen(holiday=True, adhoc="13:20")
    assert called - first == {f"{participant.code}_HKCC_RPI_1320_20271227.csv"}
    both = seen(adhoc="13:20", date="2027-12-24")
    assert {name.split("_")[1] for name in both - called} == {"HKCC", "SEOCH"}
    [made] = Path(held.root, "folders", "COMMON").glob("rpi*-271224-1320.lis")
    assert "Fri 13:20" <= f"{datetime.fromtimestamp(made.stat().st_mtime, HONG_KONG):%a %H:%M}" < "Fri 13:25"


def test_monthly_reports_come_on_the_first_business_day(held: Emulator, enrol) -> None:
    participant = enrol(held)
    held.control.clock_set("2028-01-05T23:00", hold=True)
    held.control.hours(closed_days=["2028-01-03"])

    def monthly(day: str) -> list[str]:
        held.control.publish(scale=0.001, date=day)
        own = Path(held.root, "folders", participant.code)
        return sorted(path.name for path in own.glob(f"*RP008_{day.replace('-', '')}.csv"))

    assert monthly("2027-12-31") == monthly("2028-01-03") == monthly("2028-01-05") == []
    assert [name[5:-4] for name in monthly("2028-01-04")] == ["HKCC_RP008_20280104", "SEOCH_RP008_20280104"]


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
        ({"adhoc": "23:59"}, "2026-11-20 23:59 has not come yet"),
        ({"adhoc": "9:45"}, "'9:45' is not a time of day such as 13:20"),
        ({"adhoc": "24:00"}, "'24:00' is not a time of day such as 13:20"),
        ({"adhoc": "09:45", "date": "2026-11-01"}, "reports of 2026-11-01 are gone"),
        ({"adhoc": "09:45", "name": "x", "folder": "COMMON", "size": 1}, "go with no single file"),
        ({"holiday": True, "name": "x", "folder": "COMMON", "size": 1}, "go with no single file"),
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
