"""The home of a referent: an object that a manager keeps, and the calls of its methods.

    proxy                     referent (home, on the rank of the manager)
      │──── ReferentCall ────────▶│      plain content: answered where the message is handled
      │◀─── ReferentReturned ─────│
      │                           │
      │──── ReferentCall ────────▶│ ─ ─ ▶ anything else: a thread of the server calls the method, which may take its time
      │◀─── ReferentReturned ─────│ ◀ ─ ─ and answers, unless the caller has given up meanwhile
      │                           │
      │──── ReferentTell ────────▶│      nobody waits: to set an item of a dict that is plain

Where the object is a built-in container whose content is plain (`core/plain.py` says what that is), no code but the
interpreter's own can run in a call, and the home itself makes it. As soon as something else comes near it, its calls are
made by threads for good, as all calls of all other objects are.

Calls that cannot fail and return nothing are told (`telling.py`). Should something that is not plain have come near the object
when such a call arrives, a thread has to make it, and whatever comes behind it waits: who knows of the told call must find what
it did.

When the manager ends, the calls under way and all later ones are answered by `ReferentLost`: nobody waits for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mpiprocessing.core import payload, plain
from mpiprocessing.core.homes.home import Home, Letter
from mpiprocessing.core.homes.waitroom import WaitRoom
from mpiprocessing.core.messages import (
    ReferentCall,
    ReferentEnded,
    ReferentLost,
    ReferentRaised,
    ReferentReturned,
    ReferentTell,
    Reply,
    Wanted,
    maker,
)

__all__ = ["VIEWS", "Listener", "Referent", "ReferentHome", "stays_plain"]

VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
"""What cannot be pickled and travels as a list, as in the standard library."""

UNEXPOSED: dict[str, Callable[[Any], Any]] = {"#GETVALUE": lambda obj: obj, "__str__": str, "__repr__": repr}
"""What can be asked of every referent, exposed or not."""

_SHORT = frozenset(
    (
        *(
            "__getitem__",
            "__setitem__",
            "__delitem__",
            "__len__",
            "append",
            "extend",
            "insert",
            "pop",
            "popitem",
        ),
        *("get", "set", "setdefault", "update", "__setattr__", "__getattribute__", "__delattr__"),
    )
)
"""Methods whose work does not grow with the content, or hardly."""

_LONG = frozenset(
    (
        *("__contains__", "__add__", "count", "index", "remove", "reverse", "sort", "clear", "copy"),
        *("items", "keys", "values", "add", "discard", *UNEXPOSED),
    )
)
"""Methods that may look at all of the content: made here only as long as that is little."""

_SHORT_OR_LONG = _SHORT | _LONG


_NOTHING = payload.dumps(None)


class Referent(NamedTuple):
    """An object and how it may be used.

    Args:
        obj: the object itself.
        exposed: the methods that may be called.
        typeids: methods whose result the manager keeps as well → the type under which it is registered.
        typeid: the type under which this one is registered.
        weight: about how many bytes it holds, where that is plain; else None.
        tell: the method whose calls can be told while all is plain; empty where there is none.
    """

    obj: Any
    exposed: frozenset[str]
    typeids: dict[str, str]
    typeid: str
    weight: int | None = None
    tell: str = ""

    def function(self, name: str) -> Callable[..., Any]:
        """The method of that name.

        Raises:
            KeyError: it is not exposed, or not there.
        """
        try:
            if name not in self.exposed:
                raise AttributeError(
                    f"method {name!r} of {type(self.obj)!r} object is not in exposed={set(self.exposed)!r}"
                )
            method: Callable[..., Any] = getattr(self.obj, name)
            return method
        except AttributeError:
            instead = UNEXPOSED[name]  # the error that may follow shows both
            return lambda: instead(self.obj)


class Listener:
    """What the server that keeps a referent is told by its home; under the runtime's lock."""

    def call(self, home: ReferentHome, message: ReferentCall) -> None:
        """A thread has to make this call."""

    def tell(self, home: ReferentHome, message: ReferentTell) -> None:
        """A thread has to make this call, and say `told` to the home."""

    def user(self, rank: int, more: int) -> None:
        """One more stub on that rank calls (1), or one less (-1)."""

    def freed(self, home: ReferentHome) -> None:
        """Nobody holds a proxy any more: let the object go, where user code may run."""


