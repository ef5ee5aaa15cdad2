"""A program from a seed: shared objects, and steps of three processes that use them, well and badly.

A step is plain data: who takes it, a verb of `player.py`, the object's name, the arguments, and where what comes out is kept.
Nothing here waits for ever: what would block is called with no patience, or only where something is there.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.fuzz.programs import work
from tests.fuzz.programs.scenes import SCENES

__all__ = ["ACTORS", "Program", "Ref", "Step", "make"]

ACTORS = 3
"""The main process and two children."""


class Ref(NamedTuple):
    """An argument that is one of the process's objects."""

    name: str


class Step(NamedTuple):
    """One step: who, what, on which object, with which arguments, and under which name the result is kept."""

    by: int
    verb: str
    on: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = {}
    kept: str = ""


@dataclass
class Program:
    """Shared objects, by name: factory and arguments; and the steps."""

    seed: int
    objects: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


Random = random.Random
Call = tuple[str, tuple[Any, ...], dict[str, Any]]

_VALUES: tuple[Any, ...] = (
    0, -1, 7, 2**40, 1.5, "a", "ä\n", "", b"", b"xy", None, True, (1, 2), [1, [2]], {"k": 1}, "x" * 1000,
)  # fmt: skip
_BAD: tuple[Any, ...] = ("x", None, -1, 3.5, [], b"b", (1,), 10**30)
_NOW: tuple[Any, ...] = (0, 0.0, -1, 0.001, False)


def _value(r: Random) -> Any:
    return r.choice(_VALUES)


def _put(r: Random) -> Call:
    value = _value(r)
    return r.choice(
        [
            ("put", (value, False), {}),
            ("put_nowait", (value,), {}),
            ("put", (value, True, r.choice(_NOW)), {}),
            ("put", (value,), {"timeout": r.choice(_NOW)}),
            ("put", (), {"obj": value, "block": False}),
        ]
    )


def _get(r: Random) -> Call:
    return r.choice(
        [
            ("get", (False,), {}),
            ("get_nowait", (), {}),
            ("get", (True, r.choice(_NOW)), {}),
            ("get", (), {"timeout": r.choice(_NOW)}),
            ("get", (), {"block": False, "timeout": r.choice((None, 5))}),
        ]
    )


def _queue(r: Random) -> Call:
    kind = r.choices(("put", "get", "ask", "end", "bad"), (8, 8, 6, 1, 1))[0]
    if kind == "put":
        return _put(r)
    if kind == "get":
        return _get(r)
    if kind == "ask":
        return r.choice(("qsize", "empty", "full")), (), {}
    if kind == "end":
        return r.choice(("close", "cancel_join_thread", "join_thread")), (), {}
    return r.choice(
        [
            ("get", (True, r.choice(("x", [])), ), {}),
            ("get", (1, 2, 3), {}),
            ("put", (), {}),
            ("get", (), {"nonsense": 1}),
            ("put_nowait", (1, 2), {}),
        ]
    )  # fmt: skip


def _joinable(r: Random) -> Call:
    return ("task_done", (), {}) if r.random() < 0.25 else _queue(r)


def _acquire(r: Random) -> Call:
    return r.choice(
        [
            ("acquire", (False,), {}),
            ("acquire", (), {"block": False}),
            ("acquire", (True, r.choice(_NOW)), {}),
            ("acquire", (), {"timeout": r.choice(_NOW)}),
            ("acquire", (False, r.choice((None, 5))), {}),
        ]
    )


def _lock(r: Random) -> Call:
    if r.random() < 0.03:
        return r.choice([("release", (1,), {}), ("acquire", (), {"blocking": False})])
    return _acquire(r) if r.random() < 0.55 else ("release", (), {})


def _semaphore(r: Random) -> Call:
    return ("get_value", (), {}) if r.random() < 0.2 else _lock(r)


def _condition(r: Random) -> Call:
    draw = r.random()
    if draw < 0.6:
        return _lock(r)
    if draw < 0.75:
        return "wait", (r.choice(_NOW),), {}
    return r.choice(
        [
            ("notify", (), {}),
            ("notify", (r.choice((0, 1, 2, 5)),), {}),
            ("notify_all", (), {}),
            ("wait_for", (bool, r.choice(_NOW)), {}),
            ("wait_for", (list, r.choice(_NOW)), {}),
        ]
    )


