# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs work in a process of its own and kills it at its n-th deed: a system call that leaves something behind.

The kernel itself tells the deeds, of all threads: a seccomp filter lets pass what a list names as harmless, and stops
the process (ptrace) just before it makes any other system call. So SQLite's own writes are seen, too, and a call that
nobody has thought of is a deed, not a gap.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# What leaves nothing behind when the process is gone: looking, waiting, and what is the process's own (memory, threads,
# signals, locks, descriptors: their end is part of every death). Numbers of x86-64.
_HARMLESS = {
    "read": 0, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10,
    "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "pread64": 17,
    "readv": 19, "access": 21, "pipe": 22, "select": 23, "sched_yield": 24, "mremap": 25, "madvise": 28, "dup": 32,
    "dup2": 33, "nanosleep": 35, "getpid": 39, "socket": 41, "recvfrom": 45, "recvmsg": 47, "bind": 49,
    "getsockname": 51, "getpeername": 52, "socketpair": 53, "setsockopt": 54, "getsockopt": 55, "clone": 56,
    "exit": 60, "uname": 63, "fcntl": 72, "flock": 73, "getdents": 78, "getcwd": 79, "chdir": 80, "fchdir": 81,
    "readlink": 89, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99, "getuid": 102,
    "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "getpgrp": 111, "getgroups": 115, "sigaltstack": 131,
    "statfs": 137, "fstatfs": 138, "prctl": 157, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
    "getdents64": 217, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230,
    "exit_group": 231, "epoll_wait": 232, "epoll_ctl": 233, "newfstatat": 262, "readlinkat": 267, "faccessat": 269,
    "pselect6": 270, "ppoll": 271, "set_robust_list": 273, "epoll_create1": 291, "dup3": 292, "pipe2": 293,
    "preadv": 295, "prlimit64": 302, "getcpu": 309, "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334,
    "clone3": 435, "close_range": 436, "faccessat2": 439,
}  # fmt: skip
# The names of deeds for people, and what of their arguments to show: p a path, f a descriptor, - nothing. A call that
# is missing here goes by its number.
_DEEDS = {
    1: ("write", "f"), 2: ("open", "p"), 18: ("pwrite64", "f"), 20: ("writev", "f"), 42: ("connect", "f"),
    44: ("sendto", "f"), 46: ("sendmsg", "f"), 48: ("shutdown", "f"), 62: ("kill", ""), 74: ("fsync", "f"),
    75: ("fdatasync", "f"), 76: ("truncate", "p"), 77: ("ftruncate", "f"), 82: ("rename", "pp"), 83: ("mkdir", "p"),
    84: ("rmdir", "p"), 85: ("creat", "p"), 86: ("link", "pp"), 87: ("unlink", "p"), 88: ("symlink", "pp"),
    90: ("chmod", "p"), 91: ("fchmod", "f"), 92: ("chown", "p"), 93: ("fchown", "f"), 234: ("tgkill", ""),
    257: ("openat", "-p"), 258: ("mkdirat", "-p"), 263: ("unlinkat", "-p"), 264: ("renameat", "-p-p"),
    266: ("symlinkat", "p-p"), 268: ("fchmodat", "-p"), 285: ("fallocate", "f"), 316: ("renameat2", "-p-p"),
}  # fmt: skip
_OPENAT, _CHANGES = 257, os.O_CREAT | os.O_TRUNC
_ON_THE_NET = ("connect", "sendto", "sendmsg", "shutdown")

_TRACEME, _CONT, _SYSCALL, _SETOPTIONS, _SYSCALL_INFO = 0, 7, 24, 0x4200, 0x420E
_OPTIONS = 0x1 | 0x8 | 0x80 | 0x100000  # mark system calls, follow threads, stop at the filter, die with us
_EVENT_SECCOMP = 7
_WALL = 0x40000000
_PAGE = 4096
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long
_libc.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong]

#: why this machine can't tell deeds, None where it can
LACK = None if (platform.system(), platform.machine()) == ("Linux", "x86_64") else "deeds are told on x86-64 alone"


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction))]


class _Call(ctypes.Structure):
    """The kernel's ptrace_syscall_info, as it is filled in at the filter."""

    _fields_ = [
        ("op", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 3), ("arch", ctypes.c_uint32), ("ip", ctypes.c_uint64),
        ("sp", ctypes.c_uint64), ("number", ctypes.c_uint64), ("args", ctypes.c_uint64 * 6), ("data", ctypes.c_uint64),
    ]  # fmt: skip


@dataclass
class Seen:
    """What was seen of a piece of work: its deeds in order, whether it was killed, and otherwise what it returned."""

    deeds: list[str] = field(default_factory=list)
    killed: bool = False
    result: Any = None


