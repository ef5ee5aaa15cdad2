"""The user's program: run as `__main__` on rank 0, imported as `__mp_main__` where a child runs.

The rules are those of the standard library's spawn method: a child sees the same `sys.argv`, `sys.path` and working directory,
and the program's module is executed anew for it under the name `__mp_main__`, which is also what `__main__` means there. On
rank 0 both names are the program itself, so that objects come back as what they were.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import sysconfig
import threading
import types
from importlib.machinery import PathFinder, SourceFileLoader, SourcelessFileLoader

from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.whosecode import MAIN

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from typing import Any

__all__ = ["Program", "is_installed", "names_beside", "sends_main_by_value", "the_program"]


class Program:
    """What was asked to be run.

    Args:
        kind: "script", "module" or "code".
        target: the path of a file, or of a folder or an archive with a `__main__.py`; the module's name; or the code itself.
        argv: the arguments after it.
        folder: where it is started; here by default. The program may go to another one before it starts children.
    """

    def __init__(self, kind: str, target: str, argv: tuple[str, ...] = (), folder: str | None = None) -> None:
        self.kind = kind
        self.target = target
        self.argv = argv
        self.folder = os.getcwd() if folder is None else folder
        self._path = self.folder if target == "." else os.path.join(self.folder, target)

    def run(self) -> None:
        """Run it here and now as `__main__`.

        Raises:
            LaunchError: there is no such file or module.
            BaseException: whatever the program raises.
        """
        global _program
        _program = self
        safe = getattr(sys.flags, "safe_path", sys.flags.isolated)  # before Python 3.11 part of -I
        if not safe:
            del sys.path[0]  # what Python has put there for this package
        if self._within() is not None:
            sys.path.insert(0, self._path)
        elif not safe:
            sys.path.insert(0, self._folder())
        code, names = self._load("__main__")
        sys.argv = [names.get("__file__", "-c") if self.kind != "script" else self.target, *self.argv]
        module = types.ModuleType("__main__")
        module.__dict__.update(names)
        _set_main(module)
        exec(code, module.__dict__)

    def import_for_child(self, execute: Callable[[Any, dict[str, Any]], None] = exec) -> None:
        """Execute the program's module under the name `__mp_main__`, as a child of it needs it.

        A `__main__.py` need not ask for its name before it begins, and the standard library executes none for a child. Here
        that waits until something of it is asked for: a child may have to run one of its functions.

        Args:
            execute: executes the module's code in its names.
        """
        global _program
        _program = self
        module = types.ModuleType("__mp_main__")
        if self.kind == "code":
            _set_main(module)
            return
        code, names = self._load("__mp_main__")
        module.__dict__.update(names)
        _set_main(module)
        if os.path.splitext(os.path.basename(names["__file__"]))[0] == "__main__":
            module.__dict__["__getattr__"] = _Deferred(module, lambda: execute(code, module.__dict__))
        else:
            execute(code, module.__dict__)

    @staticmethod
    def let_go() -> None:
        """The main process has ended: the interpreter clears the program's module before those that it has imported.

        So it does with a module that nobody else holds. The program's objects have a `__del__` that may need the others.
        """
        global _main
        _main = None
        sys.modules.pop("__mp_main__", None)

    @staticmethod
    def forget() -> None:
        """The child has ended: what its module holds is not kept until the next one begins."""
        _set_main(types.ModuleType("__mp_main__"))

    def _folder(self) -> str:
        """Where Python looks first for what the program imports."""
        if self.kind == "script":
            return os.path.dirname(os.path.realpath(self._path))
        return self.folder if self.kind == "module" else ""

    def _within(self) -> ModuleSpec | None:
        """The module of a program that is a folder or an archive; None for others."""
        return PathFinder.find_spec("__main__", [self._path]) if self.kind == "script" else None

    def _load(self, name: str) -> tuple[Any, dict[str, Any]]:
        """The program's code, and the names its module starts with."""
        if self.kind == "code":
            return compile(self.target, "<string>", "exec", dont_inherit=True), {"__builtins__": __builtins__}
        if self.kind == "module":
            return self._load_module()
        spec = self._within()
        return self._load_file(name) if spec is None else self._load_spec(spec)

    def _load_file(self, name: str) -> tuple[Any, dict[str, Any]]:
        path = self._path
        if os.path.isdir(path):
            raise LaunchError(f"there is no __main__.py in the folder {self.target!r}")
        kind = SourcelessFileLoader if path.endswith(".pyc") else SourceFileLoader
        loader = kind(name, path)
        try:
            content = loader.get_data(path)
        except OSError as error:
            raise LaunchError(f"cannot open the program {path!r}: {error.strerror}") from None
        code = loader.get_code(name) if kind is SourcelessFileLoader else loader.source_to_code(content, path)
        return code, {
            "__file__": path,
            "__cached__": None,
            "__loader__": loader,
            "__spec__": None,
            "__builtins__": __builtins__,
        }

    def _load_module(self) -> tuple[Any, dict[str, Any]]:
        try:
            spec = importlib.util.find_spec(self.target)
            if spec is not None and spec.submodule_search_locations is not None:
                spec = importlib.util.find_spec(self.target + ".__main__")
        except ImportError as error:
            raise LaunchError(f"no module named {self.target!r}: {error}") from None
        if spec is None:
            raise LaunchError(f"no module named {self.target!r} can be run")
        return self._load_spec(spec)

    def _load_spec(self, spec: ModuleSpec) -> tuple[Any, dict[str, Any]]:
        loader: Any = spec.loader
        if loader is None:
            raise LaunchError(f"no module named {self.target!r} can be run")
        return loader.get_code(spec.name), {
            "__file__": spec.origin,
            "__cached__": spec.cached,
            "__package__": spec.parent,
            "__spec__": spec,
            "__loader__": loader,
            "__builtins__": __builtins__,
        }


