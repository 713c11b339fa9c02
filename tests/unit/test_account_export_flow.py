# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditor is handed: complete, verified by the script alone, and wrong as soon as one byte is."""

from __future__ import annotations

import csv
import hashlib
import json
import pathlib
import random
import shutil
import subprocess
import sys
import zipfile
from datetime import date, datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_export import (
    ExportPorts,
    export_account,
    export_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io import export_verify
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.export_file import ExportFile, script, site_record
from ansible_collections.dcass.sftp.plugins.module_utils._io.export_records import (
    KEPT_BACK,
    RENAMED,
    TABLES,
    ExportRecords,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, PrivateKeyInPackage
from ansible_collections.dcass.sftp.plugins.module_utils._rules.export import Period, csv_lines, sums_line
from ansible_collections.dcass.sftp.plugins.module_utils._rules.version import VERSION

ACCOUNT, TODAY = "CXYZ001", date(2026, 12, 31)
SINCE = "2026-01-01"
REPORTS = {
    "COMMON/RX_AUDIT_20261120.csv": b"audit",
    "COMMON/=cmd|' '!A0.csv": b"a name that a spreadsheet works out",
    "CXYZ/報表 20261120.csv": b"a name in another script",
    "CXYZ/back\\slash.csv": b"a name that coreutils escapes",
    "CXYZ/OLD_20251231.csv": b"of the year before",
}
SWITCH = 'secondary 2026-11-23T10:00:00+08:00 {"who": "=Chan Tai Man", "why": "circular 123/26"}'
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(HONG_KONG)


class Records:
    """A workstation's records of one account, which tests add to."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.state_dir = str(root / "state")
        self.state = StateDb(self.state_dir)
        self.evidence = Evidence(self.state, self.state_dir, ACCOUNT)
        self.archive = root / "reports"
        (root / "out").mkdir()

    def fill(self) -> Records:
        """Two years of some of everything."""
        with self.state.transaction() as db:
            for path, content in REPORTS.items():
                day = "2025-12-31" if "2025" in path else "2026-11-20" if "2026" in path else None
                db.execute(
                    "INSERT INTO reports (path, folder, name, size, mtime, sha256, day, fetched_at, account)"
                    " VALUES (?, 'COMMON', 'n', ?, 1763600000, ?, ?, '2026-11-20T10:00:00+08:00', ?)",
                    (path, len(content), hashlib.sha256(content).hexdigest(), day, ACCOUNT),
                )
            for account in (ACCOUNT, "CXYZ002"):
                db.execute(
                    "INSERT INTO keys (account, fingerprint, made_on, registered_on) VALUES (?, 'aa', ?, ?)",
                    (account, "2025-01-02", "2025-01-03"),
                )
                for day in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"):
                    db.execute(
                        "INSERT INTO attempts (account, what, purpose, began) VALUES (?, 'login', 'sync', ?)",
                        (account, f"{day}T23:59:59+08:00"),
                    )
        for number, day in enumerate(("2025-01-03", "2026-06-01", "2026-06-02"), 1):
            facts = {"outcome": "renewed", "number": number}
            foreign = {"Result.txt": PEM.encode()} if number == 2 else {}
            self.evidence.add(f"step {number}", at(f"{day}T10:00"), facts, {"CXYZ001.pub": b"public"}, foreign)
        for path, content in REPORTS.items():
            (self.archive / path).parent.mkdir(parents=True, exist_ok=True)
            (self.archive / path).write_bytes(content)
        (self.root / "site").write_text(f"{SWITCH}\ndamaged\n")
        return self

    def export(self, plan_only: bool = False, **options: str) -> dict:
        asked = {
            "account": ACCOUNT,
            "state_dir": self.state_dir,
            "dest": str(self.root / "out"),
            "since": SINCE,
            "until": "2026-12-31",
            "run_by": "audit",
            **options,
        }
        request = export_request(asked, TODAY)
        ports = ExportPorts(
            ExportRecords(self.state, ACCOUNT),
            Evidence(self.state, self.state_dir, ACCOUNT),
            site_record(str(self.root / "site")),
            script(),
            ExportFile(request.dest, request.name),
        )
        return export_account(request, ports, TODAY, plan_only)

    def unpacked(self, **options: str) -> pathlib.Path:
        folder = self.root / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(self.export(**options)["path"]) as archive:
            archive.extractall(folder)
        return folder


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path)


@pytest.fixture(scope="module")
def handed_over(tmp_path_factory):
    """An export, unpacked, with copies of the reports beside it."""
    return Records(tmp_path_factory.mktemp("records")).fill()


def rows(folder: pathlib.Path, name: str) -> list[dict[str, str]]:
    with open(folder / name, encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def alone(folder: pathlib.Path, *arguments: str, script: str = "verify.py") -> tuple[int, str]:
    """Run the script as on a machine that has Python and nothing else; what it ended with, and what it said."""
    command = [sys.executable, "-I", "-S", script, *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    assert ended.stderr == b"", ended.stderr
    return ended.returncode, ended.stdout.decode()


def test_each_table_of_the_state_is_exported_or_kept_back_for_a_reason(records):
    found = {row["name"] for row in records.state.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert found == set(TABLES) | set(KEPT_BACK) and not set(TABLES) & set(KEPT_BACK)


def test_each_column_is_in_the_state_and_each_table_can_be_asked(records):
    everything = ExportRecords(records.fill().state, ACCOUNT)
    for name, columns in everything.tables().items():
        for row in everything.rows(name, Period(None, TODAY)):
            assert len(row) == len(columns), name
    assert set(everything.tables()) >= {f"{name}.csv" for name in RENAMED.values()}


def test_only_the_account_s_own_rows_of_these_days_are_in_it(handed_over):
    folder = handed_over.unpacked()
    assert [row["began"][:10] for row in rows(folder, "attempts.csv")] == ["2026-01-01", "2026-12-31"]
    assert [row["path"] for row in rows(folder, "reports.csv")] == sorted(set(REPORTS) - {"CXYZ/OLD_20251231.csv"})


def test_without_a_first_day_it_begins_at_the_beginning_and_keys_are_always_all(handed_over):
    folder = handed_over.unpacked(since="")
    assert len(rows(folder, "reports.csv")) == len(REPORTS)
    (key,) = rows(folder, "keys.csv")
    assert (key["registered_on"], key["last_day"], key["superseded"]) == ("2025-01-03", "2027-01-03", "no")


def test_the_whole_chain_is_in_it_and_what_may_be_a_private_key_is_not(handed_over):
    result = handed_over.export()
    folder = handed_over.unpacked()
    assert [row["entry"] for row in rows(folder, "evidence.csv")] == ["1", "2", "3"]
    assert result["left_out"] == ["evidence/0002/Result.txt.quarantined"]
    assert not [path for path in folder.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    assert alone(folder)[0] == 0


def test_the_head_is_what_account_info_tells(handed_over):
    entries, head = handed_over.evidence.head()
    assert handed_over.export()["evidence"] == {"entries": entries, "head": head, "faults": []}
    assert (entries, len(head)) == (3, 64)


def test_a_switch_is_told_and_a_damaged_line_is_not_passed_over(handed_over):
    switch, damaged = rows(handed_over.unpacked(), "switches.csv")
    assert (switch["site"], switch["who"], switch["why"]) == ("secondary", "'=Chan Tai Man", "circular 123/26")
    assert damaged == {"since": "", "site": "", "who": "", "why": "", "unreadable": "damaged"}


def test_the_manifest_says_what_it_is(handed_over):
    told = json.loads((handed_over.unpacked() / "manifest.json").read_text())
    found = {name: told[name] for name in ("account", "since", "until", "made_on", "run_by")}
    assert found == {
        "account": ACCOUNT,
        "since": SINCE,
        "until": "2026-12-31",
        "made_on": str(TODAY),
        "run_by": "audit",
    }
    assert told["counts"]["reports.csv"] == 4


def test_the_same_gives_the_same_bytes_and_check_mode_writes_nothing(records):
    records.fill()
    before = records.export(plan_only=True)
    assert list((records.root / "out").iterdir()) == []
    first, again = records.export(), records.export()
    assert [before["changed"], first["changed"], again["changed"]] == [True, True, False]
    assert before["sha256"] == first["sha256"] == again["sha256"]
    assert (pathlib.Path(first["path"]).name, len(list((records.root / "out").iterdir()))) == (
        "CXYZ001-2026-01-01-to-2026-12-31.zip",
        2,
    )


def test_coreutils_find_the_zip_and_the_copies_right(handed_over):
    path = pathlib.Path(handed_over.export()["path"])
    folder = handed_over.unpacked()
    for sums, place in ((f"{path}.sha256", path.parent), (folder / "SHA256SUMS", handed_over.archive)):
        subprocess.run(["sha256sum", "--check", "--strict", str(sums)], cwd=place, check=True, capture_output=True)


def test_without_records_it_is_empty_and_sound(records):
    assert set(records.export()["counts"].values()) == {0}
    assert alone(records.unpacked())[0] == 0


def test_evidence_that_was_changed_is_told_and_exported_all_the_same(records):
    records.fill()
    place = records.root / "state" / "evidence" / ACCOUNT / "0002.json"
    place.write_text(place.read_text().replace('"renewed"', '"rejected"'))
    result = records.export()
    assert result["evidence"]["faults"] and "CXYZ001" in result["warnings"][0]
    code, said = alone(records.unpacked())
    assert code == 1 and "Entry 2 of the evidence was changed after it was recorded on the workstation." in said


def test_a_private_key_in_people_s_words_is_refused(records):
    records.fill()
    (records.root / "site").write_text(SWITCH.replace("circular", PEM) + "\n")
    with pytest.raises(PrivateKeyInPackage):
        records.export()
    assert list((records.root / "out").iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"since": "2027-01-01"}, id="no day between the two"),
        pytest.param({"since": "2026-02-30"}, id="a day that is none"),
        pytest.param({"until": "yesterday"}, id="a word"),
        pytest.param({"dest": "out"}, id="a folder that lies nowhere"),
        pytest.param({"dest": "/nowhere"}, id="a folder that is not there"),
    ],
)
def test_bad_input_is_refused(records, options):
    with pytest.raises(BadInput):
        records.export(**options)


def test_the_version_is_that_of_the_collection():
    galaxy = (pathlib.Path(__file__).parents[2] / "galaxy.yml").read_text()
    assert f"\nversion: {VERSION}\n" in galaxy


def test_the_script_is_the_one_of_the_collection():
    assert script() == pathlib.Path(export_verify.__file__).read_bytes()


def test_the_script_alone_finds_it_sound(handed_over):
    folder = handed_over.unpacked()
    head = json.loads((folder / "manifest.json").read_text())["evidence"]["head"]
    first = rows(folder, "evidence.csv")[0]["sha256"]
    code, said = alone(folder, "--reports", str(handed_over.archive), "--head", first.upper())
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith(f"Sound: {ACCOUNT} from 2026-01-01 to 2026-12-31: ") and head in said


def files_of(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_one_changed_byte_anywhere_is_found(handed_over):
    folder, dice = handed_over.unpacked(), random.Random(2026)
    (handed_over.root / "verify.py").write_bytes(script())  # one that whoever verifies has brought
    tried = 0
    for path in files_of(folder):
        content = path.read_bytes()
        for place in {0, len(content) - 1, *(dice.randrange(len(content)) for _ in range(20))}:
            changed = bytearray(content)
            changed[place] ^= dice.randrange(1, 256)
            path.write_bytes(changed)
            found = list(export_verify.faults(str(folder)))
            assert found, f"byte {place} of {path.name} was changed, and nobody saw it"
            tried += 1
        code, said = alone(folder, str(folder), script="../verify.py")
        assert code == 1 and said.startswith("Not sound: ") and path.name in said
        path.write_bytes(content)
    assert tried > 300
    assert list(export_verify.faults(str(folder))) == []


def test_one_changed_byte_of_the_zip_is_found_by_the_hash_beside_it(handed_over, tmp_path):
    path, dice = pathlib.Path(handed_over.export()["path"]), random.Random(2026)
    shutil.copy(f"{path}.sha256", tmp_path)
    for _ in range(20):
        changed = bytearray(path.read_bytes())
        changed[dice.randrange(len(changed))] ^= dice.randrange(1, 256)
        (tmp_path / path.name).write_bytes(changed)
        command = ["sha256sum", "--check", "--strict", f"{path.name}.sha256"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def reseal(folder: pathlib.Path) -> None:
    """Do as a forger does who makes the manifest fit again."""
    told = json.loads((folder / "manifest.json").read_text())
    for name in told["files"]:
        content = (folder / name).read_bytes()
        told["files"][name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    data = (json.dumps(told, sort_keys=True, indent=2) + "\n").encode()
    (folder / "manifest.json").write_bytes(data)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  manifest.json\n")


def replace(name: str, old: str, new: str, most: int = 1):
    def work(folder: pathlib.Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, most))

    return work


# what somebody does to an export who then seals it again, and what is said of it
FORGERIES = {
    "a report's hash in the sums": (
        replace("SHA256SUMS", hashlib.sha256(b"audit").hexdigest(), "0" * 64),
        "SHA256SUMS has COMMON/RX_AUDIT_20261120.csv where",
    ),
    "a line of the sums less": (
        lambda folder: (folder / "SHA256SUMS").write_text(
            "".join((folder / "SHA256SUMS").read_text().splitlines(keepends=True)[:-1])
        ),
        "have not as many reports",
    ),
    "an attempt less": (
        lambda folder: (folder / "attempts.csv").write_text(
            "".join((folder / "attempts.csv").read_text().splitlines(keepends=True)[:-1])
        ),
        "attempts.csv has 1 rows; 2 were counted.",
    ),
    "an entry edited": (
        replace("evidence/0002.json", '"number": 2', '"number": 9'),
        "Entry 2 of the evidence is that of another place.",
    ),
    "a file of an entry edited": (replace("evidence/0001/CXYZ001.pub", "public", "other"), "File CXYZ001.pub of entry"),
    "no table where one should be": (replace("evidence.csv", "entry,", "number,"), "is not written as one is"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_that_was_sealed_again_is_found(handed_over, forgery):
    work, said = FORGERIES[forgery]
    folder = handed_over.unpacked()
    work(folder)
    reseal(folder)
    code, found = alone(folder)
    assert code == 1 and said in found


def test_a_chain_written_anew_is_found_by_a_head_that_was_noted_elsewhere(records):
    records.fill()
    _entries, noted = records.evidence.head()
    shutil.rmtree(records.root / "state" / "evidence")
    with records.state.transaction() as db:
        db.execute("DELETE FROM evidence")
    records.evidence.add("step 1", at("2026-06-01T10:00"), {"outcome": "renewed"}, {})
    folder = records.unpacked()
    assert alone(folder)[0] == 0, "who holds a workstation can write all of it anew"
    code, said = alone(folder, "--head", noted)
    assert code == 1 and f"no entry with the SHA-256 {noted}" in said


@pytest.mark.parametrize(
    ("work", "said"),
    [
        pytest.param(lambda place: place.write_bytes(b"Audit"), "is not the one that was fetched", id="changed"),
        pytest.param(lambda place: place.unlink(), "can't be read: No such file or directory.", id="gone"),
        pytest.param(lambda place: place.write_bytes(b"audit\n"), "it has 6 bytes", id="longer"),
    ],
)
def test_a_copy_of_a_report_that_is_not_what_was_fetched_is_found(records, work, said):
    records.fill()
    work(records.archive / "COMMON" / "RX_AUDIT_20261120.csv")
    code, found = alone(records.unpacked(), "--reports", str(records.archive))
    assert code == 1 and "COMMON/RX_AUDIT_20261120.csv" in found and said in found


@pytest.mark.parametrize("option", ["--head", "--reports"])
def test_an_option_that_a_script_has_lost_is_no_verification(handed_over, option):
    code, said = alone(handed_over.unpacked(), option, "")
    assert code == 1 and said.startswith("Not sound: ")


def test_a_file_that_was_added_or_taken_away_is_found(handed_over):
    folder = handed_over.unpacked()
    (folder / "keys.csv").rename(folder / "more.csv")
    assert alone(folder) == (1, "Not sound: keys.csv is missing.\nNot sound: more.csv is no part of the export.\n")


def test_a_folder_without_an_export_is_no_sound_one(tmp_path):
    (tmp_path / "verify.py").write_bytes(script())
    code, said = alone(tmp_path)
    assert code == 1 and "manifest.json" in said


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        pytest.param("=1+1", "'=1+1", id="a formula"),
        pytest.param("-1", "'-1", id="a text that begins with a minus"),
        pytest.param(-1, "-1", id="a number below zero"),
        pytest.param("@SUM", "'@SUM", id="a formula of old"),
        pytest.param("\uff1d1+1", "'\uff1d1+1", id="a formula in wide characters"),
        pytest.param("\n=1", '"\'\n=1"', id="a formula after a new line"),
        pytest.param('a,"b"', '"a,""b"""', id="a comma and quotes"),
        pytest.param(None, '""', id="nothing"),
    ],
)
def test_a_cell_is_what_it_was_and_no_formula(cell, written):
    assert list(csv_lines([[cell]], 0)) == [f"{written}\n"]


def test_a_path_with_a_backslash_or_a_new_line_is_escaped_as_coreutils_do():
    assert sums_line("a\\b\nc", "00") == "\\00  a\\\\b\\nc\n"


def test_years_of_reports_take_no_more_memory(records):
    tracemalloc = pytest.importorskip("tracemalloc", reason="PyPy has none")

    def peak(number: int) -> int:
        with records.state.transaction() as db:
            db.execute("DELETE FROM reports")
            db.executemany(
                "INSERT INTO reports (path, folder, name, size, sha256, day, fetched_at, account)"
                " VALUES (?, 'COMMON', 'n', 1, ?, '2026-11-20', '2026-11-20T10:00:00+08:00', ?)",
                ((f"COMMON/R_{one:06}.csv", "0" * 64, ACCOUNT) for one in range(number)),
            )
        tracemalloc.start()
        assert records.export()["counts"]["reports"] == number
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = peak(2000), peak(20_000)
    assert many < few + (1 << 20)
