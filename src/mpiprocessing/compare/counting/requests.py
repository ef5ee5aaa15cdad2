"""Requests and matched messages that are followed until they are waited for, in the place of mpi4py's own.

Theory of operation: mpi4py's objects are thin, so a request of a subclass made from one is the same request to
MPI. Each knows what ends with it. The statuses that tell are asked for where the program does not ask itself.
`MPI.Request`, whose class methods wait for several at once, is replaced as well; whatever is a request to mpi4py
is still one of `MPI.Request`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from mpi4py import MPI

from mpiprocessing.compare.counting.tracer import Pending, Span

__all__ = ["Follower", "Requests"]

_ONE = "Wait wait Test test"
_ANY = "Waitany waitany Testany testany"
_ALL = "Waitall waitall Testall testall"
_SOME = "Waitsome waitsome Testsome testsome"


class Follower(Protocol):
    """Who wants to know of requests."""

    def call(self, verb: str) -> AbstractContextManager[Span]:
        """Something is called that does not wait."""

    def completing(self, verb: str, requests: Sequence[Any]) -> AbstractContextManager[Span]:
        """Requests are waited for, or tested."""

    def ended(self, pending: Any, status: MPI.Status | None, span: Span | None = None) -> None:
        """A request is complete; `pending` is what ends with it, None where that is not known."""


class _Kind(type):
    """A class that stands for another one, and knows its objects."""

    original: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.original)


class Requests:
    """The classes of one program.

    Args:
        tracer: where they are entered.
    """

    def __init__(self, tracer: Follower) -> None:
        self._tracer = tracer
        self._alive: dict[int, weakref.ref[Any]] = {}
        self.request: Any = self._waiting(MPI.Request)
        self.persistent: Any = self._waiting(MPI.Prequest, Start=self._start())
        self.message: Any = self._matched()

    def adopt(self, request: Any, pending: Any) -> Any:
        """Return a request that is recorded when it is complete.

        Args:
            request: one of mpi4py's.
            pending: what ends with it.
        """
        if type(request) is not MPI_REQUEST:
            return request
        adopted = self.request(request)
        adopted._pending = pending
        self._remember(adopted)
        return adopted

    def adopt_persistent(self, request: Any, begin: Callable[[], Any]) -> Any:
        """Return a persistent request.

        Args:
            request: one of mpi4py's.
            begin: called each time it is started; returns what ends with it.
        """
        adopted = self.persistent(request)
        adopted._begin = begin
        self._remember(adopted)
        return adopted

    def adopt_message(self, message: Any, pending: Pending) -> Any:
        """Return a matched message that is recorded when it is received."""
        adopted = self.message(message)
        adopted._pending = pending
        return adopted

    def close(self) -> None:
        """The program is over: what has come and was never waited for is entered as well."""
        for alive in list(self._alive.values()):
            request = alive()
            pending = getattr(request, "_pending", None)
            if pending is None or pending.receive is None or not request:
                continue
            status = MPI.Status()
            if MPI_REQUEST.Get_status(request, status):
                self._tracer.ended(pending, status)

    def _remember(self, request: Any) -> None:
        key = id(request)  # requests cannot be hashed
        self._alive[key] = weakref.ref(request, lambda _: self._alive.pop(key, None))

    # ---- the classes ----

    def _waiting(self, original: Any, **more: Any) -> Any:
        methods: dict[str, Any] = {name: self._one(original, name) for name in _ONE.split()}
        for names, make in ((_ANY, self._any), (_ALL, self._all), (_SOME, self._some)):
            methods |= {name: classmethod(make(original, name)) for name in names.split()}
        methods["Startall"] = classmethod(self._start_all())
        methods = {name: method for name, method in methods.items() if hasattr(original, name)}
        kind: Any = _Kind(f"Traced{original.__name__}", (original,), {**methods, **more})
        kind.original = original
        return kind

    def _one(self, original: Any, name: str) -> Callable[..., Any]:
        method, tracer = getattr(original, name), self._tracer

        def one(request: Any, status: MPI.Status | None = None) -> Any:
            status = MPI.Status() if status is None else status
            with tracer.completing(name, [request]) as span:
                result = method(request, status)
                if name in ("Wait", "wait") or result is True or (isinstance(result, tuple) and result[0]):
                    tracer.ended(getattr(request, "_pending", None), status, span)
            return result

        return one

    def _any(self, original: Any, name: str) -> Callable[..., Any]:
        method, tracer = getattr(original, name), self._tracer

        def any_of(cls: Any, requests: Any, status: MPI.Status | None = None) -> Any:
            status, requests = MPI.Status() if status is None else status, list(requests)
            with tracer.completing(name, requests) as span:
                result = method(requests, status)
                index, *others = result if isinstance(result, tuple) else (result,)
                complete = others[0] if name in ("Testany", "testany") else True
                if complete and index != MPI.UNDEFINED:
                    _end(tracer, requests[index], status, span)
            return result

        return any_of

    def _all(self, original: Any, name: str) -> Callable[..., Any]:
        method, tracer = getattr(original, name), self._tracer

        def all_of(cls: Any, requests: Any, statuses: Any = None) -> Any:
            statuses, requests = [] if statuses is None else statuses, list(requests)
            with tracer.completing(name, requests) as span:
                span.tell("requests", len(requests))
                result = method(requests, statuses)
                if name in ("Waitall", "waitall") or (result[0] if isinstance(result, tuple) else result):
                    for request, status in zip(requests, statuses, strict=False):
                        _end(tracer, request, status, span)
            return result

        return all_of

    def _some(self, original: Any, name: str) -> Callable[..., Any]:
        method, tracer = getattr(original, name), self._tracer

        def some_of(cls: Any, requests: Any, statuses: Any = None) -> Any:
            statuses, requests = [] if statuses is None else statuses, list(requests)
            with tracer.completing(name, requests) as span:
                result = method(requests, statuses)
                indices = result[0] if isinstance(result, tuple) else result
                for index, status in zip(indices or (), statuses, strict=False):
                    _end(tracer, requests[index], status, span)
            return result

        return some_of

    def _start(self) -> Callable[..., None]:
        tracer = self._tracer

        def start(request: Any) -> None:
            with tracer.call("Start"):
                if hasattr(request, "_begin"):
                    request._pending = request._begin()
                MPI_PREQUEST.Start(request)

        return start

    def _start_all(self) -> Callable[..., None]:
        tracer = self._tracer

        def start_all(cls: Any, requests: Any) -> None:
            requests = list(requests)
            with tracer.call("Startall"):
                for request in requests:
                    if hasattr(request, "_begin"):
                        request._pending = request._begin()
                MPI_PREQUEST.Startall(requests)

        return start_all

    def _matched(self) -> Any:
        tracer, adopt, original = self._tracer, self.adopt, MPI.Message

        def receive(name: str) -> Callable[..., Any]:
            method = getattr(original, name)

            def received(message: Any, *args: Any, **kwargs: Any) -> Any:
                names = ("status",) if name == "recv" else ("buf", "status")
                given = {**dict(zip(names, args, strict=False)), **kwargs}
                if given.get("status") is None:
                    given["status"] = MPI.Status()
                with tracer.call(f"Message.{name}") as span:
                    result = method(message, **given)
                    tracer.ended(getattr(message, "_pending", None), given["status"], span)
                return result

            return received

        def begin(name: str) -> Callable[..., Any]:
            method = getattr(original, name)

            def begun(message: Any, *args: Any, **kwargs: Any) -> Any:
                with tracer.call(f"Message.{name}"):
                    request = method(message, *args, **kwargs)
                return adopt(request, getattr(message, "_pending", Pending()))

            return begun

        methods = {name: receive(name) for name in ("recv", "Recv")}
        methods |= {name: begin(name) for name in ("irecv", "Irecv")}
        kind: Any = _Kind("TracedMessage", (original,), methods)
        kind.original = original
        return kind


def _end(tracer: Follower, request: Any, status: MPI.Status, span: Span) -> None:
    tracer.ended(getattr(request, "_pending", None), status, span)


MPI_REQUEST, MPI_PREQUEST = MPI.Request, MPI.Prequest
"""mpi4py's own, also when others stand in their place."""
