"""Giving the standard library's names to our classes, before the program is imported.

`import multiprocessing` in the program, or in a library it uses, then finds ours: no line of it changes. What is not ours is
not left to the standard library, whose processes would be forked from an MPI rank: it says so when it is used.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import multiprocessing.pool as stdlib_pool
from typing import Any

import mpiprocessing
from mpiprocessing import (
    connection,
    context,
    libraries,
    managers,
    pool,
    process,
    proxies,
    queues,
    sharedctypes,
    synchronize,
    waiting,
)

__all__ = ["bind"]

_SUBMODULES: dict[str, dict[str, Any]] = {
    "connection": {"Connection": connection.Connection, "Pipe": connection.Pipe, "wait": waiting.wait},
    "context": {
        "BaseContext": context.MPIContext,
        "DefaultContext": context.DefaultContext,
        "Process": process.Process,
        "SpawnProcess": process.Process,
        "ForkProcess": process.Process,
        "ForkServerProcess": process.Process,
        "SpawnContext": context.SpawnContext,
        "ForkContext": context.ForkContext,
        "ForkServerContext": context.ForkServerContext,
        "_default_context": context._default,
    },
    "managers": {
        "BaseManager": managers.BaseManager,
        "SyncManager": managers.SyncManager,
        **{name: getattr(proxies, name) for name in proxies.STANDARD},
    },
    "pool": {name: getattr(pool, name) for name in pool.__all__},
    "queues": {name: getattr(queues, name) for name in ("JoinableQueue", "Queue", "SimpleQueue")},
    "sharedctypes": {name: getattr(sharedctypes, name) for name in sharedctypes.__all__},
    "synchronize": {name: getattr(synchronize, name) for name in synchronize.__all__},
}

_REFUSED: dict[str, tuple[str, ...]] = {}


def bind() -> None:
    """Bind the public names of `multiprocessing` and of its submodules."""
    for name in multiprocessing.__all__:
        if hasattr(mpiprocessing, name):
            setattr(multiprocessing, name, getattr(mpiprocessing, name))
        elif name in context.ABSENT:
            setattr(multiprocessing, name, context.refusing(f"multiprocessing.{name}"))
    stdlib_pool.ThreadPool = _thread_pool()  # type: ignore[misc,assignment]
    for submodule, names in _SUBMODULES.items():
        module = importlib.import_module(f"multiprocessing.{submodule}")
        for name, ours in names.items():
            setattr(module, name, ours)
    for submodule, refused in _REFUSED.items():
        module = importlib.import_module(f"multiprocessing.{submodule}")
        for name in refused:
            setattr(module, name, context.refusing(f"multiprocessing.{submodule}.{name}"))
    libraries.lead()


def _thread_pool() -> type:
    """The standard library's `ThreadPool`, which stays what it is.

    It calls its base class by the name that becomes ours, so it gets a copy of its module, in which nothing is bound.
    """
    spec = importlib.util.find_spec("multiprocessing.pool")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kind: type = module.ThreadPool
    return kind
