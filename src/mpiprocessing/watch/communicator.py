"""Communicators and requests that are watched: what may wait is entered before it is called, and then what came of it.

Theory of operation: they stand in for mpi4py's own (`compare/counting/standins.py`); the call itself is the program's,
unchanged. Receives are told what they got by their status, sends and collectives are known from their arguments. A call
that this file does not know, on windows, files, processes that were spawned or between two groups, counts as computing:
whoever is in it may go on.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.buffers import size_of
from mpiprocessing.compare.counting.places import Place, Places, place_of, settle
from mpiprocessing.compare.counting.requests import Requests
from mpiprocessing.compare.counting.signatures import PERSISTENT_SENDS, RECEIVES
from mpiprocessing.compare.counting.standins import Pickles, StandIns, by_name
from mpiprocessing.compare.counting.tracer import Span
from mpiprocessing.compare.counting.traffic import COLLECTIVES
from mpiprocessing.core.userline import line_of_program
from mpiprocessing.watch.callsites import about, calling_line, text_of
from mpiprocessing.watch.ledger import Ledger
from mpiprocessing.watch.methods import (
    BUFFER,
    BUFFERED,
    COLLECTIVE_MAKERS,
    PROBES,
    SENDS,
    SYNCHRONOUS,
    is_synchronous,
    needed_by,
)
from mpiprocessing.watch.waits import Operation, Receive, Send

__all__ = ["Watched"]


@dataclass
class _Pending:
    """What ends with a request."""

    place: Place
    operations: tuple[Operation, ...]
    cancelled: bool = False


class Watched(StandIns):
    """The classes of one program, all on one ledger.

    Args:
        ledger: where everything is entered.
        synchronous: whether standard sends are to wait for their receives.
    """

    def __init__(self, ledger: Ledger, synchronous: bool) -> None:
        self.ledger = ledger
        self.requests = _Requests(self)
        self._modes = SYNCHRONOUS if synchronous else {}
        self._places = Places(MPI.COMM_WORLD)
        super().__init__("Watched")
        self.pickles = _Weighed(ledger)

    def names(self) -> dict[str, Any]:
        """What is put in the place of mpi4py's own."""
        names = super().names()
        settle(names["COMM_WORLD"], self._places.world)
        settle(names["COMM_SELF"], self._places.alone)
        return {**names, "Request": self.requests.request, "Prequest": self.requests.persistent}

    # ---- the methods of the classes ----

    def _methods(self, kind: type[MPI.Comm]) -> dict[str, Any]:
        methods = super()._methods(kind)
        methods |= {name: self._sending(kind, name, words) for name, words in SENDS.items()}
        methods |= {name: self._receiving(kind, name, words) for name, words in RECEIVES.items()}
        methods |= {name: self._probing(kind, name) for name in PROBES.split()}
        methods |= {"Recv_init": self._persistent_receive(kind)}
        methods |= {name: self._persistent_send(kind, name) for name in PERSISTENT_SENDS.split()}
        for name, rule in COLLECTIVES.items():
            if hasattr(kind, name):
                methods[name] = self._taking_part(kind, name, rule.parameters)
        return methods

    def _sending(self, kind: type, name: str, parameters: str) -> Callable[..., Any]:
        original, words = getattr(kind, self._modes.get(name, name)), parameters.split()
        at_once, synchronous = name.lower().startswith(("i", "b")), is_synchronous(original.__name__)

        @functools.wraps(original)
        def sending(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            if place is None:
                return original(comm, **given)
            line, text = calling_line(), text_of(name, given, words)
            self._weigh(given)
            send = self._send(place, given, synchronous, text, line)
            receive = self._post(place, given, text, line, "recvtag") if "source" in words else None
            waits: list[Operation] = [] if send is None or name in BUFFERED else [send]
            waits += [] if receive is None else [receive]
            status = given.setdefault("status", MPI.Status()) if "status" in words else None
            try:
                with (
                    nullcontext()
                    if at_once
                    else self.ledger.inside(sys._getframe(), text, about(place), line, waits)
                ):
                    result = original(comm, **given)
            except BaseException as error:
                if send is not None and not _is_truncated(error):
                    self.ledger.unsend(send)
                self._failed(place, receive, status, error)
                raise
            if isinstance(result, MPI.Request):
                return self.requests.adopt(result, _Pending(place, tuple(waits)))
            if receive is not None and status is not None:
                self._received(place, receive, status)
            return result

        return sending

    def _receiving(self, kind: type, name: str, parameters: str) -> Callable[..., Any]:
        original, words = getattr(kind, name), parameters.split()

        @functools.wraps(original)
        def receiving(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            line, text = calling_line(), text_of(name, given, words)
            receive = None if place is None else self._post(place, given, text, line)
            if place is None or receive is None:
                return original(comm, **given)
            if "status" not in words:
                return self.requests.adopt(original(comm, **given), _Pending(place, (receive,)))
            status = given.setdefault("status", MPI.Status())
            try:
                with self.ledger.inside(sys._getframe(), text, about(place), line, [receive]):
                    result = original(comm, **given)
            except BaseException as error:
                self._failed(place, receive, status, error)
                raise
            self._received(place, receive, status)
            return result

        return receiving

    def _probing(self, kind: type, name: str) -> Callable[..., Any]:
        original, words = getattr(kind, name), ("source", "tag", "status")
        waits, takes = not name.lower().startswith("i"), "mprobe" in name.lower()

        @functools.wraps(original)
        def probing(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            line, text = calling_line(), text_of(name, given, words)
            receive = None if place is None else self._post(place, given, text, line, takes=takes)
            if place is None or receive is None:
                return original(comm, **given)
            status, found = given.setdefault("status", MPI.Status()), False
            try:
                with (
                    self.ledger.inside(sys._getframe(), text, about(place), line, [receive])
                    if waits
                    else nullcontext()
                ):
                    result = original(comm, **given)
                found = waits or result is not None
            finally:
                if found:
                    self._received(place, receive, status)
                else:
                    self.ledger.received(receive, None, 0)
            return result

        return probing

    def _taking_part(self, kind: type, name: str, parameters: Sequence[str]) -> Callable[..., Any]:
        original = getattr(kind, name)
        shown = "Barrier" if name == "barrier" else name

        @functools.wraps(original)
        def taking_part(comm: Any, *args: Any, **kwargs: Any) -> Any:
            place = place_of(comm)
            if place is None or place.here != place.there:
                return original(comm, *args, **kwargs)
            given = {**dict(zip(parameters, args, strict=False)), **kwargs}
            self._weigh(given)
            line = calling_line()
            text = f"comm.{shown}(root={given.get('root', 0)})" if "root" in parameters else f"comm.{shown}()"
            needed = needed_by(name.lower().removeprefix("i"), comm.rank, given.get("root", 0), place.here)
            part = self.ledger.take_part(place.name, place.here, needed, text, line)
            try:
                if name.startswith("I"):
                    return self.requests.adopt(original(comm, *args, **kwargs), _Pending(place, (part,)))
                with self.ledger.inside(sys._getframe(), text, about(place), line, [part]):
                    return original(comm, *args, **kwargs)
            except BaseException:
                self.ledger.part_failed(part)
                raise

        return taking_part

    def _adopted(self, kind: type, name: str) -> Callable[..., Any]:
        original, collective = getattr(kind, name), name in COLLECTIVE_MAKERS.split()

        @functools.wraps(original)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            parent = place_of(comm)
            waits: AbstractContextManager[None] = nullcontext()
            part = None
            if parent is not None and collective and parent.here == parent.there:
                line, text = calling_line(), f"comm.{name}()"
                part = self.ledger.take_part(parent.name, parent.here, parent.here, text, line)
                if not name.startswith("I"):
                    waits = self.ledger.inside(sys._getframe(), text, about(parent), line, [part])
            try:
                with waits:
                    result = original(comm, *args, **kwargs)
            except BaseException:
                if part is not None:
                    self.ledger.part_failed(part)
                raise
            result = self._adopt_made(result)
            first = result[0] if isinstance(result, tuple) else result
            if first and parent is not None:  # not for those who are not in it
                settle(first, self._places.of_made(first, name, parent))
            return result

        return made

    # ---- persistent requests ----

    def _persistent_send(self, kind: type, name: str) -> Callable[..., Any]:
        original = getattr(kind, self._modes.get(name, name))

        @functools.wraps(original)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(BUFFER.split(), args, kwargs), place_of(comm)
            line, text = calling_line(), text_of(name, given, BUFFER.split())
            request = original(comm, **given)
            if place is None:
                return request

            def begin() -> _Pending:
                send = self._send(place, given, is_synchronous(original.__name__), text, line)
                return _Pending(place, () if send is None or name in BUFFERED else (send,))

            return self.requests.adopt_persistent(request, begin)

        return made

    def _persistent_receive(self, kind: type) -> Callable[..., Any]:
        original, words = kind.Recv_init, ("buf", "source", "tag")  # type: ignore[attr-defined]

        @functools.wraps(original)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            line, text = calling_line(), text_of("Recv_init", given, words)
            request = original(comm, **given)
            if place is None:
                return request

            def begin() -> _Pending:
                receive = self._post(place, given, text, line)
                return _Pending(place, () if receive is None else (receive,))

            return self.requests.adopt_persistent(request, begin)

        return made

    # ---- what requests tell ----

    def call(self, verb: str) -> AbstractContextManager[Span]:
        """Something is called that does not wait."""
        return nullcontext(Span())

    @contextmanager
    def completing(self, verb: str, requests: Sequence[Any]) -> Iterator[Span]:
        """Requests are waited for, or tested."""
        span = Span()
        pending = [getattr(request, "_pending", None) for request in requests if request]
        needs_all = not verb.lower().endswith(("any", "some"))
        known = [each for each in pending if each is not None and not each.cancelled]
        waits = [operation for each in known for operation in each.operations]
        if not verb.lower().startswith("wait") or not waits or (len(known) < len(pending) and not needs_all):
            yield span
            return
        # From here: contextlib, the method in place of mpi4py's, and then whoever called it.
        frame = sys._getframe(2)
        text = f"request.{verb}()" if len(requests) == 1 else f"Request.{verb}({len(requests)} requests)"
        with self.ledger.inside(frame, text, "", line_of_program(frame.f_back) or "", waits, needs_all):
            yield span

    def ended(self, pending: Any, status: MPI.Status | None, span: Span | None = None) -> None:
        """A request is complete."""
        if pending is None:
            return
        operations, pending.operations = pending.operations, ()
        for operation in operations:
            if isinstance(operation, Receive):
                if status is None:
                    self.ledger.received(operation, None, 0)
                else:
                    self._received(pending.place, operation, status)

    # ---- entering ----

    def _send(
        self, place: Place, given: Mapping[str, Any], synchronous: bool, text: str, line: str
    ) -> Send | None:
        peer = place.peer(given.get("dest", MPI.PROC_NULL))
        tag = given.get("sendtag", given.get("tag", 0))
        if peer == MPI.PROC_NULL:
            return None
        return self.ledger.send(place.name, peer, tag, synchronous, text, line)

    def _post(
        self,
        place: Place,
        given: Mapping[str, Any],
        text: str,
        line: str,
        tag: str = "tag",
        takes: bool = True,
    ) -> Receive | None:
        source, wanted = given.get("source", MPI.ANY_SOURCE), given.get(tag, MPI.ANY_TAG)
        sources = place.there if source == MPI.ANY_SOURCE else (place.peer(source),)
        if MPI.PROC_NULL in sources:
            return None
        return self.ledger.post(
            place.name, sources, None if wanted == MPI.ANY_TAG else wanted, takes, text, line
        )

    def _received(self, place: Place, receive: Receive, status: MPI.Status) -> None:
        peer = MPI.PROC_NULL if status.Is_cancelled() else place.peer(status.Get_source())
        self.ledger.received(receive, None if peer == MPI.PROC_NULL else peer, status.Get_tag())

    def _failed(
        self, place: Place, receive: Receive | None, status: MPI.Status | None, error: BaseException
    ) -> None:
        """A receive has failed: without a message, or with one that did not fit or could not be unpickled."""
        if receive is None:
            return
        without = isinstance(error, MPI.Exception) and not _is_truncated(error)
        if without or status is None:
            self.ledger.received(receive, None, 0)
        else:
            self._received(place, receive, status)

    def _weigh(self, given: Mapping[str, Any]) -> None:
        for name in ("buf", "sendbuf", "recvbuf"):
            if given.get(name) is not None and given[name] is not MPI.IN_PLACE:
                try:
                    self.ledger.give(size_of(given[name]))
                except Exception:  # MPI is the one to say what is wrong with a buffer
                    continue


class _Requests(Requests):
    """Requests that are followed, and may be cancelled."""

    def _waiting(self, original: Any, **more: Any) -> Any:
        def cancel(request: Any) -> None:
            pending = getattr(request, "_pending", None)
            if pending is not None:
                pending.cancelled = True
            original.Cancel(request)

        return super()._waiting(original, Cancel=cancel, **more)


class _Weighed(Pickles):
    """Pickles whose size is entered."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def dumps(self, obj: Any, *protocol: int) -> bytes:
        data = super().dumps(obj, *protocol)
        self._ledger.give(len(data))
        return data


def _is_truncated(error: BaseException) -> bool:
    """Whether a message has come, and did not fit."""
    return isinstance(error, MPI.Exception) and error.Get_error_class() == MPI.ERR_TRUNCATE
