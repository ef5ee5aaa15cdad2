"""What is said of a run, in words and short figures: the same in the terminal and on the page."""

from __future__ import annotations

import signal

from mpiprocessing.compare.figures import Traffic
from mpiprocessing.compare.runner import Run
from mpiprocessing.compare.verdict import Outcome, Result

__all__ = ["LEGEND", "bytes_text", "ending_text", "kinds_of", "seconds_text", "times_text", "traffic_text"]

LEGEND = (
    "Start-up is what a run takes without the program itself. Messages are those between the ranks; a "
    "collective counts as the messages of its textbook algorithm: broadcast, scatter, gather and reduce n-1, "
    "barrier, allgather and allreduce 2(n-1), alltoall n(n-1). The standard library shares the memory and the "
    "pipes of one machine: it passes none."
)
"""What the figures mean."""

_UNKNOWN = "?"


def bytes_text(count: int) -> str:
    """Write a number of bytes in the unit that keeps it short.

    Args:
        count: how many.

    Returns:
        "812 B", "1.6 kB", "24 MB".
    """
    value, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    digits = 1 if units[0] != "B" and value < 9.95 else 0
    return f"{value:.{digits}f} {units[0]}"


def seconds_text(seconds: float | None) -> str:
    """Write a time.

    Args:
        seconds: how long, None where it is not known.

    Returns:
        "0.25 s", "?".
    """
    return _UNKNOWN if seconds is None else f"{seconds:.2f} s"


def times_text(run: Run) -> str:
    """Write how long a run took.

    Args:
        run: any.

    Returns:
        "0.75 + 0.25 s" for start-up and work; the whole where they are not known apart.
    """
    if run.startup_seconds is None or run.work_seconds is None:
        return seconds_text(run.seconds)
    return f"{run.startup_seconds:.2f} + {run.work_seconds:.2f} s"


def traffic_text(run: Run) -> tuple[str, str]:
    """Write what a run sent.

    Args:
        run: any.

    Returns:
        The messages and their bytes: "8" and "2.6 kB"; "-" twice where there are none to count, "?" twice where they
        are not known.
    """
    if run.figures is None:
        # The standard library shares memory and pipes of one machine; any other column should have counted.
        return ("-", "-") if run.column == "multiprocessing" else (_UNKNOWN, _UNKNOWN)
    traffic = run.figures.traffic
    return str(traffic.messages), bytes_text(traffic.bytes)


def kinds_of(run: Run) -> list[tuple[str, Traffic]]:
    """Divide what a run sent by its kinds.

    Args:
        run: any.

    Returns:
        The kinds, the most frequent first; none where nothing was counted.
    """
    kinds = run.figures.kinds if run.figures else {}
    return sorted(kinds.items(), key=lambda item: (-item[1].messages, item[0]))


def ending_text(outcome: Outcome) -> str:
    """Say what is wrong with a column.

    Args:
        outcome: one that is not ok.

    Returns:
        What it did, to follow its name: "ended with status 3".
    """
    run = outcome.run
    if outcome.result is Result.DIFFERENT:
        return "prints something else"
    if outcome.result is Result.TIMED_OUT:
        return f"was ended at the time limit, after {run.seconds:.0f} s"
    if run.status >= 0:
        return f"ended with status {run.status}"
    try:
        return f"was ended by {signal.Signals(-run.status).name}"
    except ValueError:
        return f"was ended by signal {-run.status}"
