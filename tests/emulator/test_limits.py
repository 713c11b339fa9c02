# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often is too often: the login lock of §4.3 and the upload block of §6.3, with the guide's own examples."""

from datetime import datetime, timedelta

import asyncssh
import pytest

from emulator.client import Emulator
from emulator.clock import HONG_KONG
from emulator.limits import Ledger, blocked_until, locked_until


def at(time: str, day: int = 20) -> datetime:
    """A moment in November 2026."""
    return datetime.fromisoformat(f"2026-11-{day:02d}T{time}").replace(tzinfo=HONG_KONG)


def moments(*times: str) -> list[datetime]:
    return [at(time) for time in times]


FIVE_LOGINS = moments("12:45:00", "12:45:30", "12:46:10", "12:47:00", "12:47:30")


@pytest.mark.parametrize(
    ("logins", "now", "until"),
    [
        pytest.param([], "12:45:00", None, id="none"),
        pytest.param(FIVE_LOGINS[:4], "12:47:31", None, id="four"),
        pytest.param(FIVE_LOGINS, "12:47:31", "12:50:00", id="the guide's example, locked"),
        pytest.param(FIVE_LOGINS, "12:49:59", "12:50:00", id="the guide's example, one second before"),
        pytest.param(FIVE_LOGINS, "12:50:00", None, id="the guide's example, unlocked"),
        pytest.param(moments("12:40:00", *("12:44:59",) * 4), "12:44:59", "12:45:00", id="five in 4:59"),
        pytest.param(moments("12:40:00", *("12:45:00",) * 4), "12:45:00", None, id="five in 5:00"),
    ],
)
def test_login_lock(logins: list[datetime], now: str, until: str | None) -> None:
    assert locked_until(logins, at(now)) == (until and at(until))


FIVE_UPLOADS = moments("12:00:00", "12:10:00", "12:20:00", "12:30:00", "12:45:10")


@pytest.mark.parametrize(
    ("uploads", "now", "until"),
    [
        pytest.param(FIVE_UPLOADS[:4], "12:45:10", None, id="four"),
        pytest.param(FIVE_UPLOADS, "12:45:10", "13:45:10", id="the guide's example, blocked with the fifth"),
        pytest.param(FIVE_UPLOADS, "13:45:09", "13:45:10", id="the guide's example, one second before"),
        pytest.param(FIVE_UPLOADS, "13:45:10", None, id="the guide's example, unblocked"),
        pytest.param(moments("11:45:10", *FIVE_UPLOADS[1:1], "12:45:10"), "12:45:11", None, id="two"),
        pytest.param(
            moments("11:45:10", "12:45:10", "12:45:10", "12:45:10", "12:45:10"),
            "12:45:11",
            None,
            id="five in an hour and no second less",
        ),
    ],
)
def test_upload_block(uploads: list[datetime], now: str, until: str | None) -> None:
    assert blocked_until(uploads, uploads, at(now)) == (until and at(until))


def test_upload_block_by_the_day() -> None:
    # Every twelve minutes and a half: never five within an hour from one account, but 120 a day from both together.
    both = [at("00:00:00") + n * timedelta(minutes=11) for n in range(125)]
    assert blocked_until([], both[:119], both[118]) is None
    assert blocked_until([], both[:120], both[119]) == both[119] + timedelta(hours=1)
    assert blocked_until([], both[:120], both[119] + timedelta(hours=1)) is None
    assert blocked_until([], both[:120], at("00:00:00", day=21)) is None
    sixty_and_sixty = both[:60] + [moment + timedelta(days=1) for moment in both[:60]]
    assert blocked_until([], sixty_and_sixty, sixty_and_sixty[-1]) is None


def test_a_block_of_the_evening_goes_on_after_midnight() -> None:
    both = [at("07:00:00") + n * timedelta(minutes=1) for n in range(119)] + [at("23:50:00")]
    for now in (at("23:59:00"), at("00:10:00", day=21), at("00:49:59", day=21)):
        assert blocked_until([], both, now) == at("00:50:00", day=21)
    assert blocked_until([], both, at("00:50:00", day=21)) is None


