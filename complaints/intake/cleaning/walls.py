"""What shuts the child in, before it reads a byte: limits, no network, no disk, no new program or socket.

Three walls, each of which the kernel may refuse (docs/decisions/cleaning-in-a-child.md): a user and network
namespace (unshare(2)), Landlock (landlock(7)) and a seccomp filter (seccomp(2)). `shut` says which stand.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence

NEWUSER, NEWNET = 0x10000000, 0x40000000  # sched.h
SET_PDEATHSIG, SET_NO_NEW_PRIVS, SET_SECCOMP = 1, 38, 22  # prctl.h
# landlock.h: everything that ABI 1 knows; of these, what reading programs and running ffmpeg needs.
ALL_RIGHTS = (1 << 13) - 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
BIND_CONNECT_TCP = 0b11  # ABI 4
O_PATH = 0o10000000
# socket, socketpair, connect, and reading another process's memory, by machine.
FORBIDDEN = {
    "x86_64": (0xC000003E, (41, 53, 42, 101, 310, 311)),
    "aarch64": (0xC00000B7, (198, 199, 203, 117, 270, 271)),
}
libc = ctypes.CDLL(None, use_errno=True)


def limit(*, memory: int, seconds: int, output: int) -> None:
    """Bytes of address space, seconds of processor time, bytes of any file written; no core dump."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit is an OSError


def shut(readable: Sequence[str], programs: Sequence[str]) -> dict[str, bool]:
    """Raise the walls; which stand: {"network": …, "disk": …}. `readable` folders, `programs` to run."""
    if sys.platform != "linux":
        return {"network": False, "disk": False}
    libc.prctl(SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    apart = libc.unshare(NEWUSER | NEWNET) == 0 or libc.unshare(NEWNET) == 0
    libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    disk = _landlock(readable, programs)
    return {"network": _no_sockets() or apart, "disk": disk}


def _landlock(readable: Sequence[str], programs: Sequence[str]) -> bool:
    create, add, restrict = 444, 445, 446
    abi = libc.syscall(create, None, 0, 1)
    if abi < 1:
        return False
    handled = struct.pack("QQ", ALL_RIGHTS, BIND_CONNECT_TCP if abi >= 4 else 0)
    handle = libc.syscall(create, handled, 16 if abi >= 4 else 8, 0)
    if handle < 0:
        return False
    rules = [(path, EXECUTE | READ_FILE | READ_DIR) for path in readable]
    rules += [(path, EXECUTE | READ_FILE) for path in programs]
    rules += [("/dev/null", READ_FILE | WRITE_FILE), ("/dev/urandom", READ_FILE)]
    for path, rights in rules:
        try:
            place = os.open(path, O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not os.path.isdir(path):
            rights &= ~READ_DIR
        libc.syscall(add, handle, 1, struct.pack("=Qi", rights, place), 0)
        os.close(place)
    done = libc.syscall(restrict, handle, 0) == 0
    os.close(handle)
    return bool(done)


def _no_sockets() -> bool:
    """A filter under which the calls of FORBIDDEN fail with EPERM. False on machines it does not know."""
    if (known := FORBIDDEN.get(platform.machine())) is None:
        return False
    arch, calls = known
    errno, allow, kill = 0x00050001, 0x7FFF0000, 0x80000000
    code = [_bpf(0x20, 0, 0, 4), _bpf(0x15, 1, 0, arch), _bpf(0x06, 0, 0, kill), _bpf(0x20, 0, 0, 0)]
    code += [_bpf(0x15, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    code += [_bpf(0x06, 0, 0, allow), _bpf(0x06, 0, 0, errno)]
    program = ctypes.create_string_buffer(b"".join(code))
    header = struct.pack("HxxxxxxP", len(code), ctypes.addressof(program))
    return bool(libc.prctl(SET_SECCOMP, 2, header, 0, 0) == 0)


def _bpf(code: int, true: int, false: int, value: int) -> bytes:
    return struct.pack("HBBI", code, true, false, value)
