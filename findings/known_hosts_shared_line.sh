#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Ansible's known_hosts takes a host's key away while it adds another's, if both are on one line.
#
# Guess: adding a name, or a name for which the file has a line with this very key, leaves all other names known.
# Seen:  with "one.example,192.0.2.1 KEY" in the file, state=present for 192.0.2.1 with the same KEY replaces the line
#        by "192.0.2.1 KEY": one.example is unknown from then on. With "*.two.example KEY" in it, state=present for
#        a.two.example takes the pattern away, and with it all other hosts of two.example.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download openssh-client=1:9.2p1-2+deb12u10
dpkg -x openssh-client_*.deb debian
python3 -m venv venv
venv/bin/pip -q install --no-deps ansible-core==2.19.5 jinja2==3.1.6 markupsafe==3.0.4 pyyaml==6.0.4 \
    cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.2.1
export PATH=$work/venv/bin:$work/debian/usr/bin:$PATH
export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=true ANSIBLE_PYTHON_INTERPRETER=$work/venv/bin/python

ssh-keygen -q -t ed25519 -N "" -C "" -f key
key=$(cut -d ' ' -f 1,2 key.pub)
echo "one.example,192.0.2.1 $key" > shared
echo "*.two.example $key" > pattern
for name in 192.0.2.1 one.example; do ssh-keygen -F "$name" -f shared > /dev/null; done
for name in a.two.example b.two.example; do ssh-keygen -F "$name" -f pattern > /dev/null; done

add() {
    ansible localhost -m ansible.builtin.known_hosts -a "path=$work/$1 name=$2 key='$2 $key'" > said.txt
    echo "$1, after adding $2 ($(head -n 1 said.txt)):"
    sed 's/AAAA.*/KEY/; s/^/    /' "$1"
}
echo "versions: ansible-core 2.19.5, $(ssh -V 2>&1)"
echo "guess:    one.example and b.two.example are known afterwards as before"
echo "seen:"
add shared 192.0.2.1
add pattern a.two.example
lost=0
ssh-keygen -F 192.0.2.1 -f shared > /dev/null
ssh-keygen -F a.two.example -f pattern > /dev/null
for asked in "shared one.example" "pattern b.two.example"; do
    read -r file name <<< "$asked"
    if ! ssh-keygen -F "$name" -f "$file" > /dev/null; then
        echo "$name is unknown now"
        lost=$((lost + 1))
    fi
done
if [ "$lost" != 2 ]; then
    echo "not as recorded" >&2
    exit 1
fi
