"""Whether a job lives, as far as its status file tells."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import psutil

from mpiprocessing.monitor.words import duration

__all__ = ["Life", "life", "runs"]

_MISSED = 3
"""So many signs of life may be late before it is said."""


class Life(NamedTuple):
    """What is to be said of it.

    Args:
        lives: whether it seems to run.
        text: in words.
    """

    lives: bool
    text: str


def life(status: dict[str, Any], now: float, is_there: Callable[[str, int], bool | None]) -> Life:
    """Whether a job lives.

    Args:
        status: as it was read.
        now: seconds since 1970, by this host's clock.
        is_there: whether that process runs on that host; None where nobody can tell.
    """
    if status["state"] == "ended":
        return Life(False, f"ended with status {status['status']}")
    there = is_there(status["host"], status["pid"])
    silent = now - status["written"]
    if there is False:
        return Life(False, "has ended without a word: killed, or aborted")
    if silent <= _MISSED * status["heartbeat"]:
        return Life(True, "runs")
    alive = (
        "rank 0 is there, in code that does not let Python run"
        if there
        else "it is dead, or its disk is slow"
    )
    return Life(bool(there), f"gives no sign of life for {duration(silent)}: {alive}")


def runs(host: str, pid: int) -> bool | None:
    """Whether a process runs on a host; None where that is another one."""
    if host != os.uname().nodename:
        return None
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return None
