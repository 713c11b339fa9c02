# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each mistake of an inventory has its sentence, which names host and variable; a sound inventory has none."""

from __future__ import annotations

import base64
import pathlib
import re

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import (
    check_run_wide,
    ignored_groups,
    is_of_a_play,
    validate,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_folders import (
    CONFIG,
    KEYS,
    REPORTS,
    STATE,
    VENV,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import CHECKS, KNOWN, is_deep
from ansible_collections.dcass.sftp.plugins.plugin_utils._machines import sharers
from tests.unit.support import mpint, string

try:
    from ansible_collections.dcass.sftp.plugins.filter.inventory_verdict import inventory_verdict
    from ansible_collections.dcass.sftp.plugins.filter.sharers import sharers as machine_sharers
except ImportError:
    inventory_verdict = None
NEEDS_CORE = pytest.mark.skipif(
    inventory_verdict is None, reason="filters run on the control node: ansible-core is in the checkout's .venv alone"
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = base64.b64encode(string(b"ssh-rsa") + mpint(65537) + mpint(1 << 2047 | 1)).decode()
TELLS = (
    " Leave it out for now: dcass.sftp.preflight then tells the line that a server's key makes, "
    "to be compared with the exchange's own word."
)
PLACEHOLDER = "and so no key, but a placeholder, or damaged." + TELLS
CODE = {"dcass_customer_code": "CXYZ"}
ONE, TWO, THREE = ({"dcass_workstation_address": f"192.0.2.{last}"} for last in (31, 32, 33))
CABC = {"dcass_customer_code": "CABC"}


def complaints(group=CODE, *hosts, others=None, targets=()):
    """What is said of a participant with hosts a, b, c, and of another one, cp_other with hosts x and y."""
    named = {name: {**group, **its} for name, its in zip("abc", hosts)}
    groups = {"cp_cxyz": list(named)}
    if others:
        groups["cp_other"] = ["x", "y"]
        named.update(zip("xy", others))
    return validate(groups, named, targets)


BOTH_HAVE = "a and b both have the dcass_account"
WRITE = "write dcass_account: {0} on the one that holds the key of {0} or is to make it."


@pytest.mark.parametrize(
    ("group", "hosts", "sentence"),
    [
        pytest.param(
            CODE,
            (ONE, TWO, THREE),
            "a is one of 3 hosts in cp_cxyz (a, b, c): a participant has two workstations, or one.",
            id="three workstations",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": "CABC001"},),
            "a has the dcass_account 'CABC001': the accounts of CXYZ are CXYZ001 and CXYZ002.",
            id="the account of another, on one workstation alone",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": None}, TWO),
            "a has a dcass_account without a value: the accounts of CXYZ are CXYZ001 and CXYZ002.",
            id="an account that was left empty",
        ),
        pytest.param(
            {"dcass_customer_code": None},
            (ONE, TWO),
            "a has the dcass_customer_code '': it must be C and three capitals or digits.",
            id="a code that was left empty",
        ),
        pytest.param(
            CODE,
            ({"dcass_workstation_address": None},),
            "a has the dcass_workstation_address '': it must be the IPv4 address that the exchange registers for it.",
            id="an address that was left empty",
        ),
        pytest.param(
            CODE,
            ({},),
            "a has the dcass_workstation_address '': it must be the IPv4 address that the exchange registers for it.",
            id="no address, on one workstation alone",
        ),
        pytest.param(
            CABC,
            (ONE, TWO),
            "a has the dcass_customer_code CABC, and its group cp_cxyz is named after CXYZ: correct the code, or name "
            "the group cp_cabc.",
            id="a code that contradicts its group's name",
        ),
        pytest.param(
            {"dcass_customer_code": "cxyz"},
            (ONE, TWO),
            "a has the dcass_customer_code 'cxyz': write 'CXYZ'.",
            id="a code in small letters",
        ),
        pytest.param(
            {},
            (ONE, TWO),
            "a has the dcass_customer_code '': it must be C and three capitals or digits.",
            id="no code",
        ),
        pytest.param(
            {"dcass_customer_code": 1234},
            (ONE, TWO),
            "a has the dcass_customer_code '1234': it must be C and three capitals or digits.",
            id="a number for a code",
        ),
        pytest.param(
            CODE,
            (ONE, {**TWO, **CABC}),
            "a has the dcass_customer_code 'CXYZ' and b 'CABC': set it once, on the group cp_cxyz.",
            id="two codes",
        ),
        pytest.param(
            CODE,
            ({}, TWO),
            "a has the dcass_workstation_address '': it must be the IPv4 address that the exchange registers for it.",
            id="no address",
        ),
        pytest.param(
            CODE,
            ({"dcass_workstation_address": "ws1.example.org"}, TWO),
            "a has the dcass_workstation_address 'ws1.example.org': "
            "it must be the IPv4 address that the exchange registers for it.",
            id="a name for an address",
        ),
        pytest.param(
            CODE,
            (ONE, {"dcass_workstation_address": "192.0.2.255"}),
            "b has the dcass_workstation_address '192.0.2.255': "
            "it must be the IPv4 address that the exchange registers for it.",
            id="a broadcast address",
        ),
        pytest.param(
            CODE,
            (ONE, ONE),
            "a and b both have the dcass_workstation_address 192.0.2.31: each workstation needs its own.",
            id="equal addresses",
        ),
        pytest.param(
            CODE,
            (ONE, {"dcass_workstation_address": "192.0.3.32"}),
            "a has the dcass_workstation_address 192.0.2.31 and b 192.0.3.32: "
            "both must be in one subnet, with the first three octets in common.",
            id="two subnets",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": "CABC001"}, TWO),
            "a has the dcass_account 'CABC001': the accounts of CXYZ are CXYZ001 and CXYZ002.",
            id="the account of another",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": "cxyz001"}, TWO),
            "a has the dcass_account 'cxyz001': the accounts of CXYZ are CXYZ001 and CXYZ002.",
            id="an account in small letters",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": "CXYZ001"}, {**TWO, "dcass_account": "CXYZ001"}),
            f"{BOTH_HAVE} CXYZ001: {WRITE.format('CXYZ002')}",
            id="one account twice",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_account": "CXYZ002"}, TWO),
            f"{BOTH_HAVE} CXYZ002: {WRITE.format('CXYZ001')}",
            id="a pairing that contradicts the order",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_workstation_adress": "192.0.2.31"}, TWO),
            "a has a variable dcass_workstation_adress, which nothing reads: write dcass_workstation_address.",
            id="a variable that is misspelt",
        ),
        pytest.param(
            CODE,
            ({**ONE, "dcass_report_nclude": ["*"]}, TWO),
            "a has a variable dcass_report_nclude, which nothing reads: write dcass_report_include.",
            id="a variable like two of ours, and more like one of them",
        ),
        pytest.param(
            {**CODE, "dcass_closed_days": ["2026-12-24"], "dcass_open_days": ["2026-12-24"]},
            (ONE, TWO),
            "a (and 1 more) has 2026-12-24 under both dcass_closed_days and dcass_open_days.",
            id="a day that is open and closed",
        ),
        pytest.param(
            {
                **CODE,
                "dcass_closed_days": ["2026-12-24", "2026-12-23"],
                "dcass_open_days": ["2026-12-23", "2026-12-24"],
            },
            (ONE, TWO),
            "a (and 1 more) has 2026-12-23 under both dcass_closed_days and dcass_open_days.",
            id="two such days",
        ),
    ],
)
def test_a_mistake_has_its_one_sentence(group, hosts, sentence):
    assert complaints(group, *hosts) == [sentence]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("dcass_site", "Secondary", "it must be primary or secondary."),
        ("dcass_port", 65536, "it must be a number from 1 to 65535."),
        ("dcass_port", 0, "it must be a number from 1 to 65535."),
        ("dcass_run_timeout", 86401, "it must be a number from 0.001 to 86400 seconds."),
        ("dcass_run_timeout", 0, "it must be a number from 0.001 to 86400 seconds."),
        ("dcass_connect_timeout", 3600.5, "it must be a number from 0.001 to 3600 seconds."),
        ("dcass_operation_timeout", 3601, "it must be a number from 0.001 to 3600 seconds."),
        ("dcass_operation_timeout", 0, "it must be a number from 0.001 to 3600 seconds."),
        ("dcass_result_timeout", -1, "it must be a number from 0 to 3600 seconds."),
        ("dcass_result_timeout", 3601, "it must be a number from 0 to 3600 seconds."),
        ("dcass_renew_before", -1, "it must be a number from 0 to 730 days."),
        *(
            (
                "dcass_schedule_name",
                name,
                "it must be letters, figures, dots, dashes and underscores, such as dcass-sftp.",
            )
            for name in ("", "dcass test", "../dcass", "50%", "dcass@test", "-dcass")
        ),
        ("dcass_renewal_max_fail_percentage", 101, "it must be a number from 0 to 100."),
        ("dcass_renewal_max_fail_percentage", -1, "it must be a number from 0 to 100."),
        ("dcass_report_window", 1025, "it must be a number from 1 to 1024."),
        ("dcass_report_window", 0, "it must be a number from 1 to 1024."),
        ("dcass_report_progress", 3601, "it must be a number from 0 to 3600 seconds."),
        ("dcass_report_progress", -1, "it must be a number from 0 to 3600 seconds."),
        ("dcass_handover_timeout", 0, "it must be a number from 1 to 3600 seconds."),
        ("dcass_handover_timeout", 3601, "it must be a number from 1 to 3600 seconds."),
        ("dcass_handover_links", "sometimes", "it must be true or false."),
        ("dcass_handover_dir", "handover", "it must be an absolute path."),
        ("dcass_handover_dir", "/mnt", "that is the system's own: name a folder below it."),
        (
            "dcass_handover_command",
            "/bin/load x",
            "it must be a list of words: the program and its arguments, each as it is.",
        ),
        ("dcass_handover_command", ["load"], "its first word must be the absolute path of a program."),
        ("dcass_report_scope", "daily", "it must be all or intraday."),
        ("dcass_key_regenerate", "yes", "it must be never or invalid or always."),
        ("dcass_port", 70000, "it must be a number from 1 to 65535."),
        ("dcass_port", "10022a", "it must be a number from 1 to 65535."),
        ("dcass_login_budget", 5, "it must be a number from 1 to 4, since the fifth login locks the account."),
        ("dcass_login_budget", 0, "it must be a number from 1 to 4, since the fifth login locks the account."),
        ("dcass_login_budget", True, "it must be a number from 1 to 4, since the fifth login locks the account."),
        ("dcass_outside_hours", False, "it must be skip or fail or ignore."),
        ("dcass_closed_days", "1.9.2026", "'1.9.2026' is not a date of the form 2026-12-31."),
        ("dcass_closed_days", ["2026-09-01", "2026-02-30"], "'2026-02-30' is not a date of the form 2026-12-31."),
        ("dcass_open_days", [20260901], "'20260901' is not a date of the form 2026-12-31."),
        ("dcass_registered_on", "01/12/2026", "'01/12/2026' is not a date of the form 2026-12-31."),
        ("dcass_addresses", "10.0.0.1", "it must be a list of HOST or HOST:PORT, or a list for each site."),
        ("dcass_addresses", ["10.0.0.1:99999"], "'10.0.0.1:99999': 99999 is not a TCP port."),
        ("dcass_addresses", ["10.0.0.1 10.0.0.2"], "'10.0.0.1 10.0.0.2' is not an address: write HOST or HOST:PORT."),
        ("dcass_addresses", {"primary": ["a"]}, "by site, it must have primary and secondary, and nothing else."),
        (
            "dcass_addresses",
            {"primary": ["a"], "secondary": ["b:x"]},
            "'b:x' is not an address: write HOST or HOST:PORT.",
        ),
        (
            "dcass_known_hosts",
            ["ssh-rsa AAAA"],
            "each line must name host, kind of key and key, as '[HOST]:10022 ssh-rsa AAAA…'.",
        ),
        ("dcass_known_hosts", [f"a ssh-rsa {KEY}", "b ssh-rsa AAAA…"], f"line 2: 'AAAA…' is no base64 {PLACEHOLDER}"),
        ("dcass_known_hosts", ["# x", "@revoked b ssh-rsa <key>"], f"line 2: '<key>' is no base64 {PLACEHOLDER}"),
        (
            "dcass_known_hosts",
            [["a ssh-rsa AAAA"]],
            f"line 1: 'AAAA' is no key, but a placeholder, or cut short.{TELLS}",
        ),
        ("dcass_known_hosts", [f"a ssh-rsa {KEY[:12]}..."], f"line 1: '{KEY[:12]}...' is no base64 {PLACEHOLDER}"),
        (
            "dcass_known_hosts",
            [f"a ssh-ed25519 {KEY}"],
            f"line 1: it says ssh-ed25519, but its key is of another kind.{TELLS}",
        ),
        ("dcass_known_hosts", [f"@trusted a ssh-rsa {KEY}"], f"line 1: @trusted is no marker that ssh knows.{TELLS}"),
        ("dcass_key_comment", "x" * 61, "it must be one line of at most 60 characters, all of them ASCII."),
        ("dcass_key_comment", "報表", "it must be one line of at most 60 characters, all of them ASCII."),
        ("dcass_report_expected", {"a": 1}, "it must be a list of globs, such as '*RX*'."),
        (
            "dcass_report_expected",
            ["*RX* @ sunday"],
            (
                "'*RX* @ sunday': 'sunday' is none of business-day, monday, tuesday, wednesday, thursday, friday, "
                "month-start, month-end, holidays, or a date."
            ),
        ),
        (
            "dcass_report_expected",
            "*RX* @ monday, friday",
            "write it as a list, with one element for each glob and its days.",
        ),
        ("dcass_holidays", ["2028-02-30"], "'2028-02-30' is not a date of the form 2026-12-31."),
        ("dcass_report_expected", "*RX* @", "'*RX* @' is not GLOB or GLOB @ DAYS."),
        ("dcass_report_expected_on_holidays", ["*RX* @ monday"], "'*RX* @ monday' is not a glob."),
        ("dcass_holiday_trading", "perhaps", "it must be true or false."),
        ("dcass_report_include", ["a", 1], "it must be a list of globs, such as '*RX*'."),
        ("dcass_status_page", "status.html", "it must be an absolute path that ends in .html."),
        ("dcass_status_page", "/srv/status.json", "it must be an absolute path that ends in .html."),
        ("dcass_status_page", ["/srv/status.html"], "it must be an absolute path that ends in .html."),
        ("dcass_status_host", ["web"], "it must be a text."),
        ("dcass_renewal_serial", "abc", "it must be a number of hosts or a percentage, such as 5 or 25%."),
        ("dcass_renewal_serial", [], "it must be a number of hosts or a percentage, such as 5 or 25%."),
        ("dcass_renewal_serial", 0, "it must be a number of hosts or a percentage, such as 5 or 25%."),
        ("dcass_renewal_serial", [1, "0%"], "it must be a number of hosts or a percentage, such as 5 or 25%."),
        ("dcass_known_hosts", 5, "it must be a list of lines."),
        ("dcass_connect_timeout", -1, "it must be a number from 0.001 to 3600 seconds."),
        ("dcass_renew_before", 731, "it must be a number from 0 to 730 days."),
        ("dcass_manage_system", "ture", "it must be true or false."),
        ("dcass_state_dir", "state", "it must be an absolute path."),
        ("dcass_state_dir", "/var/lib/", "that is the system's own: name a folder below it."),
        ("dcass_venv", "/opt", "that is the system's own: name a folder below it."),
        ("dcass_venv", "/opt/own//venv/", "write '/opt/own/venv'."),
        ("dcass_wheel_dir", ["wheels"], "it must be a text."),
        ("dcass_packages", [1], "it must be a list of packages."),
        ("dcass_pip", [1], "it must be a list of words, the command that installs."),
        ("dcass_pip_arguments", [1], "it must be a list of arguments."),
        ("dcass_report_folders", [1], "it must be a list of folders."),
        ("dcass_venv", "//X/", "write '/X'."),
        ("dcass_report_scope", "x" * 60, "it must be all or intraday."),
        ("dcass_service_user", "root", "it must be a name of its own, such as dcass."),
        ("dcass_service_group", "two words", "it must be a name of its own, such as dcass."),
        ("dcass_registered_on", ["2026-12-01"], "it must be one day."),
        ("dcass_environment", "Test", "it must be one word in small letters, such as production or test."),
        ("dcass_environment", ["test"], "it must be one word in small letters, such as production or test."),
    ],
)
def test_a_value_that_can_t_be_right_is_told_once_for_all_that_have_it(variable, value, reason):
    shown = str(value) if len(str(value)) <= 60 else str(value)[:59] + "…"
    said = complaints({**CODE, variable: value}, ONE, TWO)
    assert said == [f"a (and 1 more) has the {variable} '{shown}': {reason}"]


@pytest.mark.parametrize("variable", ["dcass_known_hosts", "dcass_closed_days", "dcass_wheel_dir"])
def test_a_variable_with_nothing_behind_it_is_told(variable):
    said = complaints({**CODE, variable: None}, ONE, TWO)
    assert said == [f"a (and 1 more) has a {variable} without a value: give it one, or leave it out."]


IN_THE_ARCHIVE = "which lies in the folder of the archive: it must be a folder of its own."
KEPT_APART = "which a rollout replaces with dcass_venv '{}': keep them apart."


@pytest.mark.parametrize(
    ("variables", "sentences"),
    [
        pytest.param(
            {"dcass_venv": "/srv/dcass", "dcass_state_dir": "/srv/dcass/state/"},
            [
                f"has the dcass_state_dir '/srv/dcass/state', {KEPT_APART.format('/srv/dcass')}",
                f"has the dcass_report_dir '/srv/dcass/state/reports', {KEPT_APART.format('/srv/dcass')}",
            ],
            id="below the environment",
        ),
        pytest.param(
            {"dcass_venv": "/var/lib/dcass-sftp/reports"},
            [
                "has the dcass_report_dir '/var/lib/dcass-sftp/reports', "
                + KEPT_APART.format("/var/lib/dcass-sftp/reports")
            ],
            id="where another one lies by default",
        ),
        pytest.param(
            {"dcass_key_dir": "/opt/dcass-sftp.old"},
            [f"has the dcass_key_dir '/opt/dcass-sftp.old', {KEPT_APART.format('/opt/dcass-sftp')}"],
            id="beside it, where a rollout puts the old one",
        ),
        pytest.param(
            {"dcass_key_dir": "/srv/x", "dcass_report_dir": "/srv/x"},
            ["has '/srv/x' as dcass_key_dir and as dcass_report_dir: each needs its own."],
            id="one for two purposes",
        ),
        pytest.param(
            {"dcass_state_dir": "/srv/x", "dcass_config_dir": "/srv/x/etc"},
            ["has the dcass_config_dir '/srv/x/etc', root's, in the dcass_state_dir '/srv/x': keep them apart."],
            id="root's in the service user's",
        ),
        pytest.param(
            {"dcass_state_dir": "/srv/x", "dcass_config_dir": "/srv/x/etc", "dcass_manage_system": "no"},
            [],
            id="unless all is one user's",
        ),
        pytest.param(
            {"dcass_handover_dir": "/var/lib/dcass-sftp/reports/office"},
            [f"has the dcass_handover_dir '/var/lib/dcass-sftp/reports/office', {IN_THE_ARCHIVE}"],
            id="the back office in the archive",
        ),
    ],
)
def test_no_folder_sweeps_another_one_away(variables, sentences):
    assert complaints({**CODE, **variables}, ONE, TWO) == [f"a (and 1 more) {sentence}" for sentence in sentences]


def test_the_folders_are_where_the_roles_put_them():
    defaults = yaml.safe_load((ROOT / "roles/dcass/defaults/main.yml").read_text())
    for name in (CONFIG, KEYS, STATE, REPORTS, VENV):
        said = complaints({**CODE, VENV: _place(defaults, name)}, ONE, TWO)
        assert any(f" {name} " in sentence for sentence in said) == (name != VENV), name


def _place(defaults, name):
    return re.sub(r"{{ (\w+) }}", lambda found: defaults[found[1]], defaults[name])


@NEEDS_CORE
@pytest.mark.parametrize(
    ("more", "play_hosts", "installer"),
    [
        pytest.param({}, ["a", "x"], {"a": "a", "x": "a"}, id="the first one for both"),
        pytest.param({}, ["x"], {"a": "x", "x": "x"}, id="the one that is in the play"),
        pytest.param(
            {"dcass_reached": {"unreachable": True}}, ["a", "x"], {"a": "x", "x": "x"}, id="the one that answers"
        ),
        pytest.param({"dcass_wrong": {"msg": "…"}}, ["a", "x"], {"a": "x", "x": "x"}, id="the one that is right"),
        pytest.param(
            {"dcass_whose": {"error_code": "other_account_here"}},
            ["a", "x"],
            {"a": "x", "x": "x"},
            id="the one that has its own account",
        ),
        pytest.param({"dcass_venv": "/opt/x"}, ["a", "x"], {"a": "a", "x": "x"}, id="each its own"),
    ],
)
def test_one_host_of_a_machine_installs_for_all_that_share_it(more, play_hosts, installer):
    hostvars = {"a": {**on("ws1"), **more}, "x": on("ws1"), "b": on("ws2")}
    found = machine_sharers(hostvars, {"cp_cxyz": ["a", "b"], "cp_cabc": ["x"], "all": ["z"]}, play_hosts)
    assert {host: its["installer"] for host, its in found.items()} == installer


def test_a_group_that_is_almost_a_participant_is_not_passed_over_in_silence():
    groups = {"cp_cxyz": ["a", "b"], "CP_CABC": ["x", "y"], "CP_ALL": ["a"], "cp-cdef": [], "ungrouped": ["z"]}
    said = "x is in CP_CABC, which is passed over: a participant's group is named cp_cabc."
    assert ignored_groups(groups) == [said]


def test_what_is_read_once_for_the_whole_run_is_no_matter_of_one_host():
    values = {"a": {"dcass_renewal_serial": 1}, "b": {"dcass_renewal_serial": "25%", "dcass_hosts": "b"}, "c": {}}
    one, other = (
        f"{host} has a {name} of its own, which is read once for the whole run: set it on all."
        for host, name in (("a", "dcass_renewal_serial"), ("b", "dcass_hosts"))
    )
    assert check_run_wide(values, {"dcass_renewal_serial": "25%", "dcass_note": None}) == [one, other]
    wrong = (
        "localhost has the dcass_renewal_serial 'x': it must be a number of hosts or a percentage, such as 5 or 25%."
    )
    assert check_run_wide({"a": {}}, {"dcass_renewal_serial": "x"}) == [wrong]
    assert check_run_wide({"a": {"dcass_hosts": "cp_*"}}, {"dcass_hosts": "cp_*"}) == []


@pytest.mark.parametrize(
    "sound",
    [
        {},
        {"dcass_site": "secondary", "dcass_port": "10022", "dcass_login_budget": 2},
        {"dcass_closed_days": [], "dcass_open_days": [["2026-09-01"], []], "dcass_registered_on": ""},
        {"dcass_closed_days": "2026-09-01", "dcass_registered_on": yaml.safe_load("2026-12-01")},
        {"dcass_addresses": [], "dcass_known_hosts": []},
        {"dcass_environment": ""},
        {"dcass_environment": "test-2"},
        {"dcass_addresses": {"primary": ["[::1]:22"], "secondary": ["host.example.org"]}},
        {"dcass_known_hosts": f"# a comment\n\n@cert-authority [host]:10022 ssh-rsa {KEY}\r\na ssh-rsa {KEY}"},
        {"dcass_report_exclude": "*.tmp,*.bak", "dcass_report_intraday": [], "dcass_venv": "/opt/own"},
        {"dcass_status_page": "/srv/dcass/status.html", "dcass_status_host": "web"},
        {"dcass_status_page": "", "dcass_status_host": ""},
        {"dcass_renewal_serial": [1, "5", "25%", "100%", 10000], "dcass_wheel_dir": "", "dcass_packages": []},
        {
            "dcass_report_dir": "/reports/",
            "dcass_key_dir": "/var/lib/dcass-sftp/keys",
            "dcass_service_user": "ops.dcass",
        },
        {"dcass_passphrase": "{{ dcass_passphrase_a }}", "dcass_passphrase_a": "x", "dcass_closed_days": ""},
        {"dcass_port": 1, "dcass_login_budget": 1, "dcass_connect_timeout": 0.001, "dcass_operation_timeout": 0.001},
        {"dcass_port": 65535, "dcass_login_budget": 4, "dcass_connect_timeout": 3600, "dcass_operation_timeout": 3600},
        {"dcass_run_timeout": 0.001, "dcass_result_timeout": 0, "dcass_renew_before": 0, "dcass_report_window": 1},
        {"dcass_run_timeout": 86400, "dcass_result_timeout": 3600, "dcass_renew_before": 730},
        {"dcass_handover_dir": "/var/lib/dcass-sftp/handover", "dcass_handover_command": ["/bin/load", "a b"]},
        {"dcass_handover_dir": "", "dcass_handover_command": [], "dcass_handover_links": True},
        {"dcass_renewal_max_fail_percentage": 0, "dcass_report_progress": 0, "dcass_report_scope": "intraday"},
        {"dcass_renewal_max_fail_percentage": 100, "dcass_report_progress": 3600, "dcass_report_window": 1024},
        *(
            {"dcass_manage_system": word}
            for word in (True, False, "Yes", "off", "y", "N", "t", "f", 1, 0, 1.0, "0.0", "on")
        ),
        {"dcass_switch_who_a": "Chan Tai Man", "dcass_venv": "/X"},
        {"dcass_our_own_notes": "whatever", "dcass_manage_system": "no", "dcass_operation_timeout": "0.5"},
    ],
    ids=str,
)
def test_a_sound_inventory_has_no_mistake(sound):
    assert complaints({**CODE, **sound}, ONE, TWO, others=({**CABC, **THREE}, {**CABC, **FOUR})) == []


FOUR = {"dcass_workstation_address": "192.0.2.34"}


def test_a_code_has_one_group_and_production_and_test_are_two_inventories():
    (said,) = complaints(CODE, ONE, TWO, others=({**CODE, **THREE}, {**CODE, **FOUR}))
    assert said == (
        "a (cp_cxyz) and x (cp_other) both have the dcass_customer_code CXYZ: a participant has one group. "
        "Production and test are two inventories; the one for tests says dcass_environment: test, and has a "
        "dcass_state_dir and a dcass_config_dir of its own."
    )


@pytest.mark.parametrize(
    ("group", "code", "is_told"),
    [
        ("cp_cxyz", "CXYZ", False),
        ("cp_CXYZ", "CXYZ", False),
        ("cp_cabc", "CXYZ", True),
        ("cp_cabc_hk", "CXYZ", True),
        ("cp_cxyz_hk", "CXYZ", False),
        ("cp_clients", "CXYZ", False),
        ("cp_c", "CXYZ", False),
        ("cp_hongkong", "CXYZ", False),
    ],
)
def test_a_group_that_is_named_after_another_code_is_told(group, code, is_told):
    values = {"a": {"dcass_customer_code": code, **ONE}}
    assert any("is named after" in said for said in validate({group: ["a"]}, values)) is is_told


def test_one_workstation_alone_is_a_participant():
    assert complaints(CODE, ONE) == []
    assert complaints(CODE, {**TWO, "dcass_account": "CXYZ002"}) == []


def on(machine, **more):
    """The connection of a host, and what else it has."""
    return {"ansible_host": machine, **more}


OWN = {"dcass_config_dir": "/etc/cabc", "dcass_state_dir": "/var/lib/cabc"}
CONFIG_AND_STATE = "share the dcass_config_dir '/etc/dcass-sftp' and the dcass_state_dir '/var/lib/dcass-sftp'"
APART = "give each folders of its own"
NAMED = "a (cp_cxyz) and x (cp_other)"


@pytest.mark.parametrize(
    ("ours", "theirs", "sentence"),
    [
        pytest.param(on("ws1"), on("ws1", **OWN), None, id="folders of its own"),
        pytest.param(on("ws1"), on("ws2"), None, id="two machines"),
        pytest.param(
            on("ws1"), on("WS1"), f"{NAMED} are one machine (ws1), and {CONFIG_AND_STATE}: {APART}.", id="none"
        ),
        pytest.param(
            on("ws1"),
            on("ws1", **{**OWN, "dcass_report_dir": "/var/lib/dcass-sftp/reports"}),
            f"{NAMED} are one machine (ws1), and share the dcass_report_dir '/var/lib/dcass-sftp/reports': {APART}.",
            id="one archive",
        ),
        pytest.param(
            on("ws1", dcass_key_dir="/srv/keys"),
            on("ws1", **OWN, dcass_key_dir="/srv/keys/"),
            f"{NAMED} are one machine (ws1), and share the dcass_key_dir '/srv/keys': {APART}.",
            id="one folder of keys",
        ),
        pytest.param(
            on("ws1"),
            on("ws1", **{**OWN, "dcass_state_dir": "/var/lib/dcass-sftp/cabc"}),
            f"{NAMED} are one machine (ws1), and the dcass_state_dir '/var/lib/dcass-sftp/cabc' of the one lies in the "
            f"dcass_state_dir '/var/lib/dcass-sftp' of the other: {APART}.",
            id="a folder in that of the other one",
        ),
        pytest.param(
            on("ws1", dcass_venv="/srv/dcass"),
            on("ws1", **{**OWN, "dcass_report_dir": "/srv/dcass.old/reports"}),
            f"{NAMED} are one machine (ws1), and the dcass_report_dir '/srv/dcass.old/reports' of the one lies in the "
            f"dcass_venv '/srv/dcass.old' of the other: {APART}.",
            id="where a rollout of the other one sweeps",
        ),
        pytest.param(on("ws1", ansible_port=2201), on("ws1", ansible_port=2202), None, id="two ports of one gateway"),
        pytest.param(
            on("ws1", ansible_port=2201),
            on("ws1", ansible_port="2201"),
            f"{NAMED} are one machine (ws1, port 2201), and {CONFIG_AND_STATE}: {APART}.",
            id="one port of it",
        ),
        pytest.param(
            on("ws1", ansible_connection="local"),
            {"ansible_connection": "local"},
            f"{NAMED} are this machine (ansible_connection: local), and {CONFIG_AND_STATE}: {APART}.",
            id="this machine twice",
        ),
        pytest.param({"ansible_connection": "local"}, {"ansible_connection": "local", **OWN}, None, id="a rehearsal"),
        pytest.param(
            {},
            on("a"),
            f"{NAMED} are one machine (a), and {CONFIG_AND_STATE}: {APART}.",
            id="a host by its name, and another one by that",
        ),
        pytest.param(
            on("ws1"),
            on("ws1.example.org", **ONE),
            f"{NAMED} both have the dcass_workstation_address 192.0.2.31, so they are one machine, and "
            f"{CONFIG_AND_STATE}: {APART}, or its own address.",
            id="one address under two names",
        ),
        pytest.param(on("ws1"), on("ws1.example.org", **ONE, **OWN), None, id="one address and folders of its own"),
        pytest.param(on("ws1"), on("ws1", **ONE, **OWN), None, id="one address, one name, and folders of its own"),
        pytest.param(
            on("ws1"),
            on("ws1", **ONE),
            f"{NAMED} are one machine (ws1), and {CONFIG_AND_STATE}: {APART}.",
            id="one address and one name, told once",
        ),
    ],
)
def test_two_codes_on_one_machine_have_folders_of_their_own(ours, theirs, sentence):
    said = complaints(CODE, {**ONE, **ours}, TWO, others=({**CABC, **THREE, **theirs}, {**CABC, **FOUR}))
    assert said == ([sentence] if sentence else [])


def test_two_codes_on_one_pair_are_no_mistake():
    pair = (on("ws1", **ONE), on("ws2", **TWO))
    assert complaints(CODE, *pair, others=tuple({**CABC, **OWN, **its} for its in pair)) == []


def test_the_two_accounts_of_a_participant_on_one_machine_have_each_their_ssh_config():
    one, two = on("ws", **ONE), on("ws", **TWO)
    config = "share the dcass_config_dir '/etc/dcass-sftp'"
    assert complaints(CODE, one, two) == [f"a (cp_cxyz) and b (cp_cxyz) are one machine (ws), and {config}: {APART}."]
    assert complaints(CODE, one, {**two, "dcass_config_dir": "/etc/two"}) == []
    assert complaints(CODE, one, {**two, **OWN}) == []


def test_who_shares_libraries_and_the_service_user_of_a_machine():
    values = {
        "a": on("ws1"),
        "x": on("ws1", dcass_service_user="cabc"),
        "y": on("ws1", dcass_venv="/opt/y"),
        "b": on("ws2"),
    }
    assert sharers(values) == {
        "a": {"venv": ["a", "x"], "user": ["a", "y"], "group": ["a", "x", "y"]},
        "x": {"venv": ["a", "x"], "user": ["x"], "group": ["a", "x", "y"]},
        "y": {"venv": ["y"], "user": ["a", "y"], "group": ["a", "x", "y"]},
    }


def test_what_two_participants_lack_is_nothing_that_they_share():
    said = complaints({}, {}, {}, others=({}, {}))
    assert len(said) == 6
    assert not any("both have" in sentence for sentence in said)


def test_a_workstation_belongs_to_one_participant():
    how = (
        " Where two participants share a machine, give it a name in each group, with the same ansible_host, and each "
        "name folders of its own."
    )
    stranger, both = (
        f"{host} is in {where}: a workstation belongs to one participant, which is a group named cp_ and its customer "
        f"code.{how}"
        for host, where, how in (("z", "no group cp_*", ""), ("a", "cp_cxyz and cp_too", how))
    )
    assert complaints(CODE, ONE, TWO, targets=("a", "z")) == [stranger]
    values = {"a": {**CODE, **ONE}, "b": {**CODE, **TWO}, "c": {**CODE, **THREE}}
    assert both in validate({"cp_cxyz": ["a", "b"], "cp_too": ["a", "c"]}, values)


def test_every_variable_of_the_roles_is_known_and_no_other():
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    entries = [entry for spec in specs for entry in spec["argument_specs"].values()]
    told = {name for entry in entries for name in entry.get("options", {}) if name.startswith("dcass_")}
    assert told | {"dcass_hosts"} == KNOWN


def test_what_may_be_chosen_is_what_the_roles_let_choose():
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    entries = [entry for spec in specs for entry in spec["argument_specs"].values()]
    for name, option in (item for entry in entries for item in entry.get("options", {}).items()):
        if "choices" in option:
            assert [word for word in option["choices"] if CHECKS[name](word)] == [], name
        if option.get("default") not in (None, "", []) and name in CHECKS:
            assert CHECKS[name](option["default"]) is None, name


@NEEDS_CORE
def test_the_example_is_sound():
    inventory = yaml.safe_load((ROOT / "playbooks/inventory/example.yml").read_text())["all"]
    groups, hostvars = {}, {}
    for group, its in inventory["children"].items():
        groups[group] = list(its["hosts"])
        hostvars.update({host: {**inventory["vars"], **its["vars"], **own} for host, own in its["hosts"].items()})
    assert len(groups) == 3
    assert inventory_verdict(hostvars, groups, list(hostvars))["sentences"] == []


class Counted(dict):
    """Host variables that count how often a host is looked at, which is what costs Ansible time."""

    looked = 0

    def __getitem__(self, host):
        type(self).looked += 1
        return super().__getitem__(host)


@NEEDS_CORE
def test_dozens_of_codes_on_one_pair_are_looked_at_once_as_well():
    count, Counted.looked = 40, 0
    groups = {f"cp_{n}": [f"h{n}-1", f"h{n}-2"] for n in range(count)}
    hostvars = Counted(
        {
            f"h{n}-{place}": {
                **on(f"ws{place}"),
                "dcass_customer_code": f"C{n:03}",
                "dcass_workstation_address": f"192.0.2.{place}",
                "dcass_config_dir": f"/etc/dcass-sftp/C{n:03}",
                "dcass_state_dir": f"/var/lib/dcass-sftp/C{n:03}",
            }
            for n in range(count)
            for place in (1, 2)
        }
    )
    assert inventory_verdict(hostvars, groups)["sentences"] == []
    assert Counted.looked == 2 * count


@NEEDS_CORE
@pytest.mark.parametrize(
    ("named", "is_told"),
    [
        pytest.param("somewhere", True, id="what nobody has set"),
        pytest.param("hostvars", False, id="what only a play knows"),
        pytest.param("dcass_site", False, id="what the roles have a default for"),
    ],
)
def test_how_a_host_is_reached_may_be_a_template_that_a_run_can_work_out(named, is_told):
    class Unready(dict):
        def __getitem__(self, name):
            if name == "ansible_host":
                raise ValueError(f"'{named}' is undefined")
            return super().__getitem__(name)

    hosts = {"a": Unready({**CODE, **ONE, "ansible_host": "{{ somewhere }}"}), "b": {**CODE, **TWO}}
    told = [f"a has an ansible_host that can't be worked out: '{named}' is undefined"]
    assert inventory_verdict(hosts, {"cp_cxyz": ["a", "b"]})["sentences"] == (told if is_told else [])


@NEEDS_CORE
def test_each_host_is_looked_at_once_however_many_there_are():
    count, Counted.looked = 100, 0
    groups = {f"cp_{n}": [f"h{n}-1", f"h{n}-2"] for n in range(count)}
    hostvars = Counted(
        {
            f"h{n}-{place}": {"dcass_customer_code": f"C{n:03}", "dcass_workstation_address": f"192.{n}.2.{place}"}
            for n in range(count)
            for place in (1, 2)
        }
    )
    assert inventory_verdict(hostvars, groups)["sentences"] == []
    assert Counted.looked == 2 * count


@pytest.mark.parametrize(
    ("error", "is_ours"),
    [
        pytest.param("'dcass_port' is undefined", True, id="a variable with a default"),
        pytest.param("'dcass_of_their_own' is undefined", False, id="one that no role knows"),
        pytest.param("'inventory_host' is undefined", False, id="one that is misspelt"),
        pytest.param("'ansible_play_hosts' is undefined", True, id="one that Ansible has in a play alone"),
        pytest.param("template error: dcass_port", False, id="another error"),
    ],
)
def test_what_the_roles_have_a_default_for_may_be_left_out(error, is_ours):
    assert is_of_a_play(error) is is_ours


@pytest.mark.parametrize("wrap", [lambda part: [part], lambda part: {"a": part}], ids=["lists", "tables"])
def test_what_is_nested_ten_times_is_gone_into(wrap):
    ten = {}
    for _level in range(9):
        ten = wrap(ten)
    assert is_deep(ten) is False and is_deep(wrap(ten)) is True


@NEEDS_CORE
@pytest.mark.parametrize("levels", [20, 980, 100_000])
def test_what_is_nested_too_deep_is_named_and_not_gone_into(levels):
    deep = []
    for _level in range(levels):
        deep = [deep]
    said = inventory_verdict({"ws1": {"dcass_known_hosts": deep}}, {}, ["ws1"])["sentences"]
    assert "ws1 has a dcass_known_hosts that can't be worked out: it is nested too deep" in said
