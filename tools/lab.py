# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two workstations of their own and a rehearsal facility, on this machine and out of its reach; needs root.

    python tools/lab.py run COMMAND...              a lab for as long as the command runs, at most 40 minutes

and within such a command, which stands where a control node would:

    python tools/lab.py fresh [NAME]                workstations and facility anew, bare or as kept under that name
    python tools/lab.py keep NAME                   keep them all as they are, under that name
    python tools/lab.py off|on HOST                 pull a workstation's plug; start it again
    python tools/lab.py cut HOST WHEN COMMAND...    pull it as soon as the shell finds WHEN true in the midst of a
                                                    command, and start it again after that; the command's exit code

A workstation is a systemd-nspawn machine with Debian 12, or what DCASS_LAB_DEBIAN names instead (trixie, which is 13).
A lab has its own processes, mounts and network: its addresses exist nowhere else and no way leads out of it. When its
first process ends, however that is, the kernel ends the rest.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import debian
import environments
import machines
import wheels
from machines import HOSTS, LAB

CONTROLLER = "198.51.100.1"
FACILITY = {
    "primary": ("198.51.100.121", "198.51.100.122"),
    "secondary": ("198.51.100.221", "198.51.100.222"),
}
PACKAGES = "systemd,systemd-sysv,dbus,cron,openssh-server,sudo,python3,python3-venv,python3-apt,iproute2,procps"
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}  # Debian 12's and 13's
SUITE = os.environ.get("DCASS_LAB_DEBIAN", "bookworm")
UNREAD = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
PATIENCE = 2400  # seconds until a lab ends by itself
NOTES = pathlib.Path.home() / ".ansible"  # what Ansible and molecule note of hosts: each lab begins without any
# the last commit whose state has a lower number than today's: what the scenario upgrade goes forward from, and back to
OLDER = "6c63c793c59db9f1a31c8b763e0b6ce314d9414a"
SKIPPED = 77  # the exit code where this machine can't have a lab
TRIAL = (
    "mount -t tmpfs tmpfs /run && cd /run && mkdir a b c d && ip link add lab type bridge"
    " && mount -t overlay overlay -o lowerdir=a,upperdir=b,workdir=c d"
)


def why_not(*command: str) -> str | None:
    """The reason why this machine can't have a lab, or not for this command; None where it can."""
    if "upgrade" in command and not _has(OLDER):
        return f"the scenario upgrade needs the history of the checkout, back to {OLDER[:7]}"
    if os.geteuid() != 0:
        return "a lab of separate hosts needs root"
    if not debian.install_missing(debian.LAB):
        return f"a lab of separate hosts needs {', '.join(debian.missing_packages(debian.LAB))}"
    trial = subprocess.run([*_apart(), "sh", "-c", TRIAL], capture_output=True, text=True)
    return f"a lab of separate hosts needs namespaces: {trial.stderr.strip()}" if trial.returncode else None


def _has(commit: str) -> bool:
    """Whether the checkout knows a commit: a shallow clone may not, and what is no clone knows none."""
    ask = ["git", "-c", f"safe.directory={environments.ROOT}", "cat-file", "-e", f"{commit}^{{commit}}"]
    return subprocess.run(ask, cwd=environments.ROOT, capture_output=True).returncode == 0


def image() -> pathlib.Path:
    """The root file system that all workstations begin with, made once; a half-made one is begun anew."""
    recipe = hashlib.sha256(f"{PACKAGES} {UNREAD}".encode()).hexdigest()[:12]
    root = environments.ROOT / ".build" / "lab" / f"{SUITE}-{recipe}"
    with environments.alone("lab"):
        if not (root / "ready").exists():
            for former in root.parent.glob(f"{SUITE}-*"):
                shutil.rmtree(former)
            root.parent.mkdir(parents=True, exist_ok=True)
            without = [f"--dpkgopt=path-exclude={path}" for path in UNREAD]
            quick = ["--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io", f"--include={PACKAGES}"]
            machines.run("mmdebstrap", *quick, *without, SUITE, root)
            machines.run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "ansible")
            (root / "etc/sudoers.d/ansible").write_text("ansible ALL=(ALL) NOPASSWD: ALL\n")
            for key in (root / "etc/ssh").glob("ssh_host_*"):
                key.unlink()
            (root / "ready").touch()
    return root


def run(*command: str) -> int:
    """Run a command in a lab of its own; its exit code."""
    reason = why_not(*command)
    if reason:
        print(reason)
        return SKIPPED
    machines.clear_cgroups()
    wheels.download(PYTHONS[SUITE])
    wheels.download(PYTHONS[SUITE], lock=wheels.CONTROL_NODE)
    place = {
        "IMAGE": str(image()),
        "CGROUP": f"dcass-lab-{os.getpid()}",
        "CHECKOUT": str(environments.ROOT),
        "OLDER": OLDER,
    }
    settings = {f"DCASS_LAB_{name}": value for name, value in place.items()}
    limit = ["setpriv", "--pdeathsig", "KILL", "timeout", "--signal=KILL", "--foreground", str(PATIENCE)]
    inside = [sys.executable, os.path.abspath(__file__), "first", *command]
    try:
        return subprocess.run([*limit, *_apart(), *inside], env={**os.environ, **settings}).returncode
    finally:
        machines.clear_cgroups()


