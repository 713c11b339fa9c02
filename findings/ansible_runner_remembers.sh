#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible-runner goes on with the extra variables of the first call, and not with those of the last.
#
# Guess: run(extravars=...) is for that run; if anything of it stays in the private data folder, then the last values.
# Seen:  the first call's extravars are written to env/extravars and hold for each later call that does not name the
#        same variable; those of the second are not kept. So "colour" is red, then blue, then red again.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps ansible-runner==2.4.3 pexpect==4.9.0 ptyprocess==0.7.0 python-daemon==3.1.2 \
    lockfile==0.12.2 ansible-core==2.19.5 jinja2==3.1.6 markupsafe==3.0.4 pyyaml==6.0.4 cryptography==50.0.2 \
    cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.2.1
export PATH=$work/venv/bin:$PATH
mkdir -p data/project
cat > data/project/say.yml <<'EOF'
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: "{{ colour | default('no colour') }}"
EOF
cat > runs.py <<'EOF'
import pathlib, sys

import ansible_runner

seen = []
for extra in ({"colour": "red"}, {"colour": "blue"}, {"size": "small"}, {}):
    more = {"extravars": extra} if extra else {}
    run = ansible_runner.run(private_data_dir="data", playbook="say.yml", quiet=True, **more)
    assert run.status == "successful", run.status
    said = [event["event_data"]["res"]["msg"] for event in run.events if event["event"] == "runner_on_ok"]
    kept = pathlib.Path("data/env/extravars").read_text()
    print(f"run(extravars={extra}): {said[0]}; env/extravars: {kept}")
    seen.append((said, kept))
kept = '{"colour": "red"}'
as_recorded = seen == [(["red"], kept), (["blue"], kept), (["red"], kept), (["red"], kept)]
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: ansible-runner 2.4.3, ansible-core 2.19.5"
echo "guess:    red, blue, no colour, no colour"
echo "seen:"
python runs.py
