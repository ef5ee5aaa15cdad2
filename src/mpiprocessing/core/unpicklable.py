"""Where in an object the part is that cannot be pickled: looked for when pickling has failed, and only then.

Pickle names the type of what it cannot carry, not where it was found. So the object is taken apart, one level after the other:
of its parts (items, attributes, closure variables, ...) the first that cannot be pickled by itself is taken apart in turn,
until none of its parts is to blame. In long sequences that part is found by halving.

    cannot pickle 'generator' object
    argument 2, attribute .loss, key 'f': <generator object rows at 0x7f...> cannot be sent to another process
    send a list of what it yields instead

Objects whose parts have names of their own say so by a method `parts_by_name`, which gives pairs of a name and a part.
"""

from __future__ import annotations

import collections
import functools
import io
import itertools
import reprlib
import threading
import types
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["explain"]

Parts = Iterable[tuple[str, Any]]

_DEPTH = 50
_repr = reprlib.Repr()
_repr.maxother = _repr.maxstring = 120

_HALVED = 16  # sequences longer than this are halved first

_WAYS_OUT: tuple[tuple[tuple[type, ...], str], ...] = (
    ((types.GeneratorType, map, filter, zip), "send a list of what it yields instead"),
    ((io.IOBase,), "send the file's name instead, and open it there"),
    (
        (type(threading.Lock()), type(threading.RLock()), threading.Condition),
        "use multiprocessing.Lock, or its kin, instead",
    ),
    ((threading.Thread,), "start the thread there instead"),
    ((types.ModuleType,), "import the module there instead"),
    ((types.FrameType, types.TracebackType), "send its text instead"),
)
_WAY_OUT = "send what it is made from instead, and make it there; or give its class a __reduce__ method"


def explain(obj: Any, error: Exception, try_it: Callable[[Any], None]) -> None:
    """Add to an error of pickling where the trouble is, and the way out.

    Args:
        obj: what could not be pickled.
        error: what pickle said; its text gets more lines.
        try_it: pickles an object and raises where it cannot be done.
    """
    names, culprit = _path(obj, try_it)
    where = ", ".join(names) + ": " if names else ""
    way_out = next((text for kinds, text in _WAYS_OUT if isinstance(culprit, kinds)), _WAY_OUT)
    first = str(error.args[0]) if error.args else type(error).__name__
    error.args = (
        f"{first}\n{where}{_shown(culprit)} cannot be sent to another process\n{way_out}",
        *error.args[1:],
    )


def _path(obj: Any, try_it: Callable[[Any], None]) -> tuple[list[str], Any]:
    """The names of the parts that lead to the culprit, and the culprit."""
    names: list[str] = []
    seen = {id(obj)}
    for _ in range(_DEPTH):
        guilty = next((p for p in _parts(obj, try_it) if id(p[1]) not in seen and _fails(p[1], try_it)), None)
        if guilty is None:
            break
        name, obj = guilty
        seen.add(id(obj))
        if name:
            names.append(name)
    return names, obj


def _fails(obj: Any, try_it: Callable[[Any], None]) -> bool:
    try:
        try_it(obj)
    except Exception:
        return True
    return False


def _parts(obj: Any, try_it: Callable[[Any], None]) -> Parts:
    if isinstance(obj, BaseProcess):
        return _of_process(obj)
    if hasattr(type(obj), "parts_by_name"):
        return obj.parts_by_name()  # type: ignore[no-any-return]
    if isinstance(obj, dict):
        return _of_dict(obj)
    if isinstance(obj, (list, tuple, collections.deque)):
        return _of_sequence(obj, try_it)
    if isinstance(obj, (set, frozenset)):
        return (("an item", item) for item in obj)
    if isinstance(obj, functools.partial):
        return itertools.chain([("its function", obj.func)], _of_arguments(obj.args, obj.keywords))
    if isinstance(obj, types.MethodType):
        return [("the method's object", obj.__self__)]
    if isinstance(obj, types.FunctionType):
        return _of_function(obj)
    return _of_object(obj)


def _of_process(process: Any) -> Parts:
    """The process object itself: what its constructor was given, then what a subclass keeps."""
    state = dict(vars(process))
    yield "target", state.pop("_target", None)
    yield from _of_arguments(state.pop("_args", ()), state.pop("_kwargs", {}))
    yield from ((f"attribute .{name}", value) for name, value in state.items())


def _of_arguments(args: Iterable[Any], kwargs: dict[str, Any]) -> Parts:
    yield from ((f"argument {place}", value) for place, value in enumerate(args, 1))
    yield from ((f"argument {name!r}", value) for name, value in kwargs.items())


def _of_dict(mapping: dict[Any, Any]) -> Parts:
    for key, value in mapping.items():
        yield f"key {_shown(key)}", value
        yield "a key", key


def _of_sequence(items: Any, try_it: Callable[[Any], None]) -> Iterator[tuple[str, Any]]:
    items, first = list(items), 0
    while len(items) > _HALVED:
        half = len(items) // 2
        if _fails(items[:half], try_it):
            items = items[:half]
        else:
            items, first = items[half:], first + half
    yield from ((f"item {place}", item) for place, item in enumerate(items, first))


def _of_function(function: types.FunctionType) -> Parts:
    """A function that travels by value takes along its closure, its defaults, and the globals it names."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f"variable {name!r} of {function.__qualname__}", cell.cell_contents
        except ValueError:  # not yet assigned
            continue
    yield from ((f"default of {function.__qualname__}", value) for value in function.__defaults__ or ())
    for name in code.co_names:
        if name in function.__globals__:
            yield f"global {name!r} of {function.__qualname__}", function.__globals__[name]


def _of_object(obj: Any) -> Parts:
    state = getattr(obj, "__dict__", {})
    if "__getstate__" in vars(type(obj)):
        try:
            state = obj.__getstate__()
        except Exception:
            state = {}
    if not isinstance(state, dict):
        state = {}
    slots = [name for kind in type(obj).__mro__ for name in _names(vars(kind).get("__slots__", ()))]
    for name in slots:
        if hasattr(obj, name):
            yield f"attribute .{name}", getattr(obj, name)
    if not isinstance(obj, (type, types.ModuleType)):
        yield from ((f"attribute .{name}", value) for name, value in state.items())


def _names(slots: Any) -> Iterable[str]:
    return (slots,) if isinstance(slots, str) else slots


def _shown(obj: Any) -> str:
    try:
        return _repr.repr(obj)
    except Exception:
        return f"<{type(obj).__name__}>"
