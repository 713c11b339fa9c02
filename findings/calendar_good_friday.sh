#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# holidays' Hong Kong has Easter Monday off and works on Good Friday.
#
# Guess: Good Friday, on which Hong Kong's offices, banks and exchange are shut, is in holidays.HK() without more said.
# Seen:  holidays.HK() holds Easter Monday of 2027 and not Good Friday; that is in category "optional" only. The same
#        package's calendar of the exchange has both, as have workalendar and npm's date-holidays by default.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps holidays==0.108 workalendar==17.0.0 lunardate==0.3.0 convertdate==2.5.1 \
    pymeeus==0.5.12 pyluach==2.3.0 tzdata==2026.6 python-dateutil==2.9.0.post0 six==1.17.0
npm install --silent --no-audit --no-fund date-holidays@3.37.0
node -e 'for (const day of new (require("date-holidays"))("HK").getHolidays(2027)) console.log(day.date.slice(0, 10))' \
    > npm.txt

cat > friday.py <<'EOF'
import datetime, sys

import holidays
from workalendar.asia import HongKong

days = [datetime.date(2027, 3, 26), datetime.date(2027, 3, 29)]
by_npm = {line.strip() for line in open("npm.txt")}
seen = {
    "holidays.HK()": [day in holidays.HK() for day in days],
    'holidays.HK(categories="optional")': [day in holidays.HK(categories="optional") for day in days],
    'holidays.financial_holidays("XHKG")': [day in holidays.financial_holidays("XHKG") for day in days],
    "workalendar HongKong()": [HongKong().is_holiday(day) for day in days],
    'date-holidays("HK")': [day.isoformat() in by_npm for day in days],
}
for name, answer in seen.items():
    print(f"{name}: Good Friday {answer[0]}, Easter Monday {answer[1]}")
first = seen.pop("holidays.HK()")
as_recorded = first == [False, True] and all(answer == [True, True] for answer in seen.values())
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: holidays 0.108, workalendar 17.0.0, npm date-holidays 3.37.0"
echo "guess:    both days of 2027 are holidays everywhere"
echo "seen:"
venv/bin/python -W ignore friday.py
