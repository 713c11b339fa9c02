#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PuTTY's key files in npm's ssh2 and sshpk: what is read hangs on kind, format and passphrase in no obvious way.
#
# Guess: a library that reads PuTTY's files reads them of each kind of key that it knows otherwise; the format 3, which
#        PuTTY writes since 2021, is read whole or not at all.
# Seen:  ssh2 reads RSA in format 2, and no ECDSA, no Ed25519 and no format 3 ("Unsupported key format"). sshpk reads
#        all kinds in format 3 as long as they have no passphrase; with one, its message is about a header that it
#        does not know ("'key-derivation' == 'private-lines'"). In format 2 it reads them with a passphrase too.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

apt-get -qq -o APT::Sandbox::User=root download putty-tools=0.78-2+deb12u2
dpkg -x putty-tools_*.deb debian
npm install --silent --no-audit --no-fund --ignore-scripts ssh2@1.17.0 sshpk@1.18.0

echo passphrase > passphrase
: > none
for kind in rsa ecdsa ed25519; do
    for format in 2 3; do
        for secret in none passphrase; do
            debian/usr/bin/puttygen -q -t "$kind" -O private --ppk-param "version=$format" \
                --new-passphrase "$secret" -o "$kind-$format-$secret.ppk"
        done
    done
done

cat > read.js <<'EOF'
const fs = require("fs");
const { utils } = require("ssh2");
const sshpk = require("sshpk");
const seen = {};
for (const kind of ["rsa", "ecdsa", "ed25519"]) {
  for (const format of [2, 3]) {
    for (const secret of ["none", "passphrase"]) {
      const file = fs.readFileSync(`${kind}-${format}-${secret}.ppk`);
      const passphrase = secret === "none" ? undefined : secret;
      const parsed = utils.parseKey(file, passphrase);
      const bySsh2 = parsed instanceof Error ? parsed.message : "read";
      let bySshpk = "read";
      try {
        sshpk.parsePrivateKey(file, "putty", { passphrase });
      } catch (error) {
        bySshpk = error.message;
      }
      seen[`${kind} ${format} ${secret}`] = [bySsh2, bySshpk.replace(/.*format key: /, "")];
      console.log(`${kind}, format ${format}, ${secret}: ssh2: ${bySsh2}; sshpk: ${bySshpk}`);
    }
  }
}
const asRecorded = Object.entries(seen).every(([name, [bySsh2, bySshpk]]) => {
  const [kind, format, secret] = name.split(" ");
  return (
    bySsh2 === (kind === "rsa" && format === "2" ? "read" : "Unsupported key format") &&
    bySshpk === (format === "3" && secret === "passphrase" ? "'key-derivation' == 'private-lines'" : "read")
  );
});
if (!asRecorded) {
  console.error("not as recorded");
  process.exitCode = 1;
}
EOF
echo "versions: ssh2 1.17.0, sshpk 1.18.0, puttygen 0.78 (Debian 0.78-2+deb12u2), Node $(node --version)"
echo "guess:    each kind alike; format 3 read by none or with and without a passphrase"
echo "seen:"
node read.js
