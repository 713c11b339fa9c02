# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of `make test` as sessions of nox: `nox -l` lists them, `nox -s yamllint` runs one, `nox -t lint` a part.

`make test` is the quick way to run them all, three side by side. Sessions use the checkout's own .venv, and build it
where it is missing. What `make test` spares is listed, too, and runs where it is named. Where antsibull-nox is
installed (`python tools/environments.py nox` brings both), antsibull-nox.toml adds its sessions.
"""

# /// script
# dependencies = ["nox>=2025.2.9", "antsibull-nox>=1.10"]
# ///

from __future__ import annotations

import pathlib
import sys

import nox

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools"))

import environments  # noqa: E402

environments.link_checkout()
sys.path.insert(0, str(ROOT / ".build" / "python"))  # not before it is there

import steps  # noqa: E402

try:
    import antsibull_nox
except ImportError:
    antsibull_nox = None

nox.needs_version = ">=2025.2.9"


def add_session(step: steps.Step) -> None:
    """A session that runs one step as `make test` would, or whole where that spares it."""
    in_test = step.part in steps.ALL["test"] and not step.spared

    def run(session: nox.Session) -> None:
        session.run("python3", "tools/environments.py", external=True)
        words = ["quick"] if in_test else []
        session.run(".venv/bin/python", "tools/check.py", *words, f"{step.part}/{step.name}", external=True)

    run.__doc__ = f"{step.part}: {step.what}"
    nox.session(name=step.name, venv_backend="none", tags=[step.part], default=in_test)(run)


@nox.session(venv_backend="none", default=False)
def release(session: nox.Session) -> None:
    """All that a release is judged by, with a table of it: lint, sanity and supply, nothing spared"""
    session.run("make", "release", external=True)


for step in steps.STEPS:
    add_session(step)
if antsibull_nox:
    antsibull_nox.load_antsibull_nox_toml()