def _apart() -> list[str]:
    """The words that set a command apart; whoever is killed leaves nothing behind."""
    spaces = ["--net", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
    return ["setpriv", "--pdeathsig", "KILL", "unshare", *spaces]


def first(*command: str) -> int:
    """Be the lab's first process: make its network, run the command, and reap whatever ends meanwhile."""
    for path in (LAB, pathlib.Path("/run/netns"), NOTES):
        path.mkdir(parents=True, exist_ok=True)
        machines.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", path)
    machines.run("ip", "link", "set", "lo", "up")
    machines.run("ip", "link", "add", "lab", "type", "bridge")
    for address in (CONTROLLER, *FACILITY["primary"], *FACILITY["secondary"]):
        machines.run("ip", "address", "add", f"{address}/24", "dev", "lab")
    machines.run("ip", "link", "set", "lab", "up")
    for name in ("login", *HOSTS):
        machines.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", LAB / name)
    keys = {name: (LAB / f"{name}.pub").read_text().rsplit(maxsplit=1)[0] for name in HOSTS}
    (LAB / "known_hosts").write_text("".join(f"{HOSTS[name]} {key}\n" for name, key in keys.items()))
    index = ["http.server", f"--bind={CONTROLLER}", f"--directory={wheels.folder_of(PYTHONS[SUITE])}", "8080"]
    machines.begin("index", [sys.executable, "-m", *index])
    child = subprocess.Popen(command)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child.pid:
            return os.waitstatus_to_exitcode(status)


def fresh(like: str = "") -> None:
    """Both workstations and the facility, bare or as kept."""
    machines.end("facility")
    shutil.rmtree(NOTES / "cp", ignore_errors=True)  # the lines to the former hosts that ssh keeps open
    shutil.rmtree(LAB / "facility", ignore_errors=True)
    if like:
        shutil.copytree(LAB / "kept" / like / "facility", LAB / "facility")
    _start_facility()
    for name in HOSTS:
        off(name)
        kept = [LAB / "kept" / like / name] if like else []
        machines.place(name, [*kept, os.environ["DCASS_LAB_IMAGE"]])
        machines.start(name)
    _wait_for_facility()
    for name in HOSTS:
        machines.wait_for(name)


def keep(kept: str) -> None:
    """What workstations that began bare hold, and the facility, for `fresh`; then start them again from there."""
    machines.end("facility")
    place = LAB / "kept" / kept
    place.mkdir(parents=True)
    (LAB / "facility").rename(place / "facility")
    for name in HOSTS:
        off(name)
        (LAB / "hosts" / name / "upper").rename(place / name)
    fresh(kept)


def on(name: str) -> None:
    """Start a workstation where it was, and wait until it answers."""
    machines.start(name)
    machines.wait_for(name)


def off(name: str) -> None:
    """Pull a workstation's plug."""
    machines.stop(name)


def cut(name: str, when: str, *command: str) -> int:
    """Pull the plug at a moment of a command, and put it back when the command has ended; its exit code."""
    child = subprocess.Popen(command)
    while subprocess.run(["sh", "-c", when]).returncode:
        if child.poll() is not None:
            sys.exit(f"the command ended with {child.returncode} before {when} came true")
        time.sleep(0.1)
    off(name)
    code = child.wait()
    on(name)
    return code


def _start_facility() -> None:
    """The rehearsal facility, steered on the controller's own loopback as everywhere."""
    listen = [f"{site}={host}:10022" for site, hosts in FACILITY.items() for host in hosts]
    options = ["--root", str(LAB / "facility"), "--listen", *listen]
    machines.begin("facility", [sys.executable, "-m", "emulator", *options], cwd=environments.ROOT)


def _wait_for_facility() -> None:
    """Until it is ready; its host keys are what the exchange would have sent to people."""
    until = time.monotonic() + machines.BOOT
    while time.monotonic() < until:
        said = (LAB / "facility.log").read_text().splitlines()
        if "ready" in said:
            keys = [line.removeprefix("host-key ") for line in said if line.startswith("host-key ")]
            (LAB / "facility_keys").write_text("\n".join(keys))
            return
        time.sleep(0.1)
    sys.exit(f"the facility did not start: {said}")


def main(words: Sequence[str]) -> int | None:
    """Do what the command line says; an exit code."""
    verbs: dict[str, Callable[..., int | None]] = {
        each.__name__: each for each in (run, first, fresh, keep, off, on, cut)
    }
    if not words or words[0] not in verbs or words == ["run"]:
        sys.exit(__doc__)
    return verbs[words[0]](*words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
