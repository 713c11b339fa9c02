#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# pandas_market_calendars has Hong Kong's exchange under two names, and only one of them knows half days.
#
# Guess: get_calendar("HKEX") and get_calendar("XHKG") are one exchange with the same hours.
# Seen:  HKEX closes at 16:00 on the eves of Christmas, of New Year and of the Lunar New Year, and early_closes() of it
#        is empty for any years; XHKG, which the package takes from exchange_calendars, closes at 12:00 on them.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps pandas_market_calendars==5.5.0 exchange_calendars==4.13.2 \
    numpy==2.4.6 pandas==3.1.1 python-dateutil==2.9.0.post0 six==1.17.0 tzdata==2026.6 pyluach==2.3.0 toolz==1.2.0 \
    korean_lunar_calendar==0.4.0

cat > hours.py <<'EOF'
import sys

import pandas_market_calendars

EVES = {"2025-01-28", "2025-12-24", "2025-12-31", "2026-02-16", "2026-12-24", "2026-12-31"}
early, hours = {}, {}
for name in ("HKEX", "XHKG"):
    calendar = pandas_market_calendars.get_calendar(name)
    schedule = calendar.schedule("2025-01-01", "2026-12-31")
    early[name] = {day.date().isoformat() for day in calendar.early_closes(schedule).index}
    closes = schedule["market_close"].dt.tz_convert("Asia/Hong_Kong")
    by_day = {day.date().isoformat(): f"{at:%H:%M}" for day, at in closes.items()}
    hours[name] = {day: by_day[day] for day in EVES}
    print(name, "early_closes:", *sorted(early[name]) or ["none"])
    print(name, "closes at:", *(f"{day} {at}" for day, at in sorted(hours[name].items())))
as_recorded = (
    early == {"HKEX": set(), "XHKG": EVES}
    and hours == {"HKEX": dict.fromkeys(EVES, "16:00"), "XHKG": dict.fromkeys(EVES, "12:00")}
)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: pandas_market_calendars 5.5.0, exchange_calendars 4.13.2"
echo "guess:    both close at 12:00 on those eves"
echo "seen:"
venv/bin/python -W ignore hours.py
