# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README and docs/ say what the code does: error codes, figures, names, links, targets, variables, proofs."""

from __future__ import annotations

import ast
import datetime
import importlib
import pathlib
import re

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.module_utils._io import state_schema
from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors, guide
from ansible_collections.dcass.sftp.plugins.module_utils._rules.metrics import HELP
from ansible_collections.dcass.sftp.plugins.module_utils._rules.version import VERSION as RELEASE
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import ARTIFACTS
from docsite import reference, sources
from docsite.markdown import FILES, LINK, at_home, links, moved, tables
from docsite.reference import error_classes
from tests import privileges as privilege
from tools import pythons, tested

ROOT = pathlib.Path(__file__).resolve().parent.parent
UTILS = ROOT / "plugins/module_utils"
OPERATIONS, RULES, GETTING_STARTED, FRONT = (
    (ROOT / "docs" / name).read_text() for name in ("operations.md", "rules.md", "getting-started.md", "README.md")
)
README, CONTRIBUTING = ((ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
FOUND_BY = ("HKEX", "HKCC", "SEOCH", "Report Retrieval Solution")  # what people look for
LONGEST_README = 1500  # a third are tables: a line for each module, role and playbook, and what it was tried with
SCHEDULE = re.compile(
    r"^[# ]*((?:[*\d][\d,/-]* +){2}(?:\S+ +){3})(?:/srv/dcass/run \d+ )?(\w+)(.*intraday)?", re.MULTILINE
)
CODE = re.compile(r"[a-z]+(_[a-z]+)+")
PART_OF_OTHERS = {"check_inventory"}  # which every playbook begins with; docs/operations.md names it
OUR_FIGURES = (
    "limits.MARGIN limits.ANSWER_TIMEOUT holidays.LAST_YEAR retention.EXPIRING_DAYS retention.SHOWN_DAYS"
    " names.NAME_BYTES renewal.RESULT_GRACE renewal.CLOCK_MARGIN renewal_due.LAST_CHANCE_DAYS"
).split()


def column(text, header):
    """The first cells of all tables whose first column has that header, without their quotes."""
    return [row[0].strip("`") for head, rows in tables(text) if head[0].strip("`") == header for row in rows]


def slug(heading):
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def spelt_codes():
    """Codes that are written out, but for those that are an option's name as well, or Ansible's own word."""
    codes = set(error_classes()) - {"run_timeout"}
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        if path.name != "errors.py":
            found = constants(ast.parse(path.read_text()))
            its = codes - {"unreachable"} if path.name in ("_failures.py", "brief.py") else codes
            yield from (f"{path.name}:{node.lineno}: {node.value}" for node in found if node.value in its)


def in_words(figure):
    """A figure of the code as docs/rules.md writes it."""
    if isinstance(figure, guide.Limit):
        return f"{figure.reached} in {in_words(figure.within)}"
    if isinstance(figure, datetime.timedelta):
        units = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
        name, size = next(unit for unit in units if figure.total_seconds() % unit[1] == 0)
        count = int(figure.total_seconds() // size)
        return f"{count} {name}" + ("s" if count > 1 else "")
    if isinstance(figure, datetime.time):
        return f"{figure:%H:%M}"
    if isinstance(figure, dict):
        return "; ".join(f"{name}: {in_words(values)}" for name, values in figure.items())
    return ", ".join(figure) if isinstance(figure, tuple) else str(figure)


def in_code(name):
    """The figure that a name of the table stands for."""
    module, _dot, constant = name.partition(".")
    return getattr(
        importlib.import_module(f"ansible_collections.dcass.sftp.plugins.module_utils._rules.{module}"), constant
    )


def figures_of_guide():
    """Each figure of the guide by its name: in words, and the section that stands behind it."""
    source = (UTILS / "_rules/guide.py").read_text()
    for node in (node for node in ast.parse(source).body if isinstance(node, ast.Assign)):
        (name,) = (target.id for target in node.targets)
        section = re.search(r"# (§\d+(?:\.\d+)*|RFC \d+)", source.splitlines()[node.lineno - 1])
        yield f"guide.{name}", in_words(getattr(guide, name)), section[1] if section else "no section"


def figures_written_out():
    """Where plugins/ writes out, in code, what guide.py has a name for."""
    numbers = {guide.PORT, guide.VALID_DAYS, guide.KEY_BITS}
    figures = [value for name, value in vars(guide).items() if name.isupper()]
    words = {word for value in figures for word in words_of(value)} - set(guide.USER_KEYS)  # a kind of key, too
    folders = re.compile(rf"\b({guide.COMMON}|{guide.KEY_MANAGEMENT})\b")
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        if path.name != "guide.py":
            for node in constants(ast.parse(path.read_text())):
                is_text = isinstance(node.value, str)
                if node.value in words | numbers or (is_text and folders.search(node.value)):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r}"


def words_of(value):
    """The texts in a figure."""
    if isinstance(value, dict):
        return [*value, *(word for words in value.values() for word in words)]
    return [value] if isinstance(value, str) else list(value) if isinstance(value, tuple) else []


def constants(tree):
    """Every constant of a file that is no documentation."""
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            is_page = node.targets[0].id in ("DOCUMENTATION", "EXAMPLES", "RETURN", "INFO")
            documented |= {id(node.value)} if is_page else set()
    return [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documented]


def bad_links(page, text):
    """Links of a page that lead nowhere; targets outside the checkout are not followed."""
    for target in LINK.findall(at_home(text)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _hash, anchor = target.partition("#")
        place = page.parent / path if path else page
        if not place.exists():
            yield f"{page.name}: {target}: there is no such file"
        elif anchor and anchor not in {slug(title) for title in re.findall(r"^#+ (.+)$", place.read_text(), re.M)}:
            yield f"{page.name}: {target}: there is no such heading"


def make_targets(text):
    """Targets of make in a page's commands."""
    return set(re.findall(r"(?:`|^\$ )make ([a-z]+(?:-[a-z]+)*)", text, re.MULTILINE))


def targets_of_makefile():
    text = (ROOT / "Makefile").read_text()
    parts = re.search(r"^PARTS := (.+)$", text, re.MULTILINE)[1]
    return set(re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)[1].replace("$(PARTS)", parts).split())


def variables_of_roles():
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    options = {name for spec in specs for entry in spec["argument_specs"].values() for name in entry["options"]}
    playbooks = "".join(path.read_text() for path in (ROOT / "playbooks").glob("*.yml"))
    options |= set(yaml.safe_load((ROOT / "awx" / "vars.yml").read_text()))
    return options | set(re.findall(r"hosts: \"\{\{ hostvars\.localhost\.(dcass_\w+)", playbooks))


def artifacts():
    """What a run leaves with set_stats."""
    return ARTIFACTS


def monitored():
    """The metrics, and the files that go with them."""
    return {*HELP, *(path.stem for path in ROOT.glob("monitoring/*/*"))}


def names_of(kind):
    places = {
        "module": "plugins/modules/*.py",
        "role": "roles/*/meta",
        "playbook": "playbooks/*.yml",
        "callback": "plugins/callback/*.py",
    }
    found = (ROOT).glob(places[kind])
    return {path.parent.name if kind == "role" else path.stem for path in found}


def proofs(text):
    """What a page names as proof: test file and, where it is given, the test."""
    return re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", text)


def test_every_error_code_has_its_row_and_no_other():
    rows = column(OPERATIONS, "error_code")
    codes = set(error_classes())
    assert len(codes) > 25, "the codes are not where this test looks"
    assert set(rows) == codes
    assert len(rows) == len(set(rows)), "a code has two rows"


def words_of_the_control_node():
    """What roles, playbooks and what works for them say in the place of a module's error code."""
    for folder in ("roles/*/tasks", "roles/*/vars", "playbooks"):
        for path in ROOT.glob(f"{folder}/*.yml"):
            for name, text in texts_of(yaml.safe_load(path.read_text())):
                begins = re.findall(r"(?:^|')([a-z]+_[a-z_]+): (?=[A-Z{'])", text)
                yield from [text] if name == "error_code" and text.isidentifier() else begins
    for name in ("_blocker", "_failures", "_python_fit", "_shipping/sudo", "_verdict"):
        text = (ROOT / "plugins" / "plugin_utils" / f"{name}.py").read_text()
        yield from re.findall(r'(?:_failure\(\s*|^[A-Z_]+ = )"([a-z]+_[a-z_]+)"', text, re.MULTILINE)


def texts_of(node, name=""):
    """Each text below a node of YAML, with its name."""
    if isinstance(node, str):
        yield name, node
    elif isinstance(node, (dict, list)):
        for key, value in node.items() if isinstance(node, dict) else ((name, one) for one in node):
            yield from texts_of(value, key)


def test_every_word_that_the_control_node_says_has_its_row_and_no_other():
    assert set(words_of_the_control_node()) - set(error_classes()) == set(column(OPERATIONS, "word"))


def test_a_code_is_spelt_out_in_its_class_alone():
    assert list(spelt_codes()) == []


def test_every_row_says_what_to_do_and_whether_a_login_was_spent():
    found = {row[0].strip("`"): row for head, rows in tables(OPERATIONS) if head[0] == "`error_code`" for row in rows}
    for code, (_code, means, to_do, login) in found.items():
        assert means.endswith("."), code
        assert to_do.endswith((".", ")")), code
        assert login in ("no", "**yes**", "if it was met in the middle of a sync"), code


def test_what_is_refused_before_it_connects_is_told_to_spend_no_login():
    logins = {row[0].strip("`"): row[3] for head, rows in tables(OPERATIONS) if head[-1] == "Login?" for row in rows}
    for code, kind in error_classes().items():
        if issubclass(kind, (errors.BadInput, errors.RetryLater)) or "No login was spent" in kind.hint:
            assert logins[code] == "no", code
    assert logins["authentication_failed"] == logins["connection_lost"] == "**yes**"


def test_every_figure_of_the_guide_has_its_row_with_its_value_its_section_and_its_proof():
    ((_head, rows),) = [table for table in tables(RULES) if table[0][2:] == ["Guide", "In the code", "Proof"]]
    told = [(row[3].strip("`"), row[1].strip("`"), row[2]) for row in rows]
    assert told == list(figures_of_guide())
    assert [row[0] for row in rows if not all(test for _path, test in proofs(row[4]) or [("", "")])] == []


def test_a_figure_of_the_guide_is_written_out_in_guide_py_alone():
    assert list(figures_written_out()) == []


def test_the_table_of_our_own_figures_agrees_with_the_code():
    ((_head, rows),) = [table for table in tables(RULES) if table[0][-1] == "In the code"]
    told = {row[2].strip("`"): row[1] for row in rows}
    assert told == {name: in_words(in_code(name)) for name in OUR_FIGURES}


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (guide.Limit("login", 4, datetime.timedelta(minutes=5)), "4 in 5 minutes"),
        (datetime.timedelta(hours=2), "2 hours"),
        (datetime.timedelta(seconds=90), "90 seconds"),
        (datetime.time(3, 30), "03:30"),
        (("b", "a"), "b, a"),
    ],
)
def test_figures_in_words(figure, words):
    assert in_words(figure) == words


