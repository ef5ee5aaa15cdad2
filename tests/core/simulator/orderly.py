"""A job of thousands of simulated ranks, without a random schedule: for counting what operations cost, and how deep they are.

Everything happens in the order of a clock that counts work. Each rank has its own: a frame that it sends or receives takes one
tick of it, and one that arrives from a rank whose clock is ahead sets it forward; the wire itself, computing and waiting
take no time. So after an operation the largest clock says how many frames have to be dealt with one after another at least,
however many ranks work at once: its *depth*.

    rank 0   1 2 3      three frames, one after another          depth 3: rank 0 sends to three ranks
    rank 1   · 2        received when it was sent
    rank 2   ·  ·3
    rank 3   ·  · ·4    the last one ends the operation          depth 4

The random schedules of `world.py` look at all that may happen before each step; here a step costs the same with any number
of ranks.
"""

from __future__ import annotations

import heapq
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from mpiprocessing.core import thisrank as library
from mpiprocessing.core.messages import Message
from mpiprocessing.core.runtime import Runtime
from tests.core.simulator.ranks import SimulatedRuntime
from tests.core.simulator.world import World

__all__ = ["Cost", "OrderlyWorld", "weight"]

_STACK = 256 << 10  # of a thread: thousands are needed, and none goes deep


class Cost(NamedTuple):
    """What a step has cost.

    Args:
        kinds: kind of message → how many.
        bytes: of all of them, buffers included.
        depth: frames that had to be dealt with one after another.
        busiest: messages that the rank with the most of them has sent and received.
    """

    kinds: dict[str, int]
    bytes: int
    depth: int
    busiest: int

    @property
    def messages(self) -> int:
        """How many, of whatever kind."""
        return sum(self.kinds.values())


class OrderlyWorld(World):
    """A job of simulated ranks that does one thing after another.

    Args:
        ranks: how many.
    """

    def __init__(self, ranks: int) -> None:
        super().__init__(ranks, 0)
        self._outer_stack = threading.stack_size(_STACK)
        self._clock = [0] * ranks
        self._traffic = [0] * ranks
        self._bytes = 0
        self._coming: list[tuple[int, int, str, int, int]] = []
        self._serial = 0
        self._at_rest = False
        self.network.launched = self._launched
        for runtime in self.ranks:
            runtime.transport.sizes = self._sized

    def counted(self, step: Callable[[], object]) -> Cost:
        """Do something in the running process, and say what it and all that follows from it has cost.

        Args:
            step: what is done; may wait.
        """
        self._rest()
        before = Counter(self.network.sent)
        self._clock = [0] * len(self.ranks)
        self._traffic = [0] * len(self.ranks)
        self._bytes = 0
        step()
        self._rest()
        kinds = dict(self.network.sent - before)
        return Cost(kinds, self._bytes, max(self._clock), max(self._traffic))

    def _rest(self) -> None:
        """Let the running process wait until nothing is on its way, and nobody else can go on."""
        assert self.running is not None
        self._at_rest = False
        self.running.give_way(lambda: self._at_rest)

    def breathe(self) -> None:
        """Nobody gives way but to wait."""

    def settle(self) -> None:
        while self.step():
            pass

    def abandon(self) -> None:
        super().abandon()
        threading.stack_size(self._outer_stack)

    # ---- the order of things ----

    def _launched(self, source: int, dest: int) -> None:
        self._clock[source] += 1
        self._come(self._clock[source], "frame", source, dest)

    def _come(self, time: int, kind: str, source: int, dest: int) -> None:
        self._serial += 1
        heapq.heappush(self._coming, (time, self._serial, kind, source, dest))

    def _sized(self, dest: int, message: Message, size: int) -> None:
        self._bytes += size
        self._traffic[dest] += 1

    def step(self) -> bool:
        if not self._coming:
            if self._go_on(self.ranks) or self._let_go():
                return True
            self._at_rest = True
            return self._go_on(self.ranks)
        time, _, kind, source, dest = heapq.heappop(self._coming)
        if kind == "ack":
            self._clock[source] = max(self._clock[source], time)
            if (source, dest) not in self.network.acks:
                return True  # the rank has seen it by itself
            self._look(source, ("ack", source, dest))
            self._go_on([self.ranks[source]])
            return True
        self._clock[dest] = max(self._clock[dest], time) + 1
        self._receive(source, dest)
        self._come(self._clock[dest], "ack", source, dest)
        self._go_on([self.ranks[dest]])
        return True

    def _receive(self, source: int, dest: int) -> None:
        network, pair = self.network, (source, dest)
        before = len(network.log)
        network.play(("post", *pair))
        self._look(dest, ("take", dest))
        while pair in network.data:
            network.play(("data", *pair))
        if source in network.arriving[dest]:
            self._look(dest, ("rest", dest, source))
        self._traffic[source] += len(network.log) - before

    def _look(self, rank: int, event: tuple[Any, ...]) -> None:
        runtime = self.ranks[rank]
        runtime.transport.event = event  # type: ignore[attr-defined]
        library._runtime = runtime
        runtime.look()
        library._runtime = None

    def _go_on(self, ranks: list[SimulatedRuntime]) -> bool:
        """Whoever can go on there does. Returns whether anybody has."""
        went = False
        for runtime in ranks:
            task = runtime.host()
            if task is not None:
                self.tasks.append(task)
            while ready := [task for task in runtime.tasks if not task.ended and task.ready()]:
                for task in ready:
                    went = True
                    self._resume(task)
        return went


def weight(runtime: SimulatedRuntime) -> int:
    """Bytes that a rank keeps for the protocol: its node with homes, stubs, calls and the outbox."""
    return _weigh([runtime.node, runtime.children], set())


def _weigh(found: list[Any], seen: set[int]) -> int:
    size = 0
    while found:
        obj = found.pop()
        ours = type(obj).__module__.startswith("mpiprocessing.")
        if id(obj) in seen or isinstance(obj, Runtime) or not (ours or isinstance(obj, _PLAIN)):
            continue
        seen.add(id(obj))
        size += sys.getsizeof(obj)
        if isinstance(obj, dict):
            found += [*obj.keys(), *obj.values()]
        elif isinstance(obj, (list, tuple, set, deque)):
            found += obj
        if ours:
            found += [getattr(obj, name, None) for kind in type(obj).__mro__ for name in _names(kind)]
            found += getattr(obj, "__dict__", {}).values()
    return size


def _names(kind: type) -> tuple[str, ...]:
    names = getattr(kind, "__slots__", ())
    return (names,) if isinstance(names, str) else tuple(names)


_PLAIN = (int, str, bytes, bytearray, list, tuple, set, dict, deque)
