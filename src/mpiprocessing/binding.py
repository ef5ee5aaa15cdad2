"""Giving the standard library's names to our classes, before the program is imported.

`import multiprocessing` in the program, or in a library it uses, then finds ours: no line of it changes. What is not ours is
not left to the standard library, whose processes would be forked from an MPI rank: it says so when it is used.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable
from typing import Any

import mpiprocessing
from mpiprocessing import connection, context, pool, process, queues, synchronize

__all__ = ["bind"]

_SUBMODULES: dict[str, dict[str, Any]] = {
    "connection": {"Connection": connection.Connection, "Pipe": connection.Pipe},
    "context": {
        "BaseContext": context.MPIContext,
        "DefaultContext": context.DefaultContext,
        "Process": process.Process,
        "SpawnProcess": process.Process,
        "ForkProcess": process.Process,
        "_default_context": context._default,
    },
    "pool": {name: getattr(pool, name) for name in ("ApplyResult", "AsyncResult", "MapResult", "Pool")},
    "process": {},
    "queues": {"Queue": queues.Queue},
    "synchronize": {"Barrier": synchronize.Barrier, "Lock": synchronize.Lock},
}

_KEPT = {
    "active_children",
    "current_process",
    "parent_process",
    "freeze_support",
    "get_logger",
    "log_to_stderr",
    "reducer",
}


def bind() -> None:
    """Bind the public names of `multiprocessing` and of its submodules."""
    for name in multiprocessing.__all__:
        if hasattr(mpiprocessing, name):
            setattr(multiprocessing, name, getattr(mpiprocessing, name))
        elif name not in _KEPT and not isinstance(getattr(multiprocessing, name), type):
            setattr(multiprocessing, name, _missing(f"multiprocessing.{name}"))
    for submodule, names in _SUBMODULES.items():
        module = importlib.import_module(f"multiprocessing.{submodule}")
        for name, ours in names.items():
            setattr(module, name, ours)


def _missing(name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            f"{name} is not available under mpiprocessing {mpiprocessing.__version__}; docs/differences.md lists what is"
        )

    return refuse
