# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three folders over SFTP: what can be read, what can be uploaded, and that nothing can be changed."""

from collections.abc import Awaitable
from pathlib import Path

import asyncssh
import pytest
from asyncssh import FXF_APPEND, FXF_CREAT, FXF_EXCL, FXF_READ, FXF_TRUNC, FXF_WRITE

from emulator.client import Emulator

UPLOAD = FXF_WRITE | FXF_CREAT | FXF_TRUNC


@pytest.fixture
def stocked(participant, facility: Emulator):
    """A participant with one report in each folder to read from."""
    facility.control.publish(name="ALL.csv", folder="COMMON", size=100_000)
    facility.control.publish(name="OWN.csv", folder=participant.code, size=5_000)
    return participant


def _on_disk(stocked, path: str) -> Path:
    return Path(stocked.facility.root) / "folders" / path


def test_home_is_the_root_with_three_folders(participant) -> None:
    async def look(client: asyncssh.SFTPClient) -> tuple[str, list[str]]:
        return await client.realpath("."), sorted(await client.listdir("."))

    assert participant.sftp(look) == ("/", sorted([".", "..", "COMMON", "KEY_MANAGEMENT", participant.code]))


def test_both_accounts_read_the_same_reports(stocked) -> None:
    async def fetch(client: asyncssh.SFTPClient) -> list[bytes]:
        paths = ("/COMMON/ALL.csv", f"/{stocked.code}/OWN.csv")
        return [await (await client.open(path, "rb")).read() for path in paths]

    expected = [_on_disk(stocked, path).read_bytes() for path in ("COMMON/ALL.csv", f"{stocked.code}/OWN.csv")]
    assert [len(data) for data in expected] == [100_000, 5_000]
    for number in ("001", "002"):
        assert stocked.sftp(fetch, account=stocked.code + number) == expected


def test_downloads_are_logged_with_what_was_sent(stocked) -> None:
    async def fetch(client: asyncssh.SFTPClient) -> None:
        async with client.open("/COMMON/ALL.csv", "rb") as whole:
            await whole.read()
        async with client.open("/COMMON/ALL.csv", "rb") as part:
            await part.read(100, 50)

    stocked.sftp(fetch)
    details = [event["detail"] for event in stocked.events("download")]
    assert [(d["path"], d["size"], d["sent"]) for d in details] == [
        ("/COMMON/ALL.csv", 100_000, 100_000),
        ("/COMMON/ALL.csv", 100_000, 100),
    ]


def test_attributes_show_what_is_allowed(stocked) -> None:
    async def look(client: asyncssh.SFTPClient) -> list[str]:
        names = [*await client.readdir("/"), *await client.readdir("/COMMON")]
        return [f"{str(name.longname).split()[0]} {name.filename}" for name in names]

    listing = stocked.sftp(look)
    assert "dr-xr-x--- COMMON" in listing
    assert "drwxrwx--- KEY_MANAGEMENT" in listing
    assert "-r--r----- ALL.csv" in listing


NO_UPLOADS = {
    "new file in COMMON": (UPLOAD, "/COMMON/new.csv"),
    "over a report": (UPLOAD, "/COMMON/ALL.csv"),
    "into a report": (FXF_WRITE, "/COMMON/ALL.csv"),
    "read and write": (FXF_READ | FXF_WRITE, "/COMMON/ALL.csv"),
    "truncate": (FXF_READ | FXF_TRUNC, "/COMMON/ALL.csv"),
    "append": (FXF_APPEND, "/COMMON/ALL.csv"),
    "new file in the own folder": (UPLOAD, "/CODE/new.csv"),
    "new file in the root": (UPLOAD, "/new.csv"),
    "a folder": (UPLOAD, "/COMMON"),
    "the folder for keys itself": (UPLOAD, "/KEY_MANAGEMENT"),
    "below the folder for keys": (UPLOAD, "/KEY_MANAGEMENT/deeper/CODE001.pub"),
    "over a result": (UPLOAD, "/KEY_MANAGEMENT/Result.txt"),
    "append to a new file": (FXF_WRITE | FXF_CREAT | FXF_APPEND, "/KEY_MANAGEMENT/CODE001.pub"),
    "resume an upload": (FXF_WRITE, "/KEY_MANAGEMENT/CODE001.pub"),
    "upload and read back": (UPLOAD | FXF_READ, "/KEY_MANAGEMENT/CODE001.pub"),
}