def test_every_rule_names_its_place_and_its_proof():
    rules = [row for head, rows in tables(RULES) if head == ["Rule", "Where", "Proof"] for row in rows]
    assert len(rules) > 25, "the rules are not where this test looks"
    for rule, where, proof in rules:
        assert re.search(r"`[\w/]+\.\w+`", where) or "later" in where, rule
        assert proofs(proof) or "later" in proof, rule


def test_what_the_rules_name_is_there():
    for name in re.findall(r"`((?:_rules|_io|_flow)/\w+\.py)`", RULES):
        assert (UTILS / name).is_file(), name
    for name in re.findall(r"`(plugin_utils/\w+\.py)`", RULES):
        assert (ROOT / "plugins" / name).is_file(), name
    for name in re.findall(r"`((?:emulator|roles|plugins|playbooks)/[\w/.]+\.\w+)`", RULES):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_proof_is_a_test(page):
    for path, test in proofs(page.read_text()):
        assert (ROOT / path).is_file(), path
        assert not test or re.search(rf"def {test}\(", (ROOT / path).read_text()), f"{path}::{test}"


@pytest.mark.parametrize("kind", ["module", "role", "playbook"])
def test_readme_names_what_there_is_and_nothing_else(kind):
    told = {name.removeprefix("dcass.sftp.") for name in column(README, kind)}
    assert told - PART_OF_OTHERS == names_of(kind) - PART_OF_OTHERS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_of_the_collection_exist(page):
    known = (
        names_of("module")
        | names_of("role")
        | names_of("playbook")
        | names_of("callback")
        | {"facility", "state", "attributes"}
    )
    assert set(re.findall(r"\bdcass\.sftp\.([a-z_]+)", page.read_text())) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    assert list(bad_links(page, page.read_text())) == []


