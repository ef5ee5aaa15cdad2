"""How many tasks travel together: the one place where that is decided.

A message costs some ten microseconds on either side, whatever it carries, so tasks that take a few had better share one. But
tasks that travel together run one after the other, whoever else is idle meanwhile; and where one waits for another they must
not. So it is done only with a function whose tasks were short so far, asked other processes for nothing and did not wait, up to
`GRAIN` seconds of work, and never with more than a third of a worker's share of what is left (guided self-scheduling:
Polychronopoulos & Kuck 1987). The farm has no clock; workers say how long their tasks took.
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


_FUNCTIONS = 64
"""How many functions are remembered."""


class _Record:
    """What is known of a function."""

    __slots__ = ("seconds", "tasks", "waits")

    def __init__(self) -> None:
        self.tasks = 0.0
        self.seconds = 0.0
        self.waits = False


class Portions:
    """What is known of the functions whose tasks have run: how long they take on average, whether they wait.

    Args:
        single: tasks never travel together, nor wait at a worker, so that it is known of which one a worker has died.
    """

    def __init__(self, single: bool = False) -> None:
        self._single = single
        self._known: dict[int, _Record] = {}

    def _record(self, function: int) -> _Record:
        record = self._known.get(function)
        if record is None:
            if len(self._known) >= _FUNCTIONS:
                del self._known[next(iter(self._known))]
            record = self._known[function] = _Record()
            record.waits = self._single
        return record

    def ran(self, function: int, tasks: int, seconds: float) -> None:
        """So many tasks of that function took so long together."""
        record = self._record(function)
        if record.tasks >= _REMEMBERED:
            record.tasks /= 2
            record.seconds /= 2
        record.tasks += tasks
        record.seconds += seconds

    def waits(self, function: int) -> None:
        """A task of that function waits for something."""
        self._record(function).waits = True

    def killed(self, function: int) -> None:
        """A worker has died that had tasks of that function: from now on it is to be seen of which."""
        self._record(function).waits = True

    def ahead(self, function: int) -> bool:
        """Whether tasks of that function may wait at a worker for those before them: these are not going to wait themselves.

        As long as nothing is known, each task is begun only after all before it, and so may wait for any of them to go on.
        """
        record = self._known.get(function)
        return record is not None and not record.waits

    def size(self, function: int, share: int) -> int:
        """How many tasks of that function a worker may get at once, where there are `share` for each worker."""
        record = self._known.get(function)
        if record is None or not record.tasks or record.waits or share < 6:
            return 1
        grain = record.tasks * GRAIN / record.seconds if record.seconds else MOST
        return max(1, min(round(grain), share // 3, MOST))
