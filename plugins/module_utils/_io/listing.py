# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facility's folders hold, to the bottom, with many folders asked at once (§4.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from functools import partial
from typing import Optional

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.opened import Opened
from ansible_collections.dcass.sftp.plugins.module_utils._io.pages import Pages
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import (
    MOST_FOLDERS,
    MOST_NAME_BYTES,
    MOST_NAMES,
    MOST_ODD,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AttributesMissing,
    DcassError,
    FolderRefused,
    NoRegularFile,
    SizeImpossible,
    UnsafeRemoteName,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import safe_name, shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Refusal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import listed_time
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import MOST_BYTES, Listed

_DEEPEST = 8  # folders in folders; a report facility that needs more is none
_AHEAD = 8  # READDIR requests in flight a folder: 100 names come with each, and a round trip for each would be long
_AHEAD_BELOW = 2  # ... of a folder below, until it shows that it has more names than come with one
_TRIES = 3  # of listing a folder where the server fails before its end

_QUESTIONS = 64  # in flight a folder, about entries of which its listing tells too little

Place = tuple[str, ...]  # the names of a folder and of those above it
_Question = tuple[str, Optional[str], wire.Attributes]  # about an entry: its name, its kind, and what was listed


def walk(channel: SftpChannel, folders: Iterable[str]) -> Listing:
    """List the folders and all below them; what can't be listed to its end is among what was refused."""
    return _Walk(channel, _DEEPEST).run((folder,) for folder in folders)


def look_again(channel: SftpChannel, reports: Collection[Listed]) -> dict[Listed, Listed | None]:
    """List the folders of these reports anew; for each what it is listed as now, None where it has left.

    Of a folder that can't be listed now, what was listed before stands.
    """
    found = _Walk(channel, 0).run(sorted({_place_of(report) for report in reports}))
    now = {(report.folder, report.name): report for report in found.reports}
    unseen = _broken_off(found)
    return {
        report: now.get((report.folder, report.name), report if _place_of(report) in unseen else None)
        for report in reports
    }


def _place_of(report: Listed) -> Place:
    return (report.folder, *report.name.split("/")[:-1])


class _Walk:
    """The folders that wait, as long as there are any, and what was found."""

    def __init__(self, channel: SftpChannel, deepest: int) -> None:
        self.channel, self.deepest = channel, deepest
        self._waiting: deque[_Folder] = deque()
        self._under_way: set[_Folder] = set()  # those that wait, are read, or are being closed
        self._begin()

    def _begin(self) -> None:
        self.found = Listing()
        self.names = self.name_bytes = self.odd = self.folders = 0  # so far
        self._in_doubt: list[Place] = []
        self._cut_short: set[str] = set()

    @property
    def is_full(self) -> bool:
        """Say whether this is more than any honest facility has."""
        return (
            self.names > MOST_NAMES
            or self.folders > MOST_FOLDERS
            or self.odd > MOST_ODD
            or self.name_bytes > MOST_NAME_BYTES
        )

    def why_full(self) -> str:
        for count, most, what in (
            (self.names, MOST_NAMES, "entries"),
            (self.name_bytes, MOST_NAME_BYTES, "bytes of names"),
            (self.odd, MOST_ODD, "entries that can't be fetched"),
            (self.folders, MOST_FOLDERS, "folders"),
        ):
            if count > most:
                return f"can't be listed to its end: there are more than {most} {what}"
        return ""

    def run(self, places: Iterable[Place]) -> Listing:
        """List them all; where a folder turns out to have shown nothing for being open beside others, once more."""
        places = list(places)
        self._list(places, _AHEAD)
        if self.channel.handles.most > 1 and self._in_doubt and self._shows_more_alone():
            self.channel.handles.distrust()
            self._begin()
            self._list(places, 1)
        return self.found

    def _list(self, places: Iterable[Place], ahead: int) -> None:
        with self.channel.lock:
            for place in places:
                self.add(_Folder(self, place, ahead))
        while not self._is_done():
            self.channel.pump()
            with self.channel.lock:
                self.fill()  # there may be room only now that what others had open is closed

    def _shows_more_alone(self) -> bool:
        """Look one by one at the folders that showed nothing or broke off: some servers lose what is open beside."""
        again = _Walk(self.channel, 0)
        with self.channel.handles.alone():
            again._list(self._in_doubt, 1)
        broken = _broken_off(self.found)
        shown = {_place_of(report) for report in again.found.reports}
        empty = {place for place in self._in_doubt if place not in broken}
        return bool(shown & empty) or bool(broken.intersection(self._in_doubt) - _broken_off(again.found))

    def doubt(self, place: Place) -> None:
        """A folder showed nothing, or broke off: it is looked at again alone."""
        self._in_doubt.append(place)

    def add(self, folder: _Folder) -> None:
        """Let a folder wait for a handle, or for another try."""
        self._waiting.append(folder)
        self._under_way.add(folder)
        self.fill()

    def done(self, folder: _Folder) -> None:
        """What is in a folder has been counted."""
        self._under_way.discard(folder)
        self.fill()
        if not self._under_way:
            self.channel.wake()

    def all_read(self) -> None:
        """Wait for no CLOSE where nothing but that is waited for: it would be a round trip for nothing."""
        if self.channel.handles.only_closing and not self._waiting:
            for folder in list(self._under_way):
                folder.take_as_closed()

    def fill(self) -> None:
        if self.is_full:
            waiting, self._waiting = self._waiting, deque()
            self._under_way.difference_update(waiting)
            for folder in waiting:
                self.cut_short(folder.top)
        while self._waiting and self.channel.handles.free:
            self._waiting.popleft().open()

    def cut_short(self, top: str) -> None:
        """Tell once that one of the account's folders, with all below it, was not listed to its end."""
        if top not in self._cut_short:
            self._cut_short.add(top)
            reason = f"/{top} {self.why_full()}."
            self.found.refused.append(Refusal(top, "", FolderRefused.code, reason))

    def _is_done(self) -> bool:
        with self.channel.lock:
            return not self._under_way


class _Folder(Opened):
    """One folder being listed: opened, read to its end with requests ahead, closed.

    What is in it counts when it is closed, so that a listing that failed half way can be made anew. ``as_file`` is what
    was told of an entry that may be a file as well: only opening it as a folder shows.
    """

    request = wire.OPENDIR

    def __init__(self, walk: _Walk, place: Place, ahead: int, as_file: wire.Attributes | None = None) -> None:
        super().__init__(walk.channel)
        self._walk, self._place, self._as_file = walk, place, as_file
        self._tries, self._ahead = 0, ahead
        self._is_counted = False  # before it is closed
        self._names = 0
        self._above = sum(len(name) + 1 for name in place)  # what stands before each name in its path
        self._begin()

    def _begin(self) -> None:
        self._walk.names -= self._names
        self._names = 0
        self._pages, self._found, self._below = Pages(), Listing(), list[_Folder]()
        self._unclear: deque[_Question] = deque()
        self._asking = 0
        self._is_cut = False  # names came that were not taken

    @property
    def top(self) -> str:
        return self._place[0]

    def _to_open(self) -> bytes:
        return wire.string(_path(self._place))

    def _opened(self) -> None:
        self._tries += 1
        self._go_on()

    def _again(self) -> None:
        self._begin()
        self._walk.add(self)

    def _refused(self, reason: str) -> None:
        if self._as_file is not None:
            self._take_report(self._place[-1], self._as_file, self._place[:-1])
        else:
            self._refuse_folder(f"can't be listed: {reason}")
        self._commit()

    def _go_on(self) -> None:
        """Ask for more names, or come to an end when all is answered."""
        while self._unclear and self._asking < _QUESTIONS:
            self._ask_more(self._unclear.popleft())
        while self._pages.wants_more(self._ahead) and not (self._unclear or self._walk.is_full):
            self.ask(wire.READDIR, wire.string(self._handle), partial(self._answered, self._pages.ask()))
        if not self._in_flight:
            self.close()
            self._walk.all_read()

    def _answered(self, number: int, kind: int, fields: wire.Fields) -> None:
        entries = fields.u32() if kind == wire.NAME else 0
        for _entry in range(entries):
            raw, line = fields.string(), fields.data()
            attributes = fields.attributes()
            self._count(raw)
            if self._walk.is_full:
                self._is_cut = True
                break
            if raw not in (b".", b".."):
                self._take(raw, attributes, wire.kind_of_line(line))
        if kind == wire.NAME:
            self._ahead = max(self._ahead, _AHEAD) if entries and self._tries == 1 else self._ahead
            self._pages.came(number, entries)
        elif kind == wire.STATUS and fields.is_end():
            self._pages.ended(number)
        else:
            self._pages.failed(number)
        self._go_on()

    def _count(self, raw: bytes) -> None:
        self._names += 1
        self._walk.names += 1
        self._walk.name_bytes += self._above + len(raw)

    def take_as_closed(self) -> None:
        """Count what is in it before CLOSE is answered, if that can't change anything any more."""
        if self._pages.whole and not self._is_cut:
            self._closed()
            self._is_counted = True

    def mix_up(self) -> None:
        """Take note that what comes may be of something else, unless all had come before."""
        if not self._is_counted:
            super().mix_up()

    def _closed(self) -> None:
        if self._is_counted:
            return
        if self._as_file is not None and not (self._pages.whole or self._pages.any):
            self._refused("it is no folder")  # some servers open a file as a folder, and only then say that it is none
        elif self._is_cut or (self._walk.is_full and not self._pages.whole):
            self._walk.cut_short(self.top)
            self._commit()
        elif self._pages.whole or self._tries >= _TRIES:
            if not self._pages.whole:
                self._refuse_folder("can't be read to its end")
                self._walk.doubt(self._place)
            elif not (self._found.reports or self._found.refused or self._below) and self._place != (KEY_MANAGEMENT,):
                self._walk.doubt(self._place)
            self._commit()
        else:  # one request at a time: it may be the requests ahead that the server does not take
            self._ahead = 1
            self._again()

    def _commit(self) -> None:
        found = self._walk.found
        found.reports += self._found.reports
        found.refused += self._found.refused
        for folder in self._below:
            self._walk.add(folder)
        self._walk.done(self)

    def _take(self, raw: bytes, attributes: wire.Attributes, line: str | None) -> None:
        """Sort an entry by what is told of it: its mode, else its line in the listing, else what LSTAT says."""
        kind = attributes.kind or line
        try:
            name = safe_name(raw)
        except UnsafeRemoteName as unsafe:
            self._refuse(shown(raw), unsafe, attributes, spelled=raw.decode("utf-8", "surrogateescape"))
            return
        if kind in (wire.LINK, None) or (kind == wire.FILE and attributes.size is None):
            self._unclear.append((name, kind, attributes))
        else:
            self._sort(name, kind, attributes)

    def _ask_more(self, question: _Question) -> None:
        """Ask what the listing does not tell of an entry, or what a link leads to."""
        name, kind, listed = question

        def answered(answer: int, fields: wire.Fields) -> None:
            self._asking -= 1
            if answer != wire.ATTRS and requests:
                self.ask(requests.pop(), path, answered)
                return
            more = fields.attributes() if answer == wire.ATTRS else wire.Attributes()
            if kind == wire.LINK:
                self._follow(name, listed, more)
            else:
                self._sort(name, more.kind or kind, listed.updated_by(more))
            self._go_on()

        requests, path = [wire.STAT], wire.string(_path((*self._place, name)))
        self._asking += 1
        self.ask(requests.pop() if kind == wire.LINK else wire.LSTAT, path, answered)

    def _follow(self, name: str, link: wire.Attributes, target: wire.Attributes) -> None:
        """A file that a link leads to is a report like others; a folder is not gone into, for it may lead back."""
        is_file = target.kind == wire.FILE or (target.kind is None and target.size is not None)
        self._sort(name, wire.FILE if is_file else wire.LINK, target if is_file else link)

    def _sort(self, name: str, kind: str | None, attributes: wire.Attributes) -> None:
        goes_down = len(self._place) <= self._walk.deepest
        if kind == wire.FILE or (kind is None and not goes_down):
            self._take_report(name, attributes, self._place)
        elif kind in (wire.FOLDER, None) and goes_down:
            as_file = attributes if kind is None else None
            self._walk.folders += 1
            self._below.append(_Folder(self._walk, (*self._place, name), _AHEAD_BELOW, as_file))
        elif kind == wire.FOLDER and self._walk.deepest:
            why = f"/{'/'.join((*self._place, name))} lies more than {_DEEPEST} folders deep."
            self._refuse(name, FolderRefused(why), wire.Attributes())
        elif kind == wire.LINK:
            why = f"{name} is a link, and the facility does not tell that it leads to a file."
            self._refuse(name, NoRegularFile(why), attributes)
        elif kind == wire.OTHER:
            self._refuse(name, NoRegularFile(f"{name} is no regular file, and nothing else is fetched."), attributes)

    def _take_report(self, name: str, attributes: wire.Attributes, place: Place) -> None:
        size, mtime = attributes.size, listed_time(attributes.mtime)
        if size is None:
            self._refuse(name, AttributesMissing(f"The facility does not tell the size of {name}."), attributes, place)
        elif size > MOST_BYTES:
            self._refuse(name, SizeImpossible(f"{name} can't have {size} bytes."), wire.Attributes(), place)
        else:
            self._found.reports.append(Listed(place[0], "/".join((*place[1:], name)), size, mtime))

    def _refuse_folder(self, why: str) -> None:
        reason = f"/{'/'.join(self._place)} {why}."
        self._found.refused.append(Refusal(self._place[0], _below(self._place), FolderRefused.code, reason))

    def _refuse(
        self,
        name: str,
        error: DcassError,
        attributes: wire.Attributes,
        place: Place = (),
        spelled: str | None = None,
    ) -> None:
        self._walk.odd += 1
        folder, *below = place or self._place
        size, mtime = attributes.size, listed_time(attributes.mtime)
        path, as_listed = "/".join((*below, name)), "/".join((*below, spelled or name))
        self._found.refused.append(Refusal(folder, path, error.code, str(error), size, mtime, as_listed))


def _broken_off(found: Listing) -> set[Place]:
    return {
        (entry.folder, *filter(None, entry.name.split("/")))
        for entry in found.refused
        if entry.error_code == FolderRefused.code
    }


def _below(place: Place) -> str:
    return "/".join(place[1:])


def _path(place: Collection[str]) -> bytes:
    return "/".join(("", *place)).encode()
