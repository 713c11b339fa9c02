#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# asyncssh's SFTP server opens folders that are not there.
#
# Guess: OPENDIR of a name that does not exist, or of a regular file, is answered with an error.
# Seen:  both are answered with a HANDLE, like a real folder; only READDIR on it says STATUS 2, "No such file or
#        directory" or "Not a directory", and CLOSE is content. Whoever asks by OPENDIR whether a folder is there hears
#        yes of anything.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps asyncssh==2.24.1 cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 \
    typing_extensions==4.16.0
mkdir -p served/folder
echo content > served/file

cat > opendir.py <<'EOF'
import asyncio, struct, sys

import asyncssh

CLOSE, OPENDIR, READDIR, STAT = 4, 11, 12, 17
STATUS, HANDLE, NAME = 101, 102, 104
MEANS = {STATUS: "STATUS", HANDLE: "HANDLE", NAME: "NAME"}


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False


def string(value):
    return struct.pack(">I", len(value)) + value


async def main():
    served = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        server_factory=Server,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot="served"),
    )
    seen = {}
    async with asyncssh.connect(
        "127.0.0.1", served.get_port(), username="nobody", known_hosts=None, client_keys=None, config=None
    ) as connection:
        client = await connection.create_process(subsystem="sftp", encoding=None)

        async def ask(kind, body, number=1):
            client.stdin.write(string(bytes([kind]) + struct.pack(">I", number) + body))
            length = struct.unpack(">I", await client.stdout.readexactly(4))[0]
            answer = await client.stdout.readexactly(length)
            return answer[0], answer[5:]

        await ask(1, b"", 3)
        for path in ("/folder", "/missing", "/file"):
            opened, handle = await ask(OPENDIR, string(path.encode()))
            listed, body = await ask(READDIR, handle)
            closed, _body = await ask(CLOSE, handle)
            code = struct.unpack(">I", body[:4])[0] if listed == STATUS else None
            seen[path] = (MEANS[opened], MEANS[listed], code)
            why = body[8:].partition(b"\0")[0].decode() if code else ""
            print(f"{path}: OPENDIR {MEANS[opened]}; READDIR {MEANS[listed]} {code or ''} {why}; CLOSE {MEANS[closed]}")
    served.close()
    return seen == {
        "/folder": ("HANDLE", "NAME", None),
        "/missing": ("HANDLE", "STATUS", 2),
        "/file": ("HANDLE", "STATUS", 2),
    }


sys.exit(0 if asyncio.run(asyncio.wait_for(main(), 60)) else "not as recorded")
EOF
echo "versions: asyncssh 2.24.1"
echo "guess:    OPENDIR of /missing and of /file says STATUS"
echo "seen:"
venv/bin/python opendir.py
