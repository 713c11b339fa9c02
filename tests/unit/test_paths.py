# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths are bytes in UTF-8 to the disk, also where this Python was started in a locale that knows ASCII alone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import (
    entries_of,
    files_below,
    from_disk,
    in_words,
    names_in,
    on_disk,
    raw,
    real_path,
)

NAMES = ["plain", "結算 報告", "\u3000\ue000", "\U000218a1", "Übersicht"]

IN_ASCII = """
import os, sys
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import make_folders, read_file, write_file
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import files_below
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
assert sys.getfilesystemencoding() == "ascii"
folder = os.fsencode(sys.argv[1]).decode() + "/\\u7d50\\u7b97"
make_folders(folder, 0o755)
write_file(folder + "/\\u00fc", b"1", 0o600)
assert read_file(folder + "/\\u00fc") == b"1"
StateDb(folder + "/state").close()
archive = Archive(folder + "/archive", Account("CXYZ001"))
archive.require_usable()
assert archive.obstacles(["COMMON/\\u00e9"]) == {} and archive.room() >= 0
part = archive.begin("COMMON/\\u00e9")
part.write(0, memoryview(b"2"))
archive.secure([part])
archive.name([part])
print(ascii(sorted(files_below(folder))))
"""


@given(st.text())
def test_the_system_gets_utf_8_and_people_the_text(text):
    assert os.fsencode(on_disk(text)) == raw(text) == text.encode()
    assert from_disk(raw(text)) == in_words(text) == in_words(on_disk(text)) == text


@given(st.binary())
def test_what_is_no_text_survives_both_ways(name):
    assert os.fsencode(on_disk(from_disk(name))) == raw(from_disk(name)) == name


def test_half_a_pair_is_no_path():
    with pytest.raises(ValueError, match="surrogates not allowed"):
        on_disk("/\ud800")


def test_names_come_back_as_they_are(tmp_path):
    (tmp_path / "更深").mkdir()
    for name in NAMES:
        (tmp_path / name).touch()
        (tmp_path / "更深" / name).touch()
    (tmp_path / "link").symlink_to("更深")
    assert names_in(str(tmp_path)) == sorted([*NAMES, "更深", "link"])
    below = {f"{tmp_path}/{folder}{name}" for folder in ("", "更深/") for name in NAMES}
    assert set(files_below(str(tmp_path))) == below and list(files_below(str(tmp_path / "nowhere"))) == []
    assert real_path(str(tmp_path / "link")) == real_path(str(tmp_path)) + "/更深"
    place = os.open(tmp_path, os.O_RDONLY)
    try:
        assert dict(entries_of(place)) == {**dict.fromkeys([*NAMES, "link"], False), "更深": True}
    finally:
        os.close(place)


def test_archive_state_and_files_have_their_names_in_an_ascii_locale_too(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", IN_ASCII, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert made == sorted(f"結算/{name}" for name in ("archive/COMMON/é", "state/state.sqlite3", "ü"))
    assert done.stdout.strip() == ascii([f"{tmp_path}/{name}" for name in made])
