# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in, who does not, and what the event log says about it."""

import asyncio
from collections.abc import Callable

import asyncssh
import pytest

from emulator.client import Emulator
from emulator.testing import KeyPair


def test_either_account_from_either_workstation(participant) -> None:
    for account in (f"{participant.code}001", f"{participant.code}002"):
        for source in ("127.0.10.31", "127.0.10.32"):
            assert participant.try_login(account=account, source=source)


def test_refusals_tell_the_log_why(participant, key_pairs: list[KeyPair]) -> None:
    cases = [
        ({"account": participant.account.lower()}, "§3.1", "capital letters"),
        ({"account": "CNIL001"}, "§5", "no such account"),
        ({"account": f"{participant.code}003"}, "§5", "no such account"),
        ({"source": "127.0.10.33"}, "§7", "127.0.10.33 is not a registered workstation"),
        ({"key": key_pairs[1]}, "§3.2", f"the key of {participant.code}002"),
        ({"key": key_pairs[2]}, "§3.2", "not a registered key"),
    ]
    for how, section, reason in cases:
        account = how.get("account", participant.account)
        before = len(participant.events("login", account))
        assert not participant.try_login(**how)
        [event] = participant.events("login", account)[before:]
        assert event["detail"]["outcome"] == "refused"
        assert reason in event["detail"]["reason"]
        assert event["violation"].startswith(section)


def test_a_login_is_one_event_with_what_was_agreed(participant) -> None:
    assert participant.try_login(encryption_algs=["aes192-ctr"], mac_algs=["hmac-sha2-512-96"])
    [event] = participant.events("login")
    assert event["source"] == "127.0.10.31"
    assert event["detail"]["outcome"] == "accepted"
    assert event["detail"]["cipher"] == "aes192-ctr"
    assert event["detail"]["mac"] == "hmac-sha2-512-96"
    assert event["detail"]["kex"] == "curve25519-sha256@libssh.org"
    assert event["detail"]["host_key"] == "ssh-rsa"
    assert "curve25519-sha256" in event["detail"]["unlisted"], "asyncssh offers more than the guide lists"
    assert "violation" not in event


def test_a_key_offered_twice_on_one_connection_counts_once(participant, key_pairs: list[KeyPair]) -> None:
    wrong, right = str(key_pairs[2].path), str(key_pairs[0].path)
    assert participant.try_login(client_keys=[wrong, right])
    assert [event["detail"]["outcome"] for event in participant.events("login")] == ["refused", "accepted"]


def test_who_is_asked_for_a_signature_and_leaves_has_tried(
    participant, eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(_attempt) -> None:
        raise asyncssh.ConnectionLost("the client thinks better of it")

    monkeypatch.setattr(asyncssh.auth._ClientPublicKeyAuth, "_send_signed_request", leave)
    with pytest.raises(asyncssh.ConnectionLost):
        participant.try_login()
    [event] = eventually(lambda: participant.events("login"))
    assert event["detail"] == {
        "outcome": "refused",
        "reason": "the client was asked for a signature and left",
        "counts": True,
    }
    assert event["violation"].startswith("§3.2")


@pytest.mark.parametrize("method", ["password", "keyboard-interactive"])
def test_an_attempt_without_a_key_is_a_login_that_fails(participant, method: str) -> None:
    assert participant.try_login_insisting_on(method), "the key is tried afterwards"
    refused, accepted = participant.events("login")
    assert refused["detail"] == {
        "outcome": "refused",
        "reason": f"tried with {method}: a registered key is the only way in",
        "counts": True,
    }
    assert refused["violation"].startswith("§3.2")
    assert accepted["detail"]["outcome"] == "accepted"


def test_key_exchange_alone_is_no_login(participant, facility: Emulator) -> None:
    async def exchange() -> None:
        host, port = facility.addresses[0]
        key = await asyncssh.get_server_host_key(host, port, server_host_key_algs=["ssh-rsa"])
        assert key is not None

    before = len(facility.control.events(event="login"))
    asyncio.run(exchange())
    assert len(facility.control.events(event="login")) == before


def test_sha2_signatures_are_refused(participant, monkeypatch: pytest.MonkeyPatch) -> None:
    # A client that ignores what the server announced and signs with rsa-sha2-512.
    monkeypatch.setattr(
        asyncssh.SSHClientConnection,
        "_choose_signature_alg",
        lambda _connection, pair: pair.set_sig_algorithm(b"rsa-sha2-512") or True,
    )
    assert not participant.try_login()
    [event] = participant.events("login")
    assert "rsa-sha2-512, not ssh-rsa" in event["detail"]["reason"]


def test_nothing_but_sftp(participant) -> None:
    async def attempts() -> list[str]:
        answers = []
        async with participant.connect() as connection:
            for call in (
                lambda: connection.run("ls", check=True),
                lambda: connection.create_process(),
                lambda: connection.open_connection("127.0.0.1", 22),
                lambda: connection.start_server(lambda *_: None, "127.0.0.1", 0),
                lambda: connection.create_process(subsystem="shell"),
            ):
                try:
                    await call()
                    answers.append("allowed")
                except (asyncssh.Error, asyncssh.ProcessError, asyncssh.ChannelListenError, OSError):
                    answers.append("refused")
        return answers

    assert asyncio.run(attempts()) == ["refused"] * 5


def test_many_participants_keep_to_themselves(facility: Emulator, enrol: Callable) -> None:
    first, second = enrol(facility), enrol(facility)
    for one, other in ((first, second), (second, first)):
        assert set(one.sftp(lambda client: client.listdir("/"))) == {".", "..", "COMMON", "KEY_MANAGEMENT", one.code}
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            one.sftp(lambda client, theirs=other.code: client.listdir(f"/{theirs}"))