def test_a_link_that_leads_nowhere_is_told():
    page = ROOT / "README.md"
    assert len(list(bad_links(page, "[a](nowhere.md) [b](docs/rules.md#no-such-heading) [c](#no-such-heading)"))) == 3
    assert len(list(bad_links(page, f"[a]({FILES}nowhere.md) [b]({FILES}docs/rules.md#no-such-heading)"))) == 2
    assert list(bad_links(page, "[a](docs/rules.md#figures) [b](https://example.com/x)")) == []


def test_the_readme_has_the_form_that_hubs_want():
    assert [target for target in LINK.findall(README) if not target.startswith("https://")] == []
    assert LINK.findall(README) != LINK.findall(at_home(README)), "no link of it is looked at"
    chapters = re.findall(r"^## (.+)$", README, re.MULTILINE)
    assert {"Requirements", "Installation", "Release notes", "Support", "License"} <= set(chapters)
    assert "pip install ansible" not in README
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    assert all(galaxy[name].startswith(galaxy["repository"]) for name in ("homepage", "documentation", "issues"))
    assert (ROOT / galaxy["documentation"].removeprefix(FILES)).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_targets_of_make_exist(page):
    assert make_targets(page.read_text()) <= targets_of_makefile()


def test_contributors_are_told_every_target():
    assert {target.removeprefix("make ") for target in column(CONTRIBUTING, "target")} == targets_of_makefile()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_variables_of_the_inventory_exist(page):
    assert (
        set(re.findall(r"\bdcass_[a-z_]*[a-z]\b", page.read_text())) <= variables_of_roles() | artifacts() | monitored()
    )


