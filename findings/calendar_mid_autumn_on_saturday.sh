#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# exchange_calendars closes Hong Kong for the second day after Mid-Autumn in 2022, and never again.
#
# When Mid-Autumn falls on a Saturday, the day after it is a Sunday, and Hong Kong takes Monday off instead: 12
# September 2022 was such a Monday.
# Guess: XHKG closes on such a Monday of years to come as it did in 2022, as it does when Double Ninth is a Sunday.
# Seen:  it has a session on 24 September 2029, 6 October 2036, 17 September 2046 and 13 September 2049. 2022 is in its
#        list of single days. holidays and npm's date-holidays have the Monday of 2029 too.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps exchange_calendars==4.13.2 holidays==0.108 \
    numpy==2.4.6 pandas==3.1.1 python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.6 pyluach==2.3.0 toolz==1.2.0 \
    korean_lunar_calendar==0.4.0
npm install --silent --no-audit --no-fund date-holidays@3.37.0
node -e 'for (const day of new (require("date-holidays"))("HK").getHolidays(2029)) console.log(day.date.slice(0, 10))' \
    > npm.txt

cat > mondays.py <<'EOF'
import datetime, sys

import exchange_calendars, holidays
from exchange_calendars import lunisolar_holidays

SATURDAY = 5
feasts = [day.date() for day in lunisolar_holidays.mid_autumn_festival_dates if day.year >= 2021]
mondays = [day + datetime.timedelta(days=2) for day in feasts if day.weekday() == SATURDAY]
by_npm = {line.strip() for line in open("npm.txt")}
seen = {}
general = holidays.HK(categories="optional")
for monday in mondays:
    calendar = exchange_calendars.get_calendar("XHKG", start=f"{monday.year}-01-01", end=f"{monday.year}-12-31")
    seen[monday.isoformat()] = (not calendar.is_session(monday.isoformat()), monday in general)
    print(monday, "closed in exchange_calendars, in holidays:", *seen[monday.isoformat()])
ninth = exchange_calendars.get_calendar("XHKG", start="2026-10-01", end="2026-10-31").is_session("2026-10-19")
print("2026-10-19, after Double Ninth on a Sunday, closed in exchange_calendars:", not ninth)
print("2029-09-24 closed in date-holidays:", "2029-09-24" in by_npm)
later = ("2029-09-24", "2036-10-06", "2046-09-17", "2049-09-13")
as_recorded = (
    seen == {"2022-09-12": (True, True), **dict.fromkeys(later, (False, True))}
    and "2029-09-24" in by_npm
    and not ninth
)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: exchange_calendars 4.13.2, holidays 0.108, npm date-holidays 3.37.0"
echo "guess:    closed on the Mondays of all five years"
echo "seen:"
venv/bin/python -W ignore mondays.py
