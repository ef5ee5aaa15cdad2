"""How a thread waits for messages: it yields for a moment, then sleeps until the bell rings.

Ranks may outnumber the cores, so every look that finds nothing gives the core away: to another rank, which then answers. Where
no other rank wants the core that costs less than the look. After `PATIENCE` without a message the wait becomes sleep: on the
bell (`doorbell.py`), in steps that grow where something is to come that nobody rings for.

Yielding to something that computes is dear: the kernel lets it run for milliseconds. A yield that took longer than `DEAR`
shows that, and for a while waits go to sleep at once: a sleeper is woken ahead of what computes. The while grows as long as
every try is dear.
"""

from __future__ import annotations

import os
from time import monotonic, sleep

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Protocol

    class Bell(Protocol):
        """What a wait needs of a bell (`doorbell.py`)."""

        @property
        def longest(self) -> float:
            """Seconds to sleep at most."""

        def listen(self) -> None:
            """From now on whoever sends rings."""

        def wait(self, seconds: float) -> bool:
            """Sleep until somebody rings."""


__all__ = ["DEAR", "LONGEST", "PATIENCE", "PATIENCE_WITH_BUFFERS", "Backoff", "NoBell"]

LONGEST = 3e-3
"""Seconds of the longest sleep where no bell wakes: what comes is seen 1.5 ms later on average, for 2 % of a core."""

PATIENCE = 3e-4
"""Seconds of yields before the first sleep: longer than a rank that sleeps needs to wake and answer."""

PATIENCE_WITH_BUFFERS = 1e-2
"""The same while large buffers are on their way: 8 MB take 1 ms, and often both sides have to look."""

DEAR = 1e-3
"""Seconds of a yield that must have gone to something that computes."""

_LOOKS_WHERE_DEAR = 3
_SHORTEST, _GROWTH = 2e-4, 1.5  # seconds of the first sleep, and how much longer the next ones are
_AVOID, _AVOID_LONGEST = 0.02, 0.5  # seconds without yields after a dear one

_yield = getattr(os, "sched_yield", lambda: sleep(0))
_avoid = _AVOID
_avoid_until = 0.0


class NoBell:
    """Where nobody rings."""

    longest = LONGEST

    def listen(self) -> None:
        """Nobody is told."""

    def wait(self, seconds: float) -> bool:
        """Sleep to the end."""
        sleep(seconds)
        return False


class Backoff:
    """One wait, from its beginning to its end.

    Args:
        bell: this rank's.
        shortest: seconds of the first sleep, where somebody may come without ringing.
    """

    __slots__ = ("_bell", "_listens", "_looks", "_shortest", "_since", "_sleep")

    def __init__(self, bell: Bell, shortest: float = _SHORTEST) -> None:
        self._bell = bell
        self._shortest = shortest
        self.reset()

    def reset(self) -> None:
        """Something has come: more may follow soon."""
        self._looks = 0
        self._since = 0.0
        self._sleep = self._shortest
        self._listens = False

    def is_patient(self, patience: float = PATIENCE) -> bool:
        """Nothing has come. Returns whether to look again, after a yield; it is time to `rest` otherwise.

        Args:
            patience: seconds of yields before that.
        """
        now = monotonic()
        if not self._looks:
            self._since = now
        self._looks += 1
        if now < _avoid_until:
            return self._looks <= _LOOKS_WHERE_DEAR
        if now - self._since < patience:
            _yield()
            after = monotonic()
            if after - now > DEAR:
                _avoid_yields(now, after)
            return True
        return False

    def rest(self, left: float | None, unannounced: bool) -> None:
        """Sleep until the bell rings; the first time only listen for it, for one more look.

        Args:
            left: seconds to sleep at most, for a wait that has to end in time.
            unannounced: see `step`.
        """
        if not self._listens:
            self._bell.listen()
            self._listens = True
            return
        step = self.step(unannounced)
        if self._bell.wait(step if left is None else min(left, step)):
            self.reset()

    def step(self, unannounced: bool) -> float:
        """How long to sleep.

        Args:
            unannounced: whether something is to come that nobody rings for.

        Returns:
            Seconds: few at first, more each time, and many in the end where a ring comes before everything else. Not at once
            even there: MPICH does not see to all that has come in one look, and may show a message that was rung for later.
        """
        longest = min(self._bell.longest, LONGEST) if unannounced else self._bell.longest
        step = min(self._sleep, longest)
        self._sleep = min(step * _GROWTH, longest)
        return step


def _avoid_yields(before: float, after: float) -> None:
    """A yield was dear, from the one time to the other."""
    global _avoid, _avoid_until
    again = before - _avoid_until < _AVOID  # the first try after it was avoided
    _avoid = min(_avoid * 2, _AVOID_LONGEST) if again else _AVOID
    _avoid_until = after + _avoid
