"""How a user's object becomes a payload and comes back: pickle, large buffers beside it, handles counted.

- Plain pickle (protocol 5) first, as in the standard library; what it cannot do (lambdas, closures, what is defined in a `-c`
  program or a notebook) goes through cloudpickle.
- Blocks of `INLINE` bytes or more stay out of the pickle and travel straight from the memory they are in.
- Where neither can, the error says which part of the object it is (`unpicklable.py`).
- Handles to shared objects inside the object split their share of the count. They are listed beside the pickle, so that
  whoever throws an undelivered payload away can give the shares back without unpickling anything.
"""

from __future__ import annotations

import contextlib
import copyreg
import functools
import io
import pickle
import socket
import sys
import threading
from collections import ChainMap
from collections.abc import Callable
from multiprocessing import reduction
from types import FunctionType
from typing import Any

from mpiprocessing.core.messages import Buffer, Payload, Ref
from mpiprocessing.core.program import sends_main_by_value
from mpiprocessing.core.unpicklable import explain

__all__ = [
    "ALONE",
    "INLINE",
    "Packing",
    "Unpacking",
    "by_name",
    "by_value",
    "dumps",
    "forget_registered",
    "give_up",
    "given_up",
    "loads",
    "owned",
    "packing",
    "raw",
    "raw_bytes",
    "register",
    "set_by_value",
    "unpacking",
]

INLINE = 72 << 10
"""Bytes up to which a block travels inside its message: there copies cost less than a message of its own and its receipt."""

ALONE = 32 << 10
"""The same for a bytes object that is all there is: nobody can change it, so its sender need not wait for the receipt."""

_PLAIN = frozenset((int, float, bool, type(None)))
"""Objects of these very types are short and hold nothing."""

_RAW_BYTES = b"B"  # no pickle starts with it: the object is a bytes object and lies in the only buffer


class Packing:
    """What is put beside the pickle that is being made; one for each thread, since most pickles have nothing beside them.

    Attributes:
        active: whether a pickle is being made.
        beside: `add_buffer`, made once.
    """

    __slots__ = ("active", "beside", "buffers", "refs")

    def __init__(self) -> None:
        self.active = False
        self.beside = self.add_buffer
        self.buffers: list[Buffer] = []
        self.refs: list[Ref] = []

    def take(self) -> tuple[list[Buffer], list[Ref]]:
        """What was put beside the pickle; nothing of it is kept."""
        buffers, self.buffers = self.buffers, []
        refs, self.refs = self.refs, []
        return buffers, refs

    def add_ref(self, ref: Ref) -> int:
        """A handle is part of the object. Returns the place where its twin finds its share."""
        self.refs.append(ref)
        return len(self.refs) - 1

    def add_buffer(self, buffer: pickle.PickleBuffer) -> bool:
        """For pickle's `buffer_callback`: true where the buffer goes into the pickle."""
        raw = buffer.raw()
        if raw.nbytes < INLINE:
            return True
        self.buffers.append(Buffer(raw, borrowed=True))
        return False


class Unpacking:
    """The handles of the payload that is being read, each to be taken once."""

    def __init__(self, refs: tuple[Ref, ...]) -> None:
        self._refs: list[Ref | None] = list(refs)

    def take(self, place: int) -> Ref:
        """The share for the handle at that place."""
        ref, self._refs[place] = self._refs[place], None
        if ref is None:
            raise pickle.UnpicklingError("this handle was already taken out of its message")
        return ref

    def left(self) -> list[Ref]:
        """The shares nobody took."""
        return [ref for ref in self._refs if ref is not None]


def _reduce_ref(ref: Ref) -> tuple[Any, ...]:
    """A payload that is pickled with what holds it, a home that moves: its handles lie beside the new pickle."""
    current = packing()
    return (_ref_again, (current.add_ref(ref),)) if current is not None else (Ref, ref.fields())


def _ref_again(place: int) -> Ref:
    current = unpacking()
    assert current is not None
    return current.take(place)


copyreg.pickle(Ref, _reduce_ref)


class _Context(threading.local):
    unpacking: Unpacking | None = None

    def __init__(self) -> None:
        self.packing = Packing()


_context = _Context()
# Now: a program may put its own in their place.
_dump, _load, _Pickler = pickle.dumps, pickle.loads, pickle.Pickler
_by_value = False
_reducers: dict[type, Any] = {}
_on_this_machine: dict[type, Any] = {socket.socket: reduction._reduce_socket}  # type: ignore[attr-defined]
"""What only processes of one machine can take over, as in the standard library: it is fetched from the sender."""


def packing() -> Packing | None:
    """The packing under way in this thread, or None: then a pickle is being made that is not one of our messages."""
    current = _context.packing
    return current if current.active else None


def unpacking() -> Unpacking | None:
    """The unpacking under way in this thread, or None."""
    return _context.unpacking


def set_by_value(on: bool) -> None:
    """Send what `__main__` defines by value, as this process's parent did."""
    global _by_value
    _by_value = on


def by_value() -> bool:
    """Whether what `__main__` defines is sent by value."""
    return _by_value or sends_main_by_value()


def by_name(obj: Any) -> bool:
    """Whether an object is a function that travels as nothing but its name, so that its pickle is the same each time."""
    if type(obj) is not FunctionType or _reducers or by_value():
        return False
    return getattr(sys.modules.get(obj.__module__), obj.__qualname__, None) is obj


