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
lies beside this script and is compared with SHA256SUMS first; no network is asked. Safe to repeat: what was there works
on until the new one is complete.

  -k KEYRING  refuse what no key of this keyring has signed (SHA256SUMS.asc); wants gpgv
  -p PYTHON   make it of this Python ($pythons; python3 unless you say otherwise)
  -h          say this
END
}

here=$(cd "$(dirname "$0")" && pwd)
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
folder=$(absolute "${1:-/opt/dcass-control}")
cd "$here"

# what is refused is refused before anything is written
if test -n "$keyring"; then
    command -v gpgv >/dev/null || refuse "gpgv, which compares signatures, is not on this machine."
    test -e SHA256SUMS.asc || refuse "Nobody has signed this bundle: SHA256SUMS.asc is not in it."
    said=$(gpgv --keyring "$keyring" SHA256SUMS.asc SHA256SUMS 2>&1) ||
        refuse "No key of $keyring has signed this bundle. gpgv says: $said"
fi
sha256sum --check --quiet --strict SHA256SUMS >&2 || refuse "This bundle is not as it was made. Get it again."
command -v "$python" >/dev/null || refuse "There is no $python on this machine. Name one with -p: Python $pythons."
"$python" - "$machine" "$glibc" "$pythons" <<'END' || exit 1
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
if test -e "$folder" && ! test -e "$folder/pyvenv.cfg" && test -n "$(ls -A "$folder")"; then
    refuse "$folder holds something else than a virtual environment. Name another folder."
fi
mkdir -p "$(dirname "$folder")" || refuse "You may not write $folder. Name another folder, or be root."

umask 022
parked=$folder.old
finish() {
    code=$?
    if test $code -ne 0; then
        rm -rf "$folder"
        if test -e "$parked"; then mv "$parked" "$folder"; fi
        echo "Nothing was installed, for the reason above." >&2
    fi
    rm -rf "$parked"
}
rm -rf "$parked"
if test -e "$folder"; then mv "$folder" "$parked"; fi
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# neither this machine's settings of pip and Ansible nor an index has a say
alone() {
    env -i PATH="$PATH" HOME="$folder/.home" LC_ALL=C.UTF-8 PIP_CONFIG_FILE=/dev/null \
        ANSIBLE_CONFIG="$folder/.home/ansible.cfg" "$@"
}
"$python" -m venv "$folder"
mkdir "$folder/.home"
: >"$folder/.home/ansible.cfg"
alone "$folder/bin/python" -m pip --disable-pip-version-check --quiet install --no-index --find-links=control \
    --no-deps --require-hashes --requirement=control/requirements.txt
packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
alone "$folder/bin/ansible-galaxy" collection install --offline --no-deps --collections-path="$packages" \
    ./dcass-sftp-*.tar.gz >"$folder/.home/said" 2>&1 || refuse "$(cat "$folder/.home/said")"
mkdir "$folder/wheels"
cp workstations/*.whl "$folder/wheels"
rm -rf "$folder/.home"
core=$("$folder/bin/python" -c 'from ansible.release import __version__; print(__version__)')

cat <<END
$folder is ready: $(basename dcass-sftp-*.tar.gz .tar.gz) with ansible-core $core.
Run playbooks with $folder/bin/ansible-playbook, and give the inventory this line:
dcass_wheel_dir: $folder/wheels
END
