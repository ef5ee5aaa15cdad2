"""What a rank is told before a child of the program can run there, and how it is left when the child has ended.

A child sees the same `sys.argv`, `sys.path` and working directory as its parent, the changes that its parent made to its
environment and to what the system hands down, and the program's module under the name `__mp_main__`.
"""

from __future__ import annotations

import os
import sys
import time
import types
from multiprocessing import process as stdlib_process
from multiprocessing import util as stdlib_util
from typing import Any

from mpiprocessing.core import environment, inherited, payload
from mpiprocessing.core.program import Program, is_installed, the_program
from mpiprocessing.core.startmethod import DEFAULT, chosen
from mpiprocessing.core.whosecode import MAIN

__all__ = ["clean_up", "preparation", "prepare"]

_util: Any = stdlib_util


def preparation(name: str) -> dict[str, Any]:
    """What a host needs to know before it can run a child of this process.

    Args:
        name: the child's.
    """
    return {
        "name": name,
        "start_method": chosen.name or DEFAULT,
        "program": the_program(),
        "argv": list(sys.argv),
        "path": list(sys.path),
        "cwd": _folder(),
        "environ": environment.changes(),
        "legacy": inherited.legacy(),
        "by_value": payload.by_value(),
        "authkey": bytes(stdlib_process.current_process().authkey),
        "log_level": None if _util._logger is None else _util._logger.getEffectiveLevel(),
        "log_to_stderr": _util._log_to_stderr,
    }


def _folder() -> str | None:
    """The working directory; None where it has been removed: then the child is where its rank is."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def prepare(told: dict[str, Any]) -> None:
    """Make this rank a place where a child of the program can run.

    Args:
        told: what `preparation` told on the parent's rank.
    """
    if told["cwd"] is not None:
        os.chdir(told["cwd"])
    for name, value in told["environ"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if "TZ" in told["environ"]:
        time.tzset()
    inherited.inherit(told["legacy"])
    sys.argv = told["argv"]
    sys.path[:] = told["path"]
    payload.set_by_value(told["by_value"])
    if told["log_to_stderr"]:
        _util.log_to_stderr()
    if told["log_level"] is not None:
        _util.get_logger().setLevel(told["log_level"])
    current = stdlib_process.current_process()
    current.authkey = told["authkey"]
    chosen.name = told["start_method"]
    # So that the program's module, as it is imported, knows that it is in a child.
    current.name = told["name"]
    program: Program | None = told["program"]
    if program is not None:
        program.import_for_child(_execute)


def _execute(code: Any, names: dict[str, Any]) -> None:
    """Execute the program's module, which can start no process meanwhile.

    As in the standard library: a program that starts processes while it is being imported would never end doing so.
    """
    current: Any = stdlib_process.current_process()
    current._inheriting = True
    try:
        exec(code, names)
    finally:
        del current._inheriting


def clean_up(modules: dict[str, types.ModuleType]) -> None:
    """Undo what a child has left on this rank, so that the next one starts as if in a new interpreter.

    Modules of the interpreter and of installed packages stay imported: they are costly, and some cannot be imported twice.

    Args:
        modules: what was in `sys.modules` before the child.
    """
    environment.restore()
    Program.forget()
    for name, module in modules.items():
        if sys.modules.get(name) is not module and name not in MAIN:  # a child may have it imported anew
            sys.modules[name] = module
    for name in sys.modules.keys() - modules.keys():
        if not is_installed(getattr(sys.modules[name], "__dict__", {})):
            _forget(name)
    for name in sorted(sys.modules.keys() - modules.keys()):
        package = name.rpartition(".")[0]
        if package and package not in sys.modules:  # an exception has ended the package's import half-way
            del sys.modules[name]


def _forget(name: str) -> None:
    """Forget a module of the program, also as a name in its package: one without an `__init__.py` is nobody's, and stays."""
    module = sys.modules.pop(name)
    package, _, last = name.rpartition(".")
    names = getattr(sys.modules.get(package), "__dict__", {})
    if names.get(last) is module:
        del names[last]