def test_the_inventory_of_the_first_steps_is_one():
    inventory = yaml.safe_load(re.search(r"```yaml\n(.+?)```", GETTING_STARTED, re.DOTALL)[1])
    (participant,) = inventory["all"]["children"].values()
    addresses = [host["dcass_workstation_address"] for host in participant["hosts"].values()]
    assert len({address.rpartition(".")[0] for address in addresses}) == 1
    assert len(set(addresses)) == 2


@pytest.mark.parametrize("page", ["README.md", "docs/getting-started.md", "playbooks/inventory/example.yml"])
def test_the_schedule_is_the_same_on_each_page(page):
    lines = [(when.split(), what, bool(poll)) for when, what, poll in SCHEDULE.findall((ROOT / page).read_text())]
    assert sorted(lines) == [
        ("*/5 9-16 * * 1-5".split(), "sync_reports", True),
        ("0 6 * * 0".split(), "verify", False),
        ("30 2 * * 2-6".split(), "sync_reports", False),
        ("30 8 * * 1-5".split(), "renew_keys", False),
        ("45 8 * * 1-5".split(), "status", False),
        ("5 7 * * 1-5".split(), "sync_reports", False),
    ]


def test_the_readme_is_short():
    assert len(README.split()) <= LONGEST_README


@pytest.mark.parametrize("name", FOUND_BY)
def test_people_find_the_product_by_its_name(name):
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    for text in (README, FRONT, galaxy["description"]):
        assert len(re.findall(name.replace(" ", r"\s+"), text)) == 1
    assert " " in name or name.lower() in galaxy["tags"]


