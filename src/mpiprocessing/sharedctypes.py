"""Shared ctypes objects: values, arrays and structures whose bytes live at a home.

    array[3]  ──MemoryRead──▶ home ──MemoryTold──▶ the item
    array[:] = values  ──MemoryWrite──▶ home

Reading takes two messages, writing takes one, whether it is an item, any slice, or the whole; what a process wrote before it
released a lock, the next holder of the lock finds. So read and write much at once: `x = array[:]`, work, `array[:] = x`.
Items that are read one after the other come many at a time (`core/readahead.py`).
`core/cdata.py` tells how an object without memory of its own behaves like one of ctypes. The wrappers with a lock are the
standard library's own classes, derived from CPython's `Lib/multiprocessing/sharedctypes.py`.

Differs from the stdlib in:
- the objects have the attributes of ctypes objects but are none: `isinstance` of a ctypes class is false, and what needs an
  address (`ctypes.sizeof`, `byref`, `memmove`, foreign functions) raises `TypeError`; `copy.copy(x)` gives a ctypes object
  of this process with the same content;
- there is no buffer: `numpy.frombuffer(array.get_obj())` and `memoryview` raise `TypeError`; use `array[:]` or
  `numpy.asarray(array.get_obj())`, which copy, and write back with `array[:] = a`, which takes one message; what `asarray`
  gives is read-only, so that a write nobody would see raises;
- types that stand for what is at an address (`c_char_p`, `c_wchar_p`, `POINTER(...)`, `py_object`, functions) are refused:
  nothing is there for another process;
- a slice is read and written at one moment, and an assignment that raises has written nothing;
- an item that is read right after the one before it may be up to 10 ms old, though never older than what this process has
  written or could know of;
- objects may be sent to any process at any time, also through a queue or a pipe.
"""

from __future__ import annotations

import ctypes
import multiprocessing.sharedctypes as stdlib
import sys
from typing import Any

from mpiprocessing import synchronize
from mpiprocessing.core.cdata import Remote, at_home
from mpiprocessing.core.mirror import blank, same_layout

__all__ = ["Array", "RawArray", "RawValue", "Value", "copy", "synchronized"]

# The standard library's module gets these names bound to ours; what is under them now stays what our classes derive from.
_make_property = stdlib.make_property  # type: ignore[attr-defined]
typecode_to_type = stdlib.typecode_to_type  # type: ignore[attr-defined]


def RawValue(typecode_or_type: Any, *args: Any) -> Any:
    """A shared ctypes object without a lock.

    Args:
        typecode_or_type: a type of ctypes, or a letter as for the `array` module.
        *args: what the type is called with.

    Returns:
        An object with the attributes of an instance of that type.

    Raises:
        TypeError: it is no such type, or one that stands for what is at an address; or the arguments do not fit.
    """
    obj, memory = blank(typecode_to_type.get(typecode_or_type, typecode_or_type))
    obj.__init__(*args)
    return at_home(obj, memory)


def RawArray(typecode_or_type: Any, size_or_initializer: Any) -> Any:
    """A shared array without a lock.

    Args:
        typecode_or_type: the type of its items, as for `RawValue`.
        size_or_initializer: how many items, which are zero; or a sequence of the items.

    Returns:
        An object with the attributes of a ctypes array.

    Raises:
        TypeError: it is no such type, or one that stands for what is at an address; or an item does not fit.
        ValueError: the size is negative.
    """
    type_ = typecode_to_type.get(typecode_or_type, typecode_or_type)
    if isinstance(size_or_initializer, int):
        return at_home(*blank(type_ * size_or_initializer))
    length = len(size_or_initializer)
    array, memory = blank(type_ * length)
    data = same_layout(size_or_initializer, type_, length)
    if data is not None:
        memory[:] = data
    else:
        array.__init__(*size_or_initializer)
    return at_home(array, memory)


