# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The days on which the exchange keeps no business, as data. State of 2026-11-28.

``HOLIDAYS`` has each year's public holidays that fall on a weekday (month and day). A year is added once the
government has gazetted it; ``LAST_YEAR`` is the last that is known. ``PREDICTED`` has years that are reckoned and not
gazetted yet: good enough to plan with, and told as predicted whenever something rests on them. ``CLOSED`` has days on
which the exchange itself kept the market closed, for typhoon or rain until September 2024; since then markets stay
open through them. Tests compare the tables with two independent packages.
"""

from __future__ import annotations

HOLIDAYS = {
    2019: "0101 0205 0206 0207 0405 0419 0422 0501 0513 0607 0701 1001 1007 1225 1226",
    2020: "0101 0127 0128 0410 0413 0430 0501 0625 0701 1001 1002 1026 1225",
    2021: "0101 0212 0215 0402 0405 0406 0519 0614 0701 0922 1001 1014 1227",
    2022: "0201 0202 0203 0405 0415 0418 0502 0509 0603 0701 0912 1004 1226 1227",
    2023: "0102 0123 0124 0125 0405 0407 0410 0501 0526 0622 1002 1023 1225 1226",
    2024: "0101 0212 0213 0329 0401 0404 0501 0515 0610 0701 0918 1001 1011 1225 1226",
    2025: "0101 0129 0130 0131 0404 0418 0421 0501 0505 0701 1001 1007 1029 1225 1226",
    2026: "0101 0217 0218 0219 0403 0406 0407 0501 0525 0619 0701 1001 1019 1225",
    2027: "0101 0208 0209 0326 0329 0405 0513 0609 0701 0916 1001 1008 1227",
}
PREDICTED = {
    2028: "0126 0127 0128 0404 0414 0417 0501 0502 0529 1002 1004 1026 1225 1226",
}
CLOSED = {
    2020: "1013",
    2021: "1013",
    2023: "0717 0901 0908",
    2024: "0906",
}
LAST_YEAR = max(HOLIDAYS)