def is_on_the_net(deed: str) -> bool:
    """Say whether it is something that others may still be busy with when the process is gone."""
    return deed.startswith(_ON_THE_NET)


def apart(work: Callable[[], Any]) -> Any:
    """Do the work in a process of its own and return its result, which must be JSON."""
    pid, reading = _fork(work, lambda: None)
    try:
        return _read(reading)
    finally:
        os.waitpid(pid, 0)


def watched(
    work: Callable[[], Any],
    kill_when: Callable[[list[str]], bool] = lambda _deeds: False,
    after: bool = False,
    before_each: Callable[[], object] = lambda: None,
) -> Seen:
    """Do the same under watch; kill the process just before the deed, or just ``after`` it, that ``kill_when`` names.

    It is asked with all deeds up to that one.
    """
    pid, reading = _fork(work, _stop_at_deeds)
    seen = Seen()
    try:
        if os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]):  # by itself, else it could not be watched
            _ptrace(_SETOPTIONS, pid, _OPTIONS)
            _ptrace(_CONT, pid, 0)
            _watch(pid, seen, kill_when, after, before_each)
    finally:
        _bury(pid)
    seen.result = _read(reading, silent=seen.killed)
    return seen


def _fork(work, prepare):
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.setpgid(0, 0)
        prepare()
        told = {"result": work()}
    except BaseException:
        told = {"trouble": traceback.format_exc()}
    os.write(writing, json.dumps(told).encode())
    os._exit(0)


def _read(reading, silent=False):
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    if silent:
        return None
    told = json.loads(said or b'{"trouble": "the process ended without a word"}')
    if "trouble" in told:
        raise AssertionError(told["trouble"])
    return told["result"]


def _stop_at_deeds():
    """In the child: be watched, and let the kernel stop it at whatever is not harmless."""
    quiet = sorted(_HARMLESS.values())
    lines = [_Instruction(0x20, 0, 0, 0)]  # load the call's number
    lines += [_Instruction(0x15, len(quiet) - at, 0, number) for at, number in enumerate(quiet)]  # jump to the last
    lines += [_Instruction(0x06, 0, 0, _TRACE), _Instruction(0x06, 0, 0, _ALLOW)]
    program = _Program(len(lines), (_Instruction * len(lines))(*lines))
    _ptrace(_TRACEME, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    for option, value, more in ((_NO_NEW_PRIVS, 1, None), (_SECCOMP, _FILTER, ctypes.addressof(program))):
        if _libc.prctl(option, value, more, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")


def _watch(pid, seen, kill_when, after, before_each):
    while True:
        thread, status = os.waitpid(-pid, _WALL)
        if not os.WIFSTOPPED(status):
            if thread == pid:
                return
            continue
        number = os.WSTOPSIG(status)
        if status >> 16 == _EVENT_SECCOMP:
            deed = _deed(pid, thread)
            if deed:
                before_each()
                seen.deeds.append(deed)
            if deed and kill_when(seen.deeds):
                if after:
                    _ptrace(_SYSCALL, thread, 0)
                    os.waitpid(thread, _WALL)
                seen.killed = True
                os.kill(pid, signal.SIGKILL)
                return
        passed_on = 0 if status >> 16 or number in (signal.SIGTRAP, signal.SIGSTOP) else number
        _ptrace(_CONT, thread, passed_on)


def _deed(pid, thread):
    """Name what the thread is about to do, or return None where that leaves nothing behind after all."""
    call = _Call()
    _ptrace(_SYSCALL_INFO, thread, ctypes.sizeof(call), ctypes.addressof(call))
    name, shown = _DEEDS.get(call.number, (f"call {call.number}", ""))
    if call.number == _OPENAT and not call.args[2] & _CHANGES:
        return None  # opened to read, or to write into later
    words = [name]
    for kind, value in zip(shown, call.args):
        if kind == "p":
            words.append(_text(pid, value))
        elif kind == "f":
            words.append(os.readlink(f"/proc/{pid}/fd/{value}"))
    if words[-1].startswith(("pipe:", "anon_inode:")):
        return None  # ends with the process
    return " ".join(words)


def _text(pid, address):
    """Read a path, page by page: what comes after its last page may not be there."""
    text = b""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        while b"\0" not in text:
            text += memory.read(_PAGE - (address + len(text)) % _PAGE)
    return os.fsdecode(text.partition(b"\0")[0])


def _bury(pid):
    """End the process with its threads, as far as it lives, and take note of each one's death."""
    try:
        os.kill(pid, signal.SIGKILL)
        while True:
            os.waitpid(-pid, _WALL)
    except (ChildProcessError, ProcessLookupError):
        pass


def _ptrace(request, pid, data, address=None):
    place, data = (data, address) if address is not None else (None, data)
    if _libc.ptrace(request, pid, place, data) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x}: {os.strerror(ctypes.get_errno())}")
