"""Communicators that count and are recorded: every call is a span, every message that is counted an arrow.

Theory of operation: the counting classes, with each method in a span of the trace (see tracer.py). A call that sends is entered
before it is made, one that receives when it is over; a request is followed until it is waited for (see requests.py).
Calls whose messages cannot be known are spans that say so: one-sided operations, collectives between two groups, partitioned
and persistent collectives, and whatever is done with processes that were spawned. Persistent sends are drawn although the
figures do not count them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from mpi4py import MPI

from mpiprocessing.compare.counting.communicator import Counters
from mpiprocessing.compare.counting.places import Place, Places, place_of, settle, title_of
from mpiprocessing.compare.counting.requests import Requests
from mpiprocessing.compare.counting.signatures import BOTH_WAYS, PERSISTENT_SENDS, RECEIVES
from mpiprocessing.compare.counting.standins import by_name
from mpiprocessing.compare.counting.tally import Tally
from mpiprocessing.compare.counting.tracer import Pending, Span, Tracer
from mpiprocessing.compare.counting.traffic import COLLECTIVES, Call, Rule
from mpiprocessing.core.userline import caller
from mpiprocessing.core.whosecode import is_ours

__all__ = ["TracedCounters"]

_PROBES = "probe Probe iprobe Iprobe mprobe Mprobe improbe Improbe"
_NOT_TRACED = ("messages", "not traced")


class TracedCounters(Counters):
    """The classes of one program, all on one tally and one recording.

    Args:
        tally: where every call is counted.
        tracer: where it is entered.
    """

    def __init__(self, tally: Tally, tracer: Tracer) -> None:
        self.tracer = tracer
        self.requests = Requests(tracer)
        self._places = Places(MPI.COMM_WORLD)
        super().__init__(tally)

    def names(self) -> dict[str, Any]:
        """What is put in the place of mpi4py's own."""
        world, alone = self.adopt(MPI.COMM_WORLD), self.adopt(MPI.COMM_SELF)
        settle(world, self._places.world)
        settle(alone, self._places.alone)
        return {
            "COMM_WORLD": world,
            "COMM_SELF": alone,
            "Win": self.window(),
            "Request": self.requests.request,
            "Prequest": self.requests.persistent,
            "Message": self.requests.message,
        }

    # ---- the methods of the classes ----

    def _methods(self, kind: type[MPI.Comm]) -> dict[str, Any]:
        methods = super()._methods(kind)
        methods |= {name: self._receiving(kind, name, words) for name, words in RECEIVES.items()}
        methods |= {name: self._probing(kind, name) for name in _PROBES.split()}
        methods |= {"Recv_init": self._persistent_receive(kind)}
        methods |= {name: self._persistent_send(kind, name) for name in PERSISTENT_SENDS.split()}
        return methods

    def _counted(self, kind: type, name: str, rule: Rule) -> Callable[..., Any]:
        return self._taking_part(kind, name, rule) if name in COLLECTIVES else self._sending(kind, name, rule)

    def _sending(self, kind: type, name: str, rule: Rule) -> Callable[..., Any]:
        original, tracer = getattr(kind, name), self.tracer
        words = BOTH_WAYS.get(name, f"{rule.parameters[0]} dest tag").split()

        @functools.wraps(original)
        def sending(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            with tracer.call(name, title_of(place)) as span:
                if place is None:
                    span.detail.append(_NOT_TRACED)
                    return super_call(comm, *args, **kwargs)
                dest, tag = given.get("dest", MPI.PROC_NULL), given.get("sendtag", given.get("tag", 0))
                span.tell("dest", _shown(dest))
                span.tell("tag", tag)
                event, numbers = tracer.send(name, place, dest, tag)
                receive = tracer.post(name, place) if name in BOTH_WAYS else None
                status = given.setdefault("status", MPI.Status()) if "status" in words else None
                try:
                    with self.pickles.watched() as (dumped, loaded):
                        result = original(comm, **given)
                except BaseException:
                    _unsend(event)
                    raise
                call = Call(comm, given, dumped, loaded)
                self._enter(name, rule, call)
                _complete(event, rule, call, span)
                if isinstance(result, MPI.Request):
                    return self.requests.adopt(result, Pending(numbers, receive))
                span.delivered += numbers
                if receive is not None and status is not None:
                    tracer.received(receive, status, span)
                return result

        super_call = super()._counted(kind, name, rule)
        return sending

    def _receiving(self, kind: type, name: str, parameters: str) -> Callable[..., Any]:
        original, tracer, words = getattr(kind, name), self.tracer, parameters.split()

        @functools.wraps(original)
        def receiving(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(words, args, kwargs), place_of(comm)
            with tracer.call(name, title_of(place)) as span:
                _tell_wanted(span, given)
                if place is None:
                    span.detail.append(_NOT_TRACED)
                    return original(comm, **given)
                receive = tracer.post(name, place)
                status = given.setdefault("status", MPI.Status()) if "status" in words else None
                try:
                    result = original(comm, **given)
                except Exception as error:
                    if status is not None and _may_have_come(error):
                        tracer.received(receive, status, span)  # not where the status names no sender
                    raise
                if status is None:
                    return self.requests.adopt(result, Pending(receive=receive))
                tracer.received(receive, status, span)
                return result

        return receiving

    def _probing(self, kind: type, name: str) -> Callable[..., Any]:
        original, tracer = getattr(kind, name), self.tracer
        waits, takes = not name.lower().startswith("i"), "mprobe" in name.lower()

        @functools.wraps(original)
        def probing(comm: Any, *args: Any, **kwargs: Any) -> Any:
            given, place = by_name(("source", "tag", "status"), args, kwargs), place_of(comm)
            with tracer.call(name, title_of(place)) as span:
                _tell_wanted(span, given)
                receive = tracer.post(name, place) if takes and place is not None else None
                if waits:
                    source, tag = given.get("source", MPI.ANY_SOURCE), given.get("tag", MPI.ANY_TAG)
                    span.waited = not kind.Iprobe(comm, source, tag)  # type: ignore[attr-defined]
                else:
                    span.waited = False
                result = original(comm, **given)
                if receive is not None and result is not None:
                    return self.requests.adopt_message(result, Pending(receive=receive))
                return result

        return probing

    def _taking_part(self, kind: type, name: str, rule: Rule) -> Callable[..., Any]:
        original, tracer = getattr(kind, name), self.tracer

        @functools.wraps(original)
        def taking_part(comm: Any, *args: Any, **kwargs: Any) -> Any:
            place = place_of(comm)
            with tracer.call(name, title_of(place)) as span:
                channel = "" if place is None else place.next_collective()
                given = {**dict(zip(rule.parameters, args, strict=False)), **kwargs}
                if "root" in rule.parameters:
                    span.tell("root", given.get("root", 0))
                with self.pickles.watched() as (dumped, loaded):
                    result = original(comm, *args, **kwargs)
                call = Call(comm, given, dumped, loaded)
                self._enter(name, rule, call)
                goes_on = isinstance(result, MPI.Request)
                self._draw(name, rule, call, place, channel, span, goes_on)
                return self.requests.adopt(result, Pending(collective=channel)) if goes_on else result

        return taking_part

    def _draw(
        self,
        name: str,
        rule: Rule,
        call: Call,
        place: Place | None,
        channel: str,
        span: Span,
        goes_on: bool,
    ) -> None:
        try:
            legs = rule.legs(call)
        except Exception:  # nor was it counted
            legs, place = [], None
        if place is None:
            span.detail.append(_NOT_TRACED)
            return
        if legs:
            span.tell("bytes", sum(leg.size for leg in legs))
        self.tracer.collective(name, place, channel, legs, goes_on)

    # ---- persistent requests ----

    def _persistent_send(self, kind: type, name: str) -> Callable[..., Any]:
        original, tracer = getattr(kind, name), self.tracer

        @functools.wraps(original)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            self.tally.skip(name)
            given, place = by_name(("buf", "dest", "tag"), args, kwargs), place_of(comm)
            request = original(comm, **given)
            if place is None:
                return request
            size = Call(comm, given, (), ()).size_of("buf")

            def begin() -> Pending:
                event, numbers = tracer.send(name, place, given["dest"], given.get("tag", 0))
                if event is not None:
                    event[_SIZE] = size
                return Pending(numbers)

            return self.requests.adopt_persistent(request, begin)

        return made

    def _persistent_receive(self, kind: type) -> Callable[..., Any]:
        original, tracer = kind.Recv_init, self.tracer  # type: ignore[attr-defined]

        @functools.wraps(original)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            request, place = original(comm, *args, **kwargs), place_of(comm)
            if place is None:
                return request
            return self.requests.adopt_persistent(
                request, lambda: Pending(receive=tracer.post("Recv_init", place))
            )

        return made

    # ---- what is not traced, and what makes communicators ----

    def _skipped(self, kind: type, name: str) -> Callable[..., Any]:
        skipped, tracer = super()._skipped(kind, name), self.tracer

        @functools.wraps(skipped)
        def told(self_: Any, *args: Any, **kwargs: Any) -> Any:
            with tracer.call(name) as span:
                span.detail.append(_NOT_TRACED)
                return skipped(self_, *args, **kwargs)

        return told

    def _adopted(self, kind: type, name: str) -> Callable[..., Any]:
        original, adopted, tracer = getattr(kind, name), super()._adopted(kind, name), self.tracer

        @functools.wraps(adopted)
        def made(comm: Any, *args: Any, **kwargs: Any) -> Any:
            if is_ours(caller(1)):
                return original(kind(comm), *args, **kwargs)  # mpi4py makes what the communicator is itself
            parent = place_of(comm)
            with tracer.call(name, title_of(parent)):
                result = adopted(comm, *args, **kwargs)
            first = result[0] if isinstance(result, tuple) else result
            if first and parent is not None:  # not for those who are not in it
                settle(first, self._places.of_made(first, name, parent))
            return result

        return made


_SIZE = 5
"""Where a "sent" event has its size."""


def _shown(rank: int) -> str:
    names = {MPI.ANY_SOURCE: "any", MPI.PROC_NULL: "nobody"}
    return names.get(rank, str(rank))


def _tell_wanted(span: Span, given: Mapping[str, Any]) -> None:
    tag = given.get("tag", MPI.ANY_TAG)
    span.tell("source", _shown(given.get("source", MPI.ANY_SOURCE)))
    span.tell("tag", "any" if tag == MPI.ANY_TAG else tag)


def _complete(event: list[Any] | None, rule: Rule, call: Call, span: Span) -> None:
    """The size of a message is known once it has been pickled."""
    try:
        size = sum(leg.size for leg in rule.legs(call))
    except Exception:  # nor was it counted
        return
    span.tell("bytes", size)
    if event is not None:
        event[_SIZE] = size


def _may_have_come(error: Exception) -> bool:
    """Whether a receive may have failed with a message that did not fit, or could not be unpickled."""
    return not isinstance(error, MPI.Exception) or error.Get_error_class() == MPI.ERR_TRUNCATE


def _unsend(event: list[Any] | None) -> None:
    """What was to be sent could not be."""
    if event is not None:
        event[0] = "unsent"
