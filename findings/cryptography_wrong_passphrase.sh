#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# cryptography calls most wrong passphrases of a PKCS#8 key wrong, and one in some two hundred a broken file.
#
# Guess: a sound, protected key and a wrong passphrase give one error, whatever the passphrase is.
# Seen:  nearly all give "Incorrect password, could not decrypt key". Where what was decrypted ends like a padding by
#        chance, the error is "Could not deserialize key data …", which speaks of format and algorithm. Who tells people
#        what to do by the sentence tells a few of those who mistype to restore a file that is sound. An OpenSSH key,
#        which carries a check of its own, gives one error for all.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 bcrypt==5.0.0
cat > wrong.py <<'EOF'
import collections, sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

key = rsa.generate_private_key(65537, 2048)
PEM, FORMS = serialization.Encoding.PEM, serialization.PrivateFormat
protections = {
    "PKCS8": (serialization.BestAvailableEncryption(b"right"), serialization.load_pem_private_key, 3000),
    "OpenSSH": (
        FORMS.OpenSSH.encryption_builder().kdf_rounds(1).build(b"right"), serialization.load_ssh_private_key, 600
    ),
}
seen = {}
for form, (protection, load, tries) in protections.items():
    data, said = key.private_bytes(PEM, getattr(FORMS, form), protection), collections.Counter()
    assert load(data, b"right").private_numbers() == key.private_numbers()
    for number in range(tries):
        try:
            load(data, b"wrong %d" % number)
            said["no error"] += 1
        except ValueError as error:
            said[str(error)[:46]] += 1
    seen[form] = said
    for sentence, times in said.most_common():
        print(f"{form}, {tries} wrong passphrases: {times} times {sentence!r}")
usual, odd = "Incorrect password, could not decrypt key", "Could not deserialize key data. The data may b"
pkcs8 = seen["PKCS8"]
as_recorded = set(pkcs8) == {usual, odd} and 2 <= pkcs8[odd] <= 40 and len(seen["OpenSSH"]) == 1
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: cryptography 50.0.2"
echo "guess:    one error for all wrong passphrases of a form"
echo "seen:"
venv/bin/python wrong.py