def Value(typecode_or_type: Any, *args: Any, lock: Any = True, ctx: Any = None) -> Any:
    """A shared ctypes object with a lock.

    Args:
        typecode_or_type: a type of ctypes, or a letter as for the `array` module.
        *args: what the type is called with.
        lock: true for a new recursive lock, false for none, or the lock to use.

    Returns:
        A wrapper of a `RawValue`; the `RawValue` itself where `lock` is false.

    Raises:
        AttributeError: what is given as lock is none.
        TypeError: as of `RawValue`.
    """
    return _locked(RawValue(typecode_or_type, *args), lock, ctx)


def Array(typecode_or_type: Any, size_or_initializer: Any, *, lock: Any = True, ctx: Any = None) -> Any:
    """A shared array with a lock.

    Args:
        typecode_or_type: the type of its items, as for `Value`.
        size_or_initializer: how many items, which are zero; or a sequence of the items.
        lock: as for `Value`.

    Returns:
        A wrapper of a `RawArray`; the `RawArray` itself where `lock` is false.

    Raises:
        AttributeError: what is given as lock is none.
        TypeError, ValueError: as of `RawArray`.
    """
    return _locked(RawArray(typecode_or_type, size_or_initializer), lock, ctx)


def copy(obj: Any) -> Any:
    """A new shared object without a lock, with the content of another one.

    Args:
        obj: a shared object without a lock, or any ctypes object.
    """
    local = obj._read_() if isinstance(obj, Remote) else obj
    new, memory = blank(type(local))
    memory[:] = bytes(local)
    return at_home(new, memory)


def synchronized(obj: Any, lock: Any = None, ctx: Any = None) -> Any:
    """A wrapper that takes a lock for each access.

    Args:
        obj: a shared object without a lock, or any ctypes object.
        lock: the lock to use; a new recursive one without it.

    Returns:
        A wrapper with the same fields, or `value`, or items.
    """
    assert not isinstance(obj, stdlib.SynchronizedBase), "object already synchronized"
    ctype = obj._ctype_ if isinstance(obj, Remote) else type(obj)
    lock = lock or (synchronize if ctx is None else ctx).RLock()
    if issubclass(ctype, ctypes._SimpleCData):
        return Synchronized(obj, lock)
    if issubclass(ctype, ctypes.Array):
        return (SynchronizedString if ctype._type_ is ctypes.c_char else SynchronizedArray)(obj, lock)
    return _synchronized_class(ctype)(obj, lock)


def _locked(obj: Any, lock: Any, ctx: Any) -> Any:
    if lock is False:
        return obj
    if lock in (True, None):
        return synchronized(obj, None, ctx)
    if not hasattr(lock, "acquire"):
        raise AttributeError(f"{lock!r} has no method 'acquire'")
    return synchronized(obj, lock, ctx)


class SynchronizedBase(stdlib.SynchronizedBase):  # type: ignore[type-arg]
    """The standard library's wrapper; ours may be pickled at any time."""

    def __reduce__(self) -> tuple[Any, ...]:
        return synchronized, (self.get_obj(), self.get_lock())


class Synchronized(SynchronizedBase, stdlib.Synchronized):  # type: ignore[type-arg]
    """A value with a lock."""


class SynchronizedArray(SynchronizedBase, stdlib.SynchronizedArray):  # type: ignore[type-arg]
    """An array with a lock."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        # What NumPy makes of the standard library's, item by item: a new array of the items as Python has them.
        if copy is False:
            raise ValueError(
                "a shared array can only be copied: numpy.asarray(array) reads it in one message"
            )
        items = self[:]
        if isinstance(items, str | bytes):
            items = [items[index : index + 1] for index in range(len(items))]
        return sys.modules["numpy"].array(items, dtype)  # nobody else calls this


class SynchronizedString(SynchronizedArray, stdlib.SynchronizedString):
    """An array of bytes with a lock."""


_classes: dict[Any, type[SynchronizedBase]] = {}


def _synchronized_class(ctype: Any) -> type[SynchronizedBase]:
    if ctype not in _classes:
        names = {field[0]: _make_property(field[0]) for field in ctype._fields_}
        _classes[ctype] = type(f"Synchronized{ctype.__name__}", (SynchronizedBase,), names)
    return _classes[ctype]
