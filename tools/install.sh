#!/bin/sh
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a control node of what lies beside this script, and asks no network for anything.
set -eu

refuse() {
    printf '%s\n' "$1" >&2
    exit 1
}

absolute() {
    case $1 in /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac
}

usage() {
    cat <<END
Usage: ./install.sh [-h] [-k KEYRING] [-p PYTHON] [FOLDER]

Makes a control node in FOLDER, /opt/dcass-control unless you say otherwise: a virtual environment of Python with
ansible-core and the collection dcass.sftp, and in its folder 'wheels' what a rollout brings to workstations. All of it
lies beside this script and is compared with SHA256SUMS first; no network is asked. FOLDER is a link, set when all is
complete. Safe to repeat, also with another release: what was there works on until then, and stays beside the new one,
for what is under way, until the next time.

  -k KEYRING  refuse what no key of this keyring has signed (SHA256SUMS.asc); wants gpgv
  -p PYTHON   make it of this Python ($pythons; python3 unless you say otherwise)
  -h          say this
END
}

here=$(CDPATH='' cd -- "$(dirname "$0")" && pwd)
read -r machine glibc pythons <"$here/control/for" || refuse "$here is no bundle of dcass.sftp."
python=python3 keyring=
while getopts hk:p: option; do
    case $option in
    h) usage && exit ;;
    k) keyring=$(absolute "$OPTARG") ;;
    p) case $OPTARG in */*) python=$(absolute "$OPTARG") ;; *) python=$OPTARG ;; esac ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if test $# -gt 1; then # an option that comes after FOLDER would be left out, and with it what it is to guard
    usage >&2 && exit 2
fi
folder=$(absolute "${1:-/opt/dcass-control}")
while test "$folder" != "${folder%/}"; do folder=${folder%/}; done
folder=${folder:-/}
cd "$here"

# what is refused is refused before anything is written, and before any program that lies here could run
if test -n "$keyring"; then
    command -v gpgv >/dev/null || refuse "gpgv, which compares signatures, is not on this machine."
    test -e SHA256SUMS.asc || refuse "Nobody has signed this bundle: SHA256SUMS.asc is not in it."
    test -r "$keyring" || refuse "There is no keyring $keyring that you may read."
    if grep -q -e '-----BEGIN PGP' "$keyring"; then
        refuse "$keyring is armoured, and gpgv reads no such one. Make another: gpg --dearmor <$keyring >KEYRING"
    fi
    said=$(gpgv --keyring "$keyring" SHA256SUMS.asc SHA256SUMS 2>&1) ||
        refuse "No key of $keyring has signed this bundle. gpgv says: $said"
fi
there=$(find . ! -type d ! -path ./SHA256SUMS ! -path ./SHA256SUMS.asc | LC_ALL=C sort)
if test "$there" != "$(sed 's/^[0-9a-f]*  //' SHA256SUMS | LC_ALL=C sort)" || test -n "$(find . ! -type d ! -type f)"; then
    refuse "This bundle has other files than it was made with. Get it again, and unpack it into an empty folder."
fi
sha256sum --check --quiet --strict SHA256SUMS >&2 || refuse "This bundle is not as it was made. Get it again."
cd / # Python takes what lies where it is run for its own
command -v "$python" >/dev/null || refuse "There is no $python on this machine. Name one with -p: Python $pythons."
"$python" -I - "$machine" "$glibc" "$pythons" <<'END' || exit 1
import os, platform, sys
machine, glibc, pythons = sys.argv[1], sys.argv[2], sys.argv[3].split()
version = "%d.%d" % sys.version_info[:2]
if version not in pythons:
    sys.exit("%s is Python %s; this bundle is for Python %s. Name another with -p." % (
        sys.executable, version, ", ".join(pythons)))
if platform.machine() != machine:
    sys.exit("This machine is %s; this bundle is for %s." % (platform.machine(), machine))
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION").split()[1]
except (ValueError, AttributeError):
    sys.exit("This system's C library is not glibc; this bundle is for glibc %s and newer." % glibc)
if [int(part) for part in libc.split(".")] < [int(part) for part in glibc.split(".")]:
    sys.exit("This system has glibc %s; this bundle is for glibc %s and newer." % (libc, glibc))
try:
    import ensurepip, venv
except ImportError:
    sys.exit("%s can't make virtual environments; Debian and Ubuntu have that in the package python%s-venv." % (
        sys.executable, version))
END
made_here() {
    test -f "$1/.dcass-control"
}
if test -L "$folder"; then
    made_here "$folder" || refuse "$folder leads to what this script has not made. Name another folder."
elif test -e "$folder" && { ! test -d "$folder" || test -n "$(ls -A "$folder")"; }; then
    refuse "$folder holds what this script has not put there. Name another folder, or take it away."
elif test -d "$folder" && test "$(stat -c %d "$folder")" != "$(stat -c %d "$(dirname "$folder")")"; then
    refuse "$folder is a file system of its own, and would become a link. Name a folder in it."
fi
umask 022
parent=$(dirname "$folder")
if ! mkdir -p "$parent" || ! test -w "$parent"; then
    refuse "You may not write $folder. Name another folder, or be root."
fi
exec 9<"$parent"
flock --nonblock 9 || refuse "Another installation into $parent is under way."
before=$(readlink "$folder" || true) # a name beside it
set -- "$here"/dcass-sftp-*.tar.gz
release=$(basename "$1" .tar.gz)
made=$(mktemp -d "$folder-${release#dcass-sftp-}.XXXXXX")
finish() {
    code=$?
    if test $code -ne 0 && test "$(readlink "$folder")" != "${made##*/}"; then
        rm -rf "$made" "$made.link"
        echo "Nothing was installed, for the reason above." >&2
    fi
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
# so that a later run knows it, even if this one is killed, and a timer what leads here
printf '%s' "$folder" >"$made/.dcass-control"
chmod 755 "$made"

