"""ctypes objects whose bytes live at a home: the same attributes, and each access is a message.

    array[2]        ──MemoryRead──▶ home      the bytes of one item, of which a mirror makes a value here
    array[::2] = x  ──MemoryWrite─▶ home      a mirror makes the bytes here
    points[1].x     ──MemoryRead──▶ home      `points[1]` is a place only: nothing is read before it is asked for a value

What ctypes hands out as a plain value (an item of a simple type, most fields) is read; what it hands out as an object (a
structure, an array, an instance of a simple type's subclass) is a place inside the same memory. A structure's own methods and
properties are those of its class, called with the place.

C code cannot reach these bytes: there is no address and no buffer, and the classes are not those of ctypes. NumPy is offered
a copy, read-only unless a copy was asked for: who writes to it in the belief that it is shared gets an exception.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import sys
from typing import Any

from mpiprocessing.core.cfields import local, with_names
from mpiprocessing.core.homes.memory import Span
from mpiprocessing.core.memory import Memory
from mpiprocessing.core.mirror import (
    blank,
    described,
    mirror,
    pointer_in,
    rebuilt,
    same_layout,
    value_kind,
)
from mpiprocessing.core.readahead import ReadAhead

__all__ = ["Remote", "RemoteArray", "RemoteString", "RemoteStructure", "RemoteValue", "at_home", "place"]

_NO_BUFFER = (
    "a shared {name} has no buffer: its memory is that of another process, and what was written into a view of it would be "
    "lost\nread with numpy.asarray(x) or x[:], which copy; write with x[:] = values, which takes any array in one message"
)


class Remote:
    """A ctypes object whose bytes are somewhere else.

    Args:
        ctype: the type it would be an instance of.
        memory: where its bytes are.
        offset: the first of them.
    """

    def __init__(self, ctype: Any, memory: Memory, offset: int) -> None:
        self._ctype_ = ctype
        self._memory_ = memory
        self._offset_ = offset

    def _read_(self) -> Any:
        """A mirror of it as it is now."""
        size = ctypes.sizeof(self._ctype_)
        if not size:
            return blank(self._ctype_)[0]
        return mirror(self._ctype_, self._memory_.read(Span.whole(self._offset_, size)))

    def _write_(self, data: bytes | bytearray | memoryview, offset: int = 0) -> None:
        if data:
            self._memory_.write(Span.whole(self._offset_ + offset, len(data)), data)

    def _place_(self, ctype: Any, offset: int) -> Remote:
        """The object of that type which begins so many bytes after it."""
        return place(ctype, self._memory_, self._offset_ + offset)

    def __reduce__(self) -> tuple[Any, ...]:
        return _place_described, (described(self._ctype_), self._memory_, self._offset_)

    def __copy__(self) -> Any:
        return self._read_()

    def __deepcopy__(self, memo: Any) -> Any:
        return self._read_()

    def __bytes__(self) -> bytes:
        return bytes(self._read_())

    def __repr__(self) -> str:
        return f"<{self._ctype_.__module__}.{self._ctype_.__name__} object at {id(self):#x}>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError(_NO_BUFFER.format(name=self._ctype_.__name__))
        array = sys.modules["numpy"].asarray(self._read_(), dtype)  # nobody else calls this
        if not copy:
            array.setflags(write=False)
        return array

    if sys.version_info >= (3, 12):

        def __buffer__(self, flags: int) -> Any:
            raise TypeError(_NO_BUFFER.format(name=self._ctype_.__name__))


class RemoteValue(Remote):
    """A number or a character."""

    @property
    def _type_(self) -> Any:
        return self._ctype_._type_

    @property
    def value(self) -> Any:
        """The value."""
        return self._read_().value

    @value.setter
    def value(self, value: Any) -> None:
        new, data = blank(self._ctype_)
        new.value = value
        self._write_(data)

    def __bool__(self) -> bool:
        return bool(self._read_())

    def __repr__(self) -> str:
        return repr(self._read_())


class RemoteArray(Remote):
    """An array: items, slices, and nothing that is not asked for."""

    @property
    def _type_(self) -> Any:
        return self._ctype_._type_

    @property
    def _length_(self) -> int:
        length: int = self._ctype_._length_
        return length

    def __len__(self) -> int:
        return self._length_

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._get_slice(range(self._length_)[index])
        which = self._index(index)
        kind = _item_kind(self._type_)
        if kind is not None:
            return self._place_(kind, which[0] * ctypes.sizeof(self._type_))
        return self._ahead_.item(which[0], self._length_)

    @functools.cached_property
    def _ahead_(self) -> ReadAhead:
        return ReadAhead(self._memory_, self._fetch)

    def _fetch(self, first: int, count: int) -> tuple[list[Any], tuple[int, int] | None]:
        """So many items from that one on, and what is known then."""
        data, known = self._memory_.read_alone(self._span(range(first, first + count)))
        return list(mirror(self._type_ * count, data)), known

    def _get_slice(self, which: range) -> Any:
        kind = _item_kind(self._type_)
        if kind is not None:
            return [self._place_(kind, index * ctypes.sizeof(self._type_)) for index in which]
        if not which:
            return blank(self._type_ * 0)[0][:]
        items = mirror(self._type_ * len(which), self._memory_.read(self._span(which)))
        return items[:] if which.step > 0 else items[::-1]

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._set_slice(range(self._length_)[index], value)
            return
        which = self._index(index)
        items, data = blank(self._type_ * 1)
        items[0] = local(value)
        self._memory_.write(self._span(which), data)

    def _set_slice(self, which: range, values: Any) -> None:
        values = local(values)
        data = same_layout(values, self._type_, len(which)) if which.step > 0 else None
        if data is not None:
            self._memory_.write(self._span(which), data, borrowed=True)
            return
        items, converted = blank(self._type_ * len(which))
        if which.step > 0:
            items[:] = values
        else:
            items[::-1] = values
        if which:
            self._memory_.write(self._span(which), converted)

    def __delitem__(self, index: Any) -> None:
        raise TypeError("Array does not support item deletion")

    def _index(self, index: Any) -> range:
        try:
            number = operator.index(index)
        except TypeError:
            raise TypeError("indices must be integers") from None
        if number < 0:
            number += self._length_
        if not 0 <= number < self._length_:
            raise IndexError("invalid index")
        return range(number, number + 1)

    def _span(self, which: range) -> Span:
        """The bytes of these items, in the order of the memory."""
        size = ctypes.sizeof(self._type_)
        first = min(which[0], which[-1])
        return Span(self._offset_ + first * size, size, len(which), abs(which.step) * size)


class RemoteString(RemoteArray):
    """An array of characters, which is a string, too."""

    @property
    def value(self) -> Any:
        """The characters up to the first that is zero."""
        return self._read_().value

    @value.setter
    def value(self, value: Any) -> None:
        new, data = blank(self._ctype_)
        new.value = value
        self._write_(memoryview(data)[: (len(value) + 1) * ctypes.sizeof(self._type_)])

    @property
    def raw(self) -> bytes:
        """All bytes."""
        raw: bytes = self._read_().raw
        return raw

    @raw.setter
    def raw(self, value: Any) -> None:
        new, data = blank(self._ctype_)
        new.raw = value
        self._write_(memoryview(data)[: memoryview(value).nbytes])


if sys.version_info < (3, 12):
    # There C code that wants a buffer says what it got instead by the name of its class, and nothing else can be told then.
    RemoteArray.__name__ = "array without shared memory: read x[:] or numpy.asarray(x), write x[:] = a"
    RemoteString.__name__ = RemoteArray.__name__


class RemoteStructure(Remote):
    """A structure or a union; a class of its own for each has the fields."""


def at_home(obj: Any, memory: bytearray) -> Remote:
    """Give a ctypes object a home.

    Args:
        obj: the object.
        memory: its bytes; they belong to the home from then on.

    Raises:
        TypeError: it stands for what is at an address, where nothing is for another process.
    """
    pointer = pointer_in(type(obj))
    if pointer:
        raise TypeError(
            f"{type(obj).__name__} cannot be shared: {pointer} stands for what is at an address of this process\n"
            "share what is there: Array('c', ...) for char*, an Array of the items for other pointers"
        )
    return place(type(obj), Memory(memory), 0)


def place(ctype: Any, memory: Memory, offset: int) -> Remote:
    """The object of that type which begins at that byte."""
    return _class_for(ctype)(ctype, memory, offset)


def _place_described(description: Any, memory: Memory, offset: int) -> Remote:
    return place(rebuilt(description), memory, offset)


def _class_for(ctype: Any) -> type[Remote]:
    if issubclass(ctype, ctypes.Array):
        kind = RemoteString if issubclass(ctype._type_, ctypes.c_char | ctypes.c_wchar) else RemoteArray
        return kind if described(ctype) is not ctype else with_names(ctype, kind)
    if issubclass(ctype, ctypes.Structure | ctypes.Union):
        return with_names(ctype, RemoteStructure)
    return RemoteValue if ctype.__base__ is ctypes._SimpleCData else with_names(ctype, RemoteValue)


@functools.cache
def _item_kind(ctype: Any) -> Any:
    """What an item of an array of that type is, where it is an object; None where it is a plain value."""
    return value_kind(blank(ctype * 1)[0][0])