def test_the_front_page_names_every_page():
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", FRONT))
    assert named == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_ten_steps_are_the_same_in_short_and_in_full():
    short, full = (ten_steps(text) for text in (README, GETTING_STARTED))
    assert len(short) == len(full) == 10
    for one, other in zip(short, full):
        for name in re.findall(r"`dcass\.sftp\.\w+`|`ansible-playbook [^`]+`|`dcass_\w+", one):
            assert name.strip("`").rpartition(" ")[2] in other, one


def ten_steps(text):
    """The numbered steps of a page, each with what belongs to it."""
    steps = re.search(r"^1\. \*\*.+?^10\. .+?$", text, re.MULTILINE | re.DOTALL)[0]
    return re.split(r"^\d+\. ", steps, flags=re.MULTILINE)[1:]


def test_the_page_tells_which_version_of_the_state_each_release_has():
    (rows,) = (rows for head, rows in tables(OPERATIONS) if head[-1] == "version of its state")
    assert rows[-1] == [RELEASE, str(state_schema.VERSION)]


def test_folders_of_tests_exist():
    for name in column(CONTRIBUTING, "folder"):
        assert (ROOT / name).exists(), name


PLAYBOOKS = sorted(path.stem for path in (ROOT / "playbooks").glob("*.yml") if path.stem not in PART_OF_OTHERS)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbook_begins_with_the_check_and_is_told_of_and_played(name):
    plays = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text())
    assert plays[0].get("ansible.builtin.import_playbook") == "check_inventory.yml"
    assert f"dcass.sftp.{name}" in OPERATIONS, "docs/operations.md does not tell when to run it"
    played = "".join(path.read_text() for path in (ROOT / "tests" / "e2e").glob("*.py"))
    assert re.search(rf"\b(dcass\.sftp\.)?{name}\b", played), "no test of tests/e2e plays it"


def test_each_test_file_beside_the_rooms_is_a_step_of_make_test():
    steps = (ROOT / "tools" / "steps.py").read_text()
    assert [path.name for path in (ROOT / "tests").glob("test_*.py") if f"tests/{path.name}" not in steps] == []


def defined_in(path):
    """What a file of ours defines at its top, and in its classes."""
    nodes = [node for top in ast.parse(path.read_text()).body for node in (top, *getattr(top, "body", ()))]
    targets = [
        target.id
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in ast.walk(node)
        if isinstance(target, ast.Name)
    ]
    return {getattr(node, "name", "") for node in nodes} | set(targets)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_in_a_file_of_ours_is_there(page):
    named = re.findall(r"`(_(?:rules|flow|io)/\w+)\.(?!py`)(\w+)", page.read_text())
    assert [f"{file}.{name}" for file, name in named if name not in defined_in(UTILS / f"{file}.py")] == []


def headings(text, level):
    """The headings of a page, without quotes."""
    return [title.strip("`") for title in re.findall(rf"^#{{{level}}} (.+)$", text, re.MULTILINE)]


def test_the_site_has_every_error_code_and_every_word_of_the_control_node_once():
    told = headings(reference.errors_page(OPERATIONS), 3)
    assert sorted(told) == sorted([*error_classes(), *column(OPERATIONS, "word")])


def test_the_site_tells_of_each_error_its_hint_its_next_step_and_its_login():
    parts = re.split(r"^### ", reference.errors_page(OPERATIONS), flags=re.MULTILINE)[1:]
    told = {part.split("\n", 1)[0].strip("`"): part for part in parts}
    for code, kind in error_classes().items():
        assert "**What to do:** " in told[code], code
        assert "**Spends a login:** " in told[code], code
        assert kind.hint in told[code], code


def test_a_code_without_a_row_is_refused():
    with pytest.raises(reference.Incomplete, match=r"has no row for busy$"):
        reference.errors_page(re.sub(r"^\| `busy`.+\n", "", OPERATIONS, flags=re.MULTILINE))


def test_the_site_has_every_playbook():
    assert set(headings(reference.playbooks_page(), 2)) == names_of("playbook")


