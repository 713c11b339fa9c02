# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs, as root, the programs that tests use as independent peers; otherwise says in one line which lack."""

from __future__ import annotations

import glob
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterable, Mapping

PACKAGES = {
    "sftp": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
    "lftp": "lftp",
    "rclone": "rclone",
    "proftpd": "proftpd-mod-crypto",
    "/usr/lib/erlang/lib/ssh-*": "erlang-ssh",
    "lowntfs-3g": "ntfs-3g",  # a file system that does not tell capitals apart
    "puttygen": "putty-tools",  # keys as others write and read them
    "dropbearkey": "dropbear-bin",
    "openssl": "openssl",
    "promtool": "prometheus",  # judges metrics and alerts
    "unzip": "unzip",
    "gpg": "gnupg",  # signs with keys of a test's own
    "gpgv": "gpgv",
    "locale-gen": "locales",  # whose sources localedef makes foreign locales of
}
# what tests/servers has beside the few servers of `make test`; a path stands for what is no program
ZOO = {
    "/usr/lib/openssh/sftp-server": "openssh-sftp-server",
    "gesftpserver": "gesftpserver",
    "mysecureshell": "mysecureshell",
    "dropbear": "dropbear-bin",
    "/usr/share/perl5/Net/SFTP/SftpServer.pm": "libnet-sftp-sftpserver-perl",
    "node": "nodejs",
    "npm": "npm",
    "go": "golang-go",
    "/usr/share/gocode/src/github.com/pkg/sftp": "golang-github-pkg-sftp-dev",
    "/usr/share/gocode/src/golang.org/x/crypto": "golang-golang-x-crypto-dev",
    "cc": "build-essential",
    "/usr/include/libssh/server.h": "libssh-dev",
}
BROWSER = {"chromium": "chromium"}  # shows the page of roles/status (tests/page)
BENCH = {"ip": "iproute2", "cc": "build-essential"}  # for a long line between two namespaces
CLOCKS = {"cc": "build-essential"}  # for other days than today (tools/clocks.py)
LAB = {  # for hosts of their own (tools/lab.py)
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "sshd": "openssh-server",
    "ip": "iproute2",
}
NO_SERVICES = pathlib.Path("/usr/sbin/policy-rc.d")  # Debian's way to install a server without starting it


def missing_packages(packages: Mapping[str, str] = PACKAGES) -> list[str]:
    """The packages whose program is not on this machine."""
    return sorted({package for program, package in packages.items() if not is_there(program)})


def is_there(program: str) -> bool:
    """Whether a program, or what a path stands for, is on this machine."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/libexec"])
    return bool(glob.glob(program) if program.startswith("/") else shutil.which(program, path=path))


def install(packages: Iterable[str]) -> None:
    """apt-get, with no question and no service started."""
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    nothing = subprocess.DEVNULL
    ours = not NO_SERVICES.exists()
    if ours:
        NO_SERVICES.write_text("#!/bin/sh\nexit 101\n")
        NO_SERVICES.chmod(0o755)
    try:
        for words in (["update"], ["-y", "--no-install-recommends", "install", *packages]):
            subprocess.run(["apt-get", "-qq", *words], env=quiet, stdin=nothing, stdout=nothing, stderr=nothing)
    finally:
        if ours:
            NO_SERVICES.unlink()


def install_missing(packages: Mapping[str, str] = PACKAGES) -> bool:
    """Whether all is there in the end."""
    if missing_packages(packages) and os.geteuid() == 0 and shutil.which("apt-get"):
        install(missing_packages(packages))
    if missing_packages(packages):
        print(f"not on this machine, so their tests are skipped: {', '.join(missing_packages(packages))}")
    return not missing_packages(packages)
