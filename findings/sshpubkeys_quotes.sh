#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# sshpubkeys garbles an option that holds quotes.
#
# sshd(8) lets an option of authorized_keys hold a double quote if a backslash stands before it.
# Guess: command="echo \"hi\"" is parsed as the command: echo "hi"
# Seen:  sshpubkeys, strict or not, gives: echo \hi\
#        It takes away the quotes and leaves the backslashes. asyncssh reads the same line as sshd does.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps sshpubkeys==3.3.1 ecdsa==0.19.2 six==1.17.0 asyncssh==2.24.1 cryptography==50.0.2 \
    cffi==2.1.1 pycparser==3.12 typing_extensions==4.16.0

cat > options.py <<'EOF'
import sys

import asyncssh, sshpubkeys

key = asyncssh.generate_private_key("ssh-ed25519")
line = r'command="echo \"hi\"" ' + key.export_public_key().decode().strip()
seen = []
for strict in (True, False):
    parsed = sshpubkeys.SSHKey(line, strict=strict)
    parsed.parse()
    seen.append(parsed.options)
    print(f"sshpubkeys, strict={strict}: {parsed.options['command'][0]}")
authorized = asyncssh.import_authorized_keys(line)
by_asyncssh = authorized.validate(key.convert_to_public(), "nobody", "127.0.0.1", "127.0.0.1")
print(f"asyncssh: {by_asyncssh['command']}")
as_recorded = seen == [{"command": ["echo \\hi\\"]}] * 2 and by_asyncssh["command"] == 'echo "hi"'
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: sshpubkeys 3.3.1, asyncssh 2.24.1"
echo 'guess:    echo "hi"'
echo "seen:"
venv/bin/python options.py
