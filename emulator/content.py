# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a report: believable rows, the same for the same day, name and size."""

import random
from collections.abc import Callable
from datetime import date

from emulator import zips
from emulator.reports import dice_for

_UNDERLYINGS = ("HSI", "MHI", "HHI", "MCH", "HTI", "TCH", "HKB", "ALB", "MET", "HEX", "BYD", "PAI")
_MONTHS = "ABCDEFGHIJKLMNOPQRSTUVWX"
_SIDES = ("BUY", "SELL")
_DIFFERENT_ROWS = 512  # drawn once a file, then repeated under ever new numbers: large files stay cheap to make

_Row = Callable[[random.Random], str]


def content(day: date, name: str, size: int) -> bytes:
    """The bytes of a report, exactly `size` of them; too few for a zip file are no zip file."""
    if zips.is_zip(name) and size >= zips.wrapping(name):
        return zips.pack(name, content(day, zips.member_of(name), size - zips.wrapping(name)), day)
    return _text(day, name, size)


def _text(day: date, name: str, size: int) -> bytes:
    dice = dice_for(day.isoformat(), name, size)
    (columns, row), comma = (_SCENARIOS, " ") if name.endswith(".lis") else (_layout(name), ",")
    head = f"REPORT{comma}{name}\nBUSINESS DATE{comma}{day:%Y-%m-%d}\n{columns}\n"
    rows = [row(dice) for _ in range(min(_DIFFERENT_ROWS, 1 + size // 40))]
    shortest = 8 + min(map(len, rows))
    body = "\n".join(f"{number:07d}{comma}{rows[number * 37 % len(rows)]}" for number in range(1, 2 + size // shortest))
    return (head + body).encode()[: max(size - 1, 0)] + b"\n"[:size]


def _layout(name: str) -> tuple[str, _Row]:
    for mark, layout in _LAYOUTS.items():
        if mark in name:
            return layout
    return "SEQ,SERIES,LONG,SHORT,NET,VALUE HKD", _position


def _series(dice: random.Random) -> str:
    return f"{dice.choice(_UNDERLYINGS)}{dice.randrange(80, 320) * 100}{dice.choice(_MONTHS)}{dice.randrange(10)}"


def _clock_time(dice: random.Random) -> str:
    return f"{dice.randrange(9, 17):02d}:{dice.randrange(60):02d}:{dice.randrange(60):02d}.{dice.randrange(1000):03d}"


def _trade(dice: random.Random) -> str:
    quantity, price, deal = dice.randrange(1, 400), dice.randrange(1, 30_000), dice.getrandbits(40)
    return f"{_clock_time(dice)},{_series(dice)},{dice.choice(_SIDES)},{quantity},{price}.00,{deal:012X}"


def _price(dice: random.Random) -> str:
    return f"{_series(dice)},{dice.uniform(0.01, 3000):.4f},{dice.uniform(0.01, 3000):.4f},{dice.uniform(5, 90):.2f}"


def _position(dice: random.Random) -> str:
    held, due = dice.randrange(5000), dice.randrange(5000)
    return f"{_series(dice)},{held},{due},{held - due},{(held - due) * dice.uniform(100, 9000):.2f}"


def _margin(dice: random.Random) -> str:
    required, held = dice.uniform(0, 9e7), dice.uniform(0, 9e7)
    return f"{dice.choice(_UNDERLYINGS)},{required:.2f},{held:.2f},{max(required - held, 0):.2f},HKD"


def _audit(dice: random.Random) -> str:
    action = dice.choice(("LIMIT CHANGED", "ORDER BLOCKED", "ORDER RELEASED", "KILL SWITCH TESTED", "USER LOGGED ON"))
    return f"{_clock_time(dice)},USER{dice.randrange(1, 40):03d},{action},{_series(dice)},{dice.randrange(1, 2000)}"


def _scenario_losses(dice: random.Random) -> str:
    losses = "".join(f"{dice.uniform(-9e5, 9e5):12.2f}" for _ in range(16))
    return f"{_series(dice):<12}{dice.uniform(0.01, 30_000):12.4f}{dice.uniform(5, 90):8.2f}{losses}"


# Columns of fixed width: what a series would lose, were prices and volatility to move so.
_SCENARIOS: tuple[str, _Row] = (
    f"{'SEQ':<8}{'SERIES':<12}{'SETTLEMENT':>12}{'VOL':>8}"
    + "".join(f"{f'S{number:02}':>12}" for number in range(1, 17)),
    _scenario_losses,
)
_LAYOUTS: dict[str, tuple[str, _Row]] = {
    "TP0": ("SEQ,TIME,SERIES,SIDE,QUANTITY,PRICE,DEAL", _trade),
    "RPI": ("SEQ,UNDERLYING,REQUIREMENT,COLLATERAL,CALL,CURRENCY", _margin),
    "MR0": ("SEQ,UNDERLYING,REQUIREMENT,COLLATERAL,CALL,CURRENCY", _margin),
    "MARGIN": ("SEQ,UNDERLYING,INITIAL,MAINTENANCE,CHANGE,CURRENCY", _margin),
    "RX_": ("SEQ,TIME,USER,ACTION,SERIES,QUANTITY", _audit),
    "AU0": ("SEQ,TIME,USER,ACTION,SERIES,QUANTITY", _audit),
    "PRICES": ("SEQ,SERIES,CLOSE,SETTLEMENT,VOLATILITY", _price),
    "SERIES": ("SEQ,SERIES,STRIKE,LAST,VOLATILITY", _price),
    "VOLATILITY": ("SEQ,SERIES,BID,ASK,VOLATILITY", _price),
}
