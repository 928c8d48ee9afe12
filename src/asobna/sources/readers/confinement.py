"""What a guarded process may not do: made from inside, before it sees a stranger's byte.

Three layers, each of which holds where the one before is missing: limits of the kernel on memory,
time and files (POSIX); system calls refused by the kernel (Linux on x86-64 and ARM64); an audit
hook of the interpreter (everywhere).
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import platform
import resource
import signal
import struct
import sys
import time
from collections.abc import Mapping

_REFUSED_EVENTS = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
                   "os.spawn", "os.kill", "os.remove", "os.rename", "os.rmdir", "os.mkdir",
                   "ctypes.dlopen", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.",
                   "shutil.")  # fmt: skip

# Numbers of system calls from the kernel's tables (arch/x86/entry/syscalls/syscall_64.tbl,
# include/uapi/asm-generic/unistd.h): socket, socketpair, connect, bind, execve, execveat, fork,
# vfork, clone, clone3, ptrace, kill, tkill, io_uring_setup, process_vm_writev, mount; unlink,
# unlinkat, rename, renameat, renameat2, link, linkat, symlink, symlinkat, mkdir, mkdirat, chmod,
# fchmod, fchmodat, truncate, ftruncate, open, creat, openat2. The C library opens by openat alone.
_REFUSED_CALLS = {
    "x86_64": (0xC000003E, (41, 53, 42, 49, 59, 322, 57, 58, 56, 435, 101, 62, 200, 425, 311, 165,
                            87, 263, 82, 264, 316, 86, 265, 88, 266, 83, 258, 90, 91, 268, 76, 77,
                            2, 85, 437), 257),
    "aarch64": (0xC00000B7, (198, 199, 203, 200, 221, 281, 220, 435, 117, 129, 130, 425, 271, 40,
                             35, 38, 276, 37, 36, 34, 52, 53, 45, 46, 437), 56),
}  # fmt: skip
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_PDEATHSIG, _FILTER = 38, 22, 1, 2
_EACCES = 13


def confine(limits: Mapping[str, int], folder: str) -> None:
    """Give up everything a reader does not need. `folder` is the only place for its files."""
    os.chdir(folder)
    os.environ["TMPDIR"] = folder
    for kind, bound in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits["temporary_bytes"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_AS, _address_space() + limits["memory_bytes"]),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (bound, bound))
    refuse_calls()
    sys.addaudithook(_audit)


def allow_time(limits: Mapping[str, int]) -> None:
    """Give the next page its processor time, and end the process if its parent forgets it."""
    soft = math.ceil(time.process_time()) + limits["cpu_seconds"]
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    bound = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (bound, hard))
    signal.alarm(limits["wall_seconds"] + 5)


def die_with_parent() -> None:
    """End when the process that started this one ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _address_space() -> int:
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[0]) * resource.getpagesize()
    return 1 << 30


def _audit(event: str, _: object) -> None:
    if event.startswith(_REFUSED_EVENTS):
        raise PermissionError(f"{event} is refused in the guarded process")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_calls() -> bool:
    """Have the kernel answer EACCES to calls no reader needs (seccomp); False where it cannot."""
    known = _REFUSED_CALLS.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return False
    code = _program(*known)
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(machine: int, calls: tuple[int, ...], opening: int) -> bytes:
    """A classic BPF program: other machine → end; refused or x32 number, or a file opened for
    writing → EACCES; else allow.

    See seccomp(2) and linux/bpf_common.h: 0x20 loads a word of seccomp_data (nr at 0, arch at 4,
    the third argument at 32), 0x15 jumps if equal, 0x35 if at least, 0x45 if a bit is set, 0x06
    returns.
    """

    def step(code: int, yes: int, no: int, value: int) -> bytes:
        return struct.pack("=HBBI", code, yes, no, value)

    end, refuse, allow = 0x80000000, 0x00050000 | _EACCES, 0x7FFF0000
    steps = [step(0x20, 0, 0, 4), step(0x15, 1, 0, machine), step(0x06, 0, 0, end)]
    steps += [step(0x20, 0, 0, 0), step(0x35, len(calls) + 4, 0, 0x40000000)]
    steps += [step(0x15, len(calls) + 3 - place, 0, call) for place, call in enumerate(calls)]
    steps += [step(0x15, 0, 2, opening), step(0x20, 0, 0, 32), step(0x45, 1, 0, _WRITING)]
    return b"".join([*steps, step(0x06, 0, 0, allow), step(0x06, 0, 0, refuse)])
