# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   make demo      the whole story on loopback, in two minutes
#   make test      every gate and test but the longest; its parts: lint unit sanity supply integration molecule fuzz soak
#   make test-all  the longest as well, and most tests once more on other days (make clocks): before a release
#   make venv      .venv alone: .venv/bin/ansible-doc dcass.sftp.report_sync
#   make docs      the documentation as a site, in .build/site
#   make mutants   small faults in the rules and in plugin_utils: how many the unit tests notice; MUTANTS=validity,limits of these files
#   make bench     the comparison tables; BENCH=day,noop of these parts
#   make lock      write the locks of requirements/ anew from pyproject.toml
#   make wheels    what a workstation installs, into .build/wheels
#   make bundle    one archive for machines that reach no package index, into .build/bundle
#   make release   all that a release is judged by, with a table of it
#   make tested    the whole story on each ansible-core and Python, and on fresh Debians; writes README's table of it
#   make clean     remove what was built; the next command sets it up again

PARTS := lint unit sanity supply integration molecule fuzz soak clocks
.PHONY: help venv test test-all $(PARTS) release mutants bench demo docs lock wheels bundle tested clean

help:
	@sed -n 's/^#   //p' Makefile

venv:
	@python3 tools/environments.py

test test-all release $(PARTS) mutants bench: venv
	@.venv/bin/python tools/check.py $@

demo: venv
	@./demo/run

docs: venv
	@.venv/bin/python tools/environments.py site && .build/envs/site/bin/python -m docsite

lock: venv
	@.venv/bin/python tools/lock.py

wheels: venv
	@.venv/bin/python tools/wheels.py

bundle: venv
	@.venv/bin/python tools/bundle.py

tested: venv
	@.venv/bin/python tools/tested.py write

clean:
	rm -rf .build .venv
