"""Runs one program of the supervisor: `python -m config.child 5 celery -A config worker`.

The number is its niceness: what can wait gives way to the web server, above all while everything starts.

On Linux the program is told to end when its parent is gone, so that nothing outlives a killed supervisor; and
it may leave no core dump, which would hold what the process had in memory. With WIPE_MEMORY=1 what it no
longer uses is overwritten (mallopt(3), M_PERTURB), where the C library is glibc; docs/security.md has what
that takes away.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
# Every piece of memory goes back to glibc, which writes over it; its own short cut would not (tcache).
WIPING = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0",
}


def main() -> None:
    """Replaces this process by the program named in the arguments."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.nice(int(sys.argv[1]))
    if os.environ.get("WIPE_MEMORY") == "1":
        os.environ |= WIPING
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  (no shell; the arguments are our own)


if __name__ == "__main__":
    main()
