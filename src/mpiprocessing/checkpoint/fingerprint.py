"""Fingerprints of functions and of what they are called with, the same in every process and every run of Python.

A pickle is not: sets come in the order of their hashes, equal strings that are one object or two are pickled differently, and
what cloudpickle writes of a function changes with what is loaded. So values are walked here, piece by piece, into a hash:

- numbers, strings, containers by their values; sets and dicts without regard to their order; arrays by type, shape and bytes;
- other objects by what they tell pickle of themselves (`__reduce_ex__`), walked likewise; shared objects of ours by their
  kind alone;
- functions by what they do: bytecode, constants, defaults, the values they close over, and, of the same module, the functions,
  classes and plain constants that they name. Where a function stands, its comments and its own docstring do not matter.

Not seen: what a function reads or imports while it runs, other modules' functions beyond their names, global objects that can
change, the code of the classes that items belong to. Bytecode differs between minor versions of Python.
"""

from __future__ import annotations

import copyreg
import dis
import functools
import hashlib
import inspect
import pickle
import struct
import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

__all__ = ["SIZE", "NoFingerprint", "of_function", "of_value"]

SIZE = 16
"""Bytes of a fingerprint."""

_PLAIN = (int, float, complex, str, bytes, bool, type(None))


_FLAGS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)
"""What matters of how code is marked: `from __future__` marks it too, and so may whoever compiles a program."""


class NoFingerprint(Exception):
    """An object says nothing of itself that would be the same tomorrow; the text says which, and why."""


def of_value(value: Any) -> bytes:
    """The fingerprint of anything that can be pickled.

    Raises:
        NoFingerprint: it cannot be had.
    """
    try:
        return _Walk().digest(value)
    except RecursionError:
        raise NoFingerprint(f"an object of {type(value).__name__} is nested too deeply") from None


def of_function(function: Any) -> tuple[str, dict[str, str]]:
    """What a function is called, and the fingerprint of each of its parts: "its code", "the default of 'k'", …

    Raises:
        NoFingerprint: one of them cannot be had.
    """
    try:
        return _name(function), {label: digest.hex() for label, digest in _Walk().parts(function).items()}
    except RecursionError:
        raise NoFingerprint(f"{_name(function)} holds something that is nested too deeply") from None


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", None)
    return str(name) if name is not None else type(function).__qualname__


