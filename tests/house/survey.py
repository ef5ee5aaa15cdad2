"""A survey of `multiprocessing` as it is in this process: every public name, class and member, as JSON.

    python survey.py [bound]

Plain, it looks at the standard library; with `bound`, at what a program under mpiprocessing finds by the same names. Neither
starts MPI. Public is what `__all__` names, and what a module defines itself without an underscore; of a class, what it and
its bases define, except what comes from built-in types, and what its methods assign to `self`. Of the special methods
those are looked at that a program uses by syntax: `with`, `in`, indexing, iteration, `|`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import multiprocessing
import pkgutil
import sys
import textwrap
import types
from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

SYNTAX = (
    *("__enter__", "__exit__", "__iter__", "__next__", "__len__", "__contains__", "__reversed__"),
    *("__getitem__", "__setitem__", "__delitem__", "__add__", "__iadd__", "__mul__", "__rmul__", "__imul__"),
    *("__or__", "__ior__", "__ror__", "__class_getitem__"),
)
SEMAPHORES = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition")
PLAIN = (bool, int, float, str, bytes, type(None))


def submodules() -> Iterator[str]:
    """The names of the submodules that can be imported on this system."""
    for found in pkgutil.walk_packages(multiprocessing.__path__, "multiprocessing."):
        name = found.name.removeprefix("multiprocessing.")
        if not name.endswith("win32"):
            yield name


def public_names(module: Any) -> list[str]:
    """What a module offers: its `__all__`, and what it defines itself, the standard library's own classes or ours."""
    exported = {name for name in getattr(module, "__all__", ()) if not name.startswith("_")}
    return sorted(exported | {name for name in vars(module) if is_own(module, name)})


def is_own(module: Any, name: str) -> bool:
    """Whether a module defines a name, or has been given it in the place of one that it defines."""
    made_here = getattr(getattr(module, name), "__module__", "") == module.__name__
    return not name.startswith("_") and (made_here or name in definitions(module))


def definitions(module: Any) -> set[str]:
    """The names that a module's source defines or assigns at its top, not those it imports or loops over."""
    names: set[str] = set()
    for node in statements(ast.parse(inspect.getsource(module)).body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {part.id for target in node.targets for part in ast.walk(target) if is_name(part)}
    return {name for name in names if not isinstance(vars(module).get(name, ast), types.ModuleType)}


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those below `if`, `else` and `try` as well."""
    for node in body:
        yield node
        for part in ("body", "orelse", "handlers"):
            if isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
                yield from statements(getattr(node, part, []))


def is_name(part: ast.AST) -> TypeGuard[ast.Name]:
    """Whether a part of a target is a plain name that is assigned."""
    return isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)


def members(kind: type) -> dict[str, Any]:
    """Name → what a class has under it; None for what only its objects have."""
    found: dict[str, Any] = {}
    for name in [name for name in dir(kind) if not name.startswith("_") or name in SYNTAX]:
        home = next((base for base in kind.__mro__ if name in vars(base)), None)
        if home is not None and not is_built_in(home):
            found[name] = inspect.getattr_static(kind, name)
    return {**dict.fromkeys(assigned(kind)), **found}


def is_built_in(base: type) -> bool:
    """Whether a base class is none of multiprocessing's, and none that its classes are made of."""
    made_of = ("multiprocessing", "mpiprocessing", "threading", "typing")
    return not base.__module__.startswith(made_of)


def assigned(kind: type) -> set[str]:
    """The public attributes that methods assign to `self`."""
    names: set[str] = set()
    for base in filter(lambda base: not is_built_in(base), kind.__mro__):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base)))
        except (OSError, TypeError, SyntaxError):  # made by `exec`, or written in C
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                names |= {name for target in node.targets for name in of_self(target)}
    return {name for name in names if not name.startswith("_")}


def of_self(target: ast.expr) -> Iterator[str]:
    """The attributes of `self` among what is assigned to."""
    for part in ast.walk(target):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "self":
            yield part.attr


def parameters(value: Any, *, bound: bool) -> list[list[str]] | None:
    """Name, kind and default of each parameter; None for what has none to show.

    Args:
        value: what may be callable.
        bound: whether the first parameter is given already.
    """
    try:
        found = list(inspect.signature(value).parameters.values())
    except (TypeError, ValueError):
        return None
    shown = [one for one in found[0 if bound else 1 :] if not one.name.startswith("_")]
    return [[one.name, one.kind.name, default(one.default)] for one in shown]


def default(value: Any) -> str:
    """A default as both columns can write it."""
    if value is inspect.Parameter.empty:
        return ""
    if isinstance(value, (*PLAIN, tuple, dict, list)):
        return repr(value)
    return getattr(value, "__qualname__", None) or type(value).__name__


def describe(value: Any, members_of: dict[str, Any]) -> dict[str, Any]:
    """What the sheet is held against: where a thing comes from, its parameters, its members."""
    return {
        "owner": str(getattr(value, "__module__", None) or ""),
        "refuses": getattr(value, "refuses", False) is True,
        "class": inspect.isclass(value),
        "parameters": parameters(value, bound=True) if callable(value) else None,
        "members": {name: member(part) for name, part in sorted(members_of.items())},
    }


def member(value: Any) -> list[list[str]] | None:
    """The parameters of a method, without `self`; None for what is no method."""
    if isinstance(value, classmethod):
        return parameters(value.__func__, bound=False)
    if isinstance(value, staticmethod):
        return parameters(value.__func__, bound=True)
    if inspect.isfunction(value):
        return parameters(value, bound=False)
    return parameters(value, bound=True) if inspect.isbuiltin(value) else None


def survey(module: Any, names: Iterable[str]) -> dict[str, Any]:
    """The public names of a module."""
    found = {}
    for name in names:
        value = getattr(module, name, None)
        inside = members(value) if inspect.isclass(value) else {}
        found[name] = describe(value, {**inside, **methods_of_objects(value, inside)})
    return found


def methods_of_objects(value: Any, inside: dict[str, Any]) -> dict[str, Any]:
    """The methods that the standard library's semaphores get from C when they are made."""
    name = getattr(value, "__name__", "")
    if name not in SEMAPHORES or value.__module__ != "multiprocessing.synchronize":
        return {}
    context = multiprocessing.get_context("spawn")
    one = value(ctx=context)
    return {name: getattr(one, name) for name, part in inside.items() if part is None and hasattr(one, name)}


def main() -> None:
    """Look at everything, print it."""
    own = {"": sorted(multiprocessing.__all__)}
    for name in submodules():
        own[name] = public_names(importlib.import_module(f"multiprocessing.{name}"))
    if sys.argv[1:] == ["bound"]:
        from mpiprocessing import binding

        binding.bind()
    found = {}
    for name, names in own.items():
        module = importlib.import_module(f"multiprocessing.{name}".rstrip("."))
        more = [] if not name else public_names(module)
        found[name] = survey(module, sorted({*names, *more}))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
