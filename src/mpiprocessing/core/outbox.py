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
from collections.abc import Callable, Iterator

from mpiprocessing.core.messages import Carrier, Message, Payload

__all__ = ["Outbox"]


class _Line:
    """The messages for one destination.

    Attributes:
        waiting: those that have not left, in their order.
        on_way: whether a frame has left and was not yet received.
        settling: how many of the messages in that frame settle.
    """

    __slots__ = ("on_way", "settling", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Message] = []
        self.on_way = False
        self.settling = 0


class _Void(list[Message]):
    """What waits for a dead rank: nothing.

    Args:
        swallow: takes each message instead.
    """

    def __init__(self, swallow: Callable[[Message], None]) -> None:
        super().__init__()
        self._swallow = swallow

    def append(self, message: Message) -> None:
        self._swallow(message)


class _DeadLine(_Line):
    """The messages for a dead rank: as if a frame were on its way for ever, so that nothing is ever ready to leave."""

    __slots__ = ()

    def __init__(self, swallow: Callable[[Message], None]) -> None:
        self.waiting = _Void(swallow)
        self.settling = 0

    @property
    def on_way(self) -> bool:
        return True

    @on_way.setter
    def on_way(self, value: bool) -> None:
        pass


class Outbox:
    """The messages of one rank that have not yet been received.

    Args:
        batch: how many messages travel together at most, and how many objects in one message.

    Attributes:
        pushed: all messages that were ever to leave.
        ready: the destinations for which a frame could leave now; to be looked at only.
        behind: those where messages have begun to gather behind a frame on its way: who looks now whether that was received
            saves them a wait. To be emptied by who does.
    """

    def __init__(self, batch: int = 256) -> None:
        self.pushed = 0
        self.ready: list[int] = []
        self.behind: list[int] = []
        self._batch = batch
        self._lines: dict[int, _Line] = {}
        self._away = 0  # frames that have left and were not yet received
        self._unsettled: dict[int, int] = {}  # destination → messages that settle, not yet received there
        self._held: deque[tuple[int, Message]] = deque()

    def __bool__(self) -> bool:
        """Whether anything has not been received yet."""
        return bool(self._away or self.ready or self._held)

    @property
    def holds(self) -> bool:
        """Whether an effect waits for an earlier one to be seen."""
        return bool(self._held)

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
        if message.effect and (self._held or self._unsettled) and self.must_wait(dest):
            self._held.append((dest, message))
        else:
            self._enqueue(dest, message)

    def straight(self, dest: int, kind: type[Message]) -> bool:
        """Let a message of that kind leave alone and at once, if nothing is in its way.

        Returns:
            Whether it does; it then counts as on its way, and is to be sent before anything else is done here.
        """
        line = self._lines.get(dest)
        if line is None or line.on_way or line.waiting or self._held:
            return False
        if kind.effect and self._unsettled and self.must_wait(dest):
            return False
        if kind.settles:
            self._unsettled[dest] = line.settling = 1  # nothing else is on its way there
        line.on_way = True
        self.pushed += 1
        self._away += 1
        return True

    def join(self, dest: int, stub: int, kind: type[Carrier], content: Payload) -> bool:
        """Let an object travel in the last message for `dest`, where that is of this kind, from the same stub, and waits.

        Nothing was sent there in between, and nothing elsewhere that would have to be seen first: so it is seen in
        the very place in which a message of its own would be.

        Returns:
            Whether it does.
        """
        line = self._lines.get(dest)
        if line is None or not line.waiting:
            return False
        last = line.waiting[-1]
        if type(last) is not kind or last.stub != stub or len(last.more) >= self._batch:
            return False
        if (self._held or self._unsettled) and self.must_wait(dest):
            return False
        last.more.append(content)
        return True

    def hold(self, dest: int, message: Message) -> None:
        """An effect on this very rank waits like any other; `released` returns it."""
        self._held.append((dest, message))

    def frame(self) -> tuple[int, list[Message]]:
        """A frame that may leave now: a destination, where one is `ready`, and what travels there. It counts as on its way."""
        dest = self.ready.pop()
        line = self._lines[dest]
        messages, line.waiting = line.waiting, []
        if len(messages) > self._batch:
            line.waiting = messages[self._batch :]
            del messages[self._batch :]
        line.on_way = True
        self._away += 1
        if dest in self._unsettled:
            alone = len(messages) == 1
            line.settling = messages[0].settles if alone else sum([message.settles for message in messages])
        return dest, messages

    def received(self, dest: int) -> bool:
        """The frame that was on its way to `dest` has been received there. Returns whether effects wait: see `released`."""
        line = self._lines[dest]
        line.on_way = False
        self._away -= 1
        if line.waiting:
            self.ready.append(dest)
        settled, line.settling = line.settling, 0
        if settled:
            left = self._unsettled[dest] - settled
            if left:
                self._unsettled[dest] = left
            else:
                del self._unsettled[dest]
        return bool(self._held)

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
        self.pushed += 1  # it is received once more
        self._enqueue(dest, message)

    # ---- when ranks have died ----

    def bury(self, dest: int, swallow: Callable[[Message], None]) -> list[Message]:
        """Nothing can be sent to that rank any more. A frame that is on its way there will be, or has been, `received`.

        Args:
            dest: which rank.
            swallow: called with each message that is to leave for it later.

        Returns:
            The messages that had not left.
        """

        def settled(message: Message) -> None:
            self._unsettled.pop(dest, None)
            swallow(message)

        line = self._lines.get(dest)
        waiting = [
            *(line.waiting if line is not None else ()),
            *(message for rank, message in self._held if rank == dest),
        ]
        self._held = deque(entry for entry in self._held if entry[0] != dest)
        self._unsettled.pop(dest, None)
        if dest in self.ready:
            self.ready.remove(dest)
        self._lines[dest] = _DeadLine(settled)
        return waiting

    def waiting(self) -> Iterator[tuple[int, Message]]:
        """What has not left, and where it goes; without what is held."""
        for dest, line in self._lines.items():
            for message in line.waiting:
                yield dest, message

    def go_first(self, dest: int, message: Message) -> None:
        """A message that has to leave before all that waits."""
        self.pushed += 1
        line = self._lines.setdefault(dest, _Line())
        if not line.waiting and not line.on_way:
            self.ready.append(dest)
        line.waiting.insert(0, message)

    def _enqueue(self, dest: int, message: Message) -> None:
        if message.settles:
            self._unsettled[dest] = self._unsettled.get(dest, 0) + 1
        line = self._lines.get(dest)
        if line is None:
            line = self._lines[dest] = _Line()
        if not line.waiting:
            (self.behind if line.on_way else self.ready).append(dest)
        line.waiting.append(message)
