# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be ordered through the control interface: each order whole and of the right types, or refused."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Schema(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)  # strict: `true` is no number, and "5" neither


class PublishRequest(_Schema):
    """A day's reports (no name; `due`: only those made by now), those of an `adhoc` call for margin, or one file.

    `holiday` leaves out what does not come where HKCC alone works; `adhoc` is the time of the call, 13:20.
    """

    date: str | None = None
    name: str | None = None
    folder: str | None = None
    size: int | None = Field(default=None, ge=0)
    scale: float = Field(default=1.0, gt=0, le=100)
    due: bool = False
    holiday: bool = False
    adhoc: str | None = None


class ClockRequest(_Schema):
    """Exactly one of: `real`, `set` (with `hold` to stand still), `advance`."""

    real: bool = False
    set: str | None = None
    hold: bool = False
    advance: str | None = None


class HoursRequest(_Schema):
    """What is not given stays; `steered` means: enforced only while the clock is not the machine's."""

    enforce: Literal["steered", "always", "never"] | None = None
    closed_days: list[str] | None = None
    open_days: list[str] | None = None


class FaultRequest(_Schema):
    """A fault by name, how often it is to strike (always, where not given), and its settings."""

    name: str
    times: int | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class Which(BaseModel):
    """Which events: after number `since`, of one account, of one kind."""

    model_config = ConfigDict(extra="forbid")
    since: int = Field(default=0, ge=0)
    account: str | None = None
    event: str | None = None


class SiteRequest(_Schema):
    """Which site is to answer."""

    active: Literal["primary", "secondary"]
