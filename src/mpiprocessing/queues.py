"""Queues: items live in one home, producers and consumers talk to it by messages.

    put ──QueuePut──▶ home ──QueueGot──▶ get

A put costs one message and waits for nobody; before its first one, a process asks once where the queue is. A single consumer
has the queue on its own rank and gets without a message; producers are held for the moment in which the queue goes there.
Derived from CPython's `Lib/multiprocessing/queues.py`; there are no feeder thread, no pipe and no lock here.

Differs from the stdlib in:
- an item that cannot be pickled raises from `put` itself, in the caller's own line, and nothing is put; a subclass that has
  its own `_on_queue_feeder_error` is told instead, as in the standard library;
- a process that has put items can be joined before they are taken out: they are not in its buffers;
- `qsize`, `empty` and `full` are exact at the moment the home answers;
- a queue may be sent to any process at any time, also through a queue or a pipe;
- `_reader` and `_writer` are there for `connection.wait`, selectors and `close`; a queue has no locks or buffers to look at;
- several processes may put into a `SimpleQueue` at the same time: no lock is needed, so none is made.
"""

from __future__ import annotations

import multiprocessing.queues as stdlib
import operator
import traceback
from queue import Empty, Full
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

from mpiprocessing.connection import Pipe
from mpiprocessing.core import payload, units
from mpiprocessing.core.descriptor import Poll, Watched
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.joinable import JoinableQueueHome, JoinableQueueStub
from mpiprocessing.core.homes.queue import QueueHome, QueueStub
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import (
    Payload,
    QueueAsk,
    QueueFinish,
    QueueFinished,
    QueueGet,
    QueueGot,
    QueueJoin,
    QueuePoll,
    QueuePolled,
    QueuePut,
    QueuePutTask,
    QueueUnget,
    Reply,
)
from mpiprocessing.core.runtime import Runtime

__all__ = ["Empty", "Full", "JoinableQueue", "Queue", "SimpleQueue"]

T = TypeVar("T")

_MOST = 2**31 - 1  # what the standard library's semaphores can count


class Queue(Generic[T]):
    """A queue between processes; the interface is that of `multiprocessing.Queue`.

    Args:
        maxsize: how many items it holds at most; 0 or less for no limit.

    Raises:
        OverflowError: `maxsize` is beyond 2**31 - 1.
    """

    _home_type: ClassVar[type[QueueHome]] = QueueHome
    _stub_type: ClassVar[type[QueueStub]] = QueueStub
    _carrier: ClassVar[type[QueuePut]] = QueuePut

    def __init__(self, maxsize: int = 0, *, ctx: Any = None) -> None:
        if maxsize <= 0:
            maxsize = _MOST
        if operator.index(maxsize) > _MOST:
            raise OverflowError(f"Python int too large to convert to C int\nmaxsize is {_MOST} at most")
        (handle,) = Handle.to_new(self._home_type, self._stub_type, maxsize if maxsize < _MOST else 0)
        Queue.__setstate__(self, (maxsize, handle))

    def __getstate__(self) -> tuple[Any, ...]:
        return self._maxsize, self._handle

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._maxsize: int = state[0]
        self._handle: Handle = state[1]
        self._bounded = self._maxsize < _MOST
        stub: Any = self._handle.stub
        stub.bounded = self._bounded
        self._closed = False
        self._ends: tuple[_Reader, _Writer] | None = None

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
        if self._closed or self._handle.closed or self._ends is not None:
            self._check_open(1)
        try:
            content = payload.dumps(obj)
        except Exception as error:
            if type(self)._on_queue_feeder_error is Queue._on_queue_feeder_error:
                raise
            self._on_queue_feeder_error(error, obj)
            # Told; who keeps the error must not keep the caller's frames with it.
            error.__traceback__ = error.__context__ = None
            return
        stub: Any = self._handle.stub
        if self._bounded and not self._take_place(stub, content, block, timeout):
            payload.give_up(content)
            raise Full
        self._post(stub, content)

    def _post(self, stub: QueueStub, content: Payload) -> None:
        """Send an item, for which there is a place."""
        while not self._handle.runtime.carry(stub, self._carrier, content):
            self._await_leave(stub, content)

    def _await_leave(self, stub: QueueStub, content: Payload) -> None:
        """Wait until the queue is where it is wanted."""
        runtime = self._handle.runtime
        try:
            if not stub.opened:
                runtime.ask(stub, stub.opening)
            if stub.held:
                runtime.drive_until(lambda: not stub.held)
        except BaseException:  # a signal has ended the wait
            payload.give_up(content)
            if self._bounded:
                units.give_back(runtime, stub)
            raise

    def _take_place(self, stub: QueueStub, content: Payload, block: bool, timeout: float | None) -> bool:
        try:
            return units.take(self._handle.runtime, stub, block, timeout)
        except BaseException:  # a signal has ended the wait
            payload.give_up(content)
            raise

    @staticmethod
    def _on_queue_feeder_error(e: Exception, obj: Any) -> None:
        """For subclasses: an item could not be pickled."""
        traceback.print_exception(type(e), e, e.__traceback__)

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Take the next item out of the queue.

        Args:
            block: whether to wait for one.
            timeout: seconds to wait at most; None for ever.

        Raises:
            queue.Empty: there is no item (in time).
            ValueError: the queue was closed in this process.
        """
        handle = self._handle
        if self._closed or handle.closed or self._ends is not None:
            self._check_open(0)
        runtime = handle.runtime
        if not block or (timeout is not None and timeout <= 0):
            runtime.peek()
            block, timeout = False, None
        deadline = None if timeout is None else monotonic() + timeout
        home: Any = runtime.node.homes.get(handle.stub.home)
        content = None if home is None else self._take_here(runtime, home, block, deadline)
        if content is None:
            left = None if deadline is None else deadline - monotonic()
            reply = runtime.ask(handle.stub, QueueGet, block, timeout=left, undo=self._put_back)
            if not isinstance(reply, QueueGot):
                raise Empty
            content = reply.payload
        if self._ends is not None:
            self._ends[0]._look_again()
        item: T = payload.loads(content)
        return item

    def _take_here(
        self, runtime: Runtime, home: QueueHome, block: bool, deadline: float | None
    ) -> Payload | None:
        """Take an item where the queue is on this very rank: nobody need be asked, unless others want items as well.

        Returns:
            The item; None where the home has to be asked.
        """
        while True:
            with runtime.lock:
                if home.ready:
                    content, letters = home.take()
                    if letters:
                        runtime.dispatch(letters)
                    return content
                if not block or not home.exclusive:
                    return None
            left = None if deadline is None else deadline - monotonic()
            if not runtime.drive_until(lambda: home.ready or not home.exclusive, left):
                raise Empty

    def _put_back(self, reply: Reply) -> None:
        if isinstance(reply, QueueGot):
            runtime, stub = self._handle.runtime, self._handle.stub
            runtime.post(stub, QueueUnget, reply.payload, reply.place)
            runtime.see_done(stub, QueueAsk)  # who is told of the interruption finds the item in the queue

    def put_nowait(self, obj: T) -> None:
        """`put` without waiting."""
        self.put(obj, False)

    def get_nowait(self) -> T:
        """`get` without waiting."""
        return self.get(False)

    def qsize(self) -> int:
        """How many items are in the queue."""
        self._handle.check(type(self).__name__)
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
        return self._bounded and self.qsize() >= self._maxsize

    def close(self) -> None:
        """This process will use the queue no more; its items stay for the others."""
        self._closed = True

    def join_thread(self) -> None:
        """Wait until what was put is in the queue, where whoever is told of it finds it."""
        if not self._closed:
            raise AssertionError(f"Queue {self!r} not closed")
        stub: Any = self._handle.stub
        if stub.opened:  # else nothing was put here
            self._handle.runtime.see_done(stub, QueueAsk)

    def cancel_join_thread(self) -> None:
        """Do not wait for items at exit: nothing ever waits for them."""

    def _check_open(self, end: int) -> None:
        if self._closed:
            raise ValueError(f"Queue {self!r} is closed")
        if self._handle.closed:
            self._handle.check(type(self).__name__)
        if self._ends is not None and self._ends[end].closed:
            raise OSError("handle is closed")

    def statistics(self) -> dict[str, Any]:
        """A snapshot of what this rank knows of the queue."""
        home = self._handle.home()
        return (
            home.statistics()
            if home is not None
            else {"home": self._handle.stub.home, "rank": self._handle.stub.rank}
        )

    # ---- what programs, selectors and executors look at inside ----

    @property
    def _reader(self) -> _Reader:
        return self._make_ends()[0]

    @property
    def _writer(self) -> _Writer:
        return self._make_ends()[1]

    def _make_ends(self) -> tuple[_Reader, _Writer]:
        if self._ends is None:
            self._ends = _Reader(self._handle), _Writer()
        return self._ends

    def _terminate_broken(self) -> None:
        """For executors: a worker has died, nobody will use the queue again."""
        self._reader.close()
        self.close()
        self.join_thread()


class _Writer:
    """Where items go in: there to be closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


