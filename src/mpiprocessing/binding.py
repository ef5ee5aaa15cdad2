"""Giving the standard library's names to our classes, before the program is imported.

`import multiprocessing` in the program, or in a library it uses, then finds ours: no line of it changes. What is not ours is
not left to the standard library, whose processes would be forked from an MPI rank: it says so when it is used.
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import multiprocessing.pool as stdlib_pool
import os
from multiprocessing import reduction as stdlib_reduction
from multiprocessing import util as stdlib_util
from typing import Any

import mpiprocessing
from mpiprocessing import (
    connection,
    context,
    managers,
    pool,
    process,
    queues,
    reduction,
    sharedctypes,
    synchronize,
    waiting,
)
from mpiprocessing.clients import libraries
from mpiprocessing.core import payload
from mpiprocessing.managed import proxies

__all__ = ["bind", "keep"]

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
        "get_context": context.get_context,  # for SharedMemoryManager, whose server is a process
    },
    "pool": {name: getattr(pool, name) for name in pool.__all__},
    "popen_fork": {"Popen": process.Popen},
    "popen_forkserver": {"Popen": process.Popen},
    "popen_spawn_posix": {"Popen": process.Popen},
    "queues": {name: getattr(queues, name) for name in ("JoinableQueue", "Queue", "SimpleQueue")},
    "reduction": {name: getattr(reduction, name) for name in reduction.__all__},
    "sharedctypes": {name: getattr(sharedctypes, name) for name in sharedctypes.__all__},
    "synchronize": {name: getattr(synchronize, name) for name in synchronize.__all__},
}

_NO_MPI = "MPI4PY_RC_INITIALIZE"
"""Environment variable of mpi4py: "0" where importing it must not initialise MPI."""

_register_there = stdlib_reduction.ForkingPickler.register


def bind() -> None:
    """Bind the public names of `multiprocessing` and of its submodules."""
    for name in multiprocessing.__all__:
        if hasattr(mpiprocessing, name):
            setattr(multiprocessing, name, getattr(mpiprocessing, name))
    stdlib_pool.ThreadPool = _thread_pool()  # type: ignore[misc,assignment]
    for submodule, names in _SUBMODULES.items():
        module = importlib.import_module(f"multiprocessing.{submodule}")
        for name, ours in names.items():
            setattr(module, name, ours)
    stdlib_reduction.ForkingPickler.register = staticmethod(_register)  # type: ignore[method-assign]
    stdlib_reduction.register = _register  # the same under another name
    libraries.lead()


def keep() -> None:
    """Leave `multiprocessing` to the standard library: its children are processes of this machine, and no ranks.

    They must not become any: mpi4py, where they import it, is told not to initialise MPI.
    """
    spawn = stdlib_util.spawnv_passfds

    def spawn_without_mpi(path: Any, args: Any, passfds: Any) -> Any:
        before = os.environ.get(_NO_MPI)
        os.environ[_NO_MPI] = "0"
        try:
            return spawn(path, args, passfds)
        finally:
            if before is None:
                del os.environ[_NO_MPI]
            else:
                os.environ[_NO_MPI] = before

    stdlib_util.spawnv_passfds = spawn_without_mpi


def _register(type: Any, reduce: Any) -> None:
    """Stands for `ForkingPickler.register`."""
    _register_there(type, reduce)
    payload.register(type, reduce)


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