def test_both_accounts_share_the_uploads_of_a_day() -> None:
    ledger = Ledger()
    for n in range(120):
        ledger.note_upload(f"CXYZ00{n % 2 + 1}", at("00:00:00") + n * timedelta(minutes=11))
    last = at("00:00:00") + 119 * timedelta(minutes=11)
    for account in ("CXYZ001", "CXYZ002"):
        assert ledger.blocked_until(account, last) == last + timedelta(hours=1)
    assert ledger.blocked_until("CABC001", last) is None


def test_guide_example_of_logins_replayed(held: Emulator, enrol) -> None:
    held.control.clock_set("2026-11-20T12:45:00", hold=True)
    participant = enrol(held)
    for pause in ("0s", "30s", "40s", "50s", "30s"):
        held.control.clock_advance(pause)
        assert participant.try_login()
    held.control.clock_advance("1s")
    assert not participant.try_login()
    assert participant.try_login(account=f"{participant.code}002"), "the other account is not locked"
    held.control.clock_set("2026-11-20T12:49:59", hold=True)
    assert not participant.try_login()
    held.control.clock_set("2026-11-20T12:50:00", hold=True)
    assert participant.try_login()
    [lock] = participant.events("locked")[:1]
    assert lock["detail"]["until"] == "2026-11-20T12:50:00+08:00"
    assert lock["violation"].startswith("§4.3")


def test_failed_logins_count_and_locked_ones_do_not(held: Emulator, enrol, key_pairs) -> None:
    participant = enrol(held)
    for _ in range(4):
        assert not participant.try_login(key=key_pairs[3])
    assert participant.try_login()
    assert not participant.try_login()
    held.control.clock_advance("5m")
    assert participant.try_login()


def test_attempts_without_a_key_count(held: Emulator, enrol) -> None:
    participant = enrol(held)
    for _ in range(5):
        assert not participant.try_login_insisting_on("password", client_keys=[])
    assert not participant.try_login()
    assert not participant.try_login_insisting_on("password", client_keys=[])
    assert [event["detail"]["counts"] for event in participant.events("login")] == [True] * 5 + [False] * 2
    assert "§4.3" in participant.events("login")[-1]["violation"]


def _upload_times(times: int, name: str):
    async def upload(client: asyncssh.SFTPClient) -> None:
        for _ in range(times):
            async with client.open(f"/KEY_MANAGEMENT/{name}", "wb") as file:
                await file.write(b"whatever it is, it counts")

    return upload


def test_guide_example_of_uploads_replayed(held: Emulator, enrol) -> None:
    held.control.clock_set("2026-11-20T12:45:10", hold=True)
    participant = enrol(held)
    name = f"{participant.account}.pub"
    participant.sftp(_upload_times(4, name))
    assert held.control.accounts()[-2]["uploads_blocked_until"] is None
    participant.sftp(_upload_times(1, "any-other-name.txt"))
    with pytest.raises(asyncssh.SFTPPermissionDenied, match="Permission Denied"):
        participant.sftp(_upload_times(1, name))
    participant.sftp(_upload_times(1, name), account=f"{participant.code}002")
    held.control.clock_set("2026-11-20T13:45:09", hold=True)
    with pytest.raises(asyncssh.SFTPPermissionDenied):
        participant.sftp(_upload_times(1, name))
    held.control.clock_set("2026-11-20T13:45:10", hold=True)
    participant.sftp(_upload_times(1, name))
    assert [event["detail"]["until"] for event in participant.events("upload blocked")] == ["2026-11-20T13:45:10+08:00"]
    assert sum("§6.3" in event["violation"] for event in participant.events("denied")) == 2


def test_uploads_opened_before_the_block_are_refused_when_they_end(held: Emulator, enrol) -> None:
    participant = enrol(held)

    async def upload(client: asyncssh.SFTPClient) -> list[str]:
        files = [await client.open(f"/KEY_MANAGEMENT/{n}.pub", "wb") for n in range(6)]
        ends = []
        for file in files:
            try:
                await file.close()
                ends.append("taken")
            except asyncssh.SFTPPermissionDenied:
                ends.append("refused")
        return ends

    assert participant.sftp(upload) == ["taken"] * 5 + ["refused"]
    assert len(participant.events("upload")) == 5
