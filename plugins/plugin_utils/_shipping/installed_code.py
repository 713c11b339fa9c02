# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The code of our modules as a rollout lays it, compiled, beside a workstation's libraries: its name, and what is sent.

It lies in ``dcass/NAME`` of the private environment, and belongs to whom that belongs. The name is the SHA-256 of the
very source and the version of ansible-core whose part of it is there as well: another source has another name, so no
run takes code for its own that is not.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import pathlib
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import ansible.module_utils
from ansible.release import __version__ as core_version

from ansible_collections.dcass.sftp.plugins.module_utils._given import ENDED

Places = Mapping[str, Any]
COLLECTION = "ansible_collections.dcass.sftp.plugins"
ABSENT = "dcass_code_is_absent"  # the only key of the answer of a host that lacks it
ASK = "dcass_is_not_as_presumed"  # likewise of one that is to be asked first, with what its shell has said if it could
IDLE = "dcass_nothing_is_recent"  # likewise of one that has nothing to tell
BEGAN = "dcass.sftp: begins"  # from here on nothing else may run the module in its place
_FORM = 1  # of what is laid there
_PLUGINS = pathlib.Path(__file__).resolve().parents[2]
_CORE = pathlib.Path(ansible.module_utils.__file__).resolve().parent
_NOT_NEEDED = ("facts", "powershell", "csharp", "compat/version.py", "urls.py", "splitter.py")
_BEGIN = """\
import json, os, sys
sys.path = [place for place in sys.path if place]
{look}home = {home!r}
if not os.path.exists(os.path.join(home, "complete")):
    print({absent!r})
    sys.exit(0)
sys.path.insert(0, home)
{recent}print({began!r}, flush=True)
"""
# A rollout has been to its end, and nobody has switched the site; where that is not so, or can't be seen, the shell is
# asked at once, and its answer is the script's.
_LOOK = """\
def is_plain(marker, record):
    try:
        os.lstat(record)
    except FileNotFoundError:
        return os.path.exists(marker)
    except OSError:
        pass
    return False
if not is_plain({marker!r}, {record!r}):
    import subprocess
    said = subprocess.run(["/bin/sh", "-c", {question!r}], stdin=subprocess.DEVNULL, capture_output=True)
    told = {{"stdout": said.stdout.decode(errors="replace"), "stderr": said.stderr.decode(errors="replace")}}
    print(json.dumps({{{ask!r}: {{"rc": said.returncode, **told}}}}))
    sys.exit(0)
"""
_RECENT = """\
from {collection}.module_utils._io.recent import has_recent
if not has_recent({folders!a}):
    print({idle!r})
    sys.exit(0)
"""
_LAUNCHER = """\
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = {options!r}
basic._ANSIBLE_PROFILE = "legacy"
from {module} import main
main()
"""
_CHECKED = """\
from ansible_collections.dcass.sftp.plugins.module_utils import _glue
_glue.given = json.loads({given!r})
from {module} import main
try:
    main()
except SystemExit as end:  # all is said and done: what Python would tidy up goes with the process
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end.code)
"""
INSTALLER = """\
import base64, compileall, io, os, py_compile, shutil, sys, time, zipfile
parent, name = sys.argv[1:]
home, packed = (os.path.join(parent, name + suffix) for suffix in ("", ".b64"))
new = "%s.new-%d" % (home, os.getpid())
with open(packed, "rb") as file:
    zipfile.ZipFile(io.BytesIO(base64.b64decode(file.read()))).extractall(new)
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
if not compileall.compile_dir(new, ddir=home, quiet=1, invalidation_mode=mode):
    sys.exit("The code could not be compiled.")
open(os.path.join(new, "complete"), "w").close()
for folder, _folders, files in os.walk(new):
    os.chmod(folder, 0o755)
    for file in files:
        os.chmod(os.path.join(folder, file), 0o644)
os.sync()
if os.path.exists(os.path.join(home, "complete")):  # somebody else has been quicker
    shutil.rmtree(new)
else:
    shutil.rmtree(home, ignore_errors=True)
    os.rename(new, home)
os.unlink(packed)
# what another control node may still use stays, the newest of it; what was left half unpacked goes after an hour
others = [os.path.join(parent, other) for other in os.listdir(parent) if other != name]
whole = sorted((other for other in others if ".new-" not in other), key=os.path.getmtime)
left = [other for other in others if ".new-" in other and os.path.getmtime(other) < time.time() - 3600]
for other in whole[:-1] + left:
    shutil.rmtree(other) if os.path.isdir(other) else os.unlink(other)
os.sync()
"""


