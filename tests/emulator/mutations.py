# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes each rule out of a copy of the emulator and tells which test notices: `python tests/emulator/mutations.py`.

It prints the table of docs/emulator.md; a word after the command chooses the rows with that word.
"""
# ruff: noqa: E501 - a table reads by its rows

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]

# section, file, what stands there, what is put in its place, the tests that should notice
MUTATIONS = (
    ("§2.1 key exchange", "algorithms.py", '    "ecdh-sha2-nistp256",\n', "", "test_algorithms"),
    ("§2.1 order", "algorithms.py", '("hmac-sha2-512-96", "hmac-sha2-256")', '("hmac-sha2-256", "hmac-sha2-512-96")', "test_algorithms"),
    ("§2.1 markers", "server.py", "        return []\n", "        return [b'kex-strict-s-v00@openssh.com']\n", "test_algorithms"),
    ("§2.1 SHA-1 signatures", "server.py", "elif signature_algorithm != algorithms.USER_KEY:", "elif False:", "test_login"),
    ("§2.1 rename", "read_only.py", 'self.refuse("rename", os.fsdecode(oldpath), "§2.1")', "pass", "test_filesystem test_renewal"),
    ("§2.1 append", "filesystem.py", "if pflags & (FXF_APPEND | FXF_READ) or not pflags & FXF_CREAT:", "if False:", "test_filesystem"),
    ("§2.2 one active site", "sites.py", "address.site == site and not self._is_refused(address)", "not self._is_refused(address)", "test_process"),
    ("§2.2 connections end", "sites.py", "            if site != self._answering:", "            if False:", "test_process"),
    ("§2.2 orders that cross", "sites.py", "        async with self._refreshing:", "        if True:", "test_process"),
    ("§3.1 capitals", "gate.py", "        now = self.clock.now()\n        participant", "        now, account = self.clock.now(), account.upper()\n        participant", "test_login"),
    ("§3.2 registered keys", "gate.py", "        if not known:", "        if not known and False:", "test_login"),
    ("§3.2.1 RSA", "rfc4716.py", 'if key.algorithm != "ssh-rsa":', "if False:", "test_rfc4716"),
    ("§3.2.1 2048 bits", "rfc4716.py", "if key.bits != 2048:", "if False:", "test_rfc4716 test_renewal"),
    ("§3.2.2 fingerprints", "registration.py", "if fingerprint and fingerprint != key.fingerprint:", "if False:", "test_registration"),
    ("§3.2 private keys", "registration.py", "    if any(mark.search(data) for mark in _PRIVATE_KEY_MARKS):", "    if False:", "test_registration test_renewal"),
    ("§4.1 hours", "gate.py", 'if self.hours.is_closed(now, steered=self.clock.mode != "real"):', "if False:", "test_hours"),
    ("§4.1 sessions end", "filesystem.py", "            self.refuse(\"work on after the facility has closed\", shown, \"§4.1\")", "            pass", "test_hours"),
    ("§4.1 reading on", "filesystem.py", 'self._require_still_open(report, "read on")', "pass", "test_hours"),
    ("§4.1 writing on", "filesystem.py", 'self._require_still_open(file_obj, "write on")', "pass", "test_hours"),
    ("§4.1 keys handed over late", "filesystem.py", 'self._require_still_open(upload, "hand over a key")', "pass", "test_hours"),
    ("§4.1 looking at open files", "filesystem.py", 'self._require_still_open(report, "look at a file")', "pass", "test_hours"),
    ("§4.1 listing on", "filesystem.py", "        self._require_open()\n", "", "test_hours"),
    ("§4.1 files left open", "read_only.py", "handler._server.is_left = True", "pass", "test_hours"),
    ("§4.1 after midnight", "hours.py", "moment.date() - timedelta(days=1)", "moment.date()", "test_hours"),
    ("§4.1 ten days", "housekeeping.py", "KEPT_DAYS = 10", "KEPT_DAYS = 11", "test_hours test_renewal"),
    ("§4.1 once a day", "facility.py", "twice = fetch in self._fetched and", "twice = False and", "test_hours test_process"),
    ("§4.1 cut off by the facility", "facility.py", ' and not download.get("cut_off")', "", "test_faults"),
    ("§4.1 changed while it was read", "filesystem.py", "report.opened.st_mtime,", "os.stat(report.local).st_mtime,", "test_faults"),
    ("§4.1 RPI excepted", "facility.py", "not is_intraday(path)", "True", "test_hours"),
    ("§4.1 RPI in either case", "names.py", ".casefold()", "", "test_hours"),
    ("§4.1 RPI by its own name", "names.py", 'path.rpartition("/")[2]', "path", "test_hours"),
    ("§4.2 uploads only to KEY_MANAGEMENT", "filesystem.py", 'if folder != f"/{KEY_MANAGEMENT}":', "if False:", "test_filesystem"),
    ("§4.2 no overwriting", "filesystem.py", "if os.path.lexists(self._folders[KEY_MANAGEMENT] / name):", "if False:", "test_filesystem"),
    ("§4.2 no deletion", "read_only.py", 'self.refuse("delete", os.fsdecode(path), "§4.2")', "pass", "test_filesystem"),
    ("§4.2 no attributes set", "read_only.py", 'self.refuse("change attributes", os.fsdecode(path), "§4.2")', "pass", "test_filesystem"),
    ("§4.2 no folders made", "read_only.py", 'self.refuse("make a folder", os.fsdecode(path), "§4.2")', "pass", "test_filesystem"),
    ("§4.2 no copies on the server", "read_only.py", "if pair[0] != _COPY", "", "test_filesystem"),
    ("§4.2 links", "filesystem.py", "            if local.is_symlink():", "            if False:", "test_filesystem"),
    ("§4.2 own folder only", "folders.py", "for name in (COMMON, code)", "for name in (COMMON, code, \"C001\")", "test_login"),
    ("§4.3 five", "limits.py", "LOGINS, LOGIN_WINDOW = 5,", "LOGINS, LOGIN_WINDOW = 6,", "test_limits"),
    ("§4.3 five minutes after the first", "limits.py", "recent[-LOGINS] + LOGIN_WINDOW", "recent[-1] + LOGIN_WINDOW", "test_limits"),
    ("§4.3 failed logins count", "gate.py", "        if verdict.counts:", "        if False:", "test_limits"),
    ("§4.3 logins without a key count", "server.py", 'if method not in (b"none", b"publickey"):', "if False:", "test_login test_limits"),
    ("§4.3 asking is no login", "server.py", '(b"none", b"publickey")', '(b"publickey",)', "test_login"),
    ("§4.3 a promised signature counts", "server.py", "        if self._promised:", "        if False:", "test_login"),
    ("§4.3 after a restart", "facility.py", "self.ledger.note_login(account, moment)", "pass", "test_process"),
    ("§5 members", "registration.py", "    if len(others) > 1:", "    if False:", "test_registration"),
    ("§5 re-registered", "registry.py", "        self.participants[participant.customer_code] = participant\n", "        participant.accounts.update({a: [*k, *participant.accounts[a]] for a, k in getattr(self.participants.get(participant.customer_code), 'accounts', {}).items()})\n        self.participants[participant.customer_code] = participant\n", "test_registration"),
    ("§5 sessions end", "filesystem.py", "self._facility.registry.owner(self._account) is self._participant", "True", "test_registration"),
    ("§5 open files end", "filesystem.py", "if not self._is_registered() or (self._is_closed()", "if (self._is_closed()", "test_registration"),
    ("§6 result name", "renewal.py", "{'failed' if self.reason else 'success'}", "success", "test_renewal"),
    ("§6 file name", "renewal.py", 'if name != f"{account}.pub":', "if False:", "test_renewal"),
    ("§6 present key", "renewal.py", "known.blob == blob and known.valid_on(today)", "False", "test_renewal"),
    ("§6 late, in its time", "late_results.py", "late[1].at <= now", "True", "test_faults"),
    ("§6 late, after a restart", "late_results.py", "[_load(entry) for entry in json.loads(path.read_text())] if path.exists() else []", "[]", "test_process"),
    ("§6.1 fourteen days", "renewal.py", "OLD_KEY_DAYS = timedelta(days=13)", "OLD_KEY_DAYS = timedelta(days=14)", "test_renewal"),
    ("§6.1 730 days", "registry.py", "timedelta(days=730)", "timedelta(days=731)", "test_renewal test_registration"),
    ("§6.2 warnings", "renewal.py", "WARNING_DAYS = timedelta(days=14)", "WARNING_DAYS = timedelta(days=15)", "test_renewal"),
    ("§6.2 clock set back", "housekeeping.py", "            warning.unlink()", "            pass", "test_renewal"),
    ("§6.3 five", "limits.py", "UPLOADS, UPLOAD_WINDOW, UPLOAD_BLOCK = 5,", "UPLOADS, UPLOAD_WINDOW, UPLOAD_BLOCK = 6,", "test_limits"),
    ("§6.3 at the end of an upload", "key_uploads.py", "        self.check_open(account, source)\n        now", "        now", "test_limits"),
    ("§6.3 120 a day", "limits.py", "UPLOADS_A_DAY = 120", "UPLOADS_A_DAY = 121", "test_limits"),
    ("§6.3 each day for itself", "limits.py", ", datetime.date):", ", lambda _moment: None):", "test_limits"),
    ("§6.3 past midnight", "limits.py", "of_participant if moment <= now", "of_participant if moment.date() == now.date() and moment <= now", "test_limits"),
    ("§6.3 both accounts together", "limits.py", "name[:4] == account[:4]", "name == account", "test_limits"),
    ("§7 workstations", "gate.py", "if source not in participant.addresses:", "if False:", "test_login test_registration"),
    ("§7 one subnet", "registration.py", 'elif addresses[0].rsplit(".", 1)[0] != addresses[1].rsplit(".", 1)[0]:', "elif False:", "test_registration"),
    ("fault of one account", "faults.py", "fault.concerns(path=path, account=account)", "fault.concerns(path=path)", "test_faults"),
    ("forgotten: counts", "facility.py", "        self._forget_counts(customer_code)\n", "", "test_process"),
    ("forgotten: files", "folders.py", "            shutil.rmtree(path, ignore_errors=True)", "            pass", "test_process"),
    ("forgotten: after a restart", "facility.py", """elif event["event"] == "forgotten":""", "elif False:", "test_process"),
)  # fmt: skip


def main(word: str) -> int:
    """Try the mutations whose section has the word in it; 1 where one goes unnoticed."""
    unnoticed = 0
    print("| taken out | of `emulator/` | noticed by |\n|---|---|---|")
    for section, name, old, new, tests in MUTATIONS:
        if word in section:
            caught = _try(name, old, new, tests.split())
            unnoticed += not caught
            print(f"| {section} | `{name}` | {f'`{caught}`' if caught else 'NOBODY'} |", flush=True)
    return 1 if unnoticed else 0


def _try(name: str, old: str, new: str, tests: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("emulator", "tests/emulator"):
            shutil.copytree(HERE / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        mutated = copy / "emulator" / name
        text = mutated.read_text()
        if text.count(old) < 1:
            raise SystemExit(f"{name} no longer has {old!r}: bring the table up to date")
        mutated.write_text(text.replace(old, new))
        (copy / "pytest.ini").write_text("[pytest]\npythonpath = .\naddopts = --import-mode=importlib -x -q\n")
        paths = [f"tests/emulator/{test}.py" for test in tests]
        command = [sys.executable, "-m", "pytest", *paths]
        said = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False).stdout
    first = re.search(r"^(?:FAILED|ERROR) ([\w/.]+(?:::\w+)?)", said, re.MULTILINE)
    return first[1] if first else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
