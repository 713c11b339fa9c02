# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a target is: a name, what takes its bytes, and samples to bend."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

NOW = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
ACCOUNT = Account("CXYZ001")


@dataclass(frozen=True)
class Target:
    """Something that takes any bytes: it returns, or raises a DcassError; all else is a fault.

    ``samples`` are made when they are first needed. ``share`` is how much of the time it gets, ``seconds`` what one
    input may take of a processor, ``examples`` how many an ordinary run of the tests tries.
    """

    name: str
    run: Callable[[bytes], object]
    samples: Callable[[], Sequence[bytes]]
    tokens: tuple[bytes, ...] = ()
    share: float = 1.0
    seconds: float = 2.0
    examples: int = 200


def noise() -> Sequence[bytes]:
    """Bytes for targets that read values from them."""
    dice = random.Random(15)
    return [dice.randbytes(size) for size in (10, 40, 100, 200, 400, 800)]
