#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# asyncssh's SFTP server awaits one request of a session after the other, also when nobody waits for them any more.
#
# Guess: methods of an SFTPServer that are coroutines let the requests of one session be worked on side by side, and
#        when a client goes, what it has under way ends with it.
# Seen:  four reads of four open files, each half a second long, take two seconds. Of a client that goes during the first
#        of four, the other three are begun and done afterwards, and only then are its files closed. Whoever counts
#        reads or writes a log when a file is closed does so for clients that have long gone.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps asyncssh==2.24.1 cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 \
    typing_extensions==4.16.0
mkdir served
for number in 0 1 2 3; do echo content > "served/$number"; done

cat > reads.py <<'EOF'
import asyncio, sys, time

import asyncssh

FILES, PAUSE = 4, 0.5
begun, closed, gone = [], [], []


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return False

    def connection_lost(self, exc):
        gone.append(time.monotonic())


class Slow(asyncssh.SFTPServer):
    async def read(self, file_obj, offset, size):
        begun.append(time.monotonic())
        await asyncio.sleep(PAUSE)
        return super().read(file_obj, offset, size)

    def close(self, file_obj):
        closed.append(time.monotonic())
        return super().close(file_obj)


async def opened(connection):
    client = await connection.start_sftp_client()
    files = [await client.open(f"/{number}", "rb") for number in range(FILES)]
    return [asyncio.ensure_future(file.read(8, 0)) for file in files]


async def main():
    served = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
        server_factory=Server,
        sftp_factory=lambda channel: Slow(channel, chroot="served"),
    )
    where = {"host": "127.0.0.1", "port": served.get_port(), "username": "nobody", "known_hosts": None}
    where |= {"client_keys": None, "config": None}

    async with asyncssh.connect(**where) as connection:
        reads, began = await opened(connection), time.monotonic()
        await asyncio.gather(*reads)
        took = time.monotonic() - began
    print(f"{FILES} reads at once, of {PAUSE} s each: answered after {took:.1f} s")

    await asyncio.sleep(2 * PAUSE)
    for seen in (begun, closed, gone):
        seen.clear()
    connection = await asyncssh.connect(**where)
    reads = await opened(connection)
    await asyncio.sleep(PAUSE / 2)
    connection.abort()
    await asyncio.gather(*reads, return_exceptions=True)
    await asyncio.sleep((FILES + 2) * PAUSE)
    late = sum(moment > gone[0] for moment in begun)
    last = max(closed) - gone[0]
    print(f"a client goes during the first of {FILES}: {late} reads begin after that, files are closed {last:.1f} s later")
    served.close()
    return took >= FILES * PAUSE and late == FILES - 1 and last >= (FILES - 1) * PAUSE


sys.exit(0 if asyncio.run(asyncio.wait_for(main(), 60)) else "not as recorded")
EOF
echo "versions: asyncssh 2.24.1"
echo "guess:    four reads of half a second, asked for at once, take half a second; none begins for a client that has gone"
echo "seen:"
venv/bin/python reads.py
