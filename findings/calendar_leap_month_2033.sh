#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two calendar packages put the leap month of the winter of 2033/34 elsewhere, and Hong Kong's holidays with it.
#
# The Chinese calendar has a leap month after the eleventh month of 2033, a place so rare that tables miss it.
# Mid-Autumn is on 8 September 2033 and 27 September 2034.
# Guess: lunar tables reach decades ahead and agree: each of these years has Mid-Autumn on one day in all packages.
# Seen:  exchange_calendars (XHKG) has it on 28 August 2034, 190 days after its own New Year, where every other year of
#        its table has 219 to 251 days; its Korean exchange closes for the same feast on 27 September. Buddha's
#        birthday, Dragon Boat and Double Ninth of 2034 are a month early too. npm's date-holidays errs in 2033 instead,
#        a month late. holidays and lunardate have both years right.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps exchange_calendars==4.13.2 holidays==0.108 lunardate==0.3.0 \
    numpy==2.4.6 pandas==3.1.1 python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.6 pyluach==2.3.0 toolz==1.2.0 \
    korean_lunar_calendar==0.4.0
npm install --silent --no-audit --no-fund date-holidays@3.37.0

cat > 2033.js <<'EOF'
const Holidays = require("date-holidays");
for (const year of [2033, 2034]) {
  for (const day of new Holidays("HK").getHolidays(year)) {
    if (day.name.startsWith("中秋節翌日")) console.log(day.date.slice(0, 10));
  }
}
EOF
node 2033.js > npm.txt
cat > 2033.py <<'EOF'
import datetime, sys

import exchange_calendars, holidays
from exchange_calendars import lunisolar_holidays
from lunardate import LunarDate

DAY = datetime.timedelta(days=1)
lunar = {year: LunarDate(year, 8, 15).to_solar_date() for year in (2033, 2034)}
table = {day.year: day.date() for day in lunisolar_holidays.mid_autumn_festival_dates}
new_year = {day.year: day.date() for day in lunisolar_holidays.chinese_lunar_new_year_dates}
apart = {year: (table[year] - new_year[year]).days for year in table if year in new_year}
others = [days for year, days in apart.items() if year != 2034]
general = {
    year: next(day for day, name in holidays.HK(years=year, categories="optional").items() if "Mid-Autumn" in name)
    for year in (2033, 2034)
}
by_npm = {int(line[:4]): datetime.date.fromisoformat(line.strip()) for line in open("npm.txt")}


def closed(exchange, *days):
    calendar = exchange_calendars.get_calendar(exchange, start="2034-01-01", end="2034-12-31")
    return [not calendar.is_session(day) for day in days]


print("Mid-Autumn in 2033, 2034")
print("  lunardate         ", *lunar.values())
print("  holidays          ", *(day - DAY for day in general.values()))
print("  exchange_calendars", table[2033], table[2034])
print("  date-holidays     ", *(day - DAY for day in by_npm.values()))
print(f"exchange_calendars, days from New Year: {apart[2034]} in 2034, else {min(others)} to {max(others)}")
hong_kong = closed("XHKG", "2034-08-29", "2034-09-28")
korea = closed("XKRX", "2034-08-28", "2034-09-27")
print("closed the day after, 2034-08-29 and 2034-09-28, XHKG:", *hong_kong)
print("closed for Chuseok, 2034-08-28 and 2034-09-27, XKRX:", *korea)
right = {2033: datetime.date(2033, 9, 8), 2034: datetime.date(2034, 9, 27)}
as_recorded = (
    lunar == right
    and general == {year: day + DAY for year, day in right.items()}
    and table[2033] == right[2033]
    and table[2034] == datetime.date(2034, 8, 28)
    and (apart[2034], min(others), max(others)) == (190, 219, 251)
    and hong_kong == [True, False]
    and korea == [False, True]
    and by_npm == {2033: datetime.date(2033, 10, 8), 2034: right[2034] + DAY}
)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: exchange_calendars 4.13.2, holidays 0.108, lunardate 0.3.0, npm date-holidays 3.37.0"
echo "guess:    all have Mid-Autumn on 2033-09-08 and on 2034-09-27"
echo "seen:"
venv/bin/python -W ignore 2033.py
