"""Rank 0 asks, the others answer: short texts with a time limit, so that one rank that does not answer holds up nobody.

    rank 0                              rank r
    ask({r: order}) ── order ─────────▶ serve: does it
    {r: reply} ◀────── reply ──────────

Nothing is collective, nothing blocks: every message is posted and looked for until the time is over. A rank that has not
answered is mute from then on, and is asked nothing more.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

__all__ = ["END", "Asking", "serve"]

END = "end"
_ORDER, _REPLY, _FIRST_TAG = 1, 2, 3
_SHORTEST, _LONGEST = 0.0001, 0.003


class Asking:
    """Rank 0's side.

    Args:
        MPI: the module.
        comm: of all ranks.
        limit: how many seconds a rank may take.

    Attributes:
        mute: ranks that did not answer.
        tags: one for each further message: what came too late for one is not taken for the next.
    """

    def __init__(self, MPI: Any, comm: Any, limit: float) -> None:
        self.MPI = MPI
        self.comm = comm
        self.limit = limit
        self.mute: list[int] = []
        self.tags = itertools.count(_FIRST_TAG)
        self._sent: list[Any] = []  # MPI may not have taken them yet

    def ask(
        self,
        orders: dict[int, dict[str, Any]],
        extra: float = 0.0,
        meanwhile: Callable[[], Any] | None = None,
    ) -> dict[int, dict[str, Any]]:
        """Ask some ranks, and wait for the answers.

        Args:
            orders: by rank; those of mute ranks are left out.
            extra: seconds to wait beyond the limit.
            meanwhile: what this rank does when the orders are out.

        Returns:
            The replies, by rank.
        """
        waiting = [rank for rank in orders if rank not in self.mute]
        for rank in waiting:
            self.tell(rank, orders[rank])
        if meanwhile is not None:
            meanwhile()
        replies: dict[int, dict[str, Any]] = {}
        until, nap = time.monotonic() + self.limit + extra, _SHORTEST
        while len(replies) < len(waiting):
            if self._hear(replies):
                nap = _SHORTEST
            elif time.monotonic() > until:
                break
            else:
                time.sleep(nap)
                nap = min(_LONGEST, nap * 1.5)
        self.mute += [rank for rank in waiting if rank not in replies]
        return replies

    def tell(self, rank: int, order: dict[str, Any]) -> None:
        """Send an order and wait for no answer."""
        data = bytearray(json.dumps(order).encode())
        self._sent.append((self.comm.Isend([data, self.MPI.BYTE], rank, _ORDER), data))

    def _hear(self, replies: dict[int, dict[str, Any]]) -> bool:
        """Take a reply, if there is one."""
        status = self.MPI.Status()
        message = self.comm.Improbe(self.MPI.ANY_SOURCE, _REPLY, status)
        if message is None:
            return False
        rank: int = status.source
        reply = _received(self.MPI, message, status)
        if rank not in self.mute:  # else it answers what it was asked long ago
            replies[rank] = reply
        return True


def serve(MPI: Any, comm: Any, do: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Any other rank: do what rank 0 asks, until it says that it is over.

    Args:
        MPI: the module.
        comm: of all ranks.
        do: takes an order, and returns the reply.
    """
    sent, nap = [], _SHORTEST
    while True:
        status = MPI.Status()
        message = comm.Improbe(0, _ORDER, status)
        if message is None:
            time.sleep(nap)
            nap = min(_LONGEST, nap * 1.5)
            continue
        nap = _SHORTEST
        order = _received(MPI, message, status)
        if order["do"] == END:
            return
        data = bytearray(json.dumps(do(order)).encode())
        sent.append((comm.Isend([data, MPI.BYTE], 0, _REPLY), data))


def _received(MPI: Any, message: Any, status: Any) -> dict[str, Any]:
    data = bytearray(status.Get_count(MPI.BYTE))
    message.Recv([data, MPI.BYTE])
    text: dict[str, Any] = json.loads(data.decode())
    return text