def test_cannot_open_for_writing(stocked) -> None:
    _on_disk(stocked, f"KEY_MANAGEMENT/{stocked.account}/Result.txt").write_text("kept")
    tries = {told: (flags, path.replace("CODE", stocked.code)) for told, (flags, path) in NO_UPLOADS.items()}

    async def attempts(client: asyncssh.SFTPClient) -> list[str]:
        return [told for told, (flags, path) in tries.items() if not await _is_denied(client.open(path, flags))]

    before = _snapshot(stocked)
    assert stocked.sftp(attempts) == []
    assert _snapshot(stocked) == before
    events = stocked.events("denied")
    assert [event["detail"]["path"] for event in events] == [path for _, path in tries.values()]
    assert all(event["violation"].startswith(("§4.2", "§2.1")) for event in events)


async def _is_denied(attempt: Awaitable[object]) -> bool:
    try:
        await attempt
    except asyncssh.SFTPPermissionDenied:
        return True
    return False


NO_CHANGES = {
    "remove": lambda client: client.remove("/COMMON/ALL.csv"),
    "rename": lambda client: client.rename("/COMMON/ALL.csv", "/COMMON/b"),
    "rename an upload": lambda client: client.rename("/KEY_MANAGEMENT/a", "/KEY_MANAGEMENT/b"),
    "posix rename": lambda client: client.posix_rename("/COMMON/ALL.csv", "/COMMON/b"),
    "mkdir": lambda client: client.mkdir("/KEY_MANAGEMENT/new"),
    "rmdir": lambda client: client.rmdir("/COMMON"),
    "symlink": lambda client: client.symlink("/COMMON/ALL.csv", "/KEY_MANAGEMENT/l"),
    "hard link": lambda client: client.link("/COMMON/ALL.csv", "/KEY_MANAGEMENT/l"),
    "chmod": lambda client: client.chmod("/COMMON/ALL.csv", 0o777),
    "utime": lambda client: client.utime("/COMMON/ALL.csv", (1, 1)),
    "truncate": lambda client: client.truncate("/COMMON/ALL.csv", 0),
    "chown": lambda client: client.chown("/COMMON/ALL.csv", 0, 0),
    "lchmod": lambda client: client.chmod("/COMMON/ALL.csv", 0o7, follow_symlinks=False),
}


def test_nothing_can_be_changed(stocked) -> None:
    async def attempts(client: asyncssh.SFTPClient) -> list[str]:
        return [told for told, attempt in NO_CHANGES.items() if not await _is_denied(attempt(client))]

    before = _snapshot(stocked)
    assert stocked.sftp(attempts) == []
    assert _snapshot(stocked) == before
    assert len(stocked.events("denied")) == len(NO_CHANGES)


def test_open_files_cannot_be_changed_either(stocked) -> None:
    async def attempts(client: asyncssh.SFTPClient) -> None:
        async with client.open("/COMMON/ALL.csv", "rb") as report:
            for attempt in (report.write(b"x", 0), report.chmod(0o777), report.truncate(0)):
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await attempt
        async with client.open("/KEY_MANAGEMENT/x.pub", UPLOAD) as upload:
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await upload.utime((1, 1))
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await upload.read()

    before = _snapshot(stocked)["COMMON/ALL.csv"]
    stocked.sftp(attempts)
    assert _snapshot(stocked)["COMMON/ALL.csv"] == before


def test_nothing_can_be_copied_on_the_server(stocked) -> None:
    async def offered(client: asyncssh.SFTPClient) -> bool:
        return client.supports_remote_copy

    assert not stocked.sftp(offered)


def test_an_upload_is_taken_out_of_the_folder_and_may_come_again(participant) -> None:
    name = f"{participant.account}.pub"

    async def upload(client: asyncssh.SFTPClient) -> None:
        for flags in (UPLOAD, FXF_WRITE | FXF_CREAT | FXF_EXCL):
            async with client.open(f"/KEY_MANAGEMENT/{name}", flags, encoding=None) as file:
                await file.write(b"a key", 0)
                assert (await file.stat()).size == 5
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await client.stat(f"/KEY_MANAGEMENT/{name}")

    participant.sftp(upload)
    assert [event["detail"]["size"] for event in participant.events("upload")] == [5, 5]
    assert [event["detail"]["name"] for event in participant.events("upload")] == [name, name]


def test_an_upload_has_an_end(participant) -> None:
    async def upload(client: asyncssh.SFTPClient) -> None:
        async with client.open("/KEY_MANAGEMENT/x.pub", UPLOAD, encoding=None) as file:
            with pytest.raises(asyncssh.SFTPError):
                await file.write(b"x", 1 << 40)

    participant.sftp(upload)