_program: Program | None = None
_main: types.ModuleType | None = None
_file: str | None = None  # of that module


def the_program() -> Program | None:
    """What a child of the process on this rank imports; None where no program was started by us.

    What was started may run another program in its own place, as `-m pdb` and `runpy` do: it is that one then.
    """
    main: Any = sys.modules.get("__main__")
    if _program is None or not _is_another(main):
        return _program
    spec, path = main.__dict__.get("__spec__"), main.__dict__.get("__file__")
    if spec is None and path is None:
        return _program
    sys.modules["__mp_main__"] = main  # what its children send back names it so
    kind, target = ("script", path) if spec is None else ("module", spec.name)
    return Program(kind, target, _program.argv, _program.folder)


def _is_another(main: Any) -> bool:
    """Whether `__main__` is no more what was made of the program that was started."""
    return _main is not None and (main is not _main or main.__dict__.get("__file__") != _file)


def _set_main(module: types.ModuleType) -> None:
    global _main, _file
    _file = module.__dict__.get("__file__")
    _main = sys.modules["__main__"] = sys.modules["__mp_main__"] = module


class _Deferred:
    """The `__getattr__` of a module: executes it when something of it is first asked for."""

    def __init__(self, module: types.ModuleType, execute: Callable[[], None]) -> None:
        self._module = module
        self._execute = execute
        self._lock = threading.RLock()
        self._begun = False

    def __call__(self, name: str) -> Any:
        names = self._module.__dict__
        if not name.startswith("__"):
            with self._lock:
                if not self._begun:
                    self._begun = True
                    self._execute()
            if name in names:
                return names[name]
        raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}")


def sends_main_by_value() -> bool:
    """Whether other ranks cannot import what `__main__` defines: it is no file, or a notebook has put its own module there."""
    if _program is not None and _program.kind == "code":
        return True
    main: Any = sys.modules.get("__main__")
    if not _is_another(main):
        return False
    names: dict[str, Any] = getattr(main, "__dict__", {})
    return names.get("__spec__") is None and names.get("__file__") is None


def is_installed(names: dict[str, Any]) -> bool:
    """Whether a module, given by its names, belongs to the interpreter or an installed package, and so stays on its rank."""
    path = names.get("__file__")
    if not path:
        return names.get("__name__") not in MAIN
    return not path.endswith(".py") or path.startswith(_installed())


def names_beside(thing: Any) -> dict[str, Any] | None:
    """The names of the module that defines a function, a class or an object's class; None where none is known."""
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    return None if module is None else vars(module)


@functools.cache
def _installed() -> tuple[str, ...]:
    """Where such modules are; asked for only when it matters, as it costs a rank that waits more than all else here."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return tuple({*(sysconfig.get_path(name) + os.sep for name in names), ours + os.sep})
