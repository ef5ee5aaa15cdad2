"""What is done for those who look at a job from outside, as far as the job knows of it; the rest is in `monitor/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.stacks import Stacks

__all__ = ["Overseer", "Oversight"]


class Overseer(Protocol):
    """What rank 0 does."""

    def check(self) -> None:
        """See before the program that what is wanted can be done, and begin.

        Raises:
            LaunchError: it cannot.
        """

    def last_words(self, failed: bool) -> None:
        """The program has ended, the ranks are still there.

        Args:
            failed: the program has failed: nobody is waited for for long.
        """

    def end(self, status: int, figures: dict[str, Any]) -> None:
        """The job is over.

        Args:
            status: its.
            figures: messages and bytes, see `Job.figures`.
        """


class Oversight(NamedTuple):
    """What the modules above bring into the job.

    Args:
        answer: has a rank answer rank 0's questions; its second argument says whether a process of the program runs there.
        lead: makes what rank 0 does, given host, cores and process id of each rank; None where nobody wants to know anything.
        counts: whether messages and bytes are counted.
    """

    answer: Callable[[Runtime, Callable[[], bool]], None]
    lead: Callable[[Runtime, Stacks, list[tuple[str, str, int]]], Overseer | None]
    counts: bool
