#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lsh-keygen draws a public exponent of its own for every RSA key.
#
# Guess: RSA keys have the public exponent 65537, in some old tools 35, 37 or 3, always the same of one tool.
# Seen:  each key has another odd exponent of 30 bits, so the public keys' first bytes are different as well; OpenSSH
#        reads the keys. Whoever checks for e = 65537, or compares public keys by how they begin, meets this.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download lsh-utils=2.1-13+b1 liboop4=1.0.1-2.1 libnettle8=3.8.1-2 \
    libhogweed6=3.8.1-2 libgmp10=2:6.2.1+dfsg1-1.1
for package in *.deb; do dpkg -x "$package" debian; done
export LD_LIBRARY_PATH=$work/debian/usr/lib/x86_64-linux-gnu PATH=$work/debian/usr/bin:$PATH

mkdir -m 700 .lsh
lsh-make-seed --quiet --sloppy < /dev/null
for number in 1 2 3 4 5 6; do
    lsh-keygen --quiet --algorithm rsa --nist-level 1024 > key
    lsh-writekey -q -c none -o "key-$number" < key
    lsh-export-key < "key-$number.pub" > "key-$number.rfc4716"
done

cat > exponents.py <<'EOF'
import base64, glob, struct, sys

exponents = []
for path in sorted(glob.glob("key-*.rfc4716")):
    lines = [line for line in open(path, "rb").read().splitlines() if line and b"----" not in line and b":" not in line]
    blob, words = base64.b64decode(b"".join(lines)), []
    while blob:
        length = struct.unpack(">I", blob[:4])[0]
        words.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    kind, exponent, _modulus = words
    assert kind == b"ssh-rsa", kind
    exponents.append(int.from_bytes(exponent, "big"))
    print(path, "e =", exponents[-1], f"({exponents[-1].bit_length()} bits)")
as_recorded = len(set(exponents)) == 6 and all(e % 2 and e.bit_length() == 30 for e in exponents)
sys.exit(0 if as_recorded else "not as recorded")
EOF
echo "versions: lsh-utils 2.1-13+b1 (Debian), $(lsh-keygen --version 2>&1 | head -n 1)"
echo "guess:    one and the same small exponent, most likely 65537"
echo "seen:"
python3 exponents.py
