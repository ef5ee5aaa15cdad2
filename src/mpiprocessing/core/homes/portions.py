"""How many tasks travel together: the one place where that is decided.

A message costs some ten microseconds on either side, whatever it carries, so tasks that take a few had better share one. But
tasks that travel together run one after the other, whoever else is idle meanwhile; and where one waits for another they must
not. So it is done only with a function whose tasks were short so far and asked other processes for nothing, up to `GRAIN`
seconds of work, and never with more than a third of a worker's share of what is left (guided self-scheduling: Polychronopoulos
& Kuck 1987). The farm has no clock; workers say how long their tasks took.
"""

from __future__ import annotations

__all__ = ["GRAIN", "MOST", "MOST_BYTES", "Portions"]

GRAIN = 1e-3
"""Seconds of work that are worth a message of their own."""

MOST = 256
"""Tasks that travel together at most."""

MOST_BYTES = 32 << 10
"""Bytes of their arguments at most: with more, it is no longer the message that costs."""

_REMEMBERED = 512  # tasks; those before count half, those before that a quarter, ...


class Portions:
    """How long the tasks of a function take on average: of the last function that was heard of."""

    def __init__(self) -> None:
        self._function = 0
        self._tasks = 0.0
        self._seconds = 0.0

    def ran(self, function: int, tasks: int, seconds: float) -> None:
        """So many tasks of that function took so long together."""
        if function != self._function:
            self._function, self._tasks, self._seconds = function, 0.0, 0.0
        elif self._tasks >= _REMEMBERED:
            self._tasks /= 2
            self._seconds /= 2
        self._tasks += tasks
        self._seconds += seconds

    def size(self, function: int, share: int) -> int:
        """How many tasks of that function a worker may get at once, where there are `share` for each worker."""
        if function != self._function or share < 6:
            return 1
        grain = self._tasks * GRAIN / self._seconds if self._seconds else MOST
        return max(1, min(round(grain), share // 3, MOST))
