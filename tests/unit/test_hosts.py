# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play that is for some workstations alone, as Ansible itself understands them."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._hosts import as_hosts

try:
    from ansible.inventory.manager import InventoryManager
    from ansible.parsing.dataloader import DataLoader
except ImportError:
    InventoryManager = None
pytestmark = pytest.mark.skipif(
    InventoryManager is None, reason="plays run on the control node: ansible-core is in the checkout's .venv alone"
)


def meant(names, *hosts):
    """Which of these hosts a play would have."""
    inventory = InventoryManager(DataLoader(), sources=[])
    for host in hosts:
        inventory._inventory.add_host(host)
    return [host.name for host in inventory.get_hosts(as_hosts(names))]


@pytest.mark.parametrize("name", ["ws1.example.com", "HK desk 1", "ws:1", "a,b", "[ws]", "!ws", "&ws", "~ws", "wörk-1"])
def test_a_play_has_the_very_host_whatever_awx_let_it_be_called(name):
    assert meant([name], name, "other") == [name]


def test_a_play_of_nobody_has_no_host():
    assert meant([], "ws1") == []
