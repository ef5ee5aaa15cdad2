"""Which ranks are free to host a child process; kept on rank 0.

A parent that finds no rank free leaves its child waiting here, first come, first served. The lowest free rank goes first.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict

from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.messages import HostCancel, HostFree, HostNone, HostTake, HostTaken, HostWait

__all__ = ["Hosts"]


class Hosts:
    """The free ranks and the children that wait for one.

    Args:
        pids: rank → process id of every rank that can host, i.e. all but rank 0.
    """

    def __init__(self, pids: dict[int, int]) -> None:
        self._pids = dict(pids)
        self._free = sorted(
            pids
        )  # a heap: a list kept in order is moved as a whole by each rank that comes or goes
        self._waiting: OrderedDict[int, int] = OrderedDict()  # process → parent's rank, in order of arrival

    @property
    def free(self) -> int:
        """How many ranks have no child."""
        return len(self._free)

    @property
    def living(self) -> int:
        """How many ranks there are."""
        return len(self._pids)

    def is_free(self, rank: int) -> bool:
        """Whether that rank lives and has no child."""
        return rank in self._free

    @property
    def pending(self) -> int:
        """How many children wait for a rank."""
        return len(self._waiting)

    def take(self, message: HostTake) -> list[Letter]:
        """A parent wants a rank for a child."""
        if not self._pids:
            return [(message.parent, HostNone(message.process))]
        if not self._free:
            self._waiting[message.process] = message.parent
            return [(message.parent, HostWait(message.process))]
        return [self._assign(message.process, message.parent, heapq.heappop(self._free))]

    def cancel(self, message: HostCancel) -> list[Letter]:
        """A waiting child was ended by its parent. Too late where a rank is on its way: the parent frees it then."""
        self._waiting.pop(message.process, None)
        return []

    def close(self) -> None:
        """The job ends: no child that waits gets a rank any more."""
        self._waiting.clear()

    def freed(self, message: HostFree) -> list[Letter]:
        """A child has left its rank."""
        if message.rank not in self._pids:  # it has died since
            return []
        if not self._waiting:
            heapq.heappush(self._free, message.rank)
            return []
        return [self._assign(*self._waiting.popitem(last=False), message.rank)]

    def died(self, rank: int) -> list[Letter]:
        """A rank is dead: it hosts nobody, and the children that its process was waiting to start are not started."""
        self._pids.pop(rank, None)
        if rank in self._free:
            self._free.remove(rank)
            heapq.heapify(self._free)
        for process in [process for process, parent in self._waiting.items() if parent == rank]:
            del self._waiting[process]
        if self._pids:
            return []
        waiting = list(self._waiting.items())
        self._waiting.clear()
        return [(parent, HostNone(process)) for process, parent in waiting]

    def _assign(self, process: int, parent: int, rank: int) -> Letter:
        return parent, HostTaken(process, rank, self._pids[rank])
