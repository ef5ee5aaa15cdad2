"""What leaves a rank, in which order and together with what: a pure state machine.

**Batches that clock themselves.** To each destination one frame is on its way at a time. Until it has been *received* (the
transport sends in MPI's synchronous mode and so knows), further messages for that destination gather, and leave together. A
slow receiver gets few large frames, a fast one many small ones, without a timer or a size to tune.

**Effects are seen in order.** With the standard library, a process that writes into a pipe and then releases a lock can
rely on it: whoever gets the lock finds the pipe written. Messages to different ranks give no such order. So a message with an
*effect* waits until everything that *settles* and went elsewhere before it has been received. Requests that only take
(acquire, get, receive) need not wait, and messages to the same destination never do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from mpiprocessing.core.messages import Message

__all__ = ["Outbox"]


class Outbox:
    """The messages of one rank that have not yet been received.

    Args:
        batch: how many messages travel together at most.

    Attributes:
        pushed: all messages that were ever to leave.
    """

    def __init__(self, batch: int = 256) -> None:
        self.pushed = 0
        self._batch = batch
        self._queues: dict[int, deque[Message]] = {}
        self._ready: list[int] = []  # destinations with something to send and nothing on its way
        self._on_way: dict[int, int] = {}  # destination → how many of the messages on their way settle
        self._unsettled: dict[
            int, int
        ] = {}  # destination → messages that settle, sent or queued, not yet received
        self._held: deque[tuple[int, Message]] = deque()

    def __bool__(self) -> bool:
        """Whether anything has not been received yet."""
        return bool(self._on_way or self._ready or self._held)

    @property
    def holds(self) -> bool:
        """Whether an effect waits for an earlier one to be seen."""
        return bool(self._held)

    @property
    def has_frames(self) -> bool:
        """Whether a frame could leave now."""
        return bool(self._ready)

    def must_wait(self, dest: int) -> bool:
        """Whether an effect at `dest` would be seen before an earlier one elsewhere."""
        if self._held:
            return True
        unsettled = self._unsettled
        return bool(unsettled) and (len(unsettled) > 1 or dest not in unsettled)

    def push(self, dest: int, message: Message) -> None:
        """A message wants to leave.

        Args:
            dest: the rank it is for.
            message: what is to be sent.
        """
        self.pushed += 1
        if message.effect and self.must_wait(dest):
            self._held.append((dest, message))
        else:
            self._enqueue(dest, message)

    def hold(self, dest: int, message: Message) -> None:
        """An effect on this very rank waits like any other; `released` returns it."""
        self._held.append((dest, message))

    def frames(self) -> list[tuple[int, list[Message]]]:
        """What may leave now: for each destination the messages that travel together. They count as on their way."""
        if not self._ready:
            return []
        ready, self._ready = self._ready, []
        frames = []
        for dest in ready:
            queue = self._queues[dest]
            if len(queue) <= self._batch:
                messages = list(queue)
                queue.clear()
            else:
                messages = [queue.popleft() for _ in range(self._batch)]
            self._on_way[dest] = sum(message.settles for message in messages)
            frames.append((dest, messages))
        return frames

    def received(self, dest: int) -> None:
        """The frame that was on its way to `dest` has been received there."""
        settled = self._on_way.pop(dest)
        if self._queues[dest]:
            self._ready.append(dest)
        if settled:
            left = self._unsettled[dest] - settled
            if left:
                self._unsettled[dest] = left
            else:
                del self._unsettled[dest]

    def released(self, here: int) -> Iterator[Message]:
        """Let go what need not wait any longer. Yields the messages for `here`, which need no network.

        Each is to be handled before the next is asked for: its home may have left meanwhile, and then it is forwarded,
        and what comes behind it has to wait for that.
        """
        while self._held:
            dest, message = self._held[0]
            unsettled = self._unsettled
            if unsettled and (len(unsettled) > 1 or dest not in unsettled):
                break
            self._held.popleft()
            if dest == here:
                yield message
            else:
                self._enqueue(dest, message)

    def forward(self, dest: int, message: Message) -> None:
        """A message came for a home that has moved on. It has waited for its turn already."""
        self._enqueue(dest, message)

    def _enqueue(self, dest: int, message: Message) -> None:
        if message.settles:
            self._unsettled[dest] = self._unsettled.get(dest, 0) + 1
        queue = self._queues.get(dest)
        if queue is None:
            queue = self._queues[dest] = deque()
        if not queue and dest not in self._on_way:
            self._ready.append(dest)
        queue.append(message)
