"""Which calls of a program are recorded: a table of classes and their verbs, and what each is about.

Nothing is done before `watch`; a program that is not traced runs the classes as they are.
"""

from __future__ import annotations

import multiprocessing.connection
from collections.abc import Callable
from typing import Any, NamedTuple

from mpiprocessing import connection, managers, pool, process, queues, sharedctypes, waiting
from mpiprocessing.core import cdata
from mpiprocessing.core.trace import Recorder
from mpiprocessing.gates import barrier, condition, event, semaphores
from mpiprocessing.managed import proxies
from mpiprocessing.pools import imap, results
from mpiprocessing.tracing.calls import Calls, Object

__all__ = ["watch"]


class _Kind(NamedTuple):
    """A class that is watched.

    Args:
        type: the class.
        name: what its objects are called.
        verbs: its methods and properties that are recorded, "method=shown" where one is shown by another name. A property
            is shown as `read` and `write`.
        about: what a call is about, asked with the object.
    """

    type: type
    name: str
    verbs: str
    about: Callable[[Any], Object]


# ---- what a call is about -------------------------------------------------------------------------------------------


def _name(obj: Any) -> Object:
    return str(obj.name)


def _handle(obj: Any) -> Object:
    return _kind(obj), obj._handle.stub.home


def _number(obj: Any) -> Object:
    return "Condition", obj._number


def _pipe(obj: Any) -> Object:
    # Both directions are one pipe.
    homes = [handle.stub.home for handle in (obj._reader, obj._writer) if handle is not None]
    return ("Pipe", min(homes)) if homes else None


def _simple_queue(obj: Any) -> Object:
    reader: Any = obj._reader
    return "SimpleQueue", reader._reader.stub.home


def _memory(obj: Any) -> Object:
    remote = obj.get_obj() if isinstance(obj, sharedctypes.SynchronizedBase) else obj
    return _kind(obj), remote._memory_._handle.stub.home


def _farm(obj: Any) -> Object:
    return "Pool", obj._orders.handle.stub.home


def _referent(obj: Any) -> Object:
    return obj._token.typeid, obj._token.handle.stub.home


def _nothing(obj: Any) -> Object:
    return None


# ---- the table ------------------------------------------------------------------------------------------------------

_POOL = "apply apply_async map map_async starmap starmap_async imap imap_unordered close terminate join"
_ITEMS = "__getitem__=read __setitem__=write"

_KINDS: tuple[_Kind, ...] = (
    _Kind(process.Process, "Process", "start join terminate kill interrupt", _name),
    _Kind(queues.Queue, "Queue", "put get put_nowait get_nowait qsize empty full", _handle),
    _Kind(queues.JoinableQueue, "JoinableQueue", "task_done join", _handle),
    _Kind(queues.SimpleQueue, "SimpleQueue", "put get empty", _simple_queue),
    _Kind(connection.Connection, "Connection", "send recv send_bytes recv_bytes recv_bytes_into poll", _pipe),
    _Kind(semaphores.SemLock, "SemLock", "acquire release __enter__=acquire __exit__=release", _handle),
    _Kind(semaphores.Lock, "Lock", "", _handle),
    _Kind(semaphores.RLock, "RLock", "", _handle),
    _Kind(semaphores.Semaphore, "Semaphore", "", _handle),
    _Kind(semaphores.BoundedSemaphore, "BoundedSemaphore", "", _handle),
    _Kind(
        condition.Condition,
        "Condition",
        "acquire release __enter__=acquire __exit__=release wait wait_for notify notify_all",
        _number,
    ),
    _Kind(event.Event, "Event", "set clear wait is_set", _handle),
    _Kind(barrier.Barrier, "Barrier", "wait abort reset", _handle),
    _Kind(pool.Pool, "Pool", "__init__= " + _POOL, _farm),
    _Kind(results.ApplyResult, "AsyncResult", "get wait ready", _nothing),
    _Kind(imap.IMapIterator, "IMapIterator", "next __next__=next", _nothing),
    _Kind(sharedctypes.Synchronized, "Value", "value", _memory),
    _Kind(sharedctypes.SynchronizedArray, "Array", _ITEMS, _memory),
    _Kind(sharedctypes.SynchronizedString, "Array", "value raw", _memory),
    _Kind(cdata.RemoteValue, "RawValue", "value", _memory),
    _Kind(cdata.RemoteArray, "RawArray", _ITEMS, _memory),
    _Kind(cdata.RemoteString, "RawArray", "value raw", _memory),
    _Kind(managers.BaseManager, "Manager", "start", _nothing),
)
_NAMES = {kind.type: kind.name for kind in _KINDS}


def _kind(obj: Any) -> str:
    """What an object is called: by the nearest class of the table."""
    return next(_NAMES[base] for base in type(obj).__mro__ if base in _NAMES)


# ---- putting it in place --------------------------------------------------------------------------------------------


def watch(recorder: Recorder) -> None:
    """Record the calls of the program from now on; after the standard library's names are bound, before its first line.

    Args:
        recorder: where they are entered.
    """
    calls = Calls(recorder)
    for kind in _KINDS:
        for word in kind.verbs.split():
            method, other, shown = word.partition("=")
            _replace(calls, kind, method, shown if other else method)
    made = managers.BaseManager._create
    managers.BaseManager._create = calls.recorded(  # type: ignore[method-assign]
        made, lambda manager, typeid, *args, **kwds: f"Manager.{typeid}", _nothing
    )
    called = proxies.BaseProxy._callmethod
    proxies.BaseProxy._callmethod = calls.recorded(  # type: ignore[method-assign]
        called, lambda proxy, method, *args, **kwds: f"{proxy._token.typeid}.{method}", _referent
    )
    wait = calls.recorded(waiting.wait, lambda *args, **kwds: "connection.wait", _nothing)
    there: Any = multiprocessing.connection
    if there.wait is waiting.wait:
        there.wait = wait
    waiting.wait = wait


def _replace(calls: Calls, kind: _Kind, method: str, shown: str) -> None:
    original = getattr(kind.type, method)
    if isinstance(original, property):
        reading = calls.recorded(original.fget, _verb("read"), kind.about)  # type: ignore[arg-type]
        writing = calls.recorded(original.fset, _verb("write"), kind.about)  # type: ignore[arg-type]
        setattr(kind.type, method, property(reading, writing, doc=original.__doc__))
    else:
        setattr(kind.type, method, calls.recorded(original, _verb(shown), kind.about))


def _verb(shown: str) -> Callable[..., str]:
    return lambda obj, *args, **kwds: f"{_kind(obj)}.{shown}" if shown else _kind(obj)
