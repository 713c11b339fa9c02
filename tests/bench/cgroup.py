# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cpu cgroup for all that is measured, servers included: the machine's other work then gets what is left over."""

from __future__ import annotations

import contextlib
import os
import pathlib

CGROUPS = pathlib.Path("/sys/fs/cgroup")
NAME = "dcass-bench"
USUAL = {"cpu.shares": 1024, "cpu.weight": 100}  # of version 1, of version 2
MOST = {"cpu.shares": 262_144, "cpu.weight": 10_000}


@contextlib.contextmanager
def own(times):
    """Let this process, and all that it starts, have so many times the usual share; yield what the page says of it."""
    group = None
    try:
        group, home = _make(), _home()
        share = _weigh(group, times)
        (group / "cgroup.procs").write_text("0")
    except OSError as error:
        _remove(group)
        yield f"no cpu cgroup could be had ({error}), so other work on this machine is in the figures"
        return
    try:
        yield f"all that was measured ran in a cpu cgroup, {share}"
    finally:
        (home / "cgroup.procs").write_text("0")
        _remove(group)


def _make():
    """The cgroup, below the root: of version 1 where cpu has a tree of its own, else of version 2."""
    tree = CGROUPS / "cpu" if (CGROUPS / "cpu").is_dir() else CGROUPS
    if tree == CGROUPS:
        (tree / "cgroup.subtree_control").write_text("+cpu")
    group = tree / NAME
    group.mkdir(exist_ok=True)
    return group


def _home():
    """Where this process lives until now."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return CGROUPS / "cpu" / path.lstrip("/")
        if number == "0" and not (CGROUPS / "cpu").is_dir():
            return CGROUPS / path.lstrip("/")
    raise FileNotFoundError("this process is in no cpu cgroup")


def _weigh(group, times):
    for name, usual in USUAL.items():
        if (group / name).exists():
            (group / name).write_text(str(min(usual * times, MOST[name])))
            return f"{name} {(group / name).read_text().strip()} where {usual} is usual"
    raise FileNotFoundError(f"{group} has no cpu controller")


def _remove(group):
    """Take it away; whoever outlived the bench goes where the kernel has all others."""
    if group is not None:
        with contextlib.suppress(OSError):
            for process in (group / "cgroup.procs").read_text().split():
                with contextlib.suppress(OSError):
                    (group.parent / "cgroup.procs").write_text(process)
            os.rmdir(group)
