#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prometheus's Python client and its promtool do not read the same text.
#
# Guess: the text format is one, so what the parser of prometheus-client takes promtool takes, too; and `promtool check
#        metrics` refuses a file that holds one sample twice.
# Seen:  the client's parser reads a value in full-width digits as a number, an escape that the format does not have, a
#        last line without an end, lines that end in CR LF, and a family described twice; promtool refuses each of these
#        and ends with 1. Of the same sample twice neither says anything, and promtool ends with 0. A gauge in days is a
#        remark of its linter alone, and yet it ends with 3.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download prometheus=2.42.0+ds-5+deb12u1
dpkg -x prometheus_*.deb debian
python3 -m venv venv
venv/bin/pip -q install --no-deps prometheus-client==0.26.0

cat > parsers.py <<'EOF'
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

HEAD = "# HELP a A.\n# TYPE a gauge\n"
TEXTS = {  # what it is: the text, how many samples the client reads of it, and promtool's exit code
    "a plain sample": (HEAD + "a 1\n", 1, 0),
    "full-width digits": (HEAD + "a \uff11\uff12\n", 1, 1),
    "an unknown escape": (HEAD + 'a{b="x\\ty"} 1\n', 1, 1),
    "no end of the last line": (HEAD + "a 1", 1, 1),
    "lines with CR LF": (HEAD.replace("\n", "\r\n") + "a 1\r\n", 1, 1),
    "a family described twice": (HEAD + 'a 1\n# HELP a A.\na{b="x"} 1\n', 2, 1),
    "one sample twice": (HEAD + "a 1\na 1\n", 2, 0),
    "a gauge in days": ("# HELP a_days A.\n# TYPE a_days gauge\na_days 1\n", 1, 3),
}
as_recorded = True
for what, (text, samples, code) in TEXTS.items():
    read = [sample.value for family in text_string_to_metric_families(text) for sample in family.samples]
    done = subprocess.run(["debian/usr/bin/promtool", "check", "metrics"], input=text.encode(), capture_output=True)
    print(f"  {what}: the client reads {read}, promtool ends with {done.returncode}")
    as_recorded &= (len(read), done.returncode) == (samples, code)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: prometheus-client 0.26.0, $(debian/usr/bin/promtool --version 2>&1 | head -n 1)"
echo "guess:    both take and refuse the same texts; one sample twice is refused"
echo "seen:"
venv/bin/python parsers.py