def name() -> str:
    """Return the name of the code that belongs to this very collection and this ansible-core."""
    digest = hashlib.sha256(f"{_FORM} {core_version}".encode())
    for path, content in _ours():
        digest.update(f"\0{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def archive() -> str:
    """Return the sources, zipped, in base64."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        contents = {**dict(_ours()), **dict(_theirs())}
        for folder in {str(parent) for path in contents for parent in pathlib.PurePath(path).parents} - {"."}:
            contents.setdefault(f"{folder}/__init__.py", b"")
        for path, content in sorted(contents.items()):
            zipped.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)  # of no time: the same each time
    return base64.b64encode(packed.getvalue()).decode()


def launcher(interpreter: str, module: str, options: bytes, places: Places | None = None) -> bytes:
    """Return what runs a module by that code; ``options`` is what Ansible would hand to it.

    Where ``places`` are to be looked at first, it answers ``ASK`` or ``IDLE`` and runs nothing, as what is there wants.
    """
    return _script(_LAUNCHER, interpreter, module, places, options=options)


def checked_launcher(interpreter: str, module: str, given: str, places: Places | None = None) -> bytes:
    """Return what runs a module by that code whose options are checked; ``given`` is what it is run with."""
    return _script(_CHECKED, interpreter, module, places, given=given)


def ended(said: str) -> dict[str, Any] | None:
    """Return what a module handed back that was run so; None where it has not come to its end."""
    lines = [line for line in said.splitlines() if line.startswith(f'{{"{ENDED}"')]
    try:
        return dict(json.loads(lines[-1])) if lines else None
    except ValueError:
        return None


def _script(template: str, interpreter: str, module: str, places: Places | None, **more: Any) -> bytes:
    place = {
        "home": f"{posixpath.dirname(posixpath.dirname(interpreter))}/dcass/{_NAME}",
        "look": "",
        "recent": "",
    }
    if places:
        words = {name: places[name].encode() for name in ("marker", "record", "question")}
        place["look"] = _LOOK.format(ask=ASK, **words)
    if places and "folders" in places:
        place["recent"] = _RECENT.format(collection=COLLECTION, folders=places["folders"], idle=_answer(IDLE))
    return (_BEGIN + template).format(**place, absent=_answer(ABSENT), began=BEGAN, module=module, **more).encode()


def _answer(key: str) -> str:
    return json.dumps({key: True})


def _ours() -> Iterator[tuple[str, bytes]]:
    for part in ("module_utils", "modules"):
        for path in sorted((_PLUGINS / part).rglob("*.py")):
            yield f"{COLLECTION.replace('.', '/')}/{path.relative_to(_PLUGINS)}", path.read_bytes()


def _theirs() -> Iterator[tuple[str, bytes]]:
    """What a module needs of ansible-core."""
    for path in sorted(_CORE.rglob("*.py")):
        inside = str(path.relative_to(_CORE))
        if not inside.startswith(_NOT_NEEDED):
            yield f"ansible/module_utils/{inside}", path.read_bytes()
    yield "ansible/release.py", (_CORE.parent / "release.py").read_bytes()


_NAME = name()  # once: Ansible loads an action before it branches off a worker for each host
