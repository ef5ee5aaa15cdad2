"""What is to happen when a module is imported: another one stands in for it, or a step follows once it is loaded.

    import multiprocess.pool ──▶ finder ──▶ multiprocessing.pool, under both names
    import joblib.parallel   ──▶ finder ──▶ its own loader ──▶ the step

Nothing is imported before the program does so itself: a library that the program does not use costs nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["follow", "stand_in"]

Step = Callable[[ModuleType], None]
"""What is done to a module that has just been loaded."""


def stand_in(package: str, other: str) -> None:
    """Have a package, where it is installed, mean another one, together with its submodules.

    Args:
        package: its name, at the top level. What was imported of it before stays what it is.
        other: the name of the package that stands in.
    """
    _install()
    _finder.packages[package] = other


def follow(module: str, step: Step) -> None:
    """Have something done as soon as a module is loaded; at once where it is.

    Args:
        module: its full name.
        step: called with the module.
    """
    _install()
    _finder.steps[module] = step
    if module in sys.modules:
        step(sys.modules[module])


class _Finder(MetaPathFinder):
    """Asked first for every module; answers for those in its tables."""

    def __init__(self) -> None:
        self.packages: dict[str, str] = {}
        self.steps: dict[str, Step] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, dot, rest = fullname.partition(".")
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

    def exec_module(self, module: ModuleType) -> None:
        # The import system takes whatever stands here afterwards, and drops the empty module it has made.
        sys.modules[module.__name__] = importlib.import_module(self._other)


class _Followed(Loader):
    """A module's own loader, with a step after it."""

    def __init__(self, loader: Any, step: Step) -> None:
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
