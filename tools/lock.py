# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every lock anew from the groups of pyproject.toml: the newest versions that they allow, with hashes."""

from __future__ import annotations

import pathlib
import sys
import tempfile
from collections.abc import Iterator

import environments

HEAD = """\
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Made by `make lock` from the group `{group}` of pyproject.toml; for Python {oldest} and newer.
"""


def locks() -> Iterator[tuple[str, pathlib.Path, str, list[str]]]:
    """Each lock's group, path, oldest Python and what more uv is told."""
    table = environments.settings()
    for group, row in table["environments"].items():
        yield group, environments.lock_of(group), row["oldest"], ["--no-deps"] if "holds" in row else []
    for group, row in table["locks"].items():
        yield group, environments.ROOT / row["path"], row["oldest"], []


def compile_lock(group: str, path: pathlib.Path, oldest: str, more: list[str]) -> None:
    """One lock, for every platform and Python from `oldest` on; nothing in it names a registry or this machine."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = pathlib.Path(scratch) / "lock.txt"
        scope = ["--quiet", "--universal", "--python-version", oldest, "--group", group]
        form = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--output-file", str(fresh)]
        compiler = [str(environments.uv_of_checkout()), "pip", "compile"]
        environments.fetch([*compiler, *scope, *form, *more], cwd=environments.ROOT)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD.format(group=group, oldest=oldest) + fresh.read_text())


if __name__ == "__main__":
    for row in locks():
        try:
            compile_lock(*row)
        except environments.NotFetched as reason:
            sys.exit(str(reason))
        print(f"{row[1].relative_to(environments.ROOT)}: locked")
