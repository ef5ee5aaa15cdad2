"""The user's program: run as `__main__` on rank 0, imported as `__mp_main__` where a child runs.

The rules are those of the standard library's spawn method: a child sees the same `sys.argv`, `sys.path` and working directory,
and the program's module is executed anew for it under the name `__mp_main__`, which is also what `__main__` means there. On
rank 0 both names are the program itself, so that objects come back as what they were.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
import types
from multiprocessing import process as stdlib_process
from multiprocessing import util as stdlib_util
from typing import Any, NamedTuple

from mpiprocessing.core import payload
from mpiprocessing.core.environment import drop_launchers
from mpiprocessing.core.errors import LaunchError

__all__ = ["Program", "clean_up", "is_installed", "prepare", "settle", "the_program"]


class Program(NamedTuple):
    """What was asked to be run.

    Args:
        kind: "script", "module" or "code".
        target: the file's path, the module's name, or the code itself.
        argv: the arguments after it.
    """

    kind: str
    target: str
    argv: tuple[str, ...] = ()

    def run(self) -> None:
        """Run it here and now as `__main__`.

        Raises:
            LaunchError: there is no such file or module.
            BaseException: whatever the program raises.
        """
        global _program
        _program = self
        if self.kind == "module":
            sys.path[0:0] = [os.getcwd()]
        elif self.kind == "code":
            sys.path[0:0] = [""]
            payload.set_by_value(True)  # no other rank can import what is defined in an argument
        else:
            sys.path[0:0] = [os.path.dirname(os.path.abspath(self.target))]
        code, names = self._load()
        sys.argv = [names.get("__file__", "-c") if self.kind != "script" else self.target, *self.argv]
        module = types.ModuleType("__main__")
        module.__dict__.update(names)
        sys.modules["__main__"] = sys.modules["__mp_main__"] = module
        payload.set_main(module)
        exec(code, module.__dict__)

    def import_for_child(self) -> None:
        """Execute the program's module under the name `__mp_main__`, as a child of it needs it."""
        module = types.ModuleType("__mp_main__")
        if self.kind != "code":
            code, names = self._load()
            module.__dict__.update(names)
        sys.modules["__main__"] = sys.modules["__mp_main__"] = module
        payload.set_main(module)
        if self.kind != "code":
            exec(code, module.__dict__)

    def _load(self) -> tuple[Any, dict[str, Any]]:
        """The program's code, and the names its module starts with."""
        if self.kind == "code":
            return compile(self.target, "<string>", "exec"), {"__builtins__": __builtins__}
        if self.kind == "script":
            return self._load_script()
        return self._load_module()

    def _load_script(self) -> tuple[Any, dict[str, Any]]:
        path = self.target
        if os.path.isdir(path):
            path = os.path.join(path, "__main__.py")
        try:
            with open(path, "rb") as file:
                source = file.read()
        except OSError as error:
            raise LaunchError(f"cannot open the program {path!r}: {error.strerror}") from None
        return compile(source, path, "exec"), {
            "__file__": path,
            "__builtins__": __builtins__,
            "__spec__": None,
        }

    def _load_module(self) -> tuple[Any, dict[str, Any]]:
        try:
            spec = importlib.util.find_spec(self.target)
            if spec is not None and spec.submodule_search_locations is not None:
                spec = importlib.util.find_spec(self.target + ".__main__")
        except ImportError as error:
            raise LaunchError(f"no module named {self.target!r}: {error}") from None
        loader: Any = spec.loader if spec is not None else None
        if spec is None or loader is None:
            raise LaunchError(f"no module named {self.target!r} can be run")
        return loader.get_code(spec.name), {
            "__file__": spec.origin,
            "__package__": spec.parent,
            "__spec__": spec,
            "__loader__": loader,
            "__builtins__": __builtins__,
        }


_util: Any = stdlib_util

_program: Program | None = None
_at_start = dict(os.environ)
"""The environment this rank was started with: launchers give each rank its own, so only changes may travel."""


def settle() -> None:
    """MPI is up: from here on the program's environment is this rank's."""
    drop_launchers(os.environ)
    _at_start.clear()
    _at_start.update(os.environ)


def the_program(name: str) -> dict[str, Any]:
    """What a host needs to know before it can run a child of this process.

    Args:
        name: the child's.
    """
    return {
        "name": name,
        "program": _program,
        "argv": list(sys.argv),
        "path": list(sys.path),
        "cwd": os.getcwd(),
        "environ": {name: os.environ.get(name) for name in _changed(dict(os.environ), _at_start)},
        "by_value": payload.by_value(),
        "authkey": bytes(stdlib_process.current_process().authkey),
        "log_level": None if _util._logger is None else _util._logger.getEffectiveLevel(),
        "log_to_stderr": _util._log_to_stderr,
    }


def prepare(preparation: dict[str, Any]) -> None:
    """Make this rank a place where a child of the program can run.

    Args:
        preparation: what `the_program` told on the parent's rank.
    """
    global _program
    os.chdir(preparation["cwd"])
    for name, value in preparation["environ"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    sys.argv = preparation["argv"]
    sys.path[:] = preparation["path"]
    payload.set_by_value(preparation["by_value"])
    if preparation["log_to_stderr"]:
        _util.log_to_stderr()
    if preparation["log_level"] is not None:
        _util.get_logger().setLevel(preparation["log_level"])
    current = stdlib_process.current_process()
    current.authkey = preparation["authkey"]
    current.name = preparation[
        "name"
    ]  # so the program's module, as it is imported, knows that it is in a child
    if preparation["program"] is None:
        return
    _program = preparation["program"]
    assert _program is not None
    # As in the standard library: a program that starts processes while it is being imported would never end doing so.
    current._inheriting = True  # type: ignore[attr-defined]
    try:
        _program.import_for_child()
    finally:
        del current._inheriting  # type: ignore[attr-defined]


def clean_up(modules: set[str]) -> None:
    """Undo what a child has left on this rank, so that the next one starts as if in a new interpreter.

    Modules of the interpreter and of installed packages stay imported: they are costly, and some cannot be imported twice.

    Args:
        modules: the names in `sys.modules` before the child.
    """
    for name in _changed(dict(os.environ), _at_start):
        if name in _at_start:
            os.environ[name] = _at_start[name]
        else:
            del os.environ[name]
    for name in set(sys.modules) - modules:
        if not is_installed(getattr(sys.modules[name], "__dict__", {})):
            del sys.modules[name]
    for name in sorted(set(sys.modules) - modules):
        package = name.rpartition(".")[0]
        if package and package not in sys.modules:  # an exception has ended the package's import half-way
            del sys.modules[name]


def _changed(now: dict[str, str], before: dict[str, str]) -> list[str]:
    return [name for name in now.keys() | before.keys() if now.get(name) != before.get(name)]


def is_installed(names: dict[str, Any]) -> bool:
    """Whether a module, given by its names, belongs to the interpreter or an installed package, and so stays on its rank."""
    path = names.get("__file__")
    if not path:
        return names.get("__name__") not in ("__main__", "__mp_main__")
    return not path.endswith(".py") or path.startswith(_INSTALLED)


_INSTALLED = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep}
)
