"""What a process weighs."""

from __future__ import annotations

import resource
import sys

__all__ = ["weight"]


def weight() -> float:
    """Bytes of memory of this process: its own, and its part of what it shares with others.

    Where the system does not tell (it is Linux that does), the most it ever had resident.
    """
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as file:
            return 1024.0 * next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
            1.0 if sys.platform == "darwin" else 1024.0
        )
