# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: builds the site in .build/site. Any warning is an error, so all is built each time."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

from docsite import reference, sources

BUILT, SITE = (reference.ROOT / ".build" / name for name in ("docsite", "site"))
PROGRAMS = pathlib.Path(sys.executable).parent


def main() -> int:
    """Write the sources, and let Sphinx build them."""
    source = BUILT / "source"
    collection = source / "collection"
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    collection.mkdir(parents=True)
    collection.chmod(0o755)  # antsibull-docs refuses one that others could write to
    try:
        sources.write(source)
    except reference.Incomplete as reason:
        print(reason, file=sys.stderr)
        return 1
    antsibull = [PROGRAMS / "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"]
    options = ["--no-add-antsibull-docs-version", "--dest-dir", collection]
    sphinx = [PROGRAMS / "sphinx-build", "-b", "html", "-W", "--keep-going", "--quiet", "-j", "2"]
    places = ["-c", reference.ROOT / "docsite", "-d", BUILT / "doctrees", source, SITE]
    place = dict(os.environ, PATH=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")  # antsibull-docs asks ansible-doc
    for command in ([*antsibull, *options, "dcass.sftp"], [*sphinx, *places]):
        code = subprocess.run([str(word) for word in command], env=place).returncode
        if code:
            return code
    print(f"The site begins at {SITE / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
