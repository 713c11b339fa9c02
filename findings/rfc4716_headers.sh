#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A header that goes on in the next line, in a public key of RFC 4716: not read by all who read that format.
#
# Guess: puttygen, npm's sshpk and ssh2, asyncssh and ssh-keygen, which all read such files, read one with a comment
#        over two lines (RFC 4716, 3.3), and one whose tag is in small letters (tags have no case), with its comment.
# Seen:  puttygen and sshpk take the second line of the comment for the beginning of the key. puttygen does not know
#        the tag "comment" and refuses the file. sshpk drops every comment, asyncssh that in small letters. ssh2 and
#        ssh-keygen read all of them.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download putty-tools=0.78-2+deb12u2 openssh-client=1:9.2p1-2+deb12u10
for package in *.deb; do dpkg -x "$package" debian; done
npm install --silent --no-audit --no-fund --ignore-scripts ssh2@1.17.0 sshpk@1.18.0
python3 -m venv venv
venv/bin/pip -q install --no-deps asyncssh==2.24.1 cryptography==50.0.2 cffi==2.1.1 pycparser==3.0 \
    typing_extensions==4.16.0
keygen=debian/usr/bin/ssh-keygen

"$keygen" -q -t rsa -b 2048 -N "" -C "" -f key
write() { # NAME HEADER...
    name=$1
    shift
    {
        echo "---- BEGIN SSH2 PUBLIC KEY ----"
        printf '%s\n' "$@"
        cut -d' ' -f2 key.pub | fold -w 70
        echo "---- END SSH2 PUBLIC KEY ----"
    } > "$name"
}
write plain 'Comment: made at the first workstation'
write continued "Comment: made at the \\" 'first workstation'
write small 'comment: made at the first workstation'

cat > read.py <<'EOF'
import sys
import asyncssh

key = asyncssh.read_public_key(sys.argv[1])
comment = key.get_comment()
print("read," if key.get_algorithm() == "ssh-rsa" else "not read,", "no comment" if comment == sys.argv[1] else comment)
EOF
cat > read.js <<'EOF'
const content = require("fs").readFileSync(process.argv[3]);
try {
  if (process.argv[2] === "ssh2") {
    const key = require("ssh2").utils.parseKey(content);
    console.log(key instanceof Error ? key.message : `read, ${key.comment || "no comment"}`);
  } else {
    const key = require("sshpk").parseKey(content, "pem", { filename: "none" });
    console.log(`read, ${key.comment === "none" ? "no comment" : key.comment}`);
  }
} catch (error) {
  console.log(error.message.replace(/.*format key: /, ""));
}
EOF
by_putty() {
    if said=$(debian/usr/bin/puttygen "$1" -O public-openssh -o putty.pub 2>&1); then
        echo "read, $(cut -d' ' -f3- putty.pub)"
    else
        echo "${said##*: }"
    fi
}
by_openssh() {
    "$keygen" -i -f "$1" | cmp -s - <(cut -d' ' -f1,2 key.pub) && echo "read" || echo "not read"
}

echo "versions: puttygen 0.78 (Debian 0.78-2+deb12u2), sshpk 1.18.0, ssh2 1.17.0, asyncssh 2.24.1, ssh-keygen 9.2"
echo "guess:    all read all three files, with their comments"
echo "seen:"
for name in plain continued small; do
    echo "$name: puttygen: $(by_putty "$name")"
    echo "$name: sshpk: $(node read.js sshpk "$name")"
    echo "$name: ssh2: $(node read.js ssh2 "$name")"
    echo "$name: asyncssh: $(venv/bin/python read.py "$name")"
    echo "$name: ssh-keygen: $(by_openssh "$name")"
done | tee seen
diff - seen <<'EOF' || { echo "not as recorded" >&2; exit 1; }
plain: puttygen: read, made at the first workstation
plain: sshpk: read, no comment
plain: ssh2: read, made at the first workstation
plain: asyncssh: read, made at the first workstation
plain: ssh-keygen: read
continued: puttygen: invalid algorithm prefix in SSH-2 public key file
continued: sshpk: length out of bounds at +0x4 (data truncated?)
continued: ssh2: read, made at the first workstation
continued: asyncssh: read, made at the first workstation
continued: ssh-keygen: read
small: puttygen: unrecognised header in SSH-2 public key file
small: sshpk: read, no comment
small: ssh2: read, made at the first workstation
small: asyncssh: read, no comment
small: ssh-keygen: read
EOF
