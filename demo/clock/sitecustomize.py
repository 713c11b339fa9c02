# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For rehearsals: every Python that starts with this folder on its path has a clock that is $REHEARSAL_SHIFT ahead.

Seconds; Ansible hands its environment on to the modules of local hosts. The product itself knows nothing of it. The
machine has lived till then: the clock that counts since the boot is as far ahead, and ten years, to stay above zero.
"""

import datetime
import os
import time

_DATETIME = datetime.datetime
_SHIFT = datetime.timedelta(seconds=float(os.environ.get("REHEARSAL_SHIFT", "0")))


class _AnyMoment(type):
    def __instancecheck__(cls, thing):
        return isinstance(thing, _DATETIME)


class _Shifted(_DATETIME, metaclass=_AnyMoment):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + _SHIFT

    def __repr__(self):  # Ansible writes it into the modules that it sends
        return f"datetime.{super().__repr__()}"


_Shifted.__module__, _Shifted.__name__, _Shifted.__qualname__ = "datetime", "datetime", "datetime"  # to be pickled
datetime.datetime = _Shifted

_CLOCK_GETTIME, _TEN_YEARS = time.clock_gettime, 3652 * 86400


def _clock_gettime(clock):
    ahead = _SHIFT.total_seconds() + _TEN_YEARS if clock == time.CLOCK_BOOTTIME else 0
    return _CLOCK_GETTIME(clock) + ahead


time.clock_gettime = _clock_gettime