class _Walk:
    """One walk through an object, with what lies between its beginning and where it is."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}  # object → how deep it lies, for circles

    def digest(self, value: Any) -> bytes:
        """The fingerprint of a value inside."""
        hasher = hashlib.blake2b(digest_size=SIZE)
        self._feed(hasher.update, value)
        return hasher.digest()

    # ---- values ----

    def _feed(self, update: Callable[[Any], None], value: Any) -> None:
        kind = type(value)
        if kind in _SCALARS:
            text = _SCALARS[kind](value)
            update(b"%s %d:" % (kind.__name__.encode(), len(text)))
            update(text)
            return
        depth = self._above.get(id(value))
        if depth is not None:  # a circle
            update(b"above %d:" % (len(self._above) - depth))
            return
        self._above[id(value)] = len(self._above)
        try:
            self._feed_compound(update, value, kind)
        finally:
            del self._above[id(value)]

    def _feed_compound(self, update: Callable[[Any], None], value: Any, kind: type) -> None:
        numpy: Any = sys.modules.get("numpy")
        if kind in (tuple, list):
            update(b"%s %d:" % (kind.__name__.encode(), len(value)))
            for item in value:
                self._feed(update, item)
        elif kind in (set, frozenset):
            self._feed_sorted(update, kind.__name__, map(self.digest, value))
        elif kind is dict:
            self._feed_pairs(update, "dict", value.items())
        elif numpy is not None and kind is numpy.ndarray:
            self._feed_array(update, value, numpy)
        elif numpy is not None and isinstance(value, numpy.generic) and not isinstance(value, numpy.void):
            text = value.tobytes()
            update(b"scalar %s %d:" % (value.dtype.str.encode(), len(text)))
            update(text)
        elif isinstance(value, pickle.PickleBuffer):
            raw = value.raw()
            update(b"buffer %d:" % raw.nbytes)
            update(raw)
        elif isinstance(value, types.CodeType):
            self._feed_code(update, value, None)
        elif isinstance(value, types.FunctionType | types.MethodType | functools.partial):
            self._feed_pairs(update, "function", self.parts(value).items())
        elif isinstance(value, type | types.BuiltinFunctionType | types.ModuleType):
            self._feed_name(update, value)
        elif any(base.__module__.startswith("mpiprocessing.") for base in kind.__mro__):
            self._feed(update, ("shared", kind.__qualname__))  # a queue, a lock: another one in each job
        else:
            self._feed_reduced(update, value, kind)

    def _feed_sorted(self, update: Callable[[Any], None], tag: str, digests: Iterable[bytes]) -> None:
        in_order = sorted(digests)
        update(b"%s %d:" % (tag.encode(), len(in_order)))
        for digest in in_order:
            update(digest)

    def _feed_pairs(self, update: Callable[[Any], None], tag: str, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._feed_sorted(update, tag, (self.digest(key) + self.digest(value) for key, value in pairs))

    def _feed_array(self, update: Callable[[Any], None], array: Any, numpy: Any) -> None:
        if array.dtype.hasobject:
            update(b"objects %s:" % repr((array.dtype.descr, array.shape)).encode())
            for item in array.ravel().tolist():
                self._feed(update, item)
            return
        described = array.dtype.str if array.dtype.names is None else array.dtype.descr
        update(b"array %s:" % repr((described, array.shape)).encode())
        if array.size:
            update(numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8).data)

    def _feed_name(self, update: Callable[[Any], None], value: Any) -> None:
        if isinstance(value, types.ModuleType):
            name = value.__name__
        else:
            name = f"{_module(value)}.{value.__qualname__}"
            bound = getattr(value, "__self__", None)
            if bound is not None and not isinstance(bound, types.ModuleType):
                update(b"of:")
                self._feed(update, bound)
        self._feed(update, ("name", name))

    def _feed_reduced(self, update: Callable[[Any], None], value: Any, kind: type) -> None:
        reduce = copyreg.dispatch_table.get(kind)
        try:
            reduced = reduce(value) if reduce is not None else value.__reduce_ex__(5)
        except Exception as error:
            raise NoFingerprint(
                f"an object of {kind.__module__}.{kind.__qualname__} says nothing of itself: {error}"
            ) from error
        if isinstance(reduced, str):
            self._feed(update, ("name", f"{_module(value)}.{reduced}"))
            return
        whole: list[Any] = [*reduced, None, None, None]
        make, arguments, state, items, pairs = whole[:5]
        update(b"object:")
        self._feed(update, f"{_module(make)}.{getattr(make, '__qualname__', repr(type(make)))}")
        self._feed(update, f"{_module(kind)}.{kind.__qualname__}")
        self._feed(update, arguments)
        self._feed(update, state)
        self._feed(update, None if items is None else list(items))
        if pairs is not None:
            self._feed_pairs(update, "pairs", pairs)

    # ---- functions ----

    def parts(self, function: Any) -> dict[str, bytes]:
        """The fingerprint of each part of something that can be called."""
        if isinstance(function, functools.partial):
            found = self.parts(function.func)
            for place, value in enumerate(function.args, 1):
                found[f"argument {place} of its partial"] = self.digest(value)
            for name, value in function.keywords.items():
                found[f"argument {name!r} of its partial"] = self.digest(value)
            return found
        if isinstance(function, types.MethodType):
            found = self.parts(function.__func__)
            found["the object that it is a method of"] = self.digest(function.__self__)
            return found
        if isinstance(inner := _unwrapped(function), types.FunctionType | type):
            return self._reached(inner)
        kind = type(function)
        if isinstance(inspect.getattr_static(kind, "__call__", None), types.FunctionType):
            return {**self._reached(kind), "the state of its object": self.digest(function)}
        return {"its value": self.digest(function)}  # written in C

    def _reached(self, first: Any) -> dict[str, bytes]:
        """The parts of a function or class, and of those that it leads to; each is looked at once."""
        found: dict[str, bytes] = {}
        line, seen = deque([first]), {id(first)}

        def reach(value: Any) -> None:
            if id(value) not in seen:
                seen.add(id(value))
                line.append(value)

        while line:
            current = line.popleft()
            name = "it" if current is first else f"{current.__qualname__!r}"
            look = self._class_parts if isinstance(current, type) else self._function_parts
            for label, digest in look(current, reach):
                whole, again = f"{label} of {name}", 2
                while whole in found:  # two lambdas
                    whole, again = f"{label} of {name} ({again})", again + 1
                found[whole] = digest
        return found

    def _function_parts(
        self, function: types.FunctionType, reach: Callable[[Any], None]
    ) -> Iterator[tuple[str, bytes]]:
        code = function.__code__
        yield "the code", self._code_digest(code, function.__doc__)
        names = code.co_varnames[: code.co_argcount]
        defaults = dict(zip(reversed(names), reversed(function.__defaults__ or ()), strict=False))
        for name, value in {**defaults, **(function.__kwdefaults__ or {})}.items():
            yield f"the default {name!r}", self.digest(value)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:  # not set yet
                continue
            if isinstance(inner := _unwrapped(value), types.FunctionType) or _is_of(
                value, function.__module__
            ):
                reach(inner)
            else:
                yield f"the variable {name!r} around the code", self.digest(value)
        for name in sorted(_globals_of(code)):
            value = function.__globals__.get(name)
            if _is_of(value, function.__module__):
                reach(_unwrapped(value))
            elif _is_constant(value):
                yield f"the global {name!r} in the code", self.digest(value)

    def _class_parts(self, kind: type, reach: Callable[[Any], None]) -> Iterator[tuple[str, bytes]]:
        for base in kind.__bases__:
            if _is_of(base, kind.__module__):
                reach(base)
        yield "the base classes", self.digest([base.__qualname__ for base in kind.__bases__])
        for name, member in sorted(vars(kind).items()):
            function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
            if isinstance(function, types.FunctionType):
                reach(function)
            elif name not in ("__module__", "__doc__", "__qualname__", "__firstlineno__") and _is_constant(
                member
            ):
                yield f"the attribute {name!r}", self.digest(member)

    def _code_digest(self, code: types.CodeType, doc: str | None) -> bytes:
        hasher = hashlib.blake2b(digest_size=SIZE)
        self._feed_code(hasher.update, code, doc)
        return hasher.digest()

    def _feed_code(self, update: Callable[[Any], None], code: types.CodeType, doc: str | None) -> None:
        constants = list(code.co_consts)
        if constants and doc is not None and constants[0] == doc:
            constants[0] = "its docstring"
        update(b"code:")
        self._feed(update, code.co_code)
        self._feed(update, constants)
        for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars):
            self._feed(update, names)
        self._feed(
            update,
            (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & _FLAGS),
        )
        self._feed(update, getattr(code, "co_exceptiontable", b""))


def _module(value: Any) -> str:
    """Where something is defined; a child that owns a pool has the program's module under another name."""
    name = getattr(value, "__module__", None) or ""
    return "__main__" if name == "__mp_main__" else str(name)


