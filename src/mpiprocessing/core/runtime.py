"""One rank's runtime: a node, a transport, and the threads that drive them.

**Who drives.** A thread that blocks in one of our calls looks for messages itself, so an answer wakes it without a change of
threads. Only one thread drives at a time (`_driving`); others that block are parked and woken by their reply, or to take over
when the driver leaves. While user code computes, a service thread looks now and then, so that homes on this rank answer.

**What is guarded.** `lock` covers node and transport together and is held for microseconds, never while anything waits. The
garbage collector may run anywhere, so dying handles only leave a note in `dropped`.

**Interruptions.** Signals are handled by Python in the main thread, between any two bytecodes. Our own handlers (terminate,
Ctrl-C) must not raise in the middle of a step: while the main thread is inside, they leave the exception in `_pending` and
it is raised where a wait can be given up cleanly. A wait that ends early withdraws its request, so that no item and no lock
is ever delivered to nobody.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.backoff import LONGEST, Backoff
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import Buffer, Reply, Request, ToHome, ToRank, Withdraw, Withdrawn
from mpiprocessing.core.node import Call, Node
from mpiprocessing.core.trace import Counter, Observer, Observers
from mpiprocessing.core.transport import Transport, start_mpi

__all__ = ["Runtime", "is_running", "running", "start"]

SERVICE_INTERVAL = 1e-3
"""Seconds between two looks of the service thread."""

SWITCH_INTERVAL = 5e-4
"""Seconds after which the interpreter passes the GIL on: with Python's 5 ms a rank that computes would answer far later."""


