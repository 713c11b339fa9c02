#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A warning of an AnsibleModule that an action builds in its own process is no part of the result since ansible-core
# 2.19: it is shown at once, in nobody's name.
#
# Guess: AnsibleModule works alike wherever it is built: what warn() was told is the result's "warnings".
# Seen:  in 2.17 it is. In 2.19 warn() asks whether ansible._internal has been imported; in a process that has, as in
#        each worker of ansible-playbook, it prints "[WARNING]: ..." by itself, and the result has no "warnings". In a
#        process that has not, the same lines give a result with them. What exit_json and fail_json are told is in the
#        result in all three.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

for version in 2.17.14 2.19.5; do
    python3 -m venv "$version"
    "$version"/bin/pip -q install --no-deps "ansible-core==$version" jinja2==3.1.6 markupsafe==3.0.4 pyyaml==6.0.4 \
        cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.0.1
done
cat > module.py <<'EOF'
import contextlib, io, json, sys

if sys.argv[1] == "control":
    import ansible.plugins.action  # as any action does
from ansible.module_utils import basic

basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {}}).encode()
basic._ANSIBLE_PROFILE = "legacy"
with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
    module = basic.AnsibleModule(argument_spec={})
    module.warn("the disk is nearly full")
    module.exit_json(changed=False)
print("warnings" in json.loads(said.getvalue()))
EOF

echo "versions: ansible-core 2.17.14, 2.19.5"
echo "guess:    the result has the warning each time"
echo "seen:"
for version in 2.17.14 2.19.5; do
    for where in control host; do
        has=$("$version"/bin/python module.py "$where" 2> shown.txt)
        shown=$(grep -c 'nearly full' shown.txt || true)
        echo "$version, $where: in the result $has, shown by itself $shown"
        echo "$has $shown" >> all.txt
    done
done
[ "$(paste -sd' ' all.txt)" = "True 0 True 0 False 1 True 0" ]
