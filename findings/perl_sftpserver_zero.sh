#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A file named 0 is in no listing of Net::SFTP::SftpServer.
#
# Guess: a file named 0 is listed like files named 1 or a: any name that the folder has.
# Seen:  it can be opened, read and asked for by name, but no READDIR ever names it: the loop over the folder stops at
#        a name that Perl holds for false. What follows comes with the next READDIR, unless 0 comes first of a batch:
#        then that READDIR says "end of file", and a client never asks for the rest.

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
mkdir "home/reports"
for name in 0 1 00 0.0 a; do echo "$name" > "home/reports/$name"; done

cat > client.py <<'EOF'
import os, struct, subprocess, sys

OPEN, CLOSE, READ, OPENDIR, READDIR, STAT = 3, 4, 5, 11, 12, 17
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
server = subprocess.Popen(["perl", "server.pl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def string(value):
    return struct.pack(">I", len(value)) + value


def ask(kind, body, number=1):
    server.stdin.write(string(bytes([kind]) + struct.pack(">I", number) + body))
    server.stdin.flush()
    answer = server.stdout.read(struct.unpack(">I", server.stdout.read(4))[0])
    return answer[0], answer[5:]


def names(body):
    """The names of a NAME answer, whose attributes are size, owner, mode and times: 28 bytes after their flags."""
    count, place, found = struct.unpack(">I", body[:4])[0], 4, []
    for _each in range(count):
        words = []
        for _word in range(2):
            length = struct.unpack(">I", body[place : place + 4])[0]
            words.append(body[place + 4 : place + 4 + length].decode())
            place += 4 + length
        assert struct.unpack(">I", body[place : place + 4])[0] == 0b1111
        place += 4 + 8 + 8 + 4 + 8
        found.append(words[0])
    return found


ask(1, b"", 3)
kind, handle = ask(OPENDIR, string(b"/reports"))
assert kind == HANDLE, kind
listed = []
for _call in range(10):  # beyond the first "end of file" too
    kind, body = ask(READDIR, handle)
    if kind == NAME:
        listed += names(body)
        print("READDIR:", *names(body))
    else:
        print("READDIR: status", struct.unpack(">I", body[:4])[0])
ask(CLOSE, handle)
stat = ask(STAT, string(b"/reports/0"))[0]
kind, handle = ask(OPEN, string(b"/reports/0") + struct.pack(">II", 1, 0))
read = ask(READ, handle + struct.pack(">QI", 0, 100))
print("STAT and READ of /reports/0:", stat, read)
server.stdin.close()
server.wait(10)
there = set(os.listdir("home/reports")) | {".", ".."}
print("never listed:", *sorted(there - set(listed)))
as_recorded = there - set(listed) == {"0"} and stat == ATTRS and read == (DATA, string(b"0\n"))
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: Net::SFTP::SftpServer 1.1.0 (Debian 1.1.0-7), $(perl -e 'print "Perl $^V"')"
echo "guess:    0 is listed like any other name"
echo "seen:"
python3 client.py
