"""Queues: items live in one home, producers and consumers talk to it by messages.

    put ──QueuePut──▶ home ──QueueGot──▶ get

A put costs one message and waits for nobody. A single consumer has the queue on its own rank and gets without a message.
Derived from CPython's `Lib/multiprocessing/queues.py`; there are no feeder thread, no pipe and no lock here.

Differs from the stdlib in:
- an item that cannot be pickled raises from `put` itself, in the caller's own line, and nothing is put;
- a process that has put items can be joined before they are taken out: they are not in its buffers;
- `qsize`, `empty` and `full` are exact at the moment the home answers;
- a queue may be sent to any process at any time, also through a queue or a pipe.
"""

from __future__ import annotations

from queue import Empty, Full
from typing import Any, Generic, TypeVar

from mpiprocessing.core import payload, units
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.messages import (
    Payload,
    QueueAsk,
    QueueGet,
    QueueGot,
    QueuePut,
    QueueUnget,
    Reply,
)

__all__ = ["Empty", "Full", "Queue"]

T = TypeVar("T")


class Queue(Generic[T]):
    """A queue between processes; the interface is that of `multiprocessing.Queue`.

    Args:
        maxsize: how many items it holds at most; 0 or less for no limit.
    """

    def __init__(self, maxsize: int = 0, *, ctx: Any = None) -> None:
        self._maxsize = max(maxsize, 0)
        (self._handle,) = Handle.to_new(QueueHome, QueueStub, self._maxsize)
        self._closed = False

    def put(self, obj: T, block: bool = True, timeout: float | None = None) -> None:
        """Put an item into the queue.

        Args:
            obj: anything that can be pickled.
            block: whether to wait for a free place.
            timeout: seconds to wait at most; None for ever.

        Raises:
            queue.Full: there is no free place (in time).
            ValueError: the queue was closed in this process.
        """
        self._check_open()
        content = payload.dumps(obj)
        stub: Any = self._handle.stub
        if self._maxsize and not self._take_place(stub, content, block, timeout):
            payload.give_up(content)
            raise Full
        spend = stub.spend if self._maxsize else None
        self._handle.runtime.post_object(stub, QueuePut, content, with_it=spend)

    def _take_place(self, stub: QueueStub, content: Payload, block: bool, timeout: float | None) -> bool:
        try:
            return units.take(self._handle.runtime, stub, block, timeout)
        except BaseException:  # a signal has ended the wait
            payload.give_up(content)
            raise

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Take the next item out of the queue.

        Args:
            block: whether to wait for one.
            timeout: seconds to wait at most; None for ever.

        Raises:
            queue.Empty: there is no item (in time).
            ValueError: the queue was closed in this process.
        """
        self._check_open()
        runtime, stub = self._handle.runtime, self._handle.stub
        if not block or (timeout is not None and timeout <= 0):
            runtime.peek()
            block, timeout = False, None
        with runtime.lock:
            home = self._handle.home()
            if isinstance(home, QueueHome) and home.ready:  # it is on this rank: nobody need be asked
                content, letters = home.take()
                runtime.dispatch(letters)
            else:
                content = None
        if content is None:
            reply = runtime.ask(stub, QueueGet, block, timeout=timeout, undo=self._put_back)
            if not isinstance(reply, QueueGot):
                raise Empty
            content = reply.payload
        item: T = payload.loads(content)
        return item

    def _put_back(self, reply: Reply) -> None:
        if isinstance(reply, QueueGot):
            self._handle.runtime.post(self._handle.stub, QueueUnget, reply.payload)

    def put_nowait(self, obj: T) -> None:
        """`put` without waiting."""
        self.put(obj, False)

    def get_nowait(self) -> T:
        """`get` without waiting."""
        return self.get(False)

    def qsize(self) -> int:
        """How many items are in the queue."""
        runtime = self._handle.runtime
        runtime.peek()
        reply: Any = runtime.ask(self._handle.stub, QueueAsk)
        size: int = reply.size
        return size

    def empty(self) -> bool:
        """Whether there is no item in the queue."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Whether there is no free place in the queue."""
        return bool(self._maxsize) and self.qsize() >= self._maxsize

    def close(self) -> None:
        """This process will use the queue no more; its items stay for the others."""
        self._closed = True

    def join_thread(self) -> None:
        """Wait until what was put has left this process: it has."""
        if not self._closed:
            raise AssertionError(f"Queue {self!r} not closed")

    def cancel_join_thread(self) -> None:
        """Do not wait for items at exit: nothing ever waits for them."""

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")

    def statistics(self) -> dict[str, Any]:
        """A snapshot of what this rank knows of the queue."""
        home = self._handle.home()
        return (
            home.statistics()
            if home is not None
            else {"home": self._handle.stub.home, "rank": self._handle.stub.rank}
        )
