"""Tokens: which referent of which manager is meant; and the call of one of its methods.

    call(token, "get", ("k",)) ──ReferentCall──▶ the home of the referent
                               ◀─ReferentReturned, ReferentShared, ReferentRaised, ReferentFailed or ReferentLost─
    call(token, "__setitem__", ("k", 1)) ──ReferentTell──▶     nothing to wait for, as long as all is plain

A token carries a handle, so the referent is there as long as a token is, in any process or on its way. The thread that calls
has a number: a lock knows its holder by it. Derived from CPython's `Lib/multiprocessing/managers.py`.
"""

from __future__ import annotations

import errno
import itertools
import multiprocessing.managers as stdlib
import threading
from multiprocessing.managers import RemoteError
from multiprocessing.pool import RemoteTraceback  # type: ignore[attr-defined]
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.handle import Handle
from mpiprocessing.core.homes.telling import ReferentStub, can_be_told
from mpiprocessing.core.messages import (
    ReferentCall,
    ReferentFailed,
    ReferentLost,
    ReferentRaised,
    ReferentReturned,
    ReferentShared,
    ReferentTell,
    Reply,
    number,
)

__all__ = ["RemoteError", "Token", "call", "ours"]


class Token(stdlib.Token):
    """Says which referent: the standard library's token, with a handle to the referent's home.

    Args:
        typeid: the type under which it is registered.
        address: the address of its manager.
        id: its number there.
        handle: counts the referent as long as this token is there.
    """

    __slots__ = ("handle",)

    def __init__(self, typeid: str, address: Any, id: str, handle: Handle) -> None:
        super().__init__(typeid, address, id)
        self.handle = handle

    def __getstate__(self) -> Any:
        return self.typeid, self.address, self.id, self.handle

    def __setstate__(self, state: Any) -> None:
        self.typeid, self.address, self.id, self.handle = state


# ---- calling --------------------------------------------------------------------------------------------------------


class Numbers:
    """The numbers of the threads that call; one that has ended leaves its number to the next."""

    def __init__(self) -> None:
        self.serials = itertools.count(1)
        self.free: list[int] = []


numbers = Numbers()


class _Serial:
    """The number of a thread, given back when that ends."""

    def __init__(self) -> None:
        self._free = numbers.free
        self.value = self._free.pop() if self._free else next(numbers.serials)

    def __del__(self) -> None:
        self._free.append(self.value)


class _Caller(threading.local):
    """The thread that calls.

    Attributes:
        serial: tells it from the other threads of its rank.
        met: homes of the servers it has called: what it is told of a lost one depends on that.
    """

    def __init__(self) -> None:
        self.serial = _Serial()
        self.met: set[Any] = set()


_caller = _Caller()


def call(token: Token, method: str, args: Any = (), kwds: Any = None) -> Any:
    """Call a method of a referent and wait for its result.

    Args:
        token: says which referent.
        method: the method's name.
        args: positional arguments.
        kwds: keyword arguments.

    Returns:
        The result, or the bare reply where that is to become a proxy.

    Raises:
        RemoteError: there is no such method, or something cannot be pickled.
        OSError, EOFError: the manager has ended.
        Exception: what the method raised.
    """
    runtime, stub = token.handle.runtime, token.handle.stub
    content = payload.dumps((tuple(args), dict(kwds) if kwds else {}))
    if (
        isinstance(stub, ReferentStub)
        and method == stub.tell
        and stub.trust
        and not kwds
        and can_be_told(method, args)
    ):
        stub.trust -= 1
        if not content.buffers:
            runtime.post(stub, ReferentTell, number(runtime.rank, _caller.serial.value), method, content)
            return None
    if stub.rank == runtime.rank:
        content = payload.owned(content)
        runtime.peek()  # a call that need not wait must not keep others waiting
    thread = number(runtime.rank, _caller.serial.value)
    reply = runtime.ask(stub, ReferentCall, thread, method, content, undo=_undo)
    if isinstance(reply, ReferentLost):
        raise _lost(token, method, reply)
    _caller.met.add(token.address)
    if isinstance(reply, ReferentReturned):
        return payload.loads(reply.payload)
    if isinstance(reply, ReferentRaised):
        raise _raised(reply)
    if isinstance(reply, ReferentFailed):
        raise RemoteError(reply.traceback)
    if not isinstance(reply, ReferentShared):  # a thread goes on that its process left behind
        payload.give_up(content)
        raise EOFError(f"the process that held this {token.typeid!r} proxy has ended")
    return reply


def _undo(reply: Reply) -> None:
    if isinstance(reply, ReferentReturned | ReferentShared | ReferentRaised):
        payload.give_up(reply.payload)


def _raised(reply: ReferentRaised) -> BaseException:
    error: BaseException = payload.loads(reply.payload)
    if reply.traceback and error.__cause__ is None:
        error.__cause__ = RemoteTraceback(f'\n"""\n{reply.traceback}"""')
    return error


def _lost(token: Token, method: str, reply: ReferentLost) -> Exception:
    """What the standard library raises: it depends on whether this thread had a connection, and waited."""
    text = (
        f"{reply.reason}; the call of {method!r} of the {token.typeid!r} object that it kept cannot be made. "
        "Let the process that started the manager outlive those that use it"
    )
    if reply.during:
        return EOFError(text)
    if token.address in _caller.met:
        return BrokenPipeError(errno.EPIPE, f"Broken pipe\n{text}")
    return FileNotFoundError(errno.ENOENT, f"No such file or directory\n{text}")


def ours(token: Any) -> bool:
    """Whether a token's referent is reached by messages, and not by a socket."""
    return isinstance(token, Token)
