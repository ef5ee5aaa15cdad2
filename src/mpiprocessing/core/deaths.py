"""Ranks that die: how this rank comes to know, and who is told.

    an MPI call fails ───────┐
    a process has vanished ──┼──▶ the transport gives the rank up ──▶ the node, then `listeners`
    another host says so ────┘

Theory of operation: a death is met in the middle of a step, where nothing but that step may change the node; so it is noted in
`later` and dealt with after the step, and after the last frame that the dead has sent while it lived.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from mpiprocessing.core.messages import RankGone
from mpiprocessing.core.node import Node
from mpiprocessing.core.transport import Transport

__all__ = ["Deaths"]

_LOOK_FOR_MATES = 0.5
"""Seconds between two looks for the processes on this host, where the job survives that one is gone."""


class Deaths:
    """What this rank does about dead ranks.

    Args:
        transport: the way to the other ranks.
        node: this rank's part in the protocol.
        lock: guards both.
        later: what is done after a step.
        look: takes one look at the network.
        flush: sends what the node wants sent.

    Attributes:
        listeners: called with each rank that dies, under the lock.
        expected: whether ranks leave now, and are missed no longer.
    """

    def __init__(
        self,
        transport: Transport,
        node: Node,
        lock: threading.RLock,
        later: deque[Callable[[], None]],
        look: Callable[[], bool],
        flush: Callable[[], None],
    ) -> None:
        self.listeners: list[Callable[[int], None]] = []
        self.expected = False
        self._transport, self._node, self._lock, self._later = transport, node, lock, later
        self._look, self._flush = look, flush
        self._next_look = monotonic() + _LOOK_FOR_MATES
        if transport.failures is not None:
            node.survives, node.facts = True, self.facts
            transport.unread = node.unread
            node.serve(RankGone, lambda message: self._lost([message.rank]))

    def met(self, error: Exception) -> None:
        """MPI has raised this in the middle of a step.

        Raises:
            Exception: the error itself, where no rank has died of it.
        """
        self._bury_later(self._transport.failed(error))

    def met_now(self, error: Exception) -> None:
        """MPI has raised this between two steps; see `met`."""
        self._bury(self._transport.failed(error))

    def unsent(self, dest: int, error: Exception) -> None:
        """A frame could not be sent, or not all of it; see `met`."""
        begun = self._transport.is_on_way(dest)
        self.met(error)
        if not begun:
            self._node.received(dest)

    def look_for_mates(self) -> None:
        """See now and then that the processes on this host are there."""
        now = monotonic()
        if now < self._next_look or self.expected:
            return
        self._next_look = now + _LOOK_FOR_MATES
        assert self._transport.failures is not None
        gone = self._transport.failures.vanished()
        if gone:
            with self._lock:
                self._lost(gone)
                hosts, here = self._transport.failures.hosts, self._transport.rank
                for rank in range(self._transport.size):
                    if hosts[rank] != hosts[here] and rank not in self._node.dead:
                        for lost in gone:
                            self._node.send(rank, RankGone(lost))
                self._flush()

    def facts(self, rank: int) -> dict[str, Any]:
        """What is known of a dead rank, as keywords of `WorkerDied`."""
        death, box = self._transport.death(rank), self._transport.box
        name = box.name_on(rank) if box is not None else ""
        return {"host": death.host, "signal": death.signal, "process": name or None}

    def _lost(self, ranks: list[int]) -> None:
        assert self._transport.failures is not None
        fresh = [rank for rank in ranks if rank not in self._transport.failures.dead]
        self._transport.lose(fresh)
        self._bury_later(fresh)

    def _bury_later(self, ranks: list[int]) -> None:
        if ranks:
            self._later.append(lambda: self._bury(ranks))

    def _bury(self, ranks: list[int]) -> None:
        """Ranks are dead: whoever has to do with them is told, after the last they sent while they lived."""
        silent = 0
        # Between two frames the transport may see to other things: so silence is two looks that find nothing.
        while ranks and silent < 2:
            silent = 0 if self._look() else silent + 1
        for rank in ranks:
            self._node.rank_died(rank)
            for told in self.listeners:
                told(rank)
        self._flush()
