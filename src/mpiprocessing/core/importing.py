"""What is to happen when a module is imported: another one stands in for it, or a step comes before it, or after it is loaded.

    import multiprocess.pool ──▶ finder ──▶ multiprocessing.pool, under both names
    import multiprocessing   ──▶ finder ──▶ the step ──▶ as if we were not there
    import joblib.parallel   ──▶ finder ──▶ its own loader ──▶ the step

Nothing is imported before the program does so itself: a library that the program does not use costs nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.abc import Loader, MetaPathFinder
    from types import ModuleType
    from typing import Any
else:  # these two only say what the interpreter asks for; their module loads much else
    Loader = MetaPathFinder = object

__all__ = ["follow", "go_before", "is_followed", "precede", "stand_in"]


def stand_in(package: str, other: str) -> None:
    """Have a package, where it is installed, mean another one, together with its submodules.

    Args:
        package: its name, at the top level. What was imported of it before stays what it is.
        other: the name of the package that stands in.
    """
    _install()
    _finder.packages[package] = other


def precede(names: Sequence[str], step: Callable[[], None]) -> None:
    """Have something done before the next of these modules is loaded.

    Args:
        names: of modules, or of packages at the top level, whose modules all count.
        step: called once. It may import the modules itself.
    """
    _install()
    _finder.awaited, _finder.before = frozenset(names), step


def go_before() -> None:
    """Do now, if it has not been done, what is to be done before; for who would import those modules next.

    The import system holds a lock while it looks for a module. Threads that come here first cannot get into each other's way.
    """
    _finder.go_before()


def follow(module: str, step: Callable[[ModuleType], None]) -> None:
    """Have something done as soon as a module is loaded; at once where it is.

    Args:
        module: its full name.
        step: called with the module.
    """
    _install()
    _finder.steps[module] = step
    if module in sys.modules:
        step(sys.modules[module])


def is_followed(module: str) -> bool:
    """Whether something is to be done when that module is loaded, or was."""
    return module in _finder.steps


class _Finder(MetaPathFinder):
    """Asked first for every module; answers for those in its tables."""

    def __init__(self) -> None:
        self.packages: dict[str, str] = {}
        self.steps: dict[str, Callable[[ModuleType], None]] = {}
        self.awaited: frozenset[str] = frozenset()
        self.before: Callable[[], None] | None = None
        self._lock = threading.RLock()

    def go_before(self) -> None:
        """The step that comes before, now; another thread waits until it is done."""
        with self._lock:
            step, self.before = self.before, None
            if step is not None:
                step()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, dot, rest = fullname.partition(".")
        if self.before is not None and not self.awaited.isdisjoint((package, fullname)):
            self.go_before()
            if fullname in sys.modules:
                return _Loaded(sys.modules[fullname]).spec
        if package in self.packages:
            other = self.packages[package] + dot + rest
            there = importlib.util.find_spec(other) if dot else self._real(fullname, path, target)
            return None if there is None else ModuleSpec(fullname, _Substitute(other))
        if fullname not in self.steps:
            return None
        spec = self._real(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Followed(spec.loader, self.steps[fullname])
        return spec

    def _real(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        """What is found without us."""
        found = (finder.find_spec(fullname, path, target) for finder in sys.meta_path if finder is not self)
        return next((spec for spec in found if spec is not None), None)


class _Substitute(Loader):
    """Gives a module's name to another module."""

    def __init__(self, other: str) -> None:
        self._other = other

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # The import system takes whatever stands here afterwards, and drops the empty module it has made.
        sys.modules[module.__name__] = importlib.import_module(self._other)


class _Loaded(Loader):
    """For a module that was loaded while it was looked for."""

    def __init__(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        self.spec = module.__spec__  # the import system takes this one, whatever a finder returns
        self._module = module
        self._loader = self.spec.loader
        self.spec.loader = self

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        self.spec.loader = self._loader


class _Followed(Loader):
    """A module's own loader, with a step after it."""

    def __init__(self, loader: Any, step: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._step = step

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader  # tools that read sources and resources see nothing of us
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._step(module)


_finder = _Finder()


def _install() -> None:
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