def _event(r: Random) -> Call:
    return r.choice(
        [
            ("set", (), {}),
            ("clear", (), {}),
            ("is_set", (), {}),
            ("wait", (r.choice(_NOW),), {}),
            ("set", (1,), {}),
        ]
    )


def _barrier(r: Random) -> Call:
    return r.choice(
        [("wait", (r.choice(_NOW),), {}), ("abort", (), {}), ("reset", (), {}), ("reset", (), {})]
    )


def _index(r: Random) -> Any:
    return r.choice((0, 1, 2, -1, -2, 3, 9, -9, "x", None, 1.5, slice(0, 2), slice(None), slice(None, None, 2),
                     slice(3, 0, -1), slice(1, 99), slice(0, 3, 0)))  # fmt: skip


def _content(r: Random) -> Any:
    return r.choice((0, 1, 5, -3, 2**40, 1.5, "x", b"z", None, [1, 2], [1, 2, 3], b"abc", b"ab", [], (7, 8)))


def _dict(r: Random) -> Call:
    key = r.choice(("a", "b", 1, (1, 2), None, 2.5))
    if r.random() < 0.03:
        key = []
    return r.choice(
        [
            ("get", (key,), {}),
            ("get", (key, "none"), {}),
            ("setdefault", (key, _value(r)), {}),
            ("pop", (key,), {}),
            ("pop", (key, "none"), {}),
            ("popitem", (), {}),
            ("update", ({key if key != [] else 0: _value(r), "b": 2},), {}),
            ("update", ([("a", 1)],), {"c": 3}),
            ("update", (5,), {}),
            ("keys", (), {}),
            ("values", (), {}),
            ("items", (), {}),
            ("copy", (), {}),
            ("clear", (), {}),
            ("has_key", (1,), {}),
        ]
    )


def _list(r: Random) -> Call:
    value = r.choice((1, 2, 3, 3, 0))
    return r.choice(
        [
            ("append", (value,), {}),
            ("append", (_value(r),), {}),
            ("extend", ([value, value],), {}),
            ("extend", (5,), {}),
            ("insert", (r.choice((0, -1, 5, "x")), value), {}),
            ("pop", (), {}),
            ("pop", (r.choice((0, -1, 9, "x")),), {}),
            ("remove", (value,), {}),
            ("index", (value,), {}),
            ("count", (value,), {}),
            ("reverse", (), {}),
            ("sort", (), {}),
            ("sort", (), {"reverse": True}),
            ("sort", (), {"key": str}),
        ]
    )


def _pool(r: Random) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    size = r.choice((0, 1, 2, 5, 9))
    chunk = r.choice((None, None, 1, 2, 3, 100))
    one = r.choice((work.square, work.same, work.fail_on_three, work.long, str))
    sure = r.choice((work.square, work.same, str))
    two = r.choice((work.add, work.divide))
    pairs = [(number, number - 2 if r.random() < 0.1 else 1) for number in range(size)]
    return r.choice(
        [
            ("map", (one, range(size), chunk), {}),
            ("map", (work.fail, [1] * size), {}),
            ("map", (one, list(range(size))), {"chunksize": chunk}),
            ("map", (work.square, r.choice((5, None, ["x"]))), {}),
            ("map", (r.choice((None, 5)), range(size)), {}),
            ("starmap", (two, pairs, chunk), {}),
            ("starmap", (work.add, [(1,)]), {}),
            ("apply", (one, (3,)), {}),
            ("apply", (two,), {"kwds": {"a": 1, "b": r.choice((0, 2))}}),
            ("apply", (work.fail, ("x",)), {}),
            ("apply", (work.add, (1, 2, 3)), {}),
            ("imap", (one, range(size), chunk or 1), {}),
            ("imap", (work.square, 5), {}),
            ("imap", (one, range(size), r.choice((0, -1))), {}),
            ("imap_unordered", (sure, range(size), chunk or 1), {}),
            ("apply_async", (one, (3,)), {}),
            ("map_async", (one, range(size), chunk), {}),
            ("starmap_async", (two, pairs), {}),
            ("join", (), {}),
        ]
    )  # fmt: skip


