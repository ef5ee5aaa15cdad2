"""What a structure, or another ctypes class of the user's, adds to a remote object: its fields, methods and properties."""

from __future__ import annotations

import functools
from typing import Any

from mpiprocessing.core.homes.memory import Span
from mpiprocessing.core.mirror import Field, blank, fields_of

__all__ = ["local", "with_names"]

_NOT_TAKEN = {
    "__init__",
    "__new__",
    "__dict__",
    "__weakref__",
    "__slots__",
    "__reduce__",
    "__reduce_ex__",
    "__del__",
}


@functools.cache
def with_names(ctype: Any, kind: type[Any]) -> type[Any]:
    """A class for the remote objects of a type that a user has defined.

    Args:
        ctype: the type.
        kind: the class for all types of its kind.

    Returns:
        A class derived from `kind`, with the fields of `ctype` and with all else that it and its bases define.
    """
    names: dict[str, Any] = {}
    for base in reversed(ctype.__mro__):
        if base.__module__ not in ("builtins", "_ctypes", "ctypes", "ctypes._endian"):
            names.update({name: value for name, value in vars(base).items() if name not in _NOT_TAKEN})
    names.update({name: _FieldAccess(name, field) for name, field in fields_of(ctype).items()})
    return type(ctype.__name__, (kind,), {**names, "__qualname__": ctype.__qualname__})


class _FieldAccess:
    """A field of a remote structure.

    Args:
        name: what it is called.
        field: where it is.
    """

    def __init__(self, name: str, field: Field) -> None:
        self._name = name
        self._field = field

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        if obj is None:
            return self
        if self._field.ctype is not None:
            return obj._place_(self._field.ctype, self._field.offset)
        return getattr(self._filled(obj)[0], self._name)

    def __set__(self, obj: Any, value: Any) -> None:
        # A bit field is written together with its neighbours, as ctypes does.
        new, memory = self._filled(obj) if self._field.shared else blank(obj._ctype_)
        setattr(new, self._name, local(value))
        offset, size = self._field.offset, self._field.size
        obj._write_(memory[offset : offset + size], offset)

    def _filled(self, obj: Any) -> tuple[Any, bytearray]:
        """A mirror of the structure in which nothing but this field has been read."""
        new, memory = blank(obj._ctype_)
        offset, size = self._field.offset, self._field.size
        memory[offset : offset + size] = obj._memory_.read(Span.whole(obj._offset_ + offset, size))
        return new, memory


def local(value: Any) -> Any:
    """Remote objects, also in a list, as ctypes can take them."""
    if hasattr(value, "_read_"):
        return value._read_()
    if isinstance(value, list | tuple) and any(hasattr(item, "_read_") for item in value):
        return [local(item) for item in value]
    return value