def test_the_site_has_every_page_and_all_that_they_link_to():
    found = sources.files()
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= set(found)
    trees = re.findall(r"```{toctree}\n(?::.+\n)+\n((?:.+\n)+)```", found["index.md"].decode())
    listed = [name for tree in trees for name in tree.splitlines()]
    assert {path.rpartition(".")[0] for path in sources.pages()} <= set(listed)
    assert len(listed) == len(set(listed))
    assert "playbooks/inventory/example.yml" in found


@pytest.mark.parametrize(
    ("text", "page", "to", "there"),
    [
        ("[a](#b)", "docs/a.md", "reference/c.md", "[a](../docs/a.md#b)"),
        ("[a](b.md#c)", "docs/a.md", "reference/c.md", "[a](../docs/b.md#c)"),
        ("[a](../b.md)", "docs/a.md", "reference/c.md", "[a](../b.md)"),
        ("[a](docs/b.md)", "a.md", "c.md", "[a](docs/b.md)"),
        ("[a](https://example.com/#b)", "docs/a.md", "c.md", "[a](https://example.com/#b)"),
    ],
)
def test_a_passage_on_another_page_leads_where_it_led(text, page, to, there):
    assert moved(text, page, to) == there


def test_the_links_of_a_page_are_the_files_that_it_names():
    assert links("[a](b.md#c) [d](b.md) [e](#f) [g](https://example.com/h) ![i](j.svg)") == ["b.md", "j.svg"]


def privileges():
    """What the table of sudo says of each playbook: (user, place) for each that it becomes."""
    user = privilege.SERVICE_USER
    words = {user: [user], "root": ["root"], "nobody": [], f"{user}; nobody before the first rollout": [user]}
    elsewhere = {"root on a `dcass_package_host`": privilege.KEEPER, "root on the control node": privilege.CONTROL_NODE}
    for head, rows in tables(OPERATIONS):
        if head == ["playbook", "on the workstations", "elsewhere"]:
            for playbooks, there, besides in rows:
                needs = {(user, privilege.WORKSTATIONS) for word in there.split(", ") for user in words[word]}
                needs |= {("root", place) for text, place in elsewhere.items() if besides.startswith(text)}
                yield from ((name, needs) for name in re.findall(r"`(\w+)`", playbooks))


def test_the_table_of_sudo_says_what_each_playbook_becomes_and_leaves_none_out():
    told = list(privileges())
    assert dict(told) == {path.stem: privilege.needs(path) for path in ROOT.glob("playbooks/*.yml")}
    assert len(told) == len(dict(told)), "a playbook has two rows"


def test_what_it_was_tried_with_is_what_the_tool_writes():
    table = tested.read(tested.part(README))
    assert str(table) == tested.part(README)
    datetime.date.fromisoformat(table.day)
    assert table.version == yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]


def test_each_ansible_core_and_each_python_was_tried_or_is_said_not_to_be():
    table = tested.read(tested.part(README))
    controls = [control for control, _workstations in table.rows]
    cores = [re.fullmatch(r"ansible-core (\d+\.\d+)\.\S+, Python \d\.\d+", control) for control in controls]
    assert [found[1] for found in cores if found] == list(tested.CORES)
    seen = {f"Python {version}" for _control, theirs in table.rows for version in theirs}
    assert seen.isdisjoint(table.untried)
    assert seen | set(table.untried) >= {f"Python {version}" for version in pythons.WANTED}
    debians = {control.split(",")[0] for control in controls if control.startswith("Debian")}
    assert debians | set(table.untried) >= set(tested.DEBIANS.values())


def test_only_what_ran_is_in_the_table():
    ran = [("ansible-core 2.17.1, Python 3.12", "3.9"), ("ansible-core 2.17.1, Python 3.12", "3.10")]
    ran += [("Debian 12, Python 3.11", "3.11")]
    table = tested.table_of("2026-01-02", "1.2.3", ran, ["3.9", "3.14"])
    assert table.rows == ((ran[0][0], ("3.9", "3.10")), (ran[2][0], ("3.11",)))
    assert table.untried == ("Python 3.14", "Debian 13", *tested.NEVER)
    assert tested.read(str(table)) == table
