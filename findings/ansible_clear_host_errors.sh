#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A run in which a host has failed ends with 0, and ansible-runner calls it successful, if a later play clears errors.
#
# Guess: meta clear_host_errors lets the failed host take part again; that it has failed still decides how the run ends,
#        as it does in the recap.
# Seen:  the recap counts failed=1 for the host, ansible-playbook exits with 0, and ansible-runner, whose word is what
#        AWX shows of a job, writes "successful". Where the failed host is the only one, nobody is left to run the meta
#        task, and the run ends with 2.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps ansible-core==2.19.5 ansible-runner==2.4.3 jinja2==3.1.6 markupsafe==3.0.4 \
    pyyaml==6.0.4 cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.2.1 \
    pexpect==4.9.0 ptyprocess==0.7.0 python-daemon==3.1.2 lockfile==0.12.2
export PATH=$work/venv/bin:$PATH ANSIBLE_NOCOLOR=true
mkdir -p job/project job/inventory
cat > job/project/play.yml <<'EOF'
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.fail: {msg: the disk is full}
      when: inventory_hostname == "one"
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.meta: clear_host_errors
    - ansible.builtin.debug: {msg: a report of all hosts}
EOF

echo "versions: ansible-core 2.19.5, ansible-runner 2.4.3"
echo "guess:    2 and failed each time"
echo "seen:"
for hosts in "one two" one; do
    read -ra names <<< "$hosts"
    printf '%s ansible_connection=local\n' "${names[@]}" > job/inventory/hosts
    code=0
    ansible-playbook -i job/inventory/hosts job/project/play.yml > said.txt 2>&1 || code=$?
    recap=$(grep -o 'one .*failed=1' said.txt | tr -s ' ')
    ansible-runner run job -p play.yml --ident "${hosts// /-}" > /dev/null || true
    status=$(cat "job/artifacts/${hosts// /-}/status")
    echo "$hosts: recap $recap; exit code $code; ansible-runner: $status"
    echo "$code $status" >> all.txt
done
[ "$(paste -sd' ' all.txt)" = "0 successful 2 failed" ]