def _send(r: Random) -> Call:
    return r.choice(
        [
            ("send", (_value(r),), {}),
            ("send", (_value(r),), {}),
            ("send_bytes", (r.choice((b"", b"abc", b"hello", bytearray(b"xyz"))),), {}),
            ("send_bytes", (b"hello", r.choice((0, 1, 5, 6, -1))), {}),
            ("send_bytes", (b"hello", 1, r.choice((0, 2, 4, 5, -1))), {}),
            ("send_bytes", (r.choice(("text", 5, None)),), {}),
            ("send", (), {}),
        ]
    )


def _take(r: Random) -> Call:
    return r.choice(
        [
            ("recv", (), {}),
            ("recv", (), {}),
            ("recv", (), {}),
            ("recv_bytes", (), {}),
            ("recv_bytes", (r.choice((0, 3, 100, -1)),), {}),
            ("recv_bytes_into", (bytearray(50),), {}),
            ("recv_bytes_into", (bytearray(50), r.choice((0, 2, 48, 51, -1))), {}),
        ]
    )


def _connection(r: Random) -> tuple[str, Call]:
    draw = r.random()
    if draw < 0.4:
        return "call", _send(r)
    if draw < 0.75:
        return "take", _take(r)
    if draw < 0.85:
        return "call", ("poll", r.choice(((), (0,), (0.001,), (-1,))), {})
    if draw < 0.93:
        return "attribute", (r.choice(("closed", "readable", "writable")), (), {})
    return "call", ("close", (), {})


def _calls(choose: Callable[[Random], Call]) -> Callable[[Random], tuple[str, Call]]:
    def step(r: Random) -> tuple[str, Call]:
        return ("repr", ("", (), {})) if r.random() < 0.06 else ("call", choose(r))

    return step


def _asked(choose: Callable[[Random], Call], *names: str) -> Callable[[Random], tuple[str, Call]]:
    def step(r: Random) -> tuple[str, Call]:
        return ("attribute", (r.choice(names), (), {})) if r.random() < 0.3 else ("call", choose(r))

    return step


def _value_step(r: Random) -> tuple[str, Call]:
    return r.choice(
        [
            ("attribute", ("value", (), {})),
            ("attribute", ("value", (), {})),
            ("assign", ("value", (_content(r),), {})),
            ("assign", ("value", (r.choice((1, 2, 0.5)),), {})),
            ("repr", ("", (), {})),
        ]
    )


def _array_step(r: Random) -> tuple[str, Call]:
    return r.choice(
        [
            ("item", ("", (_index(r),), {})),
            ("item", ("", (_index(r),), {})),
            ("set_item", ("", (_index(r), _content(r)), {})),
            ("set_item", ("", (r.choice((0, 1, -1)), r.choice((1, 2, b"q", 1.5))), {})),
            ("len", ("", (), {})),
            ("iterate", ("", (), {})),
            ("attribute", (r.choice(("value", "raw")), (), {})),
            (
                "assign",
                (r.choice(("value", "raw")), (r.choice((b"ab", b"", b"much too long for it", "x")),), {}),
            ),
            ("repr", ("", (), {})),
        ]
    )


def _dict_step(r: Random) -> tuple[str, Call]:
    key = r.choice(("a", "b", 1, (1, 2), None))
    draw = r.random()
    if draw < 0.2:
        return "item", ("", (key,), {})
    if draw < 0.45:
        return "set_item", ("", (key, _value(r)), {})
    if draw < 0.55:
        return "delete_item", ("", (key,), {})
    if draw < 0.7:
        return r.choice(("len", "str")), (
            "",
            (),
            {},
        )  # iter() works nowhere but beside the manager in the stdlib
    if draw < 0.75:
        return "contains", ("", (key,), {})
    return "call", _dict(r)


def _list_step(r: Random) -> tuple[str, Call]:
    draw = r.random()
    if draw < 0.2:
        return "item", ("", (_index(r),), {})
    if draw < 0.35:
        return "set_item", ("", (_index(r), _content(r)), {})
    if draw < 0.4:
        return "delete_item", ("", (_index(r),), {})
    if draw < 0.55:
        return r.choice(("len", "iterate", "str")), ("", (), {})
    if draw < 0.6:
        return "contains", ("", (r.choice((1, 3, "a")),), {})
    if draw < 0.65:
        return "add", ("", ([1],), {})
    return "call", _list(r)


def _namespace_step(r: Random) -> tuple[str, Call]:
    name = r.choice(("x", "y", "_hidden"))
    return r.choice(
        [
            ("attribute", (name, (), {})),
            ("assign", (name, (_value(r),), {})),
            ("delete", (name, (), {})),
            ("str", ("", (), {})),
        ]
    )


