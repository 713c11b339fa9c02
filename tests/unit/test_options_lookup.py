# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup options tells no site that is only presumed to a task that does not look."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.unit.test_options_of_variables import ours

try:
    from ansible.errors import AnsibleError

    from ansible_collections.dcass.sftp.plugins.lookup.options import LookupModule
except ImportError:
    LookupModule = None
pytestmark = pytest.mark.skipif(LookupModule is None, reason="ansible-core is in the checkout's .venv alone")


def asked(term, **more):
    """What the lookup says, by these variables of a host and more."""
    variables = ours(**more)
    variables["dcass_probe"]["presumed"] = True
    return LookupModule(templar=SimpleNamespace(template=str)).run([term], variables=variables)


@pytest.mark.parametrize("term", ["state", "facility", "sync"])
def test_a_task_that_does_not_look_is_told_no_presumed_site(term):
    with pytest.raises(AnsibleError, match="The site of this workstation is presumed"):
        asked(term)
    assert asked(term, dcass_looks=True)[0]["site"] == "primary"


@pytest.mark.parametrize("term", ["turn", "run"])
def test_what_has_no_site_is_told_to_all(term):
    assert asked(term)
