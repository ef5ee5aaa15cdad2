"""A manager's server: it makes objects and keeps them, in the process that started the manager.

    m.dict() ──"create"──▶ Server ──▶ a ReferentHome with the dict
             ◀──Token────
    d["k"]   ─────────────────────▶ that home: answers itself, or has a thread make the call

The standard library starts a process for this. A rank for it would be one less for the work, so the server lives on the rank
of whoever starts the manager: messages reach it there while the program computes, and a call made there takes none at all.
The calls that may run a program's code are made by threads of the server (`core/serverthreads.py`).

It ends with `shutdown`, or with the process it lives in: what it kept is gone then, and proxies elsewhere are told so.
"""

from __future__ import annotations

import functools
import sys
import threading
import traceback
from collections import Counter
from multiprocessing.managers import Array, Namespace, Value, public_methods  # type: ignore[attr-defined]
from typing import Any

from mpiprocessing.core import payload, plain
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.referent import VIEWS, Listener, Referent, ReferentHome, stays_plain
from mpiprocessing.core.homes.telling import ReferentStub
from mpiprocessing.core.lastwords import tell, traceback_of
from mpiprocessing.core.messages import (
    ReferentCall,
    ReferentFailed,
    ReferentLost,
    ReferentRaised,
    ReferentReturned,
    ReferentShared,
    ReferentTell,
    Reply,
)
from mpiprocessing.core.serverthreads import ServerThreads
from mpiprocessing.core.thisrank import running
from mpiprocessing.managed.tokens import Token

__all__ = ["Server"]

_BUILT_IN = (dict, list, Namespace, Value, Array, *([set] if sys.version_info >= (3, 14) else []))
"""What makes objects that nobody else has, and whose methods are the interpreter's own."""

_TOLD = {dict: "__setitem__", list: "append", Namespace: "__setattr__", Value: "set"}
"""What makes an object → its method whose calls can be told."""

_BIN = 0  # the number of the thread that lets objects go


class ServerHandle(Handle):
    """The server's hold on itself; as any handle it is closed when its process ends, and the server ends with it."""

    __slots__ = ("server",)

    server: Server

    def close(self) -> None:
        """The process has ended."""
        self.server.end("has ended with its process")
        super().close()


