#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Net::SFTP::SftpServer cannot tell the size of a file that it has open.
#
# Guess: FSTAT on the handle of an open, readable file is answered with the same attributes as STAT on its name.
# Seen:  FSTAT is answered with STATUS 2, "No such file", while STAT and READ of the same file work. Perl's stat() is
#        given the server's own object instead of its file handle, and takes it for a file's name.

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
printf 'ten bytes.' > "home/report.txt"

cat > client.py <<'EOF'
import struct, subprocess, sys

OPEN, CLOSE, READ, FSTAT, STAT = 3, 4, 5, 8, 17
STATUS, HANDLE, DATA, ATTRS = 101, 102, 103, 105
server = subprocess.Popen(["perl", "server.pl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def string(value):
    return struct.pack(">I", len(value)) + value


def ask(kind, body, number=1):
    server.stdin.write(string(bytes([kind]) + struct.pack(">I", number) + body))
    server.stdin.flush()
    answer = server.stdout.read(struct.unpack(">I", server.stdout.read(4))[0])
    return answer[0], answer[5:]


print("protocol", ask(1, b"", 3))
kind, handle = ask(OPEN, string(b"/report.txt") + struct.pack(">II", 1, 0))
assert kind == HANDLE, kind
by_name, by_handle = ask(STAT, string(b"/report.txt")), ask(FSTAT, handle)
read = ask(READ, handle + struct.pack(">QI", 0, 100))
print("STAT ", by_name)
print("FSTAT", by_handle)
print("READ ", read)
print("CLOSE", ask(CLOSE, handle))
server.stdin.close()
server.wait(10)
as_recorded = (
    by_name[0] == ATTRS
    and read == (DATA, string(b"ten bytes."))
    and by_handle[0] == STATUS
    and by_handle[1][:4] == struct.pack(">I", 2)
    and b"No such file" in by_handle[1]
)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: Net::SFTP::SftpServer 1.1.0 (Debian 1.1.0-7), $(perl -e 'print "Perl $^V"')"
echo "guess:    FSTAT gives the attributes that STAT gives"
echo "seen:"
python3 client.py
