"""Runs one program of the supervisor: `python -m config.child 5 celery -A config worker`.

The number is its niceness: what can wait gives way to the web server, above all while everything starts.

On Linux the program is told to end when its parent is gone, so that nothing outlives a killed supervisor; and
it may leave no core dump, which would hold what the process had in memory.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main() -> None:
    """Replaces this process by the program named in the arguments."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            sys.exit(1)
    os.nice(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  (no shell; the arguments are our own)


if __name__ == "__main__":
    main()