class Server(Listener):
    """Makes objects and keeps them.

    Args:
        registry: typeid → what makes the object, which methods are exposed, which of them return proxies, the proxy type.
        name: of the manager, for error texts.
        threads: make the calls.
    """

    PUBLIC = ("create", "debug_info", "number_of_objects")

    def __init__(self, registry: dict[str, Any], name: str, threads: ServerThreads | None = None) -> None:
        self.name = name
        self.ended = False
        self._registry = registry
        self._threads = threads or ServerThreads()
        self._homes: dict[int, ReferentHome] = {}
        self._users: Counter[int] = Counter()
        self._mutex = threading.Lock()
        itself = Referent(self, frozenset(self.PUBLIC), {}, name)
        self.runtime = running()
        # As a whole or not at all: its process may be ended at any moment, and the handle is closed with it.
        with self.runtime.lock:
            (handle,) = ServerHandle.to_new(ReferentHome, ReferentStub, itself, self)
            assert isinstance(handle, ServerHandle)
            handle.server = self
            self._home = handle.home()
        self.address = f"mpi://rank-{self.runtime.rank}/{handle.stub.home:x}"
        self.token = Token(name, self.address, "0", handle)

    # ---- what managers ask for ----

    def create(self, typeid: str, /, *args: Any, **kwds: Any) -> tuple[Token, tuple[str, ...]]:
        """Make an object.

        Args:
            typeid: the type under which it is registered.
            args: what makes it is called with.
            kwds: as `args`.

        Returns:
            Its token, and the methods it exposes.

        Raises:
            KeyError: nothing is registered under that name.
            Exception: what the call raises.
        """
        with self._mutex:
            maker, exposed, typeids, _ = self._registry[typeid]
            if maker is not None:
                obj = maker(*args, **kwds)
            elif kwds or len(args) != 1:
                raise ValueError("Without callable, must have one non-keyword argument")
            else:
                obj = args[0]
            if typeids is not None and not isinstance(typeids, dict):
                raise TypeError(f"Method_to_typeid {typeids!r}: type {type(typeids)!s}, not dict")
        names = (*(public_methods(obj) if exposed is None else exposed), *(typeids or ()))
        weight = plain.weight([args, kwds]) if maker in _BUILT_IN else None
        tell = _TOLD.get(maker, "")
        if tell not in names or tell in (typeids or {}):
            tell = ""
        return self._keep(Referent(obj, frozenset(names), typeids or {}, typeid, weight, tell)), names

    def _keep(self, referent: Referent) -> Token:
        (handle,) = Handle.to_new(ReferentHome, ReferentStub, referent, self)
        home = handle.home()
        assert isinstance(home, ReferentHome)
        with self.runtime.lock:
            if self.ended:
                raise RuntimeError(f"the manager {self.name} has been shut down")
            self._homes[home.number] = home
        return Token(referent.typeid, self.address, f"{id(referent.obj):x}", handle)

    def debug_info(self) -> str:
        """What is kept, and how many threads call it."""
        with self.runtime.lock:
            kept = [(home, home.referent) for home in self._homes.values() if home.referent is not None]
        lines = [
            f"  {id(referent.obj):x}:       refcount={len(home.users)}\n    {str(referent.obj)[:75]}"
            for home, referent in kept
        ]
        return "\n".join(sorted(lines))

    def number_of_objects(self) -> int:
        """How many objects are kept."""
        with self.runtime.lock:
            return len({id(home.referent.obj) for home in self._homes.values() if home.referent is not None})

    def end(self, how: str) -> None:
        """Keep nothing any longer; the second time nothing happens.

        Args:
            how: completes the sentence "the manager ..." in the errors of those who call now.
        """
        kept: list[Any] = []
        with self.runtime.lock:
            if self.ended:
                return
            self.ended = True
            reason = f"the manager {self.name} on rank {self.runtime.rank} {how}"
            homes = [*self._homes.values(), self._home]
            self._homes = {}
            for home in homes:
                assert isinstance(home, ReferentHome)
                kept.append(home.referent)
                self.runtime.dispatch(home.end(reason))
            self._let_go(kept)
            self._threads.end()

    def _let_go(self, kept: list[Any]) -> None:
        """Drop objects in a thread, as finalizers of theirs may do anything, and the runtime's lock is taken here."""

        def drop() -> None:
            kept.clear()
            with self.runtime.lock:
                self._threads.idle(_BIN)

        self._threads.submit(_BIN, drop)

    # ---- what homes say ----

    def call(self, home: ReferentHome, message: ReferentCall) -> None:
        """Have a thread make this call."""
        try:
            self._threads.submit(message.thread, functools.partial(self._make_call, home, message))
        except RuntimeError as error:  # no more threads
            self.runtime.dispatch(home.answered(ReferentFailed(message.call, f"RuntimeError: {error}\n")))

    def tell(self, home: ReferentHome, message: ReferentTell) -> None:
        """Have a thread make this call, which nobody waits for."""
        try:
            self._threads.submit(message.thread, functools.partial(self._make_told, home, message), False)
        except RuntimeError:  # no more threads
            traceback.print_exc()
            self.runtime.dispatch(home.told())

    def user(self, rank: int, more: int) -> None:
        """Count the stubs on that rank that call; without any its threads end."""
        self._users[rank] += more
        if not self._users[rank]:
            self._threads.forget(rank)

    def freed(self, home: ReferentHome) -> None:
        """Let an object go that nobody holds."""
        self._homes.pop(home.number, None)
        if home.weight is None:
            self._let_go([home.referent])
        home.referent = None

    # ---- in a thread of the server ----

    def _make_call(self, home: ReferentHome, message: ReferentCall) -> None:
        reply = self._reply(home, message)
        with self.runtime.lock:
            self._threads.idle(message.thread)
            letters = home.answered(reply)
            self.runtime.dispatch(letters)
        content = getattr(reply, "payload", None)
        if content is not None and not letters:
            payload.give_up(content)

    def _make_told(self, home: ReferentHome, message: ReferentTell) -> None:
        referent = home.referent
        if referent is None:
            payload.give_up(message.payload)
        else:
            try:
                args, kwds = self._arguments(home, message)
                referent.function(message.method)(*args, **kwds)
            except Exception as error:  # nobody waits for it
                tell(traceback_of(error))
        with self.runtime.lock:
            self._threads.idle(message.thread)
            self.runtime.dispatch(home.told())

    def _reply(self, home: ReferentHome, message: ReferentCall) -> Reply:
        referent = home.referent
        if referent is None:
            payload.give_up(message.payload)
            return ReferentLost(message.call, "", during=True)  # its caller has been told
        try:
            args, kwds = self._arguments(home, message)
            function = referent.function(message.method) if message.method != "#METHODS" else None
        except Exception:
            return ReferentFailed(message.call, _shown())
        try:
            result = function(*args, **kwds) if function is not None else tuple(referent.exposed)
        except Exception as error:
            if home is self._home:
                return ReferentFailed(message.call, _shown())
            return _raised(message.call, error)
        except BaseException as error:
            # As in the standard library, where it ends the connection: SystemExit is not passed on.
            return ReferentLost(message.call, f"{error!r} was raised at the manager {self.name}", during=True)
        return self._returned(message, referent.typeids.get(message.method), result)

    def _arguments(self, home: ReferentHome, message: ReferentCall | ReferentTell) -> Any:
        """Read the arguments. What is not plain, or heavy, makes the object one whose calls are all made by threads."""
        if home.weight is not None and stays_plain(message.method, plain.size(message.payload)):
            try:
                return plain.loads(message.payload)
            except plain.NotPlain:
                pass
        home.weight = None  # before anything that is not plain can get into the object
        return payload.loads(message.payload)

    def _returned(self, message: ReferentCall, typeid: str | None, result: Any) -> Reply:
        try:
            if typeid:
                content = payload.owned(payload.dumps(self.create(typeid, result)))
                return ReferentShared(message.call, content)
        except Exception:
            return ReferentFailed(message.call, _shown())
        try:
            sent = list(result) if type(result) in VIEWS else result
            return ReferentReturned(message.call, payload.owned(payload.dumps(sent)))
        except Exception:
            return ReferentFailed(message.call, f"Unserializable message: {_shown()}\n")


def _raised(call: int, error: Exception) -> Reply:
    try:
        return ReferentRaised(call, payload.owned(payload.dumps(error)), _shown())
    except Exception:
        return ReferentFailed(call, f"Unserializable message: {_shown()}\n")


def _shown() -> str:
    """The traceback of the exception under way, without the frame that is ours."""
    _, error, frames = sys.exc_info()
    assert error is not None and frames is not None
    return traceback_of(error, frames.tb_next)
