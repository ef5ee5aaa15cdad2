"""Mirrors: real ctypes objects in ordinary memory, which turn bytes into values and values into bytes.

Nothing is converted by hand: a mirror is filled with bytes and asked for a value, or it is assigned to and its bytes are taken.
So values, overflow, and the types and texts of errors are those of ctypes. What is asked here about a type is found out on a
mirror of zeros, too, rather than read from tables that differ between the versions of Python.
"""

from __future__ import annotations

import ctypes
import inspect
import pickle
import sys
from typing import Any, NamedTuple

__all__ = [
    "Field",
    "blank",
    "described",
    "fields_of",
    "mirror",
    "pointer_in",
    "rebuilt",
    "same_layout",
    "value_kind",
]

_CData = ctypes._SimpleCData.__mro__[1]  # what all ctypes objects are; it has no public name


class _Probe(ctypes.Structure):
    _fields_ = [("field", ctypes.c_int)]


_CField: Any = type(_Probe.field)

_ADDRESSES = "zZXO"
"""The codes of simple types that are followed to an address when they are read: char*, wchar_t*, BSTR, PyObject*. The value of
a void* is a number like any other."""

_KINDS = {
    **dict.fromkeys("bhilq", "int"),
    **dict.fromkeys("BHILQ", "uint"),
    **dict.fromkeys("fd", "float"),
    "?": "bool",
}

_NATIVE = "@=<" if sys.byteorder == "little" else "@=>"


class Field(NamedTuple):
    """A field of a structure.

    Attributes:
        offset: its first byte.
        size: its bytes; of a bit field, all those that hold a bit of it.
        ctype: what it is, where reading it gives an object; None where it gives a plain value.
        shared: other fields have bits in the same bytes.
    """

    offset: int
    size: int
    ctype: Any
    shared: bool


def blank(ctype: Any) -> tuple[Any, bytearray]:
    """A mirror of zeros.

    Returns:
        The object, whose `__init__` was not called, and its bytes, which change with it.
    """
    memory = bytearray(ctypes.sizeof(ctype))
    return ctype.from_buffer(memory), memory


def mirror(ctype: Any, data: bytes | bytearray | memoryview) -> Any:
    """A mirror with these bytes; in their very memory, where it can be written."""
    return ctype.from_buffer_copy(data) if memoryview(data).readonly else ctype.from_buffer(data)


def value_kind(sample: Any) -> Any:
    """The type of what was read from a mirror; None where that is a plain value."""
    return type(sample) if isinstance(sample, _CData) else None


def fields_of(ctype: Any) -> dict[str, Field]:
    """All fields of a structure or union: inherited ones, and those of anonymous members as well."""
    zeros, memory = blank(ctype)
    found = {}
    for name in dir(ctype):
        cfield: Any = inspect.getattr_static(ctype, name)
        if type(cfield) is not _CField:
            continue
        sample = getattr(zeros, name)
        offset, size = cfield.offset, cfield.size
        # A bit field has its width in the upper half of its size; but bytes or an object may be as large as that.
        bits = bool(size >> 16) and isinstance(sample, int)
        if bits:
            offset, size = _bytes_of_bits(zeros, memory, name)
        found[name] = Field(offset, size, value_kind(sample), bits)
    return found


def _bytes_of_bits(zeros: Any, memory: bytearray, name: str) -> tuple[int, int]:
    setattr(zeros, name, -1)
    end, size = len(memory.rstrip(b"\0")), len(memory.strip(b"\0"))
    setattr(zeros, name, 0)
    return end - size, size


def pointer_in(ctype: Any) -> str:
    """The name of the first type in it that stands for what is at an address; empty where there is none."""
    if issubclass(ctype, ctypes.Array):
        return pointer_in(ctype._type_)
    if issubclass(ctype, ctypes.Structure | ctypes.Union):
        declared = [field for base in ctype.__mro__ for field in vars(base).get("_fields_", ())]
        return next((found for field in declared if (found := pointer_in(field[1]))), "")
    if issubclass(ctype, ctypes._SimpleCData) and ctype._type_ not in _ADDRESSES:
        return ""
    name: str = ctype.__name__
    return name


# ---- types on their way ---------------------------------------------------------------------------------------------


def described(ctype: Any) -> Any:
    """A type as pickle can carry it: an array type that has no name of its own by its items' type and its length."""
    if issubclass(ctype, ctypes.Array) and ctype is ctype._type_ * ctype._length_:
        return described(ctype._type_), ctype._length_
    return ctype


def rebuilt(description: Any) -> Any:
    """The type that was described."""
    if isinstance(description, tuple):
        inner, length = description
        return rebuilt(inner) * length
    return description


# ---- many values at once --------------------------------------------------------------------------------------------


def same_layout(values: Any, ctype: Any, length: int) -> memoryview | None:
    """The memory of the values, where it is just what that many items of a simple type would be (an ndarray's, an array's).

    Args:
        values: whatever is assigned to a slice.
        ctype: the items' type.
        length: how many there must be.

    Returns:
        The bytes; None where ctypes has to convert the values, or to refuse them.
    """
    try:
        view = memoryview(values)
        wanted = memoryview(blank(ctype)[0])
    except TypeError:
        return None
    kind = _kind(wanted)
    same = kind and kind == _kind(view) and view.itemsize == wanted.itemsize
    if not same or view.shape != (length,) or not view.c_contiguous or not length:
        return None
    return pickle.PickleBuffer(view).raw()


def _kind(view: memoryview) -> str | None:
    code = view.format.lstrip(_NATIVE)  # what is left of another byte order is in no table
    return _KINDS.get(code)