def _managed_lock(r: Random) -> Call:
    return r.choice(
        [("acquire", (False,), {}), ("acquire", (True, 0), {}), ("release", (), {}), ("release", (), {})]
    )


def _managed_event(r: Random) -> Call:
    return r.choice(
        [("set", (), {}), ("clear", (), {}), ("is_set", (), {}), ("wait", (r.choice((0, 0.001)),), {})]
    )


def _managed_queue(r: Random) -> Call:
    return r.choice(
        [
            ("put", (_value(r), False), {}),
            ("put", (_value(r), True, 0.001), {}),
            ("put_nowait", (_value(r),), {}),
            ("get", (False,), {}),
            ("get_nowait", (), {}),
            ("get", (True, 0.001), {}),
            ("qsize", (), {}),
            ("empty", (), {}),
            ("full", (), {}),
            ("task_done", (), {}),
            ("get", (True, -1), {}),
        ]
    )


def _managed_value(r: Random) -> tuple[str, Call]:
    return r.choice(
        [
            ("attribute", ("value", (), {})),
            ("assign", ("value", (_content(r),), {})),
            ("call", ("get", (), {})),
            ("call", ("set", (_content(r),), {})),
            ("str", ("", (), {})),
        ]
    )


def _simple(r: Random) -> tuple[str, Call]:
    draw = r.random()
    if draw < 0.45:
        return "call", ("put", (_value(r),), {})
    if draw < 0.8:
        return "take", ("get", (), {})
    if draw < 0.97:
        return "call", ("empty", (), {})
    return "call", ("close", (), {})


_Kind = tuple[Callable[[Random], tuple[Any, ...]], Callable[[Random], tuple[str, Call]]]

KINDS: dict[str, _Kind] = {
    "Queue": (lambda r: (r.choice((0, 0, 1, 2, 3, -1)),), _calls(_queue)),
    "JoinableQueue": (lambda r: (r.choice((0, 0, 1, 3)),), _calls(_joinable)),
    "SimpleQueue": (lambda r: (), _simple),
    "Pipe": (lambda r: (r.random() < 0.7,), _connection),
    # No repr: to the standard library a lock that was released by another than its holder is some other's from then on.
    "Lock": (lambda r: (), lambda r: ("call", _lock(r))),
    "RLock": (lambda r: (), _calls(_lock)),
    "Semaphore": (lambda r: (r.choice((0, 1, 2, 3)),), _calls(_semaphore)),
    "BoundedSemaphore": (lambda r: (r.choice((1, 2)),), _calls(_semaphore)),
    "Condition": (lambda r: (), _calls(_condition)),
    "Event": (lambda r: (), _calls(_event)),
    "Barrier": (
        lambda r: (r.choice((1, 2, 3)),),
        _asked(_barrier, "n_waiting", "broken", "parties"),
    ),
    "Value": (lambda r: (r.choice("bBhHiIlLqQfdc"), r.choice((0, 1))), _value_step),
    "Array": (lambda r: r.choice((("i", 4), ("d", [1, 2, 3]), ("c", b"hello"), ("b", 3), ("c", 5))), _array_step),
    "RawValue": (lambda r: (r.choice("id"), 1), _value_step),
    "RawArray": (lambda r: r.choice((("i", 4), ("d", [1, 2]))), _array_step),
    "manager.dict": (lambda r: r.choice(((), ({"a": 1},))), _dict_step),
    "manager.list": (lambda r: r.choice(((), ([3, 1, 2],))), _list_step),
    "manager.Namespace": (lambda r: (), _namespace_step),
    "manager.Value": (lambda r: ("i", 1), _managed_value),
    "manager.Array": (lambda r: ("i", [1, 2, 3]), _array_step),
    "manager.Lock": (lambda r: (), _calls(_managed_lock)),
    "manager.RLock": (lambda r: (), _calls(_managed_lock)),
    "manager.Semaphore": (lambda r: (1,), _calls(_managed_lock)),
    "manager.BoundedSemaphore": (lambda r: (1,), _calls(_managed_lock)),
    "manager.Event": (lambda r: (), _calls(_managed_event)),
    "manager.Queue": (lambda r: (r.choice((0, 1, 2)),), _calls(_managed_queue)),
    "manager.JoinableQueue": (lambda r: (2,), _calls(_managed_queue)),
    "manager.Barrier": (lambda r: (2,), _asked(_barrier, "n_waiting", "broken", "parties")),
}  # fmt: skip

