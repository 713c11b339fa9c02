# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges mutants by the tests: a process that has them collected forks a child for each mutant.

Which tests call which function is seen once, by running them all. A mutated function is put in place of the one that
everybody has imported already, and the tests that call it are run, the quickest first, until one fails. Where what
differs is run when the module is imported, the child imports everything anew, with that module mutated, and runs the
tests of all that use it.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import types
from collections import defaultdict

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ("module_utils/_rules", "plugin_utils")  # whose files have names that differ
COLLECTION = "ansible_collections.dcass.sftp"
TESTS = ("tests/unit", "tests/test_docs.py")
PYTEST = ("-q", "-p", "no:cacheprovider", "-W", "ignore")
ABREAST = os.cpu_count() or 2
SLOW = 0.3  # seconds: a test that takes longer judges no mutants
ENOUGH = 5.0  # seconds of tests that only use what uses a mutated module
MOST_PROCESSOR = 5.0  # seconds of the processor, and ten times what the test took before: then it runs without end
STUCK = 120.0  # seconds: then it waits without end
START = 60.0  # seconds of the processor, for all imports


class Judge:
    """A plugin of pytest that runs no tests in their own right, but a ``story`` with those that were collected."""

    def __init__(self, story):
        self._story = story
        self._scratch = pathlib.Path(tempfile.mkdtemp(prefix="mutants-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
        self._called = {}  # by test, what it calls: "validity:last_day"
        self._seconds = {}  # by test that passes and is quick enough
        self.failed = []  # tests that fail without any mutant

    def pytest_runtestloop(self, session):
        self._items = {item.nodeid: item for item in session.items}
        for path in files():  # some are imported only when they are needed
            importlib.import_module(module_name(path))
        self._functions = _functions_judged()
        self._ours = dict(_code_of(self._functions))
        self._look()
        gc.freeze()  # a child that collects no garbage copies few pages
        self._story(self)
        shutil.rmtree(self._scratch, ignore_errors=True)
        return True

    def survivors(self, mutants):
        """Yield the mutants that no test notices."""
        waiting, running = list(reversed(mutants)), {}
        while waiting or running:
            while waiting and len(running) < ABREAST:
                mutant = waiting.pop()
                running[self._fork(self._judge, mutant)] = mutant
            pid, status = self._reap()
            mutant = running.pop(pid)
            if status == 0:
                yield mutant

    def _look(self):
        """Run all tests once, to see how long each takes and what it calls."""
        _make_keys()
        files = sorted({item.path for item in self._items.values()})
        for number in range(ABREAST):
            mine = set(files[number::ABREAST])
            self._fork(self._note, [item for item in self._items.values() if item.path in mine], number)
        for _child in range(ABREAST):
            self._reap()
        for number in range(ABREAST):
            for name, seconds, passed, called in json.loads((self._scratch / f"{number}.json").read_text()):
                self._called[name] = set(called)
                if passed and seconds < SLOW:
                    self._seconds[name] = seconds
                elif not passed:
                    self.failed.append(name)

    def _note(self, items, number):
        notes = []
        for item in items:
            called, watch = set(), Watch(stops=False)
            item.config.pluginmanager.register(watch)
            _profile(lambda frame, _event, _arg, called=called: called.add(id(frame.f_code)))
            begin = time.perf_counter()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            seconds = time.perf_counter() - begin
            _profile(None)
            item.config.pluginmanager.unregister(watch)
            names = sorted({self._ours[code] for code in called if code in self._ours})
            notes.append((item.nodeid, seconds, not watch.failed, names))
        (self._scratch / f"{number}.json").write_text(json.dumps(notes))

    def _judge(self, mutant):
        path = path_of(mutant.file)
        then, now = (compile(text, str(path), "exec") for text in (path.read_text(), mutant.source))
        changed = _changed_functions(then, now)
        tests = {
            name for name in self._seconds for function in changed if f"{mutant.file}:{function}" in self._called[name]
        }
        if _at_import(then) != _at_import(now) or not tests:
            self._import_again(mutant.file, path, now)
        for name, code in changed.items():
            for function in self._functions[mutant.file, name]:
                function.__code__ = code
        config = next(iter(self._items.values())).config
        config.pluginmanager.register(Watch(self._seconds))
        for name in sorted(tests, key=lambda name: (own_tests(mutant.file) not in name, self._seconds[name])):
            config.hook.pytest_runtest_protocol(item=self._items[name], nextitem=None)
        self._import_again(mutant.file, path, now)  # what the mutated function has made at the import is judged, too

    def _import_again(self, file, path, code):
        """Mutate what is run at the import: all of ours is imported again, tests included."""
        for name in [name for name in sys.modules if name.startswith(("ansible_collections.dcass", "tests."))]:
            del sys.modules[name]
        module = types.ModuleType(module_name(path))
        module.__file__ = str(path)
        sys.modules[module.__name__] = module
        _limit(START, 10 * START)
        exec(code, vars(module))
        for names in self._users(file):
            _limit(START, 10 * START)
            files = dict.fromkeys(name.partition("::")[0] for name in names)
            if pytest.main([*PYTEST, "--rootdir", str(ROOT), *files], plugins=[Chosen(names), Watch(self._seconds)]):
                os._exit(1)
        os._exit(0)

    def _users(self, file):
        """The tests that use a module, the quickest first: its own, those that import it, those that use its users."""
        users = {path.stem for path in files() if _imports(path, file)} | {file}
        groups = ([], [], [])
        for name in sorted(self._seconds, key=self._seconds.get):
            own, direct = own_tests(file) in name, _imports(self._items[name].path, file)
            if own or direct or any(called.partition(":")[0] in users for called in self._called[name]):
                groups[0 if own else 1 if direct else 2].append(name)
        spent = itertools.accumulate(self._seconds[name] for name in groups[2])
        groups[2][:] = [name for name, sum_so_far in zip(groups[2], spent, strict=True) if sum_so_far < ENOUGH]
        return filter(None, groups)

    def _fork(self, work, *arguments):
        """Do some work in a child with its own scratch folder, silently; it succeeds where nothing is raised."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        try:
            os.setsid()
            gc.disable()
            silence = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):
                os.dup2(silence, stream)
            scratch = self._scratch / str(os.getpid())
            scratch.mkdir()
            os.environ["PYTEST_DEBUG_TEMPROOT"] = str(scratch)
            work(*arguments)
        except BaseException:  # a mutant that can't even be run
            os._exit(1)
        os._exit(0)

    def _reap(self):
        pid, status = os.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self._scratch / str(pid), ignore_errors=True)
        return pid, status


class Watch:
    """Ends the process at the first test that fails, or that takes much longer than it did."""

    def __init__(self, seconds=(), stops=True):
        self._seconds = dict(seconds)
        self._stops = stops
        self.failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item):
        if self._stops:
            _limit(MOST_PROCESSOR + 10 * self._seconds.get(item.nodeid, 0), STUCK)

    def pytest_runtest_logreport(self, report):
        self.failed |= report.failed
        if report.failed and self._stops:
            os._exit(1)


class Chosen:
    """Keeps of what pytest collects the tests named, in their order."""

    def __init__(self, names):
        self._names = names

    def pytest_collection_modifyitems(self, items):
        found = {item.nodeid: item for item in items}
        items[:] = [found[name] for name in self._names if name in found]


def run(story):
    """Collect the tests, and tell the story with them."""
    judge = Judge(story)
    code = pytest.main([*PYTEST, "-s", "--rootdir", str(ROOT), *TESTS], plugins=[judge])
    return int(code)


def files():
    """The files that are judged."""
    return sorted(path for room in ROOMS for path in (ROOT / "plugins" / room).glob("*.py"))


def path_of(file):
    """A file by its name."""
    return next(path for path in files() if path.stem == file)


def own_tests(file):
    """What the names of a file's own tests have in common."""
    return f"test_{file.lstrip('_')}"


def module_name(path):
    """The name that a file is imported under."""
    return f"{COLLECTION}.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}"


def _limit(processor, clock):
    """End this process after so many seconds of either."""
    signal.setitimer(signal.ITIMER_PROF, processor)
    signal.setitimer(signal.ITIMER_REAL, clock)


def _make_keys():
    """What many tests share, and make when it is first asked for."""
    for make in sys.modules["tests.unit.support"].MAKERS.values():
        make()


def _profile(hook):
    sys.setprofile(hook)
    threading.setprofile(hook)


@functools.cache
def _imports(path, file):
    """Whether a file imports from a module, or names something of it, as tests/test_docs.py does."""
    imported = rf"^ *from \S+(?:_rules|plugin_utils)(?:\.{file}\b| import (?:\([^)]*|.*)\b{file}\b)|\b{file}\.[A-Z]"
    return re.search(imported, path.read_text(), re.MULTILINE)


def _functions_in(code):
    """The functions of a module or class by their qualified names; lambdas belong to whoever holds them."""
    for const in code.co_consts:
        if isinstance(const, types.CodeType) and not const.co_name.startswith("<"):
            if _is_function(const):
                yield const.co_qualname, const
            else:
                yield from _functions_in(const)


def _is_function(code):
    return bool(code.co_flags & 1)  # CO_OPTIMIZED; the body of a class is not


def _functions_judged():
    """The functions of these files by file and name; a decorator may have made several of one."""
    found = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and pathlib.PurePath(thing.__code__.co_filename).parent.name in (
            "_rules",
            "plugin_utils",
        ):
            found[pathlib.PurePath(thing.__code__.co_filename).stem, thing.__code__.co_qualname].append(thing)
    return found


def _code_of(functions):
    """Each code object of the rules by its identity, with file and outermost function."""
    for (file, name), some in functions.items():
        for function in some:
            yield from ((id(code), f"{file}:{name.partition('.<locals>')[0]}") for code in _nested(function.__code__))


def _nested(code):
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _nested(const)


def _essence(code, inner=True):
    """What a piece of code does, without its lines; not ``inner``: without the functions that it only defines."""
    consts = []
    for const in code.co_consts:
        if not isinstance(const, types.CodeType):
            consts.append(repr(const))
        elif inner or not _is_function(const) or const.co_name.startswith("<"):
            consts.append(_essence(const, inner))
    return code.co_code, code.co_exceptiontable, code.co_names, code.co_varnames, tuple(consts)


def _at_import(code):
    return _essence(code, inner=False)


def _changed_functions(then, now):
    before = {name: _essence(code) for name, code in _functions_in(then)}
    return {name: code for name, code in _functions_in(now) if before.get(name) != _essence(code)}