def _unwrapped(value: Any) -> Any:
    """The function behind a decorator that is written in C, such as `functools.lru_cache`."""
    while not isinstance(value, types.FunctionType | type) and "__wrapped__" in getattr(
        value, "__dict__", ()
    ):
        value = value.__wrapped__
    return value


def _globals_of(code: types.CodeType) -> set[str]:
    """The names that code, and code within it, looks for in its module."""
    found = {
        step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
    }
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _globals_of(constant)
    return found


def _is_of(value: Any, module: str) -> bool:
    value = _unwrapped(value)
    return isinstance(value, types.FunctionType | type) and value.__module__ == module


def _is_constant(value: Any) -> bool:
    if type(value) in (tuple, frozenset):
        return all(map(_is_constant, value))
    return type(value) in _PLAIN and value is not None


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"",
    type(Ellipsis): lambda value: b"",
    bool: lambda value: b"1" if value else b"0",
    int: lambda value: b"%x" % value if value >= 0 else b"-%x" % -value,
    float: lambda value: struct.pack("<d", value),
    complex: lambda value: struct.pack("<dd", value.real, value.imag),
    str: lambda value: value.encode("utf-8", "surrogatepass"),
    bytes: lambda value: value,
    bytearray: bytes,
}
"""How the simplest values are written."""