_BADLY_MADE: tuple[tuple[Any, ...], ...] = (
    ("Semaphore", -1), ("Semaphore", "x"), ("BoundedSemaphore", -1), ("Queue", "x"), ("Queue", None), ("Queue", 2**40),
    ("Value", "?", 0), ("Value", "z"), ("Value", "i", "x"), ("Value",), ("Array", "i", -1),
    ("Array", "i", "x"), ("Array", "i", None), ("Array", "z", 3), ("Array", "i", 2.5), ("Condition", 5), ("Pipe", 1, 2),
    ("Lock", 1), ("Event", 1), ("Pool", 0), ("Pool", -1), ("Pool", "x"), ("Pool", 1, 5), ("JoinableQueue", []),
    ("SimpleQueue", 1), ("Process", 1), ("Process", None, 5, 5), ("RawArray", "i", -1), ("RawValue", "i", "x"),
    ("manager.dict", 5), ("manager.list", 5), ("manager.Semaphore", -1), ("manager.Queue", "x"),
)  # fmt: skip
_CAN_TRAVEL = ("Pipe", "manager.")
_CARRIERS = ("Queue", "JoinableQueue", "SimpleQueue", "Pipe")
_CHILDREN = ((work.leave, (0,)), (work.leave, (3,)), (work.leave, ("text",)), (work.leave, (None,)), (work.vanish, (7,)),
             (work.fail, ("x",)), (work.end, ()), (work.add, (1,)))  # fmt: skip


def make(seed: int) -> Program:
    """Make a program.

    Args:
        seed: decides about everything.
    """
    r = Random(seed)
    program = Program(seed)
    kinds = r.sample(sorted(KINDS), r.randint(1, 4))
    kind_of: dict[str, str] = {}
    for number, kind in enumerate(kinds):
        name = f"{kind.rpartition('.')[2].lower()}{number}"
        program.objects[name] = (kind, *KINDS[kind][0](r))
        for end in (f"{name}.0", f"{name}.1") if kind == "Pipe" else (name,):
            kind_of[end] = kind
    pool = r.random() < 0.2
    if pool:
        program.objects["pool"] = ("Pool", r.choice((1, 2)))
    kept: dict[int, list[str]] = {}
    for _ in range(r.randint(5, 40)):
        program.steps.append(_step(r, program, kind_of, pool, kept))
    return program


def _step(
    r: Random, program: Program, kind_of: dict[str, str], pool: bool, kept: dict[int, list[str]]
) -> Step:
    by, draw = r.randrange(ACTORS), r.random()
    if pool and draw < 0.3:
        name, args, kwargs = _pool(r)
        return Step(0, "pool", "pool", (name, *args), kwargs)
    if draw < 0.33:
        return Step(0, "scene", r.choice(sorted(SCENES)))
    if draw < 0.35:
        target, args = r.choice(_CHILDREN)
        return Step(by, "child", "", (target, args))
    if draw < 0.37:
        return Step(by if by else 0, "make", "", r.choice(_BADLY_MADE))
    name = r.choice(sorted(kind_of))
    if draw < 0.41:  # a handle goes to another process, which uses it under a name of its own
        carriers = [other for other in kind_of if kind_of[other] in _CARRIERS]
        things = [other for other in kind_of if kind_of[other].startswith(_CAN_TRAVEL)]
        if carriers and things:
            carrier, thing = r.choice(carriers), r.choice(things)
            verb = "send" if kind_of[carrier] == "Pipe" else "put"
            return Step(by, "call", carrier, (verb, Ref(thing)))
    if draw < 0.43 and not (by == 0 and kind_of[name].startswith("manager.")):
        # The standard library's children have no share of a manager's object that came with their arguments.
        return Step(by, "drop", name)
    known = kept.setdefault(by, [])
    kind = kind_of[name]
    verb, (method, args, kwargs) = KINDS[kind][1](r)
    keep = ""
    if verb == "take" or method.startswith(("get", "recv")):
        keep = f"{kind.rpartition('.')[2].lower()}.got{len(known)}"
        known.append(keep)
    if known and draw > 0.97:
        return Step(by, "any", r.choice(known))
    return Step(by, verb, name, (method, *args) if method else args, kwargs, keep)
