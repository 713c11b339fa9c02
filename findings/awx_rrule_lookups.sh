#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The lookups of awx.awx that write AWX's schedules fail at each call, also as their documentation calls them.
#
# Guess: query('awx.awx.schedule_rrule', ...), copied from ansible-doc, gives a rule such as "DTSTART... RRULE...".
# Seen:  with the ansible-core that the package ansible 12.3.0 demands, schedule_rrule and schedule_rruleset of its own
#        awx.awx 24.6.1 end with "returned <class 'str'> instead of <class 'list'>". The rule has been worked out by
#        then: the plugin's run(), called by itself, returns it, as a str.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps ansible-core==2.19.5 jinja2==3.1.6 markupsafe==3.0.4 pyyaml==6.0.4 \
    cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.2.1 \
    pytz==2026.6 python-dateutil==2.9.0.post0 six==1.17.0
venv/bin/pip -q download --no-deps ansible==12.3.0
python3 - <<'EOF'
import zipfile

with zipfile.ZipFile("ansible-12.3.0-py3-none-any.whl") as wheel:
    wheel.extractall(members=[name for name in wheel.namelist() if name.startswith("ansible_collections/awx/")])
    print(*(line for line in wheel.read("ansible-12.3.0.dist-info/METADATA").decode().splitlines() if "Dist: " in line))
EOF
export ANSIBLE_COLLECTIONS_PATH=$work ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_NOCOLOR=true
ask() { venv/bin/ansible localhost -m ansible.builtin.debug -a "msg={{ $1 }}" > said.txt 2>&1; }

echo "versions: awx.awx 24.6.1 (ansible 12.3.0), ansible-core 2.19.5"
grep -o '"version": "[^"]*"' ansible_collections/awx/awx/MANIFEST.json
echo "guess:    a rule each time"
echo "seen:"
failed=0
for call in \
    "query('awx.awx.schedule_rrule', 'none', start_date='1979-09-13 03:45:07')" \
    "query('awx.awx.schedule_rruleset', '2022-04-30 10:30:45', rules=[dict(frequency='day')], timezone='UTC')"
do
    echo "$call"
    if ask "$call"; then continue; fi
    grep -o "The lookup plugin [^\"]*" said.txt | tail -n 1
    grep -q "failed: returned <class 'str'> instead of <class 'list'>" said.txt && failed=$((failed + 1))
done
PYTHONPATH=$work venv/bin/python -W ignore > run.txt <<'EOF'
from ansible_collections.awx.awx.plugins.lookup.schedule_rrule import LookupModule

print(repr(LookupModule().run(["none"], start_date="1979-09-13 03:45:07")))
EOF
echo "run() by itself: $(cat run.txt)"
grep -q "^'DTSTART;TZID=America/New_York:19790913T034507 RRULE:FREQ=DAILY;COUNT=1;INTERVAL=1'$" run.txt
if [ "$failed" != 2 ]; then
    echo "not as recorded" >&2
    exit 1
fi
