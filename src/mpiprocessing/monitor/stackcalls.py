"""Questions for the stacks of ranks, from whoever looks at the job, on their way to the ranks and back."""

from __future__ import annotations

import threading
from time import monotonic

from mpiprocessing.core.messages import StackAsk, StackTold
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.stacks import Stacks
from mpiprocessing.monitor.document import Facts

__all__ = ["PATIENCE", "StackCalls"]

PATIENCE = 10.0
"""Seconds that a rank has for its answer."""


class _Question:
    """One question."""

    def __init__(self, ranks: list[int]) -> None:
        self.asked = monotonic()
        self.ranks = ranks
        self.told: dict[int, str] = {}


class StackCalls:
    """The questions that are open.

    Args:
        runtime: rank 0's runtime.
        stacks: what rank 0 tells of itself.
        facts: where the ranks are.
    """

    def __init__(self, runtime: Runtime, stacks: Stacks, facts: Facts) -> None:
        self._runtime = runtime
        self._stacks = stacks
        self._facts = facts
        self._open: dict[str, _Question] = {}
        self._lock = threading.Lock()
        self._refused: list[tuple[str, str]] = []

    def begin(self, name: str, what: str) -> None:
        """Somebody asks.

        Args:
            name: of the question.
            what: a rank, or "all".
        """
        size = self._runtime.size
        if what != "all" and not (what.isdecimal() and int(what) < size):
            self._refused.append(
                (name, f"there is no rank {what!r:.40}: this job has the ranks 0 to {size - 1}\n")
            )
            return
        question = _Question(list(range(size)) if what == "all" else [int(what)])
        with self._lock:
            self._open[name] = question
        for rank in question.ranks:
            if rank == 0:
                question.told[0] = self._stacks.text()
            elif rank not in self._runtime.node.dead:
                self._runtime.send_aside(rank, StackAsk())

    def told(self, message: StackTold) -> None:
        """A rank has answered."""
        self._runtime.aside_received += 1
        with self._lock:
            for question in self._open.values():
                if message.rank in question.ranks:
                    question.told.setdefault(message.rank, message.text)

    def ready(self) -> list[tuple[str, str]]:
        """The answers that are there, each with the name of its question."""
        ready, self._refused = self._refused, []
        now = monotonic()
        with self._lock:
            for name, question in list(self._open.items()):
                dead = self._runtime.node.dead
                missing = [rank for rank in question.ranks if rank not in question.told]
                if set(missing) <= dead or now - question.asked > PATIENCE:
                    del self._open[name]
                    ready.append((name, "\n".join(self._part(question, rank) for rank in question.ranks)))
        return ready

    def _part(self, question: _Question, rank: int) -> str:
        if rank in question.told:
            return question.told[rank]
        host, _, pid = self._facts.places[rank]
        if rank in self._runtime.node.dead:
            return f"rank {rank} on {host}, pid {pid}, is dead\n"
        return (
            f"rank {rank} on {host}, pid {pid}, has not answered for {PATIENCE:.0f} s: it is in code that does not let Python "
            f"run, or its host is gone; on {host}, 'kill -QUIT {pid}' has it show its stacks on its stderr or in its log\n"
        )
