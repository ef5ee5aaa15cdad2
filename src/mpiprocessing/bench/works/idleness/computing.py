"""Pure Python that computes, and does nothing else, for a while; and what a process has used of its core meanwhile."""

from __future__ import annotations

import os
import time

__all__ = ["Usage", "compute", "share", "usage"]

Usage = tuple[int, float, float]
"""Who, seconds of processors used so far, seconds on the clock."""


def compute(seconds: float) -> int:
    """Compute until so much time has passed."""
    until, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        for _ in range(1000):
            number += 1
    return number


def usage(_: object = None) -> Usage:
    """What this process has used."""
    return os.getpid(), time.process_time(), time.perf_counter()


def share(before: list[Usage], after: list[Usage]) -> float:
    """The share of a core that processes used between two moments.

    Args:
        before: of several processes.
        after: of the same, or of others where those have ended.

    Returns:
        The mean over those that are in both; nothing where there are none.
    """
    began = {pid: (used, clock) for pid, used, clock in before}
    shares = [(used - began[pid][0]) / (clock - began[pid][1]) for pid, used, clock in after if pid in began]
    return sum(shares) / len(shares) if shares else 0.0