class _Reader(Watched):
    """Where items come out: there to be waited for, by `connection.wait`, by a selector, or with `poll`.

    Args:
        handle: the queue's.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.closed = False

    def _watching(self) -> tuple[Runtime, Stub, Poll | None]:
        if self.closed:
            raise OSError("handle is closed")
        self._handle.check("queue")
        return self._handle.runtime, self._handle.stub, QueuePoll

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether there is an item, or comes one in time."""
        runtime, stub, _ = self._watching()
        runtime.peek()
        block = timeout is None or timeout > 0
        reply = runtime.ask(stub, QueuePoll, block, timeout=timeout if block else None)
        return isinstance(reply, QueuePolled) and reply.ready

    def close(self) -> None:
        self.closed = True
        self._close_descriptor()


class JoinableQueue(Queue[T]):
    """A queue that can be joined; the interface is that of `multiprocessing.JoinableQueue`.

    Args:
        maxsize: how many items it holds at most; 0 or less for no limit.
    """

    _home_type = JoinableQueueHome
    _stub_type = JoinableQueueStub
    _carrier = QueuePutTask

    def task_done(self) -> None:
        """Say that an item that was taken out is done.

        Raises:
            ValueError: called more often than items were put.
        """
        self._handle.check(type(self).__name__)
        reply = self._handle.runtime.ask(self._handle.stub, QueueFinish)
        if isinstance(reply, QueueFinished) and not reply.ok:
            raise ValueError("task_done() called too many times")

    def join(self) -> None:
        """Wait until every item that was put is done."""
        self._handle.check(type(self).__name__)
        self._handle.runtime.ask(self._handle.stub, QueueJoin)


class SimpleQueue(stdlib.SimpleQueue[T]):
    """A pipe that any number of processes put into and get from; the interface is that of `multiprocessing.SimpleQueue`."""

    def __init__(self, *, ctx: Any = None) -> None:
        self.__setstate__(Pipe(duplex=False))

    def __getstate__(self) -> Any:
        return self._reader, self._writer

    def __setstate__(self, state: Any) -> None:
        self._reader, self._writer = state
        self._poll = self._reader.poll

    def get(self) -> T:
        """Take the next item out of the queue; waits for one."""
        item: T = self._reader.recv()
        return item

    def put(self, obj: T) -> None:
        """Put an item into the queue."""
        self._writer.send(obj)
