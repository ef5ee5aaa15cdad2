"""The standard library's `multiprocessing`, shared-nothing, over MPI.

A program written for `multiprocessing` runs on a cluster unchanged:

    mpiexec -n 64 python -m mpiprocessing prog.py

Where to look: the modules here bear the names of the standard library's (`process`, `queues`, `connection`, `synchronize`,
`pool`, `context`); what lies under them, and how shared-nothing works, is in `core`; the comparison tool is in `compare`.

Nothing of it is loaded before a name is used.
"""

from __future__ import annotations

import importlib

from mpiprocessing.core import importing

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from multiprocessing import (
        AuthenticationError,
        BufferTooShort,
        ProcessError,
        TimeoutError,
        freeze_support,
        get_logger,
        log_to_stderr,
    )
    from typing import Any

    from mpiprocessing.connection import Pipe
    from mpiprocessing.context import (
        Array,
        Barrier,
        BoundedSemaphore,
        Condition,
        Event,
        JoinableQueue,
        Lock,
        Manager,
        Pool,
        Queue,
        RawArray,
        RawValue,
        RLock,
        Semaphore,
        SimpleQueue,
        Value,
        allow_connection_pickling,
        cpu_count,
        get_all_start_methods,
        get_context,
        get_start_method,
        init,
        set_executable,
        set_forkserver_preload,
        set_start_method,
    )
    from mpiprocessing.core.errors import CheckpointError, Preempted
    from mpiprocessing.inorder import reduce_in_order
    from mpiprocessing.process import Process, active_children, current_process, parent_process
    from mpiprocessing.seeds import task_rng, task_seed
    from mpiprocessing.serialpool import SerialPool

__version__ = "0.1.0"

__all__ = [
    "Array",
    "AuthenticationError",
    "Barrier",
    "BoundedSemaphore",
    "BufferTooShort",
    "CheckpointError",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "Manager",
    "Pipe",
    "Pool",
    "Preempted",
    "Process",
    "ProcessError",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SerialPool",
    "SimpleQueue",
    "TimeoutError",
    "Value",
    "active_children",
    "allow_connection_pickling",
    "cpu_count",
    "current_process",
    "freeze_support",
    "get_all_start_methods",
    "get_context",
    "get_logger",
    "get_start_method",
    "init",
    "log_to_stderr",
    "parent_process",
    "reduce_in_order",
    "set_executable",
    "set_forkserver_preload",
    "set_start_method",
    "task_rng",
    "task_seed",
]


_ADDED = {
    "CheckpointError": "mpiprocessing.core.errors",
    "Preempted": "mpiprocessing.core.errors",
    "SerialPool": "mpiprocessing.serialpool",
    "reduce_in_order": "mpiprocessing.inorder",
    "task_rng": "mpiprocessing.seeds",
    "task_seed": "mpiprocessing.seeds",
}
"""What the standard library has no name for, and needs no MPI."""

_HOMES = ("mpiprocessing.process", "mpiprocessing.connection", "mpiprocessing.context", "multiprocessing")
_MODULES = (
    "connection",
    "context",
    "managers",
    "pool",
    "process",
    "queues",
    "reduction",
    "sharedctypes",
    "synchronize",
)


def __getattr__(name: str) -> Any:
    """A public name, or a module of ours, when it is used first: a rank that waits for work needs none of them."""
    home = _ADDED.get(name)
    if home is not None:
        globals()[name] = getattr(importlib.import_module(home), name)
        return globals()[name]
    if name in _MODULES or name in __all__:
        importing.go_before()
    if name in _MODULES:
        return importlib.import_module(f"mpiprocessing.{name}")
    if name in __all__:
        for home in _HOMES:
            module = importlib.import_module(home)
            if name in module.__all__:
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
