#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One dangling link makes a whole folder "No such file" for PyPI's sftpserver.
#
# Guess: a symbolic link whose target is gone is listed as a link, as OpenSSH does, or left out.
# Seen:  the listing of the folder that holds it fails with "No such file", as if the folder were missing; its other
#        files cannot be listed, and can be read. The server asks for the attributes of each link's target and gives the
#        first error to the client as that of the folder.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps sftpserver==0.3 paramiko==5.1.0 cryptography==50.0.2 bcrypt==5.0.0 pynacl==1.6.2 \
    cffi==2.1.1 pycparser==3.12 invoke==2.2.1 deprecated==1.3.1 wrapt==2.5.2
mkdir -p served/whole served/linked
echo content | tee served/whole/report.txt > served/linked/report.txt
ln -s gone served/linked/link

cat > list.py <<'EOF'
import os, socket, sys, threading

os.chdir("served")  # what is served is the folder of the moment when the server is imported
import paramiko
from sftpserver.stub_sftp import StubServer, StubSFTPServer

listening = socket.create_server(("127.0.0.1", 0))
kept = []


def serve():
    """What the server's own start_server() does, once, on a free port."""
    transport = paramiko.Transport(listening.accept()[0])
    transport.add_server_key(paramiko.RSAKey.generate(2048))
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, StubSFTPServer)
    transport.start_server(server=StubServer())
    kept.append((transport, transport.accept()))


threading.Thread(target=serve, daemon=True).start()
client = paramiko.Transport(listening.getsockname())
client.connect(username="any", password="any")
sftp = paramiko.SFTPClient.from_transport(client)
seen = {}
for folder in ("/whole", "/linked"):
    try:
        seen[folder] = sftp.listdir(folder)
    except OSError as error:
        seen[folder] = str(error)
    with sftp.open(folder + "/report.txt") as file:
        read = file.read()
    print(f"{folder}: {seen[folder]}; its report.txt reads {read}")
    seen[folder + "/report.txt"] = read
client.close()
as_recorded = seen == {
    "/whole": ["report.txt"],
    "/whole/report.txt": b"content\n",
    "/linked": "[Errno 2] No such file",
    "/linked/report.txt": b"content\n",
}
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: sftpserver 0.3, paramiko 5.1.0"
echo "guess:    /linked lists report.txt, with or without link"
echo "seen:"
venv/bin/python list.py
