"""Plain content: objects whose reading, comparing and printing runs no code but the interpreter's own.

A rank may then handle them while it handles messages, under the runtime's lock: numbers, strings, and the built-in containers
of such. Anything else belongs to some program, whose code may take any time, or wait for that very lock.
"""

from __future__ import annotations

import io
import pickle
import re
from typing import Any

from mpiprocessing.core.messages import Payload

__all__ = ["LARGE", "NotPlain", "loads", "size", "weight"]

LARGE = 1 << 16
"""Bytes up to which content is handled at once: about as many microseconds' work as an answer takes."""

_NAMES = {
    "builtins": frozenset(("range", "slice", "complex", "set", "frozenset", "bytearray")),
    "array": frozenset(("array", "_array_reconstructor")),
}
"""What plain pickles may name: types of the interpreter that hold plain content or none."""

_NAMED = re.compile(rb"[\x82-\x84\x93]")
"""The opcodes of protocol 5 that name something; where no byte is one of them, nothing is named."""

_load = pickle.loads  # now: a program may put its own in its place

_ATOMS = frozenset((int, float, bool, type(None), complex, range, slice))
_STRINGS = frozenset((str, bytes, bytearray))
_SEQUENCES = frozenset((list, tuple, set, frozenset))

_DEPTH = 512  # what a level of nesting costs: an object that contains itself is soon too heavy


class NotPlain(Exception):
    """The content is not plain."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        if name in _NAMES.get(module, ()):
            return super().find_class(module, name)
        raise NotPlain


def size(payload: Payload) -> int:
    """How many bytes a payload has."""
    nbytes = len(payload.body)
    return nbytes + sum(map(len, payload.buffers)) if payload.buffers else nbytes


def loads(payload: Payload) -> Any:
    """Read a payload if it is plain; it can be read again then, or if it is not.

    Args:
        payload: made by `payload.dumps`, of anything but a bytes object alone.

    Raises:
        NotPlain: it names something of a program's own, or holds handles.
    """
    if payload.refs:
        raise NotPlain
    if not payload.buffers and _NAMED.search(payload.body) is None:
        return _load(payload.body)
    views = [buffer.view for buffer in payload.buffers]
    body: Any = payload.body or views.pop(0)
    try:
        return _Unpickler(io.BytesIO(body), buffers=views).load()
    except NotPlain:
        raise
    except Exception as error:  # whoever reads it in earnest will say what is wrong
        raise NotPlain from error


def weight(obj: Any, limit: int = LARGE) -> int | None:
    """About how many bytes an object would take; None where it is not plain, or weighs more than `limit`."""
    kind = type(obj)
    if kind in _ATOMS:
        return 8
    if kind in _STRINGS:
        return len(obj) if len(obj) <= limit else None
    if kind is dict:
        parts = (part for item in obj.items() for part in item)
    elif kind in _SEQUENCES:
        parts = iter(obj)
    else:
        return None
    total = 8
    for part in parts:
        if total > limit or (heavy := weight(part, limit - total - _DEPTH)) is None:
            return None
        total += heavy
    return total