def test_key_management_is_apart_for_each_account(participant) -> None:
    _on_disk(participant, f"KEY_MANAGEMENT/{participant.code}001/Result.txt").write_text("for the first")

    def names(number: str) -> list[str]:
        return participant.sftp(lambda client: client.listdir("/KEY_MANAGEMENT"), account=participant.code + number)

    assert "Result.txt" in names("001")
    assert "Result.txt" not in names("002")


NOWHERE = [
    "/../../registry.json", "../registry.json", "/COMMON/../../registry.json", "/COMMON/../../../../etc/passwd",
    "//etc/passwd", "/etc/passwd", "/.drafts", "/COMMON/../.drafts", "/KEY_MANAGEMENT/../KEY_MANAGEMENT/../../x",
    "/COMMON/ALL.csv/x", "/C000", "/COMMON/" + "n" * 300, "/COMMON/a\0b", "/COMMON/\udcff\udcfe", "/common/ALL.csv",
]  # fmt: skip


def test_no_path_leads_out(stocked) -> None:
    async def attempts(client: asyncssh.SFTPClient) -> list[str]:
        led_somewhere = []
        for path in NOWHERE:
            raw = path.encode("utf-8", "surrogateescape")
            for attempt in (client.stat, client.lstat, client.open, client.readdir):
                try:
                    await attempt(raw)
                except asyncssh.SFTPNoSuchFile:
                    continue
                except asyncssh.SFTPFailure as refusal:
                    if "too long" in str(refusal):
                        continue
                led_somewhere.append(path)
        return led_somewhere

    assert stocked.sftp(attempts) == []


def test_names_that_are_not_utf8_do_not_silence_the_log(stocked) -> None:
    async def attempts(client: asyncssh.SFTPClient) -> None:
        for name in (b"\xff\xfe.pub", b"new\nline.pub"):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await client.remove(b"/COMMON/" + name)
            async with client.open(b"/KEY_MANAGEMENT/" + name, "wb") as file:
                await file.write(b"x")
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await client.open(b"/KEY_MANAGEMENT/a\0b", "wb")

    stocked.sftp(attempts)
    assert [event["detail"]["path"] for event in stocked.events("denied")] == [
        "/COMMON/\\udcff\\udcfe.pub",
        "/COMMON/new\nline.pub",
    ]
    folder = _on_disk(stocked, f"KEY_MANAGEMENT/{stocked.account}")
    assert sorted(len(result.read_text().splitlines()) for result in folder.glob("Result.*")) == [7, 7]


def test_links_are_shown_and_never_followed(stocked) -> None:
    secret = _on_disk(stocked, f"{stocked.code}/link.csv")
    secret.symlink_to(Path(stocked.facility.root) / "registry.json")
    _on_disk(stocked, f"{stocked.code}/away").symlink_to(stocked.facility.root)

    async def attempts(client: asyncssh.SFTPClient) -> None:
        for path in ("link.csv", "away", "away/registry.json"):
            for attempt in (client.stat, client.open):
                with pytest.raises(asyncssh.SFTPPermissionDenied):
                    await attempt(f"/{stocked.code}/{path}")
        assert {"link.csv", "away"} <= set(await client.listdir(f"/{stocked.code}"))
        with pytest.raises(asyncssh.SFTPError):
            await client.readdir(f"/{stocked.code}/away")

    stocked.sftp(attempts)


def test_a_missing_folder_is_refused_when_it_is_opened(participant) -> None:
    async def attempt(client: asyncssh.SFTPClient) -> None:
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await client.readdir("/COMMON/none")
        with pytest.raises(asyncssh.SFTPNoSuchFile):
            await client.stat("/COMMON/none.csv")

    participant.sftp(attempt)
    assert participant.events("denied") == []


def test_dated_subfolders_are_listed_and_read(participant, facility: Emulator) -> None:
    facility.control.publish(name="DEEP.csv", folder=f"{participant.code}/20261120", size=1234)

    async def fetch(client: asyncssh.SFTPClient) -> tuple[list[str], int]:
        data = await (await client.open(f"/{participant.code}/20261120/DEEP.csv", "rb")).read()
        return await client.listdir(f"/{participant.code}"), len(data)

    names, size = participant.sftp(fetch)
    assert "20261120" in names
    assert size == 1234


def _snapshot(participant) -> dict[str, tuple[int, float]]:
    root = Path(participant.facility.root) / "folders"
    kept = {str(path.relative_to(root)): path.lstat() for path in sorted(root.rglob("*"))}
    return {name: (status.st_size, status.st_mtime) for name, status in kept.items()}
