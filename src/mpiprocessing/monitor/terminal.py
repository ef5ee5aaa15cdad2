"""Whether somebody sees this job's stderr on a terminal, and how wide that is.

Launchers read what ranks write from pipes, so rank 0 never writes to a terminal itself. But its launcher is one of the
processes that have started it, on the same host: what that has as its own stderr can be seen in /proc, on Linux. Elsewhere, and
where the launcher runs on another host, nobody is taken to be there.
"""

from __future__ import annotations

import contextlib
import os
import sys

import psutil

__all__ = ["terminal", "width"]

_LAUNCHERS = ("mpiexec", "mpirun", "prterun", "orterun", "srun")

_OURS = "mpiprocessing.launch.mpiexec"

_DEVICES = ("/dev/pts/", "/dev/tty", "/dev/console")


def terminal() -> str | None:
    """The device on which stderr is seen; None where it is none."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if sys.stderr.isatty():
            return os.ttyname(sys.stderr.fileno())
    found = False  # the launcher; what it writes to may be a pipe to ours, which has started it
    with contextlib.suppress(psutil.Error, OSError):
        for process in psutil.Process().parents():
            ours = _OURS in process.cmdline()
            if not ours and (found or not any(name in process.name() for name in _LAUNCHERS)):
                continue
            found = True
            device = os.readlink(f"/proc/{process.pid}/fd/2")
            if device.startswith(_DEVICES):
                return device
    return None


def width(device: str) -> int:
    """How wide a terminal is, in columns."""
    with contextlib.suppress(OSError):
        descriptor = os.open(device, os.O_RDONLY | os.O_NOCTTY)
        try:
            return os.get_terminal_size(descriptor).columns or 80
        finally:
            os.close(descriptor)
    return 80
