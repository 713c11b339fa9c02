#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Under an OPENSSL_CONF of a FIPS host, importing paramiko 5 raises an error that no guard of an import expects.
#
# Guess: `import paramiko` works or raises ImportError, as with 4.0; what a policy forbids is said where it is used.
# Seen:  cryptography's wheels bring an OpenSSL of their own. It obeys OPENSSL_CONF, and finds no FIPS module where that
#        file asks for one. paramiko 4.0 is imported all the same. paramiko 5.1 tries something as it is imported, and
#        cryptography.exceptions.InternalError comes out, which is no ImportError.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

cat > fips.cnf <<'EOF'
openssl_conf = init
[init]
providers = providers
alg_section = algorithms
[providers]
base = base
[base]
activate = 1
[algorithms]
default_properties = fips=yes
EOF
cat > look.py <<'EOF'
try:
    import paramiko
except BaseException as error:
    print(f"{type(error).__module__}.{type(error).__name__}")
else:
    print("imported")
EOF
shared="cryptography==50.0.2 cffi==2.1.1 pycparser==3.12 bcrypt==5.0.0 pynacl==1.6.2 invoke==3.0.3"
echo "versions: paramiko 4.0.0 and 5.1.0, cryptography 50.0.2"
echo "guess:    both are imported, or raise ImportError"
echo "seen:"
for version in 4.0.0 5.1.0; do
    python3 -m venv "$version"
    # shellcheck disable=SC2086  # a list of words
    "$version/bin/pip" -q install --no-deps $shared "paramiko==$version"
    "$version/bin/python" look.py > "$version.plain"
    OPENSSL_CONF=$PWD/fips.cnf "$version/bin/python" look.py > "$version.policy"
    echo "paramiko $version: $(cat "$version.plain"); under the policy: $(cat "$version.policy")"
done
test "$(cat 4.0.0.plain 5.1.0.plain 4.0.0.policy | sort -u)" = imported
test "$(cat 5.1.0.policy)" = cryptography.exceptions.InternalError