class ReferentHome(Home):
    """An object and the calls under way.

    Args:
        number: the home's number.
        referent: the object.
        server: what makes the calls that are not made here.
    """

    def __init__(self, number: int, referent: Referent, server: Listener) -> None:
        super().__init__(number)
        self.referent: Referent | None = referent
        self.weight = referent.weight
        self.lost: str | None = None
        self._server = server
        self._room: WaitRoom[ReferentCall] = WaitRoom()  # in the hands of threads, or behind a told call
        self._telling = False  # a told call is in the hands of a thread
        self._behind: deque[ReferentCall | ReferentTell] = deque()
        self.users: set[int] = set()  # stubs that have called

    def rooms(self) -> Sequence[WaitRoom[Any]]:
        return (self._room,)

    def withdraw(self, call: int) -> tuple[bool, list[Letter]]:
        return self._room.leave(call) is not None, []

    def role_gone(self, role: int) -> list[Letter]:
        if self.referent is not None:
            self._server.freed(self)
        return []

    def stub_gone(self, stub: int) -> list[Letter]:
        if stub in self.users:
            self.users.discard(stub)
            self._server.user(maker(stub), -1)
        return []

    def statistics(self) -> dict[str, Any]:
        return {**super().statistics(), "running": len(self._room), "plain": self.weight is not None}

    def kind(self) -> str:
        return f"manager's {self.referent.typeid}" if self.referent is not None else "manager's object"

    def waits(self) -> list[Wanted]:
        return [
            Wanted(request.call, f"{request.method}() of", "could call", "")
            for request in self._room.values()
        ]

    # ---- what the server says ----

    def answered(self, reply: Reply) -> list[Letter]:
        """A thread has made a call. Returns nothing where its caller has given up."""
        if self._room.leave(reply.call) is None:
            return []
        return [(maker(reply.call), reply)]

    def end(self, reason: str) -> list[Letter]:
        """The manager ends."""
        self.lost, self.referent = reason, None
        self._give_up_behind()
        lost: list[Letter] = [
            (maker(request.call), ReferentLost(request.call, reason, during=True))
            for request in self._room.everybody()
        ]
        return lost + [(maker(stub), ReferentEnded(stub)) for stub in sorted(self.users)]

    # ---- what proxies say ----

    def _call(self, message: ReferentCall) -> list[Letter]:
        if message.stub not in self.users:
            self.users.add(message.stub)
            self._server.user(maker(message.stub), 1)
        if self.referent is None:
            self.discarded.append(message.payload)
            lost = ReferentLost(message.call, self.lost or "", during=False)
            return [(maker(message.call), lost)]
        if self._telling:
            self._room.enter(message)
            self._behind.append(message)
            return []
        if self.weight is not None:
            reply = self._answer(message, self.referent)
            if reply is not None:
                return [(maker(message.call), reply)]
        self._room.enter(message)
        self._server.call(self, message)
        return []

    def _told(self, message: ReferentTell) -> list[Letter]:
        if self.referent is None:
            self.discarded.append(message.payload)
        elif self._telling:
            self._behind.append(message)
        elif self.weight is None or self._made_here(message, self.referent) is None:
            self._telling = True
            self._server.tell(self, message)
        return []

    def told(self) -> list[Letter]:
        """A thread has made a call that was told: what came behind it has its turn."""
        self._telling = False
        letters: list[Letter] = []
        while self._behind and not self._telling:
            message = self._behind.popleft()
            if isinstance(message, ReferentTell):
                letters += self._told(message)
            elif self._room.leave(message.call) is not None:
                letters += self._call(message)
            else:
                self.discarded.append(message.payload)  # its caller has given up
        return letters

    def _give_up_behind(self) -> None:
        self.discarded += [message.payload for message in self._behind]
        self._behind.clear()

    def _answer(self, message: ReferentCall, referent: Referent) -> Reply | None:
        made = self._made_here(message, referent)
        if made is None:
            return None
        raised, result = made
        if raised:
            return ReferentRaised(message.call, payload.dumps(result), "")
        if type(result) in VIEWS:
            result = list(result)
        content = _NOTHING if result is None else payload.dumps(result)
        return ReferentReturned(message.call, content, referent.tell)

    def _made_here(self, message: ReferentCall | ReferentTell, referent: Referent) -> tuple[bool, Any] | None:
        """Make the call if that can be done in a moment and runs no code of a program's own.

        Returns:
            Whether it raised, and what it raised or returned; None where it was not made.
        """
        name, nbytes = message.method, plain.size(message.payload)
        total = (self.weight or 0) + nbytes
        long = not (name in _SHORT or (name == "__contains__" and type(referent.obj) in (dict, set)))
        if name in referent.typeids or not stays_plain(name, nbytes) or (long and total > plain.LARGE):
            return None
        try:
            args, kwds = plain.loads(message.payload)
            function = referent.function(name)
        except (plain.NotPlain, KeyError):
            return None
        if total > plain.LARGE and any(type(arg) is slice for arg in args):
            return None
        self.weight = total
        try:
            return False, function(*args, **kwds)
        except Exception as error:
            return True, error

    verbs = {ReferentCall: _call, ReferentTell: _told}


def stays_plain(name: str, nbytes: int) -> bool:
    """Whether content that is plain and light is so after a call of that method with plain arguments of that size."""
    return name in _SHORT_OR_LONG and nbytes < plain.LARGE