def dumps(obj: Any, explained: Any = True) -> Payload:
    """Make a payload of an object.

    Args:
        obj: anything pickle or cloudpickle can carry, shared objects of ours included.
        explained: an error says in further lines where in the object the trouble is, and the way out; instead of True
            something that knows better names for the object's parts (`unpicklable.py`).

    Returns:
        The payload. Its borrowed buffers are still the memory of `obj`.

    Raises:
        pickle.PicklingError, TypeError, AttributeError: as pickle raises them, where cloudpickle cannot help either.
    """
    kind = type(obj)
    if kind in _PLAIN:
        return Payload(_dump(obj, 5))
    if kind is bytes and len(obj) >= ALONE:
        return Payload(_RAW_BYTES, (Buffer(obj),))
    first = _dump_by_value if _by_value or sends_main_by_value() else _dump_by_table if _reducers else _dump
    try:
        return _pack(obj, first)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        if first is not _dump_by_value:
            with contextlib.suppress(Exception):
                return _pack(obj, _dump_by_value)
        if explained:
            explain(obj if explained is True else explained, error, _try)
        raise


def _try(obj: Any) -> None:
    give_up(dumps(obj, explained=False))


def register(kind: type, reduce: Callable[[Any], Any]) -> None:
    """Pickle objects of exactly that type by what `reduce` returns, as `ForkingPickler.register` promises."""
    _reducers[kind] = reduce


def forget_registered() -> None:
    """A process has ended, and what it has registered ends with it."""
    _reducers.clear()


def _dump_by_table(obj: Any, protocol: int, *, buffer_callback: Any) -> bytes:
    file = io.BytesIO()
    pickler = _Pickler(file, protocol, buffer_callback=buffer_callback)
    known: dict[type, Any] = copyreg.dispatch_table
    pickler.dispatch_table = ChainMap(_reducers, known)
    pickler.dump(obj)
    return file.getvalue()


def _dump_by_value(obj: Any, protocol: int, *, buffer_callback: Any) -> bytes:
    file = io.BytesIO()
    _by_value_pickler()(file, protocol, buffer_callback=buffer_callback).dump(obj)
    return file.getvalue()


@functools.cache
def _by_value_pickler() -> Any:
    import cloudpickle  # costs as much as all the rest of us, and most programs never need it

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        # Of the class: a pickler written in C does not look at its own attribute again.
        dispatch_table = ChainMap(_reducers, _on_this_machine, cloudpickle.Pickler.dispatch_table)

    return Pickler


def _pack(obj: Any, dump: Any) -> Payload:
    current = _context.packing
    if current.active:  # an object is pickled that pickles others by itself
        return _pack_inside(obj, dump)
    current.active = True
    try:
        body = dump(obj, 5, buffer_callback=current.beside)
    except BaseException:
        _given_up(current.take()[1])
        raise
    finally:
        current.active = False
    if len(body) < INLINE and not current.buffers and not current.refs:
        return Payload(body)
    buffers, refs = current.take()
    if len(body) >= INLINE:
        return Payload(b"", (Buffer(body), *buffers), tuple(refs))
    return Payload(body, tuple(buffers), tuple(refs))


def _pack_inside(obj: Any, dump: Any) -> Payload:
    outer, _context.packing = _context.packing, Packing()
    try:
        return _pack(obj, dump)
    finally:
        _context.packing = outer


def loads(payload: Payload) -> Any:
    """Make the object again.

    Args:
        payload: what came in. It can be read once: the handles inside take their shares with them.

    Returns:
        The object.

    Raises:
        Exception: whatever unpickling raises.
    """
    if not payload.buffers and not payload.refs:
        return _load(payload.body)
    views = [buffer.view for buffer in payload.buffers]
    if payload.body == _RAW_BYTES:
        return bytes(views[0])
    body: Any = payload.body or views.pop(0)
    outer, _context.unpacking = _context.unpacking, (current := Unpacking(payload.refs))
    try:
        return _load(body, buffers=views)
    finally:
        _context.unpacking = outer
        _given_up(current.left())


def owned(payload: Payload) -> Payload:
    """The same payload with memory of its own, for an object that stays on this rank."""
    if not any(buffer.borrowed for buffer in payload.buffers):
        return payload
    copies = tuple(
        Buffer(bytearray(buffer.view)) if buffer.borrowed else buffer for buffer in payload.buffers
    )
    return Payload(payload.body, copies, payload.refs)


def raw(view: memoryview) -> Payload:
    """A payload of bytes as they are, for `raw_bytes`."""
    return (
        Payload(bytes(view))
        if view.nbytes < INLINE and view.nbytes
        else Payload(b"", (Buffer(view, borrowed=True),))
    )


def raw_bytes(payload: Payload) -> bytes:
    """The bytes of a payload made by `raw`, or the pickle of one made by `dumps`."""
    if not payload.refs:
        if not payload.buffers:
            return payload.body
        if not payload.body and len(payload.buffers) == 1:
            return bytes(payload.buffers[0].view)
    return _dump(loads(payload), 5)  # what travelled beside its pickle goes back into it


given_up: list[Any] = []
"""Who is told of handles that were packed or sent and then not delivered; the runtime puts itself here."""


def give_up(payload: Payload) -> None:
    """A payload that will not be sent or read after all: the handles inside it give their shares back."""
    _given_up(list(payload.refs))


def _given_up(refs: list[Ref]) -> None:
    for listener in given_up:
        listener(refs)
