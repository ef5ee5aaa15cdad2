"""What a process is to do when its objects are let go, at its end at the latest: `weakref.finalize`, `util.Finalize`.

The rank outlives the child, so the interpreter's end, which would call them, is not the child's. A child that ends well has
its finalizers called as if it were: multiprocessing's by `process.finish`, those of `weakref` here, after the exit calls. One
that is ended before its time has none called, neither then nor at the end of the next child on this rank.

The finalizers of the interpreter and of installed packages stay, with their modules. A finalizer is the program's own if its
function or its object is.
"""

from __future__ import annotations

import multiprocessing.util
import sys
import weakref

from mpiprocessing.core.program import is_installed, names_beside

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Finalizers", "finalizers"]

_registry: dict[weakref.finalize[Any, Any], Any] = weakref.finalize._registry  # type: ignore[attr-defined]


class Finalizers:
    """Those of the child that runs on this rank."""

    def __init__(self) -> None:
        self._known: set[weakref.finalize[Any, Any]] = set()  # those that were there before it

    def begin(self) -> None:
        """A child begins."""
        self._known = set(_registry)

    def run(self) -> None:
        """Call those of `weakref`, the last one first; one that fails does not keep the others from being called."""
        while pending := self._pending():
            finalizer = pending[-1]  # each may make a new one
            try:
                finalizer()
            except Exception as error:
                sys.excepthook(type(error), error, error.__traceback__)

    def end(self) -> None:
        """The child has ended: what is left is never called."""
        multiprocessing.util._finalizer_registry.clear()  # type: ignore[attr-defined]
        for finalizer in self._own():
            finalizer.detach()

    def _own(self) -> list[weakref.finalize[Any, Any]]:
        return [one for one in list(_registry) if one not in self._known and _is_the_programs(one)]

    def _pending(self) -> list[weakref.finalize[Any, Any]]:
        """Those that wait for the end of the process: they are kept in the order in which they were made."""
        return [one for one in self._own() if one.atexit]


finalizers = Finalizers()
"""Those of this rank's process."""


def _is_the_programs(finalizer: weakref.finalize[Any, Any]) -> bool:
    found = finalizer.peek()
    if found is None:
        return False
    target, func, *_ = found
    known = [names for one in (type(target), func) if (names := names_beside(one)) is not None]
    return not all(is_installed(names) for names in known)
