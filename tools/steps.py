# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one list of steps: `make test` and its parts run it (tools/check.py), and each is a session of noxfile.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import clocks
import environments

ROOT = environments.ROOT
PATIENCE = 5400  # seconds until a step counts as hung: machines differ fivefold, and a bench may take longer still
PARTS = ("lint", "sanity", "unit", "supply", "integration", "molecule", "fuzz", "soak")
ALL = {"test": PARTS, "test-all": (*PARTS, "clocks"), "release": ("lint", "sanity", "supply")}

COLLECTION = "ansible_collections.dcass.sftp"
PYTEST = ("python", "-m", "pytest", "-p", "no:cacheprovider")
# each an oldest, a middle and a newest paramiko on a Python of its own
CLIENTS = ("paramiko-3.5", "paramiko-4.0", "paramiko-5.1")
OTHERS = (*CLIENTS, "core-2.17")  # what end-to-end tests run in, beside the checkout's own

SERVED_BY = ("paramiko-4.0",)  # environments in which tests/servers has servers

# the longest of two folders, apart from the rest so that both processors are busy to the end
LONGEST = ("renewal", "renewal_timeline", "renewal_secrets", "compromised", "switch_site")
RENEWALS = tuple(f"tests/e2e/test_{name}.py" for name in LONGEST)
INVENTORIES = tuple(f"tests/e2e/test_{name}.py" for name in ("accounts", "who", "for_awx", "inventory"))
WATCHING = ("acknowledge", "page", "passphrases", "proof", "schedule", "watchers")
WATCHED = tuple(f"tests/e2e/test_{name}.py" for name in WATCHING)
RARER = tuple(f"tests/e2e/test_{name}.py" for name in ("adopt", "drill", "holidays"))
FLEET = "tests/e2e/test_fleet.py"
CRASHES = ("tests/modules/test_renewal_crashes.py", "tests/modules/test_renewal_years.py")
# where paramiko has a part; the whole of tests/unit is run beside its oldest and, in the checkout, its newest
SSH = "transport session rekey greeting fast_path pipeline listing key_material account_key_flow ssh_blob".split()
ON_PARAMIKO = tuple(f"tests/unit/test_{name}.py" for name in SSH)
FUZZ = ("python", "-m", "tests.fuzz.run")
MOLECULE = ("python", "tools/lab.py", "run", "molecule", "test")
SCENARIOS = {path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml")}
HOSTS = ("rollout",)  # what the local hosts of tests/e2e show least
OF_HISTORY = ("upgrade",)  # what builds an earlier commit, and so is skipped in a shallow clone
# sanity tests that judge how we write, the same on any core; each takes an environment of its own to be installed
STYLE = ("changelog", "pep8", "pylint", "yamllint")
SANITY = ("python", "tools/collection.py", "sanity", "dev")
BUILD = ("python", "tools/collection.py", "build")
# what `make test` leaves out of them: steps of its own ask the same
SHORTER = {SANITY: (*SANITY, "changelog", "yamllint"), BUILD: (*BUILD, "unlinted")}


def without(paths: Iterable[str]) -> tuple[str, ...]:
    """Tell pytest to leave these out."""
    return tuple(f"--ignore={path}" for path in paths)


# what is run on other days: all but what lives through years of its own; playbooks on two that are never far ahead,
# since files keep the machine's time, and sync_reports looks whether the standby's is of the last month
ON_ANY_DAY = ("tests/unit", "tests/emulator", "tests/modules", *without(CRASHES))
PLAYED = ("tests/e2e", *without([FLEET]))
PLAYED_ON = ("saturday", "night")


def scenarios(names: Iterable[str]) -> list[str]:
    """Molecule's words for these."""
    return [word for name in names for word in ("--scenario-name", name)]


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of a part: `needs` is the path without which there is nothing to run, `uses` what its tests call."""

    part: str
    name: str
    what: str  # it does, in a line
    command: tuple[str, ...]
    environment: str = "dev"
    needs: str = ""
    uses: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()  # NAME=value of its environment
    cwd: str = "."
    shown: bool = False
    live: bool = False  # what it says is not kept for its end, since somebody waits
    spared: bool = False  # by `make test`, which has a quarter of an hour
    alone: bool = False  # last, with nothing beside it
    day: str = ""  # of tools/clocks.py, other than today
    patience: int = PATIENCE


STEPS = (  # what is quick first, then what is long, so that the end is not one long step alone
    Step("lint", "ruff-check", "look for mistakes in Python", ("ruff", "check", "--no-cache", ".")),
    Step(
        "lint",
        "ruff-format",
        "look whether Python is laid out as ruff does it",
        ("ruff", "format", "--no-cache", "--diff", "."),
    ),
    Step(
        "unit",
        "architecture",
        "look who imports whom, and what may not be committed",
        (*PYTEST, "tests/test_architecture.py"),
    ),
    Step(
        "unit",
        "pages",
        "look whether README and docs/ say what the code does",
        (*PYTEST, "tests/test_docs.py"),
        needs="tests/test_docs.py",
    ),
    Step("unit", "words", "look whether each thing has one word", (*PYTEST, "tests/test_words.py")),
    Step("unit", "tools", "stop tools halfway, and let the package index fail", (*PYTEST, "tests/test_tools.py")),
    Step("lint", "yamllint", "look for mistakes in YAML", ("yamllint", "--strict", ".")),
    Step("lint", "shellcheck", "look for mistakes in shell scripts", ("python", "tools/shell_scripts.py")),
    Step("lint", "changelog", "look for mistakes in changelogs/fragments", ("antsibull-changelog", "lint")),
    Step("lint", "reuse", "look whether each file tells its licence", ("reuse", "lint"), "nox"),
    Step("lint", "nox-list", "look whether noxfile.py has its sessions", ("nox", "--list"), "nox"),
    Step(
        "lint",
        "pre-commit",
        "look for mistakes in .pre-commit-config.yaml",
        ("pre-commit", "validate-config"),
        "nox",
    ),
    Step("lint", "mypy-plugins", "check the types of plugins/", ("mypy", "-p", f"{COLLECTION}.plugins")),
    Step(
        "lint",
        "mypy-tools",
        "check the types of tools/ and docsite/",
        ("mypy", "--python-version", "3.11", "tools", "docsite"),
    ),
    Step(
        "lint",
        "mypy-emulator",
        "check the types of the rehearsal facility",
        ("mypy", "--python-version", "3.11", "-p", "emulator"),
        needs="emulator",
    ),
    Step(
        "lint",
        "ansible-lint",
        "look for mistakes in roles and playbooks",
        ("ansible-lint", "--nocolor"),
        uses=("awx",),
    ),
    Step(
        "integration",
        "renewals",
        "run the playbooks that renew and withdraw keys",
        (*PYTEST, *RENEWALS),
        needs="tests/e2e",
    ),
    Step(
        "integration",
        "inventories",
        "run the playbooks with inventories of every kind",
        (*PYTEST, *INVENTORIES),
        needs="tests/e2e",
        uses=OTHERS,
    ),
    Step(
        "integration",
        "e2e",
        "run all other playbooks against the rehearsal facility and OpenSSH",
        (*PYTEST, "tests/e2e", *without((*RENEWALS, *INVENTORIES, *WATCHED, *RARER, FLEET))),
        needs="tests/e2e",
        uses=OTHERS,
    ),
    Step(
        "integration",
        "watching",
        "run the playbooks that tell, prove and schedule",
        (*PYTEST, *WATCHED),
        needs="tests/e2e",
    ),
    Step(
        "integration",
        "rarer",
        "run the playbooks on holidays and drills, and with what people fetched; tests/modules stands for them",
        (*PYTEST, *RARER),
        needs="tests/e2e",
        spared=True,
    ),
    Step(
        "integration",
        "awx",
        "set up AWX, or what stands in for it, and take all away",
        (*PYTEST, "tests/awx"),
        needs="tests/awx",
        uses=("awx",),
    ),
    Step(
        "integration",
        "fleet",
        "run the playbooks on twenty participants",
        (*PYTEST, FLEET),
        needs=FLEET,
        spared=True,
    ),
    Step(
        "sanity",
        "sanity-core-2.19",
        "run ansible-test sanity of ansible-core 2.19",
        SANITY,
    ),
    Step(
        "unit",
        "modules",
        "run each module against the rehearsal facility",
        (*PYTEST, "tests/modules", *without(CRASHES)),
        needs="tests/modules",
    ),
    Step(
        "unit",
        "modules-checked",
        "run them once more with options that are checked elsewhere, as a rollout lets them run",
        (*PYTEST, "tests/modules", *without(CRASHES)),
        needs="tests/modules",
        sets=("DCASS_CHECKED=1",),
        spared=True,
    ),
    Step(
        "integration",
        "servers",
        "run the modules against SFTP servers of other makes",
        (*PYTEST, "tests/servers", "-m", "not more"),
        uses=SERVED_BY,
        needs="tests/servers",
    ),
    Step(
        "integration",
        "servers-more",
        "run the modules against all other servers",
        (*PYTEST, "tests/servers", "-m", "more"),
        uses=(*SERVED_BY, "conch", "rclone"),
        needs="tests/servers",
        spared=True,
    ),
    Step("unit", "crashes", "kill renewals wherever they can be killed", (*PYTEST, *CRASHES), needs="tests/modules"),
    Step(
        "sanity",
        "sanity-core-2.17",
        "run ansible-test sanity of ansible-core 2.17",
        ("python", "tools/collection.py", "sanity", "core-2.17", *STYLE),
        spared=True,
    ),
    Step(
        "sanity",
        "sanity-core-2.21",
        "run ansible-test sanity of ansible-core 2.21",
        ("python", "tools/collection.py", "sanity", "core-2.21", *STYLE),
        spared=True,
    ),
    Step("molecule", "molecule", "roll out to hosts of their own (root)", (*MOLECULE, *scenarios(HOSTS))),
    Step(
        "molecule",
        "molecule-more",
        "run molecule's other scenarios (root)",
        (*MOLECULE, *scenarios(sorted(SCENARIOS.difference(HOSTS, OF_HISTORY)))),
        spared=True,
    ),
    Step(
        "molecule",
        "molecule-upgrade",
        "go to a new version in the midst of a renewal, back, and forward again (root, history)",
        (*MOLECULE, *scenarios(OF_HISTORY)),
        spared=True,
    ),
    Step(
        "supply",
        "bundle",
        "judge what a release brings, and install it without a network",
        (*PYTEST, "tests/supply"),
        needs="tests/supply",
        uses=("release",),
    ),
    Step(
        "supply",
        "matrix",
        "tell the whole story on each ansible-core, on each Python and on fresh Debians, without a deprecation warning",
        ("python", "tools/tested.py"),
        needs="tests/supply",
        uses=("release",),
        shown=True,
        spared=True,
    ),
    Step(
        "soak",
        "soak",
        "live days of two participants, with kills and faults",
        (*PYTEST, "tests/soak"),
        needs="tests/soak",
        shown=True,
    ),
    Step(
        "unit",
        "unit",
        "test rules, and the parts of _io that need no facility",
        (*PYTEST, "tests/unit"),
        uses=("calendars",),
        needs="tests/unit",
    ),
    Step(
        "unit",
        "page",
        "look at the page of roles/status in a browser",
        (*PYTEST, "tests/page"),
        "browser",
        needs="tests/page",
        spared=True,
    ),
    Step("fuzz", "fuzz-briefly", "try a few inputs of each kind", (*PYTEST, "tests/fuzz"), needs="tests/fuzz"),
    Step(
        "fuzz", "fuzz", "try inputs by lot, for long", FUZZ, needs="tests/fuzz", shown=True, spared=True, patience=7200
    ),
    Step(
        "fuzz",
        "fuzz-guided",
        "try inputs that coverage finds, for long",
        (*FUZZ, "guided"),
        "fuzz",
        needs="tests/fuzz",
        shown=True,
        spared=True,
        patience=7200,
    ),
    Step(
        "unit",
        "emulator",
        "test the rehearsal facility from the outside",
        (*PYTEST, "tests/emulator"),
        needs="tests/emulator",
    ),
    Step(
        "unit",
        "unit-paramiko-3.5",
        "test the rules on Python 3.9 and paramiko 3.5",
        (*PYTEST, "tests/unit"),
        "paramiko-3.5",
        needs="tests/unit",
    ),
    Step(
        "unit",
        "unit-paramiko-4.0",
        "test what uses paramiko with 4.0",
        (*PYTEST, *ON_PARAMIKO),
        "paramiko-4.0",
        needs="tests/unit",
    ),
    Step(
        "unit",
        "unit-paramiko-5.1",
        "test what uses paramiko with 5.1 on the newest Python",
        (*PYTEST, *ON_PARAMIKO),
        "paramiko-5.1",
        needs="tests/unit",
    ),
    Step(
        "sanity",
        "galaxy",
        "build the tarball and let galaxy-importer judge it",
        BUILD,
        uses=("awx",),
        alone=True,  # it gives ansible-lint three minutes, whatever the machine
    ),
    Step("lint", "docs", "look for mistakes in what plugins and roles say", ("python", "tools/collection.py", "docs")),
    Step("lint", "site", "build the documentation as a site", ("python", "-m", "docsite"), "site"),
    *(
        Step(
            "clocks",
            day,
            f"run most tests as if it were {moment}",
            (*PYTEST, *ON_ANY_DAY),
            needs="tests/modules",
            day=day,
        )
        for day, moment in clocks.DAYS.items()
    ),
    Step(
        "clocks",
        "holiday-servers",
        f"run the modules against other servers as if it were {clocks.DAYS['holiday']}",
        (*PYTEST, "tests/servers", "-m", "not more"),
        uses=SERVED_BY,
        needs="tests/servers",
        day="holiday",
    ),
    *(
        Step(
            "clocks",
            f"{day}-e2e",
            f"run the playbooks as if it were {clocks.DAYS[day]}",
            (*PYTEST, *PLAYED),
            needs="tests/e2e",
            day=day,
        )
        for day in PLAYED_ON
    ),
    Step(
        "mutants",
        "mutants",
        "make small faults in the rules and count those that the unit tests notice",
        ("python", "tools/mutants.py"),
        "mutants",
        shown=True,
        patience=7200,
    ),
    Step(
        "bench",
        "bench",
        "measure speed, beside other clients",
        (*PYTEST, "-s", "tests/bench"),
        needs="tests/bench",
        live=True,
    ),
)


def quickened(step: Step) -> Step:
    """The step without its long tests."""
    command, marks = step.command, "not long"
    if "pytest" not in command:
        return dataclasses.replace(step, command=SHORTER.get(command, command), alone=False)
    if command[-2] == "-m":
        command, marks = command[:-2], f"({command[-1]}) and not long"
    return dataclasses.replace(step, command=(*command, "-m", marks), shown=False)
