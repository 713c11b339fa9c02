# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules that read what a workstation knows of an account."""

from __future__ import annotations


class ModuleDocFragment:
    """Whose records they are, where they lie, and what they are judged by."""

    DOCUMENTATION = r"""
options:
  account:
    description:
      - SFTP user account, in capitals, such as V(CXYZ001). Its first four characters are the customer code.
    type: str
    required: true
  site:
    description:
      - The data centre in use. Only people change it, when the exchange says so.
    type: str
    choices: [primary, secondary]
    default: primary
  key_dir:
    description:
      - Folder of the account keys.
    type: path
    default: /etc/dcass-sftp/keys
  state_dir:
    description:
      - Folder of the state database with the logins made, the keys and the report manifest.
    type: path
    default: /var/lib/dcass-sftp
  both_accounts:
    description:
      - Whether this workstation is to hold the keys of both accounts of the participant.
      - Without it, one that holds the key of the other account and none of this one is refused, since then the
        inventory has mixed up the two.
    type: bool
    default: false
  login_budget:
    description:
      - Most logins in any five minutes from this machine, 1 to 4. The fifth would lock the account.
      - Where two machines use one account, give each its share, so that the sum is no more than 4.
    type: int
    default: 4
  closed_days:
    description:
      - Days that the exchange itself has declared closed although its calendar said otherwise, such as V(2026-09-01).
      - Typhoons and black rainstorms close nothing since September 2024. Do not list them, or their reports stay there.
    type: list
    elements: str
    default: []
  open_days:
    description:
      - Days on which the facility is open although they are no business days, such as the Saturday of a drill.
      - They are never asked for reports, unless one is named as a date.
    type: list
    elements: str
    default: []
  holidays:
    description:
      - Public holidays on weekdays that this version does not know. Of a year that is not gazetted for this version
        they are all there are, and take the place of what is predicted.
    type: list
    elements: str
    default: []
  holiday_trading:
    description:
      - Whether the facility counts as open on holiday trading days, public holidays on weekdays but for 1 January.
      - Set it to true if you clear on holidays. Otherwise each run on such a day says what it has skipped.
      - Holiday trading days are asked for the reports of O(dcass.sftp.report_sync#module:expected_on_holidays) alone.
    type: bool
    default: false
  renew_before:
    description:
      - How many days before its last one a key is renewed, 0 to 730.
    type: int
    default: 60
  dest:
    description:
      - Folder of the archive of reports.
    type: path
  metrics_file:
    description:
      - A file on the workstation, in the folder of node_exporter's textfile collector, whose name ends with C(.prom).
      - When the task is over, whether it went well or failed, the metrics of the account are written there as
        M(dcass.sftp.account_info) tells them, in one step and for anybody to read. Give each account a file of its own.
      - What can't be written is a warning and fails nothing. Nothing is written in check mode, nor by
        M(dcass.sftp.report_sync), M(dcass.sftp.key_renewal) and M(dcass.sftp.facility_info) with C(async).
    type: path
  events_file:
    description:
      - A file on the workstation to which a line of JSON is added for each thing that matters, once - what was fetched,
        what is missing, expiring or lost, a renewed, rejected or withdrawn key, a switch of site, a refused login,
        another host key, a run that failed or was killed. Where there is journald it hears of it, too.
      - Accounts may share it. Otherwise as O(metrics_file).
    type: path
"""
