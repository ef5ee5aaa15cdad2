"""A rank that can be asked what it does; what that takes is loaded when rank 0 asks for the first time.

The first question comes before the program begins. So it is rank 0 alone that decides whether a job is watched, and a job that
is not pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from mpiprocessing.core.messages import StatusAsk
from mpiprocessing.core.runtime import Runtime

__all__ = ["answer"]


def answer(runtime: Runtime, hosts: Callable[[], bool]) -> None:
    """Have a rank answer.

    Args:
        runtime: its runtime.
        hosts: whether a process of the program runs there now.
    """

    def first(message: StatusAsk) -> None:
        from mpiprocessing.monitor.rankside import RankSide  # nothing is loaded for a job that nobody watches

        RankSide(runtime, hosts).asked(message)

    runtime.serve(StatusAsk, first)
