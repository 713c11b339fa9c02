#!/usr/bin/env bash
# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# antsibull-changelog loses the first of two lists of one section, and its lint finds nothing.
#
# Guess: a fragment that names "bugfixes" twice is a fault for "antsibull-changelog lint", or both lists are taken.
# Seen:  lint says nothing and ends with 0; release writes the second list only, and deletes the fragment, so that what
#        the first list said is nowhere any more.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
cd "$work"

python3 -m venv venv
venv/bin/pip -q install --no-deps antsibull-changelog==0.36.0 antsibull-docs-parser==1.2.3 antsibull-docutils==1.4.1 \
    antsibull-fileutils==1.5.3 aiofiles==25.1.0 docutils==0.23 pydantic==2.14.4 pydantic_core==2.50.5 \
    annotated-types==0.8.0 typing-inspection==0.4.5 typing_extensions==4.16.0 semantic-version==2.10.0 \
    rstcheck==6.3.1 rstcheck-core==1.3.2 typer==0.29.2 annotated-doc==0.0.7 shellingham==1.5.4 rich==15.0.0 \
    markdown-it-py==4.3.0 mdurl==0.1.2 pygments==2.21.0 \
    ansible-core==2.19.5 jinja2==3.1.6 markupsafe==3.0.4 pyyaml==6.0.4 cryptography==50.0.2 \
    cffi==2.1.1 pycparser==3.12 packaging==26.4 resolvelib==1.2.1
export PATH=$work/venv/bin:$PATH
mkdir -p ansible_collections/acme/tools/changelogs/fragments
cd ansible_collections/acme/tools
cat > galaxy.yml <<'EOF'
namespace: acme
name: tools
version: 1.0.0
readme: README.md
authors: [nobody]
EOF
antsibull-changelog init . > /dev/null
cat > changelogs/fragments/1-two-lists.yml <<'EOF'
bugfixes:
  - the first list
minor_changes:
  - what lies between
bugfixes:
  - the second list
EOF
echo "versions: antsibull-changelog 0.36.0, PyYAML 6.0.4"
echo "guess:    lint complains, or both lists are in the changelog"
echo "seen:"
lint=0
antsibull-changelog lint || lint=$?
echo "lint: exit code $lint"
antsibull-changelog release --date 2026-11-28 2> /dev/null
cat CHANGELOG.rst
as_recorded=true
[ "$lint" = 0 ] || as_recorded=false
grep -q "the second list" CHANGELOG.rst || as_recorded=false
grep -q "what lies between" CHANGELOG.rst || as_recorded=false
if grep -rq "the first list" .; then as_recorded=false; fi
if [ "$as_recorded" = false ]; then
    echo "not as recorded" >&2
    exit 1
fi
