# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For rehearsals: every Python that starts with this folder on its path has a clock that is $REHEARSAL_SHIFT ahead.

Seconds; Ansible hands its environment on to the modules of local hosts. The product itself knows nothing of it.
"""

import datetime
import os

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