class Runtime:
    """What a rank needs to take part in the job.

    Args:
        transport: the way to the other ranks.

    Attributes:
        lock: guards node and transport.
        node: this rank's part in the protocol.
        handles: every live handle on this rank.
        dropped: (stub, role, share) of handles that were collected.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.rank = transport.rank
        self.size = transport.size
        self.node = Node(transport.rank)
        self.lock = threading.RLock()
        self.handles: weakref.WeakSet[Any] = weakref.WeakSet()
        self.dropped: deque[tuple[Stub, int, int]] = deque()
        self.counter: Counter | None = None
        self.observer: Observer | None = None
        self._driving = threading.Lock()
        self._parked: deque[threading.Lock] = deque()
        self._watching = 0  # parked threads that wait for something else than a reply
        self._main = threading.main_thread().ident
        self._main_waits = False
        self._shielded = False
        self._pending: BaseException | None = None
        self._last_drive = 0.0
        self._stop = threading.Event()
        self._service = threading.Thread(target=self._serve, name="mpiprocessing-service", daemon=True)
        transport.received = self.node.received
        payload.given_up.append(self._given_up)

    # ---- life ----

    def begin(self) -> None:
        """Start to answer while user code runs."""
        sys.setswitchinterval(min(SWITCH_INTERVAL, sys.getswitchinterval()))
        self._service.start()

    def observe(self, *observers: Observer) -> None:
        """Attach observers; before the first message is sent."""
        self.observer = observers[0] if len(observers) == 1 else Observers(*observers)
        self.counter = next((observer for observer in observers if isinstance(observer, Counter)), None)
        self.transport.sizes = self.observer.sent

    def leave(self) -> None:
        """Collective: answer until every rank has come here and nothing is on its way, then close the transport."""
        self.drive_until(lambda: not self.transport.busy and not self.node.outbox)
        with self.lock:
            request = self.transport.start_leaving()
        self.drive_until(request.Test)
        self._stop.set()
        self._service.join()
        payload.given_up.remove(self._given_up)
        self.transport.close()

    # ---- talking to homes ----

    def post(self, stub: Stub, kind: Callable[..., ToHome], *fields: Any) -> None:
        """Send a notice to a home.

        Args:
            stub: what stands for the home.
            kind: the class of message; called with home, stub, running number and `fields`.
        """
        with self.lock:
            self.node.post(stub, kind, *fields)
            if self.node.outbox.has_frames:
                self._flush()
        if self._pending is not None:
            self._raise_pending()

    def route(self, stub: Stub, message: ToHome) -> None:
        """Send a message that a stub made."""
        with self.lock:
            self.node.route(stub, message)
            self._flush()

    def dispatch(self, letters: Sequence[Letter]) -> None:
        """Send what a home on this rank wants sent."""
        if letters:
            with self.lock:
                self.node.dispatch(letters)
                self._flush()

    def post_object(self, stub: Stub, kind: Callable[..., ToHome], *fields: Any) -> None:
        """Send a notice with an object in it, and return when the object's memory is no longer needed.

        Args:
            stub: what stands for the home.
            kind: the class of message.
            fields: its fields; the payload is the last.
        """
        *others, content = fields
        if not content.buffers:
            self.post(stub, kind, *fields)
            return
        borrowed = [buffer for buffer in content.buffers if buffer.borrowed]
        with self.lock:
            if borrowed and stub.rank == self.rank:
                content, borrowed = payload.owned(content), []
            self.node.post(stub, kind, *others, content)
            self._flush()
        if borrowed:
            self.await_buffers(borrowed)
        if self._pending is not None:
            self._raise_pending()

    def request(self, stub: Stub, kind: Callable[..., Request], *fields: Any) -> Call:
        """Send a request to a home; the call it returns waits for the answer."""
        with self.lock:
            call = self.node.request(stub, kind, *fields)
            if self.node.outbox.has_frames:
                self._flush()
        return call

    def ask(
        self,
        stub: Stub,
        kind: Callable[..., Request],
        *fields: Any,
        timeout: float | None = None,
        undo: Callable[[Reply], None] | None = None,
    ) -> Reply:
        """Send a request and wait; see `wait`."""
        return self.wait(self.request(stub, kind, *fields), timeout, undo)

    def wait(
        self, call: Call, timeout: float | None = None, undo: Callable[[Reply], None] | None = None
    ) -> Reply:
        """Wait for the answer to a call.

        Args:
            call: what `request` returned.
            timeout: seconds; None for ever.
            undo: hands back what the answer brought, should it cross with an exception that ends the wait.

        Returns:
            The answer; `Withdrawn` when it did not come in time.

        Raises:
            BaseException: what a signal raised meanwhile; the request is then withdrawn.
        """
        if call.reply is not None:
            return call.reply
        if self.observer is not None:
            self.observer.blocked(type(call.stub).__name__)
        try:
            deadline = None if timeout is None else time.monotonic() + max(timeout, 0.0)
            if not self._wait_until(lambda: call.reply is not None, call, deadline):
                self._give_up(call)
        except BaseException:
            reply = self._give_up(call)
            if undo is not None and not isinstance(reply, Withdrawn):
                undo(reply)
            raise
        if self.observer is not None:
            self.observer.woken(type(call.stub).__name__)
        assert call.reply is not None
        return call.reply

    def _give_up(self, call: Call) -> Reply:
        """Withdraw a request and learn how it ended; that takes one round trip and cannot be interrupted by us."""
        if call.reply is None:
            with self.lock:
                self.node.post(call.stub, Withdraw, call.number)
                self._flush()
            self._shielded = True
            try:
                self._wait_until(lambda: call.reply is not None, call, None)
            finally:
                self._shielded = False
        assert call.reply is not None
        return call.reply

    # ---- waiting for anything ----

    def drive_until(self, done: Callable[[], bool], timeout: float | None = None) -> bool:
        """Answer messages until something is so.

        Args:
            done: asked after every look; must not block.
            timeout: seconds; None for ever.

        Returns:
            Whether it is so.
        """
        deadline = None if timeout is None else time.monotonic() + max(timeout, 0.0)
        return self._wait_until(done, None, deadline)

    def await_buffers(self, buffers: list[Buffer]) -> None:
        """Wait until the memory of these buffers has been read."""
        self._wait_until(lambda: all(buffer.gone for buffer in buffers), None, None)

    def _wait_until(self, done: Callable[[], bool], call: Call | None, deadline: float | None) -> bool:
        main = threading.get_ident() == self._main
        if main:
            outer, self._main_waits = self._main_waits, True
        try:
            while not done():
                if deadline is not None and time.monotonic() >= deadline:
                    return False
                if self._driving.acquire(False):
                    try:
                        self._drive(done, deadline, main)
                    finally:
                        self._driving.release()
                        self._hand_over()
                else:
                    self._park(call, deadline)
                if main and self._pending is not None:
                    self._raise_pending()
            return True
        finally:
            if main:
                self._main_waits = outer

    def _drive(self, done: Callable[[], bool], deadline: float | None, main: bool) -> None:
        """Look for messages until it is done, too late, or a signal has something to raise."""
        backoff = Backoff()
        while True:
            if self.look():
                backoff.reset()
                if done():
                    break
                continue
            if done() or (main and self._pending is not None and not self._shielded):
                break
            if deadline is None:
                backoff.pause()
                continue
            left = deadline - time.monotonic()
            if left <= 0:
                break
            backoff.pause(min(left, LONGEST))
        self._last_drive = time.monotonic()

    def peek(self) -> None:
        """See what has come in, unless another thread is looking already; for calls that do not wait."""
        if self._driving.acquire(False):
            try:
                while self.look():
                    pass
            finally:
                self._driving.release()
                self._hand_over()

    def look(self) -> bool:
        """Take one look at the network and handle what has come. Returns whether anything had."""
        with self.lock:
            frame = self.transport.poll()
            if frame is not None:
                node, source = self.node, frame.source
                for message in frame.messages:
                    if self.observer is not None:
                        self.observer.received(source, message)
                    node.deliver(message, source)
                if self._watching:
                    self._wake_all()
            if self.dropped:
                self._let_go()
            if self.node.outbox.has_frames:
                self._flush()
        return frame is not None

    def _flush(self) -> None:
        outbox = self.node.outbox
        while outbox.has_frames:
            for dest, messages in outbox.frames():
                self.transport.send(dest, messages)

    def _park(self, call: Call | None, deadline: float | None) -> None:
        """Another thread drives: sleep until it has our answer or leaves."""
        parker = threading.Lock()
        parker.acquire()

        def wake() -> None:
            # Called by the driver and by whoever leaves: the second release of the same parker is no error.
            if parker.locked():
                parker.release()

        with self.lock:
            if call is None:
                self._watching += 1
            elif call.reply is not None:
                return
            else:
                call.wake = wake
            self._parked.append(parker)
        # The slice bounds what a lost race may cost, and lets the main thread see what a signal has left for it.
        left = 0.01 if deadline is None else max(0.0, min(0.01, deadline - time.monotonic()))
        parker.acquire(timeout=left)
        with self.lock:
            self._watching -= call is None
            if parker in self._parked:
                self._parked.remove(parker)
            if call is not None:
                call.wake = None

    def _wake_all(self) -> None:
        """Something has come in: whoever waits for a condition looks at it again."""
        while self._parked:
            parker = self._parked.popleft()
            if parker.locked():
                parker.release()

    def _hand_over(self) -> None:
        if self._parked:
            with self.lock:
                if self._parked:
                    parker = self._parked.popleft()
                    if parker.locked():
                        parker.release()

    # ---- the service thread ----

    def _serve(self) -> None:
        try:
            while not self._stop.wait(SERVICE_INTERVAL):
                if time.monotonic() - self._last_drive >= SERVICE_INTERVAL:
                    self.peek()
        except BaseException:
            # Without this thread the rank would fall silent, and the job would hang.
            sys.stderr.write(f"mpiprocessing: rank {self.rank} on {self.transport.host} cannot go on:\n")
            traceback.print_exc()
            sys.stderr.flush()
            self.transport.abort(1)

    # ---- handles ----

    def detach(self, handle: Any) -> None:
        """A handle is closed."""
        with self.lock:
            self.handles.discard(handle)
            self.node.detach(handle.stub, handle.role, handle.share)
            self._flush()

    def _let_go(self) -> None:
        while self.dropped:
            self.node.detach(*self.dropped.popleft())

    def _given_up(self, refs: list[Any]) -> None:
        if refs:
            with self.lock:
                self.node.discard(refs)
                self._flush()

    def close_handles(self) -> None:
        """The process on this rank has ended: nothing of it is held any longer."""
        for handle in list(self.handles):
            handle.close()
        with self.lock:  # those that were collected have left a note only
            self._let_go()
            self._flush()

    # ---- other messages ----

    def send(self, rank: int, message: ToRank) -> None:
        """Send something that concerns no shared object."""
        with self.lock:
            self.node.send(rank, message)
            self._flush()

    def serve(self, kind: type[ToRank], service: Callable[[Any], None]) -> None:
        """Have messages of that kind handled by `service`, under the lock."""
        self.node.serve(kind, service)

    # ---- signals ----

    def interrupt(self, error: BaseException) -> None:
        """Raise an error in the main thread, now or where a wait can be given up; called by signal handlers."""
        if self._main_waits or self.lock._is_owned():  # type: ignore[attr-defined]
            self._pending = error
        else:
            raise error

    def forget_interrupt(self) -> None:
        """What was to be raised has lost its addressee."""
        self._pending = None

    def _raise_pending(self) -> None:
        if threading.get_ident() == self._main and not self._shielded:
            pending, self._pending = self._pending, None
            if pending is not None:
                raise pending


_runtime: Runtime | None = None


def start(comm: Any = None) -> Runtime:
    """Start the runtime of this rank. Collective over the communicator.

    Args:
        comm: whose ranks take part; all of the job's without it.

    Returns:
        The runtime; the same one when called again.

    Raises:
        LaunchError: MPI cannot be used, or was started wrongly.
    """
    global _runtime
    if _runtime is None:
        _runtime = Runtime(Transport(start_mpi(), comm))
        _runtime.begin()
    return _runtime


def is_running() -> bool:
    """Whether this rank takes part in a job."""
    return _runtime is not None


def running() -> Runtime:
    """The runtime of this rank; starts one where the program is alone.

    Raises:
        LaunchError: several ranks run the same program, and it has not called `mpiprocessing.init()`.
    """
    if _runtime is not None:
        return _runtime
    MPI = start_mpi()
    if MPI.COMM_WORLD.size > 1:
        raise LaunchError(
            f"{MPI.COMM_WORLD.size} ranks run this program, each from its beginning: for a multiprocessing program use "
            f"'mpiexec -n {MPI.COMM_WORLD.size} python -m mpiprocessing PROGRAM'; for a program written for MPI call "
            "mpiprocessing.init() on every rank first"
        )
    runtime = start()
    atexit.register(stop)
    return runtime


def stop() -> None:
    """Collective: take no further part, and end MPI where we started it."""
    global _runtime
    if _runtime is not None:
        runtime, _runtime = _runtime, None
        runtime.leave()
        runtime.transport.finalize()


def start_spmd(comm: Any = None) -> Runtime:
    """Like `start`, for a program that runs on every rank: the ranks leave together when their programs end."""
    if _runtime is None:
        atexit.register(stop)
    return start(comm)
