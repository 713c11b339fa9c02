# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong, each with a stable code, a sentence for the operator and the next step.

DcassError
├── BadInput: refused before anything changes or connects
│   BadAccount, BadPublicKey, BadKeyType, BadPrivateKey, BadPassphrase, FingerprintMismatch, PrivateKeyInPackage,
│   BadTemplate, SubnetMismatch, KeyInUse, NoKey, OtherAccountHere, AmbiguousKey, KeyMismatch, WrongAccountKey,
│   KeyDateUnknown, KeyExpired, KeyCompromised, NotOutstanding, WrongEnvironment, HandoverRefused
├── RetryLater: right request, wrong moment: nothing was changed, no login was spent
│   FacilityClosed, CalendarUnknown, LoginBudgetSpent, UploadBudgetSpent, Busy
├── NoConnection: the facility could not be reached, trusted or entered
│   Unreachable, AlgorithmMismatch, HostKeyUnknown, HostKeyUnread, HostKeyMismatch, HostKeyRevoked,
│   AuthenticationFailed, SecondStepWanted, ConnectionLost, RunTimeout, FolderRefused, UploadRefused, ResultNotSeen,
│   RenewalRejected, NewKeyRefused, OldKeyAccepted, ClockWrong
├── LeftThere: an entry that the facility lists and that was left there, or all that came of it
│   UnsafeRemoteName, NoRegularFile, AttributesMissing, SizeImpossible, NotReadable (StillChanging),
│   NothingReadable, SizeDiffers, NameClash
├── LocalError: this workstation's disk, files or libraries
│   DiskFull, ArchiveDamaged, StateDamaged, StateLost, StateNewer, LibraryMissing, CryptoForbidden,
│   HandoverFailed (HandoverHung)
└── InternalError: a fault of this collection's, or of a library's
"""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import (
    ACCOUNT_ENDINGS,
    COMMON,
    KEY_BITS,
    KEY_MANAGEMENT,
)


class DcassError(Exception):
    """The root: ``str()`` is the sentence, ``code`` the stable word, ``hint`` the next step, ``facts`` more."""

    code = "error"
    hint = ""

    def __init__(self, message: str, hint: str | None = None, **facts: object) -> None:
        super().__init__(foreign.line(message))  # it may quote the facility, a library or a file
        if hint is not None:
            self.hint = hint
        self.facts = facts


class BadInput(DcassError):
    code = "bad_option"
    hint = "Correct the named option and run again. Nothing was changed."


class BadAccount(BadInput):
    code = "bad_account"
    hint = (
        f"An account is the customer code (C and three capitals or digits) and {' or '.join(ACCOUNT_ENDINGS)}, in "
        "capitals: CXYZ001."
    )


class BadPublicKey(BadInput):
    code = "bad_public_key"
    hint = "Export the public key again in SSH2 format (RFC 4716), for example with 'ssh-keygen -e -m RFC4716'."


class BadKeyType(BadInput):
    code = "bad_key_type"
    hint = f"The exchange takes RSA keys of exactly {KEY_BITS} bits. Make one with dcass.sftp.account_key."


class BadPrivateKey(BadInput):
    code = "bad_private_key"
    hint = "Restore the key, or replace it with -e dcass_key_regenerate=invalid, while the exchange does not know it."


class BadPassphrase(BadInput):
    code = "bad_passphrase"
    hint = "Give the passphrase with which the key was protected. No key is replaced for want of its passphrase."


class FingerprintMismatch(BadInput):
    code = "fingerprint_mismatch"
    hint = "Make the fingerprint file anew from its public key, and find out which of the two was exchanged."


class PrivateKeyInPackage(BadInput):
    code = "private_key_in_package"
    hint = "Private keys never leave their workstation. Remove the file; if anybody has received it, make a new key."


class BadTemplate(BadInput):
    code = "bad_template"
    hint = "The address template must name both workstation addresses and both public key files."


class SubnetMismatch(BadInput):
    code = "subnet_mismatch"
    hint = "Register two different workstation addresses that share their first three octets."


class KeyInUse(BadInput):
    code = "key_in_use"
    hint = "A registered key is replaced by renewal; a compromised one by re-registration."


class NoKey(BadInput):
    code = "no_key"
    hint = "Run dcass.sftp.account_key (playbook dcass.sftp.rollout) for this account on this workstation first."


class OtherAccountHere(BadInput):
    code = "other_account_here"
    hint = "A workstation keeps its account: write it as dcass_account on that host. Nothing was made or changed."


class AmbiguousKey(BadInput):
    code = "ambiguous_key"
    hint = "Point the link 'current' at the version that is registered with the exchange, then run again."


class KeyMismatch(BadInput):
    code = "key_mismatch"
    hint = "Restore the pair that belongs together from its backup; dcass.sftp.rollout repairs a public key file."


class WrongAccountKey(BadInput):
    code = "wrong_account_key"
    hint = "Each account has a key of its own. Restore this account's key from its backup."


class KeyDateUnknown(BadInput):
    code = "key_date_unknown"
    hint = (
        "Set dcass_registered_on to the day of its registration and roll out, or renew now with "
        "-e dcass_renewal_force=true."
    )


class KeyExpired(BadInput):
    code = "key_expired"
    hint = (
        "Make sure that this workstation's clock is right. Then re-register (§5): make another key with "
        "'ansible-playbook dcass.sftp.rollout -e dcass_hosts=HOST -e dcass_key_regenerate=always', build the package "
        "with the playbook dcass.sftp.register, submit it through Client Connect."
    )


class KeyCompromised(BadInput):
    code = "key_compromised"
    hint = "The key is withdrawn. Finish its re-registration with the playbook dcass.sftp.compromised_key."


class NotOutstanding(BadInput):
    code = "not_outstanding"
    hint = "Write it as the playbook dcass.sftp.status names it, with its day."


class WrongEnvironment(BadInput):
    code = "wrong_environment"
    hint = "Give each environment a dcass_state_dir and a dcass_config_dir of its own."


class HandoverRefused(BadInput):
    code = "handover_refused"
    hint = (
        "Let dcass_handover_dir be a folder of its own on the archive's mount, such as handover in dcass_state_dir, or "
        "set dcass_handover_links to false. Nothing was connected."
    )


class RetryLater(DcassError):
    pass


class FacilityClosed(RetryLater):
    code = "facility_closed"
    hint = "Run again after the named time, or list the day in dcass_open_days if the exchange has announced it."


class CalendarUnknown(RetryLater):
    code = "calendar_unknown"
    hint = "Update the collection, or list that year's public holidays in dcass_holidays."


class LoginBudgetSpent(RetryLater):
    code = "login_budget_spent"
    hint = "Wait until retry_at. One login more could lock the account for five minutes."


class UploadBudgetSpent(RetryLater):
    code = "upload_budget_spent"
    hint = "Wait until retry_at. One key upload more could block the account's uploads for an hour."


class Busy(RetryLater):
    code = "busy"
    hint = "Another run works with this account on this workstation. Let it finish, then run again."


class NoConnection(DcassError):
    pass


class Unreachable(NoConnection):
    code = "unreachable"
    hint = "Check the line to SDNet/2 or HSN, the source address and the exchange's notices. No login was spent."


class AlgorithmMismatch(NoConnection):
    code = "algorithm_mismatch"
    hint = "Make sure that the address is the facility's: it shares no algorithm of its list. No login was spent."


class HostKeyUnknown(NoConnection):
    code = "host_key_unknown"
    hint = "Compare the fingerprint with the exchange's own word, then add the host key to dcass_known_hosts."


class HostKeyUnread(NoConnection):
    code = "host_key_unread"
    hint = "Run ansible-playbook dcass.sftp.rollout, which brings the libraries that read it, then the preflight again."


class HostKeyMismatch(NoConnection):
    code = "host_key_mismatch"
    hint = "Do not connect. Ask the exchange whether it changed its host key before you change known_hosts."


class HostKeyRevoked(NoConnection):
    code = "host_key_revoked"
    hint = "This host key is marked @revoked in known_hosts. Do not connect; ask the exchange."


STRANGE_HOST_KEYS = (HostKeyMismatch.code, HostKeyRevoked.code)  # somebody may stand in between


class AuthenticationFailed(NoConnection):
    code = "authentication_failed"
    hint = (
        "Check that the key is registered and not expired, that this source address is registered, "
        "and that the account is not locked. The attempt counts as a login."
    )


class SecondStepWanted(NoConnection):
    code = "second_step_wanted"
    hint = "Ask the exchange: its guide wants the key alone (§3.2), and this collection can give nothing else."


class ConnectionLost(NoConnection):
    code = "connection_lost"
    hint = "What was fetched is kept and recorded. Run again: it goes on from there."


class RunTimeout(NoConnection):
    code = "run_timeout"
    hint = (
        "What was whole is kept and recorded. Run again: it goes on from there. Where the line is slow, raise "
        "dcass_run_timeout."
    )


class FolderRefused(NoConnection):
    code = "folder_refused"
    hint = (
        f"Check dcass_report_folders. The exchange gives each account {COMMON}, its customer code and {KEY_MANAGEMENT}."
    )


class UploadRefused(NoConnection):
    code = "upload_refused"
    hint = (
        "The current key stays the current one. Uploads may be blocked for an hour after five of them, also by other "
        "means; run again later, and ask the exchange if it goes on."
    )


class ResultNotSeen(NoConnection):
    code = "result_not_seen"
    hint = "The current key stays the current one, the new one is kept. Run again then to find out what became of it."


class RenewalRejected(NoConnection):
    code = "renewal_rejected"
    hint = (
        "The current key stays the current one. The next business day's run tries with another key, "
        "-e dcass_renewal_force=true at once."
    )


class NewKeyRefused(NoConnection):
    code = "new_key_refused"
    hint = (
        "The exchange took the new key over and does not let it in; the current key works through its last day. "
        "Ask the exchange; -e dcass_renewal_force=true makes and uploads another key."
    )


class OldKeyAccepted(NoConnection):
    code = "old_key_accepted"
    hint = "The compromised key still logs in. Demand of the exchange at once that it removes it, then run again."


class ClockWrong(NoConnection):
    code = "clock_wrong"
    hint = "Set this workstation's clock right (chrony, NTP), then run again. Nothing was uploaded."


class LeftThere(DcassError):
    hint = "The entry was left on the facility. Ask the exchange what it is."


class UnsafeRemoteName(LeftThere):
    code = "unsafe_remote_name"


class NoRegularFile(LeftThere):
    code = "no_regular_file"


class AttributesMissing(LeftThere):
    code = "attributes_missing"


class SizeImpossible(LeftThere):
    code = "size_impossible"


class NotReadable(LeftThere):
    code = "not_readable"
    hint = "The report is outstanding, and each run tries it again. Ask the exchange for it if it stays so."


class StillChanging(NotReadable):
    code = "still_changing"


class NothingReadable(LeftThere):
    code = "nothing_readable"
    hint = (
        "The reports are outstanding; each run tries again. Ask the exchange what is wrong, or fetch them by hand with "
        "'sftp -F /etc/dcass-sftp/ssh_config'. What is no report is passed over with dcass_report_exclude."
    )


class SizeDiffers(LeftThere):
    code = "size_differs"
    hint = "What the facility handed out is in the archive. Ask the exchange whether anything is missing from it."


class NameClash(LeftThere):
    code = "name_clash"
    hint = (
        "One of the two stayed at the facility. Ask the exchange which is meant and leave the other one out with "
        "dcass_report_exclude; where only capitals differ, or the like, an archive that tells them apart takes both."
    )


class LocalError(DcassError):
    code = "local_error"
    hint = "Mend what the message names on this workstation, then run again."


class DiskFull(LocalError):
    code = "disk_full"
    hint = "Make room on the file system of the named path, then run again. What is held is not fetched again."


class ArchiveDamaged(LocalError):
    code = "archive_damaged"
    hint = "Look at the named path: something else has put it there. Move it away, then run again."


class StateDamaged(LocalError):
    code = "state_damaged"
    hint = (
        "Keep the file for study and restore dcass_state_dir from its backup. The next run waits five minutes by "
        "itself."
    )


class StateLost(LocalError):
    """No run ends in it: the sentence is a warning, and the run waits or is refused with the budget's own code."""

    code = "state_lost"
    hint = "Find out what took the state away. What it held is not known any more: reports are fetched again."


