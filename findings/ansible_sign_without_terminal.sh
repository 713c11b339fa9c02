#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-sign signs with a key that needs no passphrase, but not without a terminal.
#
# Guess: "ansible-sign project gpg-sign", with a signing key of no passphrase, works from cron and CI as by hand.
# Seen:  with standard input from /dev/null it ends in a traceback, "OSError: [Errno 25] Inappropriate ioctl for
#        device": it asks for the terminal's name before it calls gpg. The list of checksums is written by then, the
#        signature is not. An empty GPG_TTY in the environment is enough to make it work.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

unset GPG_TTY ANSIBLE_SIGN_GPG_PASSPHRASE
python3 -m venv venv
venv/bin/pip -q install --no-deps ansible-sign==0.1.6 distlib==0.4.4 python-gnupg==0.5.7
export GNUPGHOME=$work/keys
mkdir -m 700 "$GNUPGHOME"
trap 'gpgconf --kill all || true; rm -rf "$work"' EXIT
gpg --batch --quiet --passphrase '' --quick-generate-key signer@example.org rsa2048 sign never 2> /dev/null
mkdir project
echo '- hosts: all' > project/site.yml
echo 'include site.yml' > project/MANIFEST.in

echo "versions: ansible-sign 0.1.6, $(gpg --version | head -n 1)"
echo "guess:    signed, and verified, without a terminal"
echo "seen:"
plain=0
venv/bin/ansible-sign --nocolor project gpg-sign project < /dev/null > plain.txt 2>&1 || plain=$?
tail -n 1 plain.txt
echo "exit code $plain, left behind: $(ls project/.ansible-sign)"
test ! -e project/.ansible-sign/sha256sum.txt.sig
test -e project/.ansible-sign/sha256sum.txt
GPG_TTY='' venv/bin/ansible-sign --nocolor project gpg-sign project < /dev/null
venv/bin/ansible-sign --nocolor project gpg-verify project < /dev/null
if [ "$plain" = 0 ] || ! grep -q '^OSError: \[Errno 25\] Inappropriate ioctl for device$' plain.txt; then
    echo "not as recorded" >&2
    exit 1
fi
