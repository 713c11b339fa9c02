# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two clients of the kind people write: python programs.py paramiko|asyncssh HOST PORT ACCOUNT KEY DEST.

Both leave alone what lies there with the size that the listing shows; neither hashes or syncs.
"""

import asyncio
import os
import socket
import sys


def missing_packages(sizes, folder, dest):
    """The listed files, name → size, that the copy does not have in that size."""
    target = os.path.join(dest, folder)
    os.makedirs(target, exist_ok=True)
    held = {entry.name: entry.stat().st_size for entry in os.scandir(target)}
    missing = [name for name in sizes if held.get(name) != sizes[name]]
    return [(f"/{folder}/{name}", os.path.join(target, name)) for name in missing]


def with_paramiko(host, port, account, key, dest):
    """File by file; the transport is ours, because stock paramiko 5 cannot speak ssh-rsa (§2.1)."""
    import paramiko

    from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import FacilityTransport, RsaKey

    transport = FacilityTransport(socket.create_connection((host, int(port))))
    transport.start_client(timeout=10)
    transport.auth_publickey(account, RsaKey(filename=key))
    sftp = paramiko.SFTPClient.from_transport(transport)
    for folder in ("COMMON", account[:4]):
        sizes = {entry.filename: entry.st_size for entry in sftp.listdir_attr("/" + folder)}
        for path, target in missing_packages(sizes, folder, dest):
            sftp.get(path, target)
    transport.close()


async def with_asyncssh(host, port, account, key, dest):
    """Thirty-two files at once over one channel."""
    import asyncssh

    limits = {
        "server_host_key_algs": ["ssh-rsa"],
        "signature_algs": ["ssh-rsa"],
        "encryption_algs": ["aes256-gcm@openssh.com"],
    }
    place = {"host": host, "port": int(port), "username": account, "client_keys": [key], "known_hosts": None}
    async with asyncssh.connect(**place, config=None, **limits) as connection, connection.start_sftp_client() as sftp:
        gate = asyncio.Semaphore(32)

        async def get(path, target):
            async with gate:
                await sftp.get(path, target)

        for folder in ("COMMON", account[:4]):
            entries = [entry for entry in await sftp.readdir("/" + folder) if entry.filename not in (".", "..")]
            sizes = {entry.filename: entry.attrs.size for entry in entries}
            await asyncio.gather(*(get(*pair) for pair in missing_packages(sizes, folder, dest)))


if __name__ == "__main__":
    if sys.argv[1] == "paramiko":
        with_paramiko(*sys.argv[2:])
    else:
        asyncio.run(with_asyncssh(*sys.argv[2:]))