class StateNewer(LocalError):
    code = "state_newer"
    hint = "The state was written by a newer dcass.sftp. Install that version again, or a newer one."


class LibraryMissing(LocalError):
    code = "library_missing"
    hint = "Run the playbook dcass.sftp.rollout, or install the library for the Python that runs the module."


class CryptoForbidden(LocalError):
    code = "crypto_forbidden"
    hint = (
        "Have an exception made for the service user: no OPENSSL_CONF in its environment, or a policy that allows "
        "SHA-1 signatures; the facility takes no others. Then run ansible-playbook dcass.sftp.preflight."
    )


class HandoverFailed(LocalError):
    """No run ends in it, since its reports are held: the sentence is a warning, and the next run tries again."""

    code = "handover_failed"
    hint = "Mend what dcass_handover_command names; the next sync tries again. What it shall not have, acknowledge."


class HandoverHung(HandoverFailed):
    code = "handover_hung"
    hint = "Find out what the command waits for, or raise dcass_handover_timeout; the next sync tries again."


class InternalError(DcassError):
    code = "internal_error"
    hint = (
        "This is a fault of the collection. What was done until then is on record, so the next run goes on from there. "
        "Report the message with the versions of dcass.sftp, Ansible, Python, paramiko and cryptography, and with the "
        "traceback that ANSIBLE_DISPLAY_TRACEBACK=error and -v show together."
    )


_NO_FAULTS = (KeyboardInterrupt, SystemExit, GeneratorExit, ImportError)


def as_ours(error: BaseException) -> DcassError:
    """Return an error of ours as it is, and any other as InternalError, without what may be secret in its message.

    What is no fault, being told to stop or lacking a library, is raised on.
    """
    if isinstance(error, DcassError):
        return error
    if isinstance(error, _NO_FAULTS):
        raise error
    try:
        message = str(error)
    except Exception:  # its own fault, on top of it
        message = ""
    said = f"{type(error).__name__}: {foreign.scrubbed(message)}" if message else type(error).__name__
    return InternalError(f"Something went wrong that nobody has foreseen: {foreign.line(said, 500)}")
