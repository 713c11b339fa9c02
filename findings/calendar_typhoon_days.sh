#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Days on which typhoons or rain closed Hong Kong's exchange, as they did until September 2024: two packages have them,
# and not the same.
#
# Guess: such days are history, so exchange_calendars' XHKG, pandas_market_calendars' HKEX and the XHKG of holidays have
#        the same ones for 2020 to 2024.
# Seen:  HKEX lacks 13 October of 2020 and of 2021 and 6 September 2024; exchange_calendars lacks 1 and 8 September
#        2023; holidays has all five. HKEX also has a session on 6 April 2021, the day after Easter Monday, taken off
#        for Ching Ming.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps pandas_market_calendars==5.5.0 exchange_calendars==4.13.2 holidays==0.108 \
    numpy==2.4.6 pandas==3.1.1 python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.6 pyluach==2.3.0 toolz==1.2.0 \
    korean_lunar_calendar==0.4.0

cat > days.py <<'EOF'
import datetime, sys

import exchange_calendars, holidays, pandas_market_calendars

FIRST, LAST = datetime.date(2020, 1, 1), datetime.date(2024, 12, 31)
days = [FIRST + datetime.timedelta(days=count) for count in range((LAST - FIRST).days + 1)]
weekdays = {day for day in days if day.weekday() < 5}
ours = exchange_calendars.get_calendar("XHKG", start=FIRST.isoformat(), end=LAST.isoformat()).sessions
theirs = pandas_market_calendars.get_calendar("HKEX").schedule(FIRST.isoformat(), LAST.isoformat()).index
off = holidays.financial_holidays("XHKG", years=range(2020, 2025))
sessions = {
    "exchange_calendars XHKG": {day.date() for day in ours},
    "pandas_market_calendars HKEX": {day.date() for day in theirs},
    "holidays XHKG": {day for day in weekdays if day not in off},
}
shut_somewhere = weekdays - set.intersection(*sessions.values())
missed = {name: [str(day) for day in sorted(shut_somewhere & open_days)] for name, open_days in sessions.items()}
for name, found in missed.items():
    print(f"{name}: a session on", *found or ["none"])
for day in sorted(set().union(*missed.values())):
    print(day, "is for holidays:", off.get(day))
as_recorded = missed == {
    "exchange_calendars XHKG": ["2023-09-01", "2023-09-08"],
    "pandas_market_calendars HKEX": ["2020-10-13", "2021-04-06", "2021-10-13", "2024-09-06"],
    "holidays XHKG": [],
}
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: exchange_calendars 4.13.2, pandas_market_calendars 5.5.0, holidays 0.108"
echo "guess:    no day on which one has a session and another has none"
echo "seen:"
venv/bin/python -W ignore days.py
