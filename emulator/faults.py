# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what can go wrong with a facility, armed one by one, for the next few times or until cleared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from emulator.events import EventLog

Setting = str | float
MOST_TIMES = 1_000_000


class BadFault(ValueError):
    """A fault that cannot be armed, with the reason."""


@dataclass(frozen=True)
class Kind:
    """A fault that can be armed: what it does, and its settings with their defaults."""

    does: str
    settings: Mapping[str, Setting] = field(default_factory=dict)
    lasting: bool = False  # a state of the listeners, not something that strikes a number of times


_OF_ANYBODY = {"account": "*"}
_ON_REPORTS = {"path": "/C*/*", **_OF_ANYBODY}
KINDS: dict[str, Kind] = {
    "refuse_tcp": Kind("nothing listens on addresses like `address`", {"address": "*"}, lasting=True),
    "host_key_changed": Kind("other host keys than before", lasting=True),
    "weak_algorithms": Kind("offers only algorithms that the guide does not list", lasting=True),
    "no_extension_info": Kind("does not announce which signatures it takes (server-sig-algs)"),
    "hang_before_banner": Kind("accepts the connection and says nothing"),
    "hang_in_key_exchange": Kind("says who it is, then nothing more"),
    "hang_in_authentication": Kind("never answers the first key offered", _OF_ANYBODY),
    "drop_connection": Kind("hangs up after sending `after` bytes", {"after": 100_000}),
    "one_channel": Kind("refuses a second channel on a connection", _OF_ANYBODY),
    "drop_in_file": Kind("hangs up after `after` bytes of a file", {"after": 1, **_ON_REPORTS}),
    "stall": Kind("answers one read only after `seconds`", {"seconds": 5.0, **_ON_REPORTS}),
    "short_reads": Kind("answers each read of a file with at most `bytes`", {"bytes": 1000, **_ON_REPORTS}),
    "read_refused": Kind("refuses to open a file", _ON_REPORTS),
    "file_grows": Kind("`bytes` are appended to a file while it is read", {"bytes": 1000, **_ON_REPORTS}),
    "file_changes": Kind("a file is overwritten while it is read", _ON_REPORTS),
    "drop_after_upload": Kind("imports the key, then hangs up without an answer", _OF_ANYBODY),
    "stat_refused": Kind(
        "refuses to show an uploaded file's attributes", {"path": "/KEY_MANAGEMENT/*.pub", **_OF_ANYBODY}
    ),
    "no_result": Kind("imports the key and leaves no result", _OF_ANYBODY),
    "result_late": Kind("leaves the result `seconds` later by the facility's clock", {"seconds": 60.0, **_OF_ANYBODY}),
    "result_older": Kind("leaves the result of an upload of a day before, and none of this one", _OF_ANYBODY),
    "result_misnamed": Kind("leaves the result under a name that does not follow the guide", _OF_ANYBODY),
    "result_odd": Kind(
        "leaves the result as `called` ({word} stands for success or failed), about `file`, with `more`, in `encoding`",
        {"called": "", "file": "", "more": "", "encoding": "utf-8", **_OF_ANYBODY},
    ),
    "listing_in_pieces": Kind("lists `names` names at a time", {"names": 1, "path": "/*", **_OF_ANYBODY}),
    "listing_bare": Kind("lists names without attributes", {"path": "/C*", **_OF_ANYBODY}),
    "many_files": Kind("lists `count` more files of one byte", {"count": 100_000, "path": "/COMMON", **_OF_ANYBODY}),
    "hostile_names": Kind("lists names that mean harm", {"path": "/C*", **_OF_ANYBODY}),
}


@dataclass
class Fault:
    """An armed fault: its settings, and how often it is still to strike (None: until cleared)."""

    name: str
    settings: dict[str, Setting]
    times: int | None

    def number(self, setting: str) -> int:
        """A setting that is a number."""
        return int(self.settings[setting])

    def concerns(self, **met: str | None) -> bool:
        """Whether the path and the account that were met are those it is meant for."""
        return all(fnmatchcase(value, str(self.settings.get(name, "*"))) for name, value in met.items() if value)

    @property
    def place(self) -> tuple[str, Setting | None]:
        """There is one fault of a name for the same accounts."""
        return self.name, self.settings.get("account")

    def describe(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {"name": self.name, "times": self.times, **self.settings}


class Faults:
    """What is armed. Nothing is, unless somebody asked for it."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._armed: list[Fault] = []

    def arm(self, name: str, times: int | None = None, /, **settings: Any) -> Fault:
        """Arm a fault, in the place of one of the same name for the same accounts."""
        kind = KINDS.get(name)
        if kind is None:
            raise BadFault(f"there is no fault {name!r}; there are {', '.join(KINDS)}")
        if unknown := sorted(set(settings) - set(kind.settings)):
            raise BadFault(f"{name} has no setting {', '.join(unknown)}; it has {', '.join(kind.settings) or 'none'}")
        if times is not None and kind.lasting:
            raise BadFault(f"{name} lasts until it is cleared")
        if times is not None and not 1 <= times <= MOST_TIMES:
            raise BadFault(f"times must be 1 or more, and {MOST_TIMES} at most")
        chosen = {setting: _like(setting, default, settings) for setting, default in kind.settings.items()}
        fault = Fault(name, chosen, times)
        self._armed = [kept for kept in self._armed if kept.place != fault.place] + [fault]
        detail: dict[str, Any] = {"fault": name, "times": times, **chosen}
        self._events.record("fault armed", **detail)
        return fault

    def clear(self, account: str | None = None) -> None:
        """Disarm everything, or what was armed for an account."""
        self._armed = [fault for fault in self._armed if account and fault.settings.get("account") != account]
        self._events.record("faults cleared", account=account)

    def armed(self) -> Iterator[Fault]:
        """What is armed now."""
        return iter(self._armed)

    def find(self, name: str, path: str | None = None, account: str | None = None) -> Fault | None:
        """A fault where it is armed for this path and account; nothing of it is used up."""
        armed = (fault for fault in self._armed if fault.name == name)
        return next((fault for fault in armed if fault.concerns(path=path, account=account)), None)

    def trigger(self, name: str, path: str | None = None, account: str | None = None) -> Fault | None:
        """Use up one strike of a fault that is armed for this path and account; None where all is well."""
        fault = self.find(name, path, account)
        if fault is None:
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._armed.remove(fault)
        self._events.record("fault", account=account, fault=name, path=path)
        return fault


def _like(setting: str, default: Setting, given: Mapping[str, Any]) -> Setting:
    value = given.get(setting, default)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadFault(f"{setting} must be {'a text' if isinstance(default, str) else 'a number'}, not {value!r}")
    if isinstance(default, str):
        if not isinstance(value, str):
            raise BadFault(f"{setting} must be a text, not {value!r}")
        return _known_encoding(value) if setting == "encoding" else value
    try:
        number = float(value)
    except ValueError:
        raise BadFault(f"{setting} must be a number, not {value!r}") from None
    if not 0 <= number < 1e12:
        raise BadFault(f"{setting} must be between 0 and a million million, not {value!r}")
    if isinstance(default, float):
        return number
    if not number.is_integer():
        raise BadFault(f"{setting} must be a whole number, not {value!r}")
    return int(number)


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise BadFault(f"encoding must be one that Python knows, such as utf-16, not {name!r}") from None
    return name
