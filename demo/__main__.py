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
    for playbook in ("preflight", "rollout", "register"):
        chapter(stage, playbook)
    accounts = facility.control.register(ROOT / "registration" / "CXYZ.zip")
    say(
        f"The rehearsal's exchange has taken it: {' and '.join(entry['account'] for entry in accounts)} are registered."
    )
    published = facility.control.publish(date=day.isoformat())
    say(f"{day:%A %d %B} has brought {published['published']} reports, {published['bytes'] / 1e6:.1f} MB.", before="\n")
    chapter(stage, "sync_reports")
    again = chapter(stage, "sync_reports", "sync_again")
    if again.changed:
        raise Stopped(f"The second run changed {again.changed} things. It should have found nothing to do.")
    if facility.control.violations():
        raise Stopped(f"The facility noted a violation: {facility.control.violations()[0]}")
    later = renewal_day(datetime.now(HONG_KONG).date())
    stage.set_clock(facility, f"{later}T08:00:00+08:00")
    say(f"The rehearsal's clock is moved to {later:%A %d %B %Y}: both keys have less than 60 days left.", before="\n")
    chapter(stage, "renew_keys")
    chapter(stage, "status")
    say(
        f"{ROOT.name}/hosts/WORKSTATION/reports   the reports; keys, state and libraries lie beside them",
        f"{ROOT.name}/registration/CXYZ.zip       what people would submit through Client Connect",
        f"{ROOT.name}/inventory.yml, {ROOT.name}/*.log    the inventory of this rehearsal, and what Ansible said",
        before="\n",
    )


def chapter(stage: Rehearsal, playbook: str, log: str | None = None) -> Outcome:
    """Run one playbook, which tells its part of the story by the callback dcass.sftp.brief."""
    print(flush=True)
    outcome = stage.play(f"dcass.sftp.{playbook}", log=log, show=True, brief=True)
    if outcome.code:
        raise Stopped(f"{playbook} failed; what Ansible said is also in {ROOT / (log or playbook)}.log")
    return outcome


def renewal_day(registered: date) -> date:
    """A weekday soon after the renewal of a key of that day has opened."""
    opened = registered + timedelta(days=VALID_DAYS - 60)
    return next(day for after in (1, 2, 3) if (day := opened + timedelta(days=after)).weekday() < 5)


def last_trading_day(today: date) -> date:
    """The last weekday before today; a rehearsal knows no holidays."""
    return next(day for back in (1, 2, 3) if (day := today - timedelta(days=back)).weekday() < 5)


def say(*lines: str, before: str = "") -> None:
    """Print lines of the story."""
    print(before, end="")
    for line in lines:
        print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