# neither this machine's settings of pip and Ansible nor an index has a say
alone() {
    env -i PATH="$PATH" HOME="$made/.home" LC_ALL=C.UTF-8 PIP_CONFIG_FILE=/dev/null \
        ANSIBLE_CONFIG="$made/.home/ansible.cfg" "$@"
}
"$python" -I -m venv "$made"
mkdir "$made/.home"
: >"$made/.home/ansible.cfg"
alone "$made/bin/python" -I -m pip --disable-pip-version-check --quiet install --no-index \
    --find-links="$here/control" --no-deps --require-hashes --requirement="$here/control/requirements.txt"
packages=$("$made/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
alone "$made/bin/ansible-galaxy" collection install --offline --no-deps --collections-path="$packages" \
    "$1" >"$made/.home/said" 2>&1 || refuse "$(cat "$made/.home/said")"
mkdir "$made/wheels"
install -m 644 "$here"/workstations/*.whl "$made/wheels"
rm -rf "$made/.home"
core=$("$made/bin/python" -I -c 'from ansible.release import __version__; print(__version__)')
sync

if test -d "$folder" && ! test -L "$folder"; then rmdir "$folder"; fi
ln -s "$(basename "$made")" "$made.link"
mv -T "$made.link" "$folder"
trap - EXIT
for other in "$folder"-*.??????; do # what runs are still under way may use the one before
    if made_here "$other" && test "$(cat "$other/.dcass-control")" = "$folder" &&
        test "$other" != "$made" && test "$(basename "$other")" != "$before"; then
        rm -rf "$other"
    fi
done

cat <<END
$folder is ready: $release with ansible-core $core.
Run playbooks with $folder/bin/ansible-playbook, and give the inventory this line:
dcass_wheel_dir: $folder/wheels
END
if test "$(id -u)" = 0; then # whose Python may lie where nobody else reaches it
    at=$(readlink -f "$made/bin/python")
    while test "$at" != /; do
        at=$(dirname "$at")
        test -n "$(find "$at" -maxdepth 0 -perm -001)" || closed=$at
    done
    test -z "${closed-}" || echo "Mind that root alone can run it: its Python lies in $closed. -p names another." >&2
fi
for place in "${HOME:-/root}/.ansible/collections" /usr/share/ansible/collections; do
    if test -e "$place/ansible_collections/dcass/sftp"; then
        echo "Mind that Ansible takes the dcass.sftp below $place before this one; remove that one." >&2
    fi
done
