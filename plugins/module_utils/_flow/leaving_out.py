# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan leaves at the facility, before its first byte, since the archive can't take it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import Archive, Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_run import SyncRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.clashes import Clash, clashes, rivals
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    DcassError,
    DiskFull,
    NameClash,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed, archive_path

_HINT = "Look at the named path and put right what the message says of it, then run again."


def leave_out(archive: Archive, manifest: Manifest, run: SyncRun, may_write: bool) -> DcassError | None:
    """Leave out of the plan what can't come into the archive, and return why the run is to fail for it.

    What is held stays, and of two that are both new the first. With ``may_write`` names may be tried in the archive.
    """
    trouble = _of_places(archive, manifest, run, may_write)
    trouble = _of_names(archive, manifest, run, may_write) or trouble
    return _of_room(archive, run) or trouble


def _of_places(archive: Archive, manifest: Manifest, run: SyncRun, may_write: bool) -> DcassError | None:
    """Leave out what something is in the way of, or the disk or its rights forbid."""
    obstacles = archive.obstacles(run.todo.paths())
    instead = _held_instead(archive, manifest, obstacles)
    if may_write:
        free = (path for path in run.todo.paths() if path not in obstacles)
        obstacles.update(dict.fromkeys(archive.not_taken(free), "its file system does not take the name"))
    trouble: DcassError | None = None
    for report in run.todo.leave_out(obstacles):
        path = archive_path(run.account, report)
        why: DcassError
        if path in instead:
            why = NameClash(instead[path].sentence())
        else:
            why = ArchiveDamaged(f"{archive.locate(path)} can't be written: {obstacles[path]}.", hint=_HINT)
        run.refuse(report, why.code, str(why))
        trouble = trouble or why
    return trouble


def _of_names(archive: Archive, manifest: Manifest, run: SyncRun, may_write: bool) -> DcassError | None:
    """Leave out what would take the name of another report."""
    held = _held_instead(archive, manifest, archive.spelling.found_in_other_capitals(run.todo.paths()))
    trouble = _refuse_clashing(run, held)
    found = clashes(run.todo.paths, lambda one, other: archive.is_one(one, other, may_write))
    return _refuse_clashing(run, {clash.path: clash for clash in found}) or trouble


def _refuse_clashing(run: SyncRun, instead: Mapping[str, Clash]) -> DcassError | None:
    trouble: DcassError | None = None
    for report in run.todo.leave_out(instead):
        why = NameClash(instead[archive_path(run.account, report)].sentence())
        run.refuse(report, why.code, str(why))
        trouble = trouble or why
    return trouble


def _held_instead(archive: Archive, manifest: Manifest, paths: Collection[str]) -> dict[str, Clash]:
    """For each path the report that is recorded, on disk, and has its place: by its own name or by a folder's."""
    near = rivals(paths, manifest.paths()) if paths else []
    held = manifest.held({clash.other for clash in near})
    absent = archive.absent(held.values())
    found: dict[str, Clash] = {}
    for clash in near:
        if clash.path not in found and clash.other not in absent and _have_one_place(archive, clash):
            found[clash.path] = clash
    return found


def _have_one_place(archive: Archive, clash: Clash) -> bool:
    steps = min(clash.path.count("/"), clash.other.count("/")) + 1
    one, other = ("/".join(path.split("/")[:steps]) for path in clash)
    return archive.is_one(one, other, may_write=False)


def _of_room(archive: Archive, run: SyncRun) -> DcassError | None:
    """Leave out what does not fit: files that the file system has no room to name, then the largest."""
    trouble: DcassError | None = None
    todo, room = run.todo, archive.room_for_files()
    planned = len(todo)
    paths = todo.too_many_for(room, archive.missing_folders(todo.paths()))
    left_out = todo.leave_out(paths)
    if left_out:
        trouble = DiskFull(
            f"{archive.dest} has inodes for {room} more files and folders; {planned} reports were to be fetched. "
            f"Left out: {len(left_out)} reports. Its file system is out of inodes, however many bytes it has left.",
        )
    _refuse_for_room(run, left_out, "has no inode left on the disk")
    size, room = todo.size, archive.room()
    left_out = todo.leave_out(todo.too_much_for(room))
    if left_out:
        sizes = [report.size for report in left_out]
        trouble = DiskFull(
            f"{archive.dest} has room for {room >> 20} MiB; {size >> 20} MiB were to be fetched. "
            f"Left out: {len(left_out)} reports, the largest of {max(sizes) >> 20} MiB."
        )
    _refuse_for_room(run, left_out, "does not fit on the disk")
    return trouble


def _refuse_for_room(run: SyncRun, left_out: Iterable[Listed], why: str) -> None:
    for report in left_out:
        run.refuse(report, DiskFull.code, f"{report.name} {why}.")
