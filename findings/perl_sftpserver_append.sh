#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Appending with paramiko to a file of Net::SFTP::SftpServer overwrites its beginning.
#
# Guess: open(path, "a") and write() add to the end; the request says APPEND, and servers write at the end then.
# Seen:  the file "first line" becomes "more" and what is left of the first line, without an error. The server leaves
#        APPEND out of the flags that it opens the file with; paramiko asks for the size to know where the end is, by
#        FSTAT, and goes on with 0 when that fails, as it does there. With OpenSSH's sftp-server the same call appends.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

debs() {
    apt-get -qq -o APT::Sandbox::User=root download "$@"
    for package in *.deb; do dpkg -x "$package" debian; done
}
debs libnet-sftp-sftpserver-perl=1.1.0-7 libstat-lsmode-perl=0.50-7.1
mkdir home
cat > server.pl <<EOF
use lib "$work/debian/usr/share/perl5";
use Net::SFTP::SftpServer;
Net::SFTP::SftpServer->new(home => "$work/home")->run();
EOF
debs openssh-sftp-server=1:9.2p1-2+deb12u10
python3 -m venv venv
venv/bin/pip -q install --no-deps paramiko==5.1.0 cryptography==50.0.2 bcrypt==5.0.0 pynacl==1.6.2 cffi==2.1.1 \
    pycparser==3.12 invoke==2.2.1 deprecated==1.3.1 wrapt==2.5.2

cat > client.py <<'EOF'
import pathlib, socket, subprocess, sys

import paramiko


class Pipe(socket.socket):
    """A socket where paramiko expects a channel, which it asks for its name."""

    def get_name(self):
        return "pipe"


def append(command, folder, prefix):
    file = folder / "report.txt"
    file.write_text("first line\n")
    ours, theirs = socket.socketpair()
    server = subprocess.Popen(command, stdin=theirs, stdout=theirs)
    theirs.close()
    sftp = paramiko.SFTPClient(Pipe(fileno=ours.detach()))
    with sftp.open(prefix + "/report.txt", "a") as handle:
        handle.write("more\n")
    sftp.sock.close()
    server.wait(10)
    return file.read_text()


home = pathlib.Path("home").resolve()
by_perl = append(["perl", "server.pl"], home, "")
by_openssh = append(["debian/usr/lib/openssh/sftp-server"], home, str(home))
print("Net::SFTP::SftpServer:", repr(by_perl))
print("OpenSSH's sftp-server:", repr(by_openssh))
as_recorded = by_openssh == "first line\nmore\n" and by_perl == "more\n line\n"
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: Net::SFTP::SftpServer 1.1.0 (Debian 1.1.0-7), paramiko 5.1.0, OpenSSH 9.2p1"
echo "guess:    both files read 'first line', 'more'"
echo "seen:"
venv/bin/python client.py
