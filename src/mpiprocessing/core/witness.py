"""A rank that says, when it is asked, whether it waits; and once all do, for what.

    rank 0                       the ranks below it           the ranks below those
      │──── DeadlockAsk ───────────▶│──── DeadlockAsk ───────────▶│      are all your threads waiting, and how much have
      │◀─── DeadlockTold ───────────│◀─── DeadlockTold ───────────│      you sent and received?
      │──── DescribeAsk ───────────▶│──── DescribeAsk ───────────▶│      only once it is proven: who waits where, for
      │◀─── Described ──────────────│◀─── Described ──────────────│      what, and who holds it?

The question goes down a tree, and no further than to the first that works; the answers are added up on their way back.

A rank counts as waiting only if each of its threads waits in a call of ours, without a time limit and for nothing but
messages, and nothing of it is on its way. A thread that sleeps, computes, reads a file or a socket, or waits for anything
else, a timer, a signal handler of the program's own: the rank might go on.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

from mpiprocessing.core.messages import DeadlockAsk, DeadlockTold, DescribeAsk, Described, ToRank
from mpiprocessing.core.quiescence import Statement
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.testimony import testimony
from mpiprocessing.core.tree import above, below

__all__ = ["Witness"]


class Witness:
    """A rank that speaks for itself and all below it.

    Args:
        runtime: this rank's runtime.
        hosts: whether a process of the program runs here now.
        told: on rank 0, called with what all ranks say together.
        described: on rank 0, called with what all have to say of who waits for what.
    """

    def __init__(
        self,
        runtime: Runtime,
        hosts: Callable[[], bool],
        told: Callable[[Statement], None] | None = None,
        described: Callable[[Described], None] | None = None,
    ) -> None:
        self._runtime = runtime
        self._hosts = hosts
        self._told = told
        self._described = described
        self._said = Statement(False, 0, 0)
        self._account = Described(0, [], [], [])
        self._awaited = 0  # ranks below that have not answered
        runtime.serve(DeadlockAsk, self._asked)
        runtime.serve(DeadlockTold, self._answered)
        runtime.serve(DescribeAsk, self._asked_what)
        runtime.serve(Described, self._answered_what)

    # ---- do all wait? ----

    def ask(self) -> None:
        """Have this rank and all below it make their statements; under the runtime's lock."""
        self._said = self.statement()
        # Where this rank does not wait, what the others do is of no interest.
        self._pass_on(DeadlockAsk(), self._said.waits)
        self._conclude()

    def _asked(self, message: DeadlockAsk) -> None:
        self._runtime.aside_received += 1  # this very conversation does not count as work
        self.ask()

    def _answered(self, message: DeadlockTold) -> None:
        self._runtime.aside_received += 1
        self._said = self._said.together_with(
            Statement(message.waits, message.sent, message.received, message.ran)
        )
        self._awaited -= 1
        self._conclude()

    def _conclude(self) -> None:
        if self._awaited:
            return
        if self._told is not None:
            self._told(self._said)
        else:
            self._send(above(self._runtime.rank), DeadlockTold(*self._said))

    def statement(self) -> Statement:
        """What this rank says of itself."""
        runtime = self._runtime
        node = runtime.node
        self._see_flights()
        still = (
            not runtime.transport.busy
            and not node.outbox
            and not node.restless
            and not node.dead  # what it has sent and received is not known any more
            and not runtime.dropped
            and not runtime.later
        )
        ran = runtime.progress.all_wait() if still else None
        if ran is not None and _may_be_signalled():
            ran = None
        sent, received = node.outbox.pushed - runtime.aside_sent, node.delivered - runtime.aside_received
        return Statement(ran is not None, sent, received, ran or 0)

    def _see_flights(self) -> None:
        """What was said in the wave before has been received, or this one could not be under way: see that it was."""
        rank, size = self._runtime.rank, self._runtime.size
        self._runtime.see_received([*below(rank, size), *([above(rank)] if rank else [])])

    # ---- for what? ----

    def ask_what(self) -> None:
        """Have this rank and all below it say who waits for what; under the runtime's lock."""
        self._account = testimony(self._runtime, self._hosts())
        self._pass_on(DescribeAsk(), True)
        self._conclude_what()

    def _asked_what(self, message: DescribeAsk) -> None:
        self._runtime.aside_received += 1
        self.ask_what()

    def _answered_what(self, message: Described) -> None:
        self._runtime.aside_received += 1
        mine = self._account
        self._account = Described(
            mine.idle + message.idle,
            mine.waiters + message.waiters,
            mine.homes + message.homes,
            mine.held + message.held,
        )
        self._awaited -= 1
        self._conclude_what()

    def _conclude_what(self) -> None:
        if self._awaited:
            return
        account, self._account = self._account, Described(0, [], [], [])
        if self._described is not None:
            self._described(account)
        else:
            self._send(above(self._runtime.rank), account)

    # ---- the tree ----

    def _pass_on(self, question: ToRank, further: bool) -> None:
        ranks = below(self._runtime.rank, self._runtime.size) if further else []
        self._awaited = len(ranks)
        for rank in ranks:
            self._send(rank, question)

    def _send(self, rank: int, message: ToRank) -> None:
        self._runtime.send_aside(rank, message)


def _may_be_signalled() -> bool:
    """Whether a timer runs, or the program has a handler of its own for a signal: it may wake what waits."""
    if signal.getitimer(signal.ITIMER_REAL)[0]:
        return True
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            module = getattr(handler, "__module__", None) or ""
            if not module.startswith("mpiprocessing."):
                return True
    return False
