"""One rank's runtime: a node, a transport, and what the classes of the user's floor call.

`lock` covers node and transport together and is held for microseconds, never while anything waits; `progress.py` says who
looks for messages. The garbage collector may run anywhere, so dying handles only leave a note in `dropped`. A wait that ends
early (a timeout, a signal) withdraws its request, so that no item and no lock is ever delivered to nobody.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.deaths import Deaths
from mpiprocessing.core.errors import ProtocolError, WorkerDied
from mpiprocessing.core.homes.home import Letter
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.lastwords import tell
from mpiprocessing.core.messages import (
    MESSAGES,
    Bereft,
    Buffer,
    Carrier,
    Payload,
    Reply,
    Request,
    ToHome,
    ToRank,
    Withdraw,
    Withdrawn,
)
from mpiprocessing.core.node import Call, Node
from mpiprocessing.core.obituary import bereft
from mpiprocessing.core.progress import Progress
from mpiprocessing.core.trace import Counter, Observer, Observers
from mpiprocessing.core.transport import Transport

__all__ = ["Runtime"]

_BEREFT = frozenset(kind for kind in MESSAGES if issubclass(kind, Bereft))

_LOOK_EVERY = 32
"""Objects that gather behind a frame on its way before their sender looks whether it was received."""


class Runtime:
    """What a rank needs to take part in the job.

    Args:
        transport: the way to the other ranks.

    Attributes:
        lock: guards node and transport.
        node: this rank's part in the protocol.
        dropped: (stub, role, share) of handles that were collected.
        later: what finalizers leave to be done where messages may be sent.
        deaths: the ranks that die.
        part: where it is set, how this rank waits until all may leave; else the ranks agree by MPI.
        aside_sent: messages that were sent and say nothing about the program: of those who watch it.
        aside_received: likewise.
        at_end: called on every rank when no message is under way any more, before the transport is closed; collective.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.rank = transport.rank
        self.size = transport.size
        self.node = Node(transport.rank, transport.size, transport.border)
        self.lock = threading.RLock()
        self._handles: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()  # by their ids
        self.dropped: deque[tuple[Stub, int, int]] = deque()
        self.later: deque[Callable[[], None]] = deque()
        self.counter: Counter | None = None
        self.observer: Observer | None = None
        self.part: Callable[[], None] | None = None
        self.at_end: Callable[[], None] | None = None
        self.aside_sent = self.aside_received = 0
        self._heard = False
        self._waiting = 0
        self.progress = Progress(
            self.lock, transport.bell, self.look, self._is_busy, self._broken, transport.has_buffers
        )
        self.progress.chores.append(self.hurry)
        self.deaths = Deaths(transport, self.node, self.lock, self.later, self.look, self._flush)
        if transport.failures is not None:
            self.progress.chores.append(self.deaths.look_for_mates)
        transport.received = self.node.received
        payload.given_up.append(self._given_up)

    # ---- life ----

    def observe(self, *observers: Observer) -> None:
        """Attach observers; before the first message is sent."""
        self.observer = observers[0] if len(observers) == 1 else Observers(*observers)
        self.counter = next((observer for observer in observers if isinstance(observer, Counter)), None)
        self.transport.sizes = self.observer.sent

    def begin(self) -> None:
        """Start to answer while user code runs."""
        self.progress.begin()

    def leave(self) -> None:
        """Collective: answer until no rank has anything left to say, then close the transport."""
        self.deaths.expected = True
        answer = bytearray([self.part is None])
        if self.part is not None:
            self.part()
        while answer[0]:
            # What another rank does with our last message may make it answer: go round until a whole round was silent.
            self.drive_until(lambda: not self.transport.busy and not self.node.outbox)
            with self.lock:
                answer, request = self.transport.start_asking_all(self._heard)
                self._heard = False
            self.drive_until(request.Test, outside=True)
        self.progress.end()
        payload.given_up.remove(self._given_up)
        if self.at_end is not None and not self.transport.is_torn:
            self.at_end()
        with self.lock:  # a thread of the program may still be looking
            self.transport.close()

    def _broken(self) -> None:
        self.say(f"rank {self.rank} on {self.transport.host} cannot go on; the job is ended\n")
        self.transport.abort(1)

    # ---- talking to homes ----

    def post(self, stub: Stub, kind: Callable[..., ToHome], *fields: Any) -> None:
        """Send a notice to a home.

        Args:
            stub: what stands for the home.
            kind: the class of message; called with home, stub, running number and `fields`.
        """
        with self.lock:
            self.node.post(stub, kind, *fields)
            self._flush()
        if self.progress.pending is not None:
            self.progress.raise_urgent()

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

    def carry(self, stub: Stub, kind: type[Carrier], content: Payload) -> bool:
        """Send a home an object, and return when the object's memory is no longer needed.

        Args:
            stub: what stands for the home; it is asked in the same step whether the object may be sent.
            kind: the class of message.
            content: the object.

        Returns:
            Whether it was sent.
        """
        buffers = content.buffers
        node, look = self.node, False
        with self.lock:
            rank = stub.rank
            if buffers and rank == self.rank:
                content, buffers = payload.owned(content), ()
            outbox = node.outbox
            if stub.number not in node.stubs or self.transport.closed:
                # The home was lost, or a thread goes on that its process left behind: nobody would let it through.
                node.discard(content.refs)
                node.post(stub, kind, content)
            elif not stub.claim(content):
                return False
            elif rank == self.rank:
                node.post(stub, kind, content)
                self._flush()
            elif outbox.straight(rank, kind):
                try:
                    self.transport.send(rank, [kind(stub.home, stub.number, stub.next_seq(), content)])
                except Exception as error:
                    self.deaths.unsent(rank, error)
                if self.progress.service_naps:
                    self.progress.stir()
            elif outbox.join(rank, stub.number, kind, content):
                # It waits with others for an earlier frame to be received. Whoever sends without a pause has to see that
                # himself: the service thread looks far too seldom.
                self._waiting += 1
                look = not self._waiting % _LOOK_EVERY
            else:
                outbox.push(rank, kind(stub.home, stub.number, stub.next_seq(), content))
                self._flush()
        if look:
            self.progress.peek()
        if buffers:
            self.await_buffers([buffer for buffer in buffers if buffer.borrowed])
        if self.progress.pending is not None:
            self.progress.raise_urgent()
        return True

    def post_object(self, stub: Stub, kind: Callable[..., ToHome], *fields: Any) -> None:
        """Send a notice with an object in it, and return when the object's memory is no longer needed.

        Args:
            stub: what stands for the home.
            kind: the class of message.
            fields: its fields; the payload is the last.
        """
        *others, content = fields
        borrowed = [buffer for buffer in content.buffers if buffer.borrowed]
        with self.lock:
            if borrowed and stub.rank == self.rank:
                content, borrowed = payload.owned(content), []
            self.node.post(stub, kind, *others, content)
            self._flush()
        if borrowed:
            self.await_buffers(borrowed)
        if self.progress.pending is not None:
            self.progress.raise_urgent()

    def request(self, stub: Stub, kind: Callable[..., Request], *fields: Any) -> Call:
        """Send a request to a home; the call it returns waits for the answer."""
        with self.lock:
            call = self.node.request(stub, kind, *fields)
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

    def see_done(self, stub: Stub, kind: Callable[..., Request], *fields: Any) -> None:
        """Return when a home has done all that this rank has ever sent to it; cannot be interrupted by us.

        For notices that others may rely on where the home may have moved: some of them may still go round by a rank that it
        has left, and count as received.

        Args:
            stub: what stands for the home.
            kind: a request that is answered at once.
            fields: its fields.
        """
        if not self.transport.closed:
            with self.progress.shielded(), contextlib.suppress(WorkerDied):
                self.ask(stub, kind, *fields)

    def wait(
        self,
        call: Call,
        timeout: float | None = None,
        undo: Callable[[Reply], None] | None = None,
        late: Callable[[], None] | None = None,
    ) -> Reply:
        """Wait for the answer to a call.

        Args:
            call: what `request` returned.
            timeout: seconds; None for ever.
            undo: hands back what the answer brought, should it cross with an exception that ends the wait.
            late: called when the time is over, for a request that must not be withdrawn then: it asks the home for
                an answer of another kind, which is waited for.

        Returns:
            The answer; `Withdrawn` when it did not come in time.

        Raises:
            WorkerDied: there will be no answer, because of a dead rank.
            BaseException: what a signal raised meanwhile; the request is then withdrawn.
        """
        if call.reply is None:
            if self.transport.closed:
                raise RuntimeError(
                    f"rank {self.rank} has left the job: nobody answers any more (a call at the interpreter's exit?)"
                )
            if self.observer is None:
                self._await(call, timeout, undo, late)
            else:
                with self._observed(type(call.stub).__name__):
                    self._await(call, timeout, undo, late)
        reply: Any = call.reply
        if type(reply) in _BEREFT:
            raise bereft(reply, call.stub, self.node.facts)
        answer: Reply = reply
        return answer

    def _await(
        self,
        call: Call,
        timeout: float | None,
        undo: Callable[[Reply], None] | None,
        late: Callable[[], None] | None,
    ) -> None:
        try:
            if not self.progress.until(lambda: call.reply is not None, timeout, call):
                if late is None:
                    self._give_up(call)
                else:
                    late()
                    self.progress.until(lambda: call.reply is not None, None, call)
        except BaseException:
            reply = self._give_up(call)
            if undo is not None and not isinstance(reply, Withdrawn):
                undo(reply)
            raise

    def _give_up(self, call: Call) -> Reply:
        """Withdraw a request and learn how it ended; that takes one round trip and cannot be interrupted by us."""
        if self.progress.stopped:
            return Withdrawn(call.number)
        if call.reply is None:
            with self.lock:
                self.node.post(call.stub, Withdraw, call.number)
                self._flush()
            with self.progress.shielded():
                self.progress.until(lambda: call.reply is not None, None, call)
        assert call.reply is not None
        return call.reply

    # ---- waiting for anything ----

    def drive_until(
        self, done: Callable[[], bool], timeout: float | None = None, outside: bool = False
    ) -> bool:
        """Answer messages until something is so.

        Args:
            done: asked after every look; must not block.
            timeout: seconds; None for ever.
            outside: whether something other than a message may make it so (a socket of the program's own).

        Returns:
            Whether it is so.
        """
        if self.transport.closed:
            return done()  # nothing comes any more: a finalizer at the end of the interpreter waits in vain
        if self.observer is None or done():
            return self.progress.until(done, timeout, outside=outside)
        with self._observed("messages"):
            return self.progress.until(done, timeout, outside=outside)

    def await_buffers(self, buffers: list[Buffer]) -> None:
        """Wait until the memory of these buffers has been read."""
        with self.progress.patient():
            self.drive_until(lambda: all(buffer.gone for buffer in buffers) or self.transport.closed)

    @contextlib.contextmanager
    def _observed(self, what: str) -> Iterator[None]:
        """A thread waits; who observes is told."""
        assert self.observer is not None
        self.observer.blocked(what)
        try:
            yield
        finally:
            self.observer.woken(what)

    def peek(self) -> None:
        """See what has come in; for calls that do not wait."""
        self.progress.peek()

    def see_received(self, ranks: Sequence[int]) -> None:
        """See whether what is on its way to these ranks was received; what waits for that may follow."""
        with self.lock:
            for rank in ranks:
                try:
                    self.transport.see_flight(rank)
                except Exception as error:
                    self.deaths.met(error)
            self._flush()

    def look(self) -> bool:
        """Take one look at the network and handle what has come. Returns whether anything had."""
        with self.lock:
            node = self.node
            try:
                frame = self.transport.poll()
            except ProtocolError:
                self._cannot_read()
                raise
            except Exception as error:
                self.deaths.met_now(error)
                return True
            if frame is not None:
                self._heard = True
                source, observer = frame.source, self.observer
                try:
                    for message in frame.messages:
                        if observer is not None:
                            observer.received(source, message)
                        node.deliver(message, source)
                except ProtocolError:
                    self._cannot_read()
                    raise
            if self.dropped or self.later:
                self._let_go()
            outbox = node.outbox
            if outbox.ready or outbox.behind:
                self._flush()
        return frame is not None

    def _cannot_read(self) -> None:
        # What it would have told is lost, and whoever waits for that would wait for ever.
        tell(traceback.format_exc())
        self._broken()

    def _is_busy(self) -> bool:
        """Whether there is something to see to that no ring announces."""
        return self.transport.busy or bool(self.node.restless)

    def hurry(self) -> None:
        """A moment has passed: let stubs say what they have to say by themselves.

        To be called again and again, a millisecond or so apart, as long as `node.restless` is not empty: others wait for it.
        """
        if self.node.restless:
            with self.lock:
                self.node.hurry(monotonic())
                self._flush()

    def _flush(self) -> None:
        outbox = self.node.outbox
        if outbox.behind:
            behind, outbox.behind = outbox.behind, []
            for dest in behind:
                try:
                    self.transport.see_flight(dest)
                except Exception as error:
                    self.deaths.met(error)
        while outbox.ready:
            dest, messages = outbox.frame()
            try:
                self.transport.send(dest, messages)
            except Exception as error:
                self.deaths.unsent(dest, error)
            if self.progress.service_naps:
                self.progress.stir()

    # ---- the terminal ----

    def say(self, text: str) -> None:
        """Tell the user, in one piece: other threads and ranks write as well."""
        tell(f"mpiprocessing: {text}")

    # ---- handles ----

    @property
    def handles(self) -> list[Any]:
        """Every live handle on this rank; other threads may make and drop some meanwhile."""
        return [handle for reference in self._handles.valuerefs() if (handle := reference()) is not None]

    def attach(self, handle: Any) -> None:
        """A handle is made."""
        self._handles[id(handle)] = handle

    def detach(self, handle: Any) -> None:
        """A handle is closed."""
        with self.lock:
            self._handles.pop(id(handle), None)
            self.node.detach(handle.stub, handle.role, handle.share)
            self._flush()

    def _let_go(self) -> None:
        while self.dropped:
            self.node.detach(*self.dropped.popleft())
        while self.later:
            self.later.popleft()()

    def _given_up(self, refs: list[Any]) -> None:
        if refs:
            with self.lock:
                self.node.discard(refs)
                self._flush()

    def close_handles(self) -> None:
        """The process on this rank has ended: nothing of it is held any longer."""
        for handle in self.handles:
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

    def send_aside(self, rank: int, message: ToRank) -> None:
        """Likewise, something that says nothing about the program: whoever counts messages leaves it out."""
        with self.lock:
            self.aside_sent += 1
            self.send(rank, message)

    def serve(self, kind: type[ToRank], service: Callable[[Any], None]) -> None:
        """Have messages of that kind handled by `service`, under the lock."""
        self.node.serve(kind, service)
