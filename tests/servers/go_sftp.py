# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go's golang.org/x/crypto/ssh with github.com/pkg/sftp, as Debian packages them."""

from __future__ import annotations

import os
import pathlib

from tests.servers.base import BUILT, PROGRAMS, Server, find, lacks, run, told_version

SOURCES = pathlib.Path("/usr/share/gocode")
NEEDED = {
    "src/github.com/pkg/sftp": "golang-github-pkg-sftp-dev",
    "src/golang.org/x/crypto": "golang-golang-x-crypto-dev",
}


class GoServer(Server):
    """A program of ours, compiled when it is first needed."""

    name = "Go x/crypto, pkg/sftp"
    host = "127.151.14.144"
    remark = "a small server of ours, by pkg/sftp's RequestServer"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        lacking = [package for folder, package in NEEDED.items() if not (SOURCES / folder).exists()]
        lack = f"there is no Debian package {lacking[0]} on this machine" if lacking else None
        return lacks("go", "golang-go") or lack

    def version(self):
        [go] = run("go", "env", "GOVERSION").split()
        packages = [told_version(r"Version: (?:\d+:)?(\S+)", "dpkg", "-s", package) for package in NEEDED.values()]
        return f"{go}, pkg/sftp {packages[0]}, x/crypto {packages[1]}"

    def prepare(self):
        BUILT.mkdir(parents=True, exist_ok=True)
        place = {"GOPATH": str(SOURCES), "GO111MODULE": "off", "GOCACHE": str(BUILT / "go"), "CGO_ENABLED": "0"}
        source, program = PROGRAMS / "pkgsftp.go", BUILT / "pkgsftp"
        run(find("go"), "build", "-o", str(program), str(source), env=dict(os.environ, **place))

    def command(self):
        return [BUILT / "pkgsftp", self.home, self.address]
