# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: from an empty inventory to reports on disk and a renewed key, told in a few lines."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from demo.rehearsal import CHECKOUT, WORKSTATIONS, Outcome, Rehearsal
from emulator.client import DidNotStart, Emulator, Refused

ROOT = CHECKOUT / ".demo"
FACILITY = ("127.151.14.121:10022", "127.151.14.122:10022")
VALID_DAYS = 730  # of a key
HONG_KONG = timezone(timedelta(hours=8))


class Stopped(Exception):
    """The story can't go on; the text says why."""


def main() -> int:
    """Tell the story; 1 with the reason where it ends too soon."""
    try:
        with (CHECKOUT / ".build" / "busy" / "demo").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            prepare()
            with Emulator(ROOT / "facility", listen=FACILITY) as facility:
                tell(facility)
    except BlockingIOError:
        print("Another demo of this checkout is running.", file=sys.stderr)
    except DidNotStart as reason:
        print(f"The rehearsal facility does not start; is another one running? It says: {reason}", file=sys.stderr)
    except (Refused, Stopped, subprocess.CalledProcessError) as reason:
        print(reason, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
    else:
        return 0
    return 1


def prepare() -> None:
    """An empty folder, which git ignores, and the wheels that the workstations install."""
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    (ROOT / ".gitignore").write_text("*\n")
    subprocess.run([sys.executable, "tools/wheels.py"], cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)


def tell(facility: Emulator) -> None:
    """The story, chapter by chapter."""
    stage = Rehearsal(ROOT, FACILITY, facility.known_hosts, dcass_package_dir=str(ROOT / "registration"))
    day = last_trading_day(datetime.now(HONG_KONG).date())
    say(
        f"The rehearsal facility answers at {' and '.join(FACILITY)}. Two workstations stand ready, empty:",
        *(f"{name}, which connects from {address}" for name, address in WORKSTATIONS.items()),
        "The rehearsal is open at all hours, so its inventory has dcass_outside_hours: ignore. For real, leave it out.",
    )
    preflight(chapter(stage, "preflight"))
    rollout(chapter(stage, "rollout"))
    register(chapter(stage, "register"), facility)
    published = facility.control.publish(date=day.isoformat())
    say(f"{day:%A %d %B} has brought {published['published']} reports, {megabytes(published['bytes'])}.", before="\n")
    sync(chapter(stage, "sync_reports"), facility)
    again = chapter(stage, "sync_reports", "sync_again")
    sync(again, facility)
    if again.changed:
        raise Stopped(f"The second run changed {again.changed} things. It should have found nothing to do.")
    say("Nothing was new, so nothing was fetched: changed=0.")
    later = renewal_day(datetime.now(HONG_KONG).date())
    stage.set_clock(facility, f"{later}T08:00:00+08:00")
    say(f"The rehearsal's clock is moved to {later:%A %d %B %Y}: both keys have less than 60 days left.", before="\n")
    renew(chapter(stage, "renew_keys"))
    table(chapter(stage, str(CHECKOUT / "demo" / "account_info.yml"), "account_info"))


def chapter(stage: Rehearsal, playbook: str, log: str | None = None) -> Outcome:
    """Run one playbook quietly; where it fails, the end of its log is the story."""
    ours = playbook if playbook.endswith(".yml") else f"dcass.sftp.{playbook}"
    print(f"\nansible-playbook {ours.removeprefix(f'{CHECKOUT}/')}", end="", flush=True)
    outcome = stage.play(ours, log=log)
    print(f"   {outcome.seconds:.0f} s, changed={outcome.changed}", flush=True)
    if outcome.code:
        tail = "\n".join(outcome.output.splitlines()[-40:])
        raise Stopped(f"{tail}\n{playbook} failed; the whole log is {ROOT / (log or playbook)}.log")
    return outcome


def preflight(outcome: Outcome) -> None:
    """Who answered, and whether it is to be trusted."""
    for host, result in outcome.of("facility_info").items():
        answers = [entry["address"] for entry in result["addresses"] if not entry["error_code"]]
        say(f"{host}: libraries installed; {' and '.join(answers)} show the pinned host key")


def rollout(outcome: Outcome) -> None:
    """Which key was made."""
    for host, result in outcome.of("account_key").items():
        say(f"{host}: {result['bits']}-bit key made, fingerprint {result['fingerprint']}")


def register(outcome: Outcome, facility: Emulator) -> None:
    """The package goes to the exchange, which in a rehearsal answers at once."""
    package = next(iter(outcome.of("registration_package").values()))
    say(f"{Path(package['path']).name} built: {', '.join(package['members'])}")
    accounts = facility.control.register(ROOT / "registration" / "CXYZ.zip")
    say(f"The rehearsal's exchange has taken it: {' and '.join(entry['account'] for entry in accounts)} are registered")


def sync(outcome: Outcome, facility: Emulator) -> None:
    """What was fetched."""
    for host, result in outcome.of("report_sync").items():
        used = 4 - result["connection"]["logins_left"]
        count, size = len(result["downloaded"]), megabytes(result["bytes"])
        held = f"{result['unchanged']} held already, {result['held_by_partner']} by its partner"
        say(f"{host}: {count} reports, {size} fetched; {held}; {used} of 4 logins used")
    if facility.control.violations():
        raise Stopped(f"The facility noted a violation: {facility.control.violations()[0]}")


def renew(outcome: Outcome) -> None:
    """Which account has a new key, and which one waits for its turn."""
    for host, result in outcome.of("key_renewal").items():
        if result["state"] == "renewed":
            say(
                f"{host}: {result['new_fingerprint']} is uploaded, accepted, and has logged in;",
                f"          it is good until {result['last_day']}, the old key until {result['old_key_last_day']}",
            )
        else:
            say(f"{host}: {result['reason']}")


def table(outcome: Outcome) -> None:
    """All that the workstations know in the end, and where it lies."""
    rows = [("workstation", "account", "key fingerprint (MD5)", "key's last day", "reports", "logins")]
    for host, known in outcome.of("account_info").items():
        key, logins = known["key"], known["logins"]
        archive = ROOT / "hosts" / host / "reports"
        reports = sum(
            path.is_file() for folder in ("COMMON", known["account"][:4]) for path in archive.glob(f"{folder}/*")
        )
        used = f"{logins['used']} of {logins['used'] + logins['left']}"
        rows.append((host, known["account"], key["fingerprint"], key["last_day"], str(reports), used))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
    where = ROOT.name
    say(
        f"{where}/hosts/WORKSTATION/reports   the reports; keys, state and libraries lie beside them",
        f"{where}/registration/CXYZ.zip       what people would submit through Client Connect",
        f"{where}/inventory.yml, {where}/*.log    the inventory of this rehearsal, and what Ansible said",
        before="\n",
    )


def renewal_day(registered: date) -> date:
    """A weekday soon after the renewal of a key of that day has opened."""
    opened = registered + timedelta(days=VALID_DAYS - 60)
    return next(day for after in (1, 2, 3) if (day := opened + timedelta(days=after)).weekday() < 5)


def last_trading_day(today: date) -> date:
    """The last weekday before today; a rehearsal knows no holidays."""
    return next(day for back in (1, 2, 3) if (day := today - timedelta(days=back)).weekday() < 5)


def megabytes(size: int) -> str:
    """A size in words."""
    return f"{size / 1e6:.1f} MB"


def say(*lines: str, before: str = "") -> None:
    """Print lines of the story."""
    print(before, end="")
    for line in lines:
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
