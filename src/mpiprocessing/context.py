"""The factories of the module level, and the context objects that carry the same names.

There is one way to start a process, so every context is the same one; the standard library's names of start methods are
accepted. The rules that hold are those of "spawn", which is what `get_start_method` answers.

Differs from the stdlib in:
- `get_context` and `set_start_method` also know "mpi";
- `cpu_count` is the number of ranks;
- in an MPI program that shares objects after `init`, MPI's own calls are not ordered with ours: what `put` sends may be seen
  after what a later `comm.send` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from multiprocessing import (
    AuthenticationError,
    BufferTooShort,
    ProcessError,
    TimeoutError,
    get_logger,
    log_to_stderr,
    reduction,
)
from typing import Any

from mpiprocessing import connection, managers, pool, process, queues, sharedctypes, synchronize
from mpiprocessing.core import thisrank
from mpiprocessing.core.startmethod import DEFAULT, chosen

__all__ = [
    "Array",
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "JoinableQueue",
    "Lock",
    "MPIContext",
    "Manager",
    "Pipe",
    "Pool",
    "Queue",
    "RLock",
    "RawArray",
    "RawValue",
    "Semaphore",
    "SimpleQueue",
    "Value",
    "allow_connection_pickling",
    "cpu_count",
    "get_all_start_methods",
    "get_context",
    "get_start_method",
    "init",
    "set_executable",
    "set_forkserver_preload",
    "set_start_method",
]


class MPIContext:
    """What `get_context` returns: the module's names as attributes."""

    ProcessError = ProcessError
    BufferTooShort = BufferTooShort
    TimeoutError = TimeoutError
    AuthenticationError = AuthenticationError
    Process = process.Process
    reducer = reduction

    current_process = staticmethod(process.current_process)
    parent_process = staticmethod(process.parent_process)
    active_children = staticmethod(process.active_children)

    _method = DEFAULT

    def cpu_count(self) -> int:
        """How many ranks can run Python code."""
        return thisrank.running().size

    def Pipe(self, duplex: bool = True) -> tuple[connection.Connection, connection.Connection]:
        """Two connections that talk to each other."""
        return connection.Pipe(duplex)

    def Queue(self, maxsize: int = 0) -> queues.Queue[Any]:
        """A queue."""
        return queues.Queue(maxsize, ctx=self)

    def JoinableQueue(self, maxsize: int = 0) -> queues.JoinableQueue[Any]:
        """A queue that can be joined."""
        return queues.JoinableQueue(maxsize, ctx=self)

    def SimpleQueue(self) -> queues.SimpleQueue[Any]:
        """A queue with nothing but `put`, `get`, `empty` and `close`."""
        return queues.SimpleQueue(ctx=self)

    def Lock(self) -> synchronize.Lock:
        """A lock."""
        return synchronize.Lock(ctx=self)

    def RLock(self) -> synchronize.RLock:
        """A lock that its holder may take again."""
        return synchronize.RLock(ctx=self)

    def Semaphore(self, value: int = 1) -> synchronize.Semaphore:
        """A number of units."""
        return synchronize.Semaphore(value, ctx=self)

    def BoundedSemaphore(self, value: int = 1) -> synchronize.BoundedSemaphore:
        """A semaphore that never has more units than at first."""
        return synchronize.BoundedSemaphore(value, ctx=self)

    def Condition(self, lock: Any = None) -> synchronize.Condition:
        """A condition variable."""
        return synchronize.Condition(lock, ctx=self)

    def Event(self) -> synchronize.Event:
        """A flag to wait for."""
        return synchronize.Event(ctx=self)

    def Barrier(
        self, parties: int, action: Callable[[], object] | None = None, timeout: float | None = None
    ) -> synchronize.Barrier:
        """A barrier."""
        return synchronize.Barrier(parties, action, timeout, ctx=self)

    def Value(self, typecode_or_type: Any, *args: Any, lock: Any = True) -> Any:
        """A shared ctypes object with a lock."""
        return sharedctypes.Value(typecode_or_type, *args, lock=lock, ctx=self)

    def Array(self, typecode_or_type: Any, size_or_initializer: Any, *, lock: Any = True) -> Any:
        """A shared array with a lock."""
        return sharedctypes.Array(typecode_or_type, size_or_initializer, lock=lock, ctx=self)

    def RawValue(self, typecode_or_type: Any, *args: Any) -> Any:
        """A shared ctypes object without a lock."""
        return sharedctypes.RawValue(typecode_or_type, *args)

    def RawArray(self, typecode_or_type: Any, size_or_initializer: Any) -> Any:
        """A shared array without a lock."""
        return sharedctypes.RawArray(typecode_or_type, size_or_initializer)

    def Pool(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
    ) -> pool.Pool:
        """A pool of worker processes."""
        return pool.Pool(processes, initializer, initargs, maxtasksperchild, context=self)

    def Manager(self) -> managers.SyncManager:
        """A manager that is started: it keeps dicts, lists and more for processes to share."""
        manager = managers.SyncManager(ctx=self)  # type: ignore[arg-type]  # theirs are of another family
        manager.start()
        return manager

    def freeze_support(self) -> None:
        """Nothing to do: frozen programs are not supported."""

    def set_executable(self, executable: str) -> None:
        """Nothing to do: `mpiexec` has started the interpreters."""

    def set_forkserver_preload(self, module_names: list[str]) -> None:
        """Nothing to do: there is no fork server."""

    def allow_connection_pickling(self) -> None:
        """Nothing to do: connections can always be pickled."""

    get_logger = staticmethod(get_logger)
    log_to_stderr = staticmethod(log_to_stderr)

    def get_context(self, method: str | None = None) -> MPIContext:
        """A context for that start method; all are alike.

        Raises:
            ValueError: there is no such start method.
        """
        if method is None:
            return self
        if method not in _CONTEXTS:
            raise ValueError(f"cannot find context for {method!r}")
        return _CONTEXTS[method]

    def get_start_method(self, allow_none: bool = False) -> str:
        """The start method whose rules hold."""
        return self._method

    def set_start_method(self, method: str | None, force: bool = False) -> None:
        """A context's method is fixed.

        Raises:
            ValueError: always.
        """
        raise ValueError("cannot set start method of concrete context")


class SpawnContext(MPIContext):
    """What `get_context("spawn")` returns."""


class ForkContext(MPIContext):
    """What `get_context("fork")` returns: nothing is forked, the name alone is another."""

    _method = "fork"


class ForkServerContext(MPIContext):
    """What `get_context("forkserver")` returns: there is no fork server, the name alone is another."""

    _method = "forkserver"


_CONTEXTS: dict[str, MPIContext] = {
    "spawn": SpawnContext(),
    "fork": ForkContext(),
    "forkserver": ForkServerContext(),
    "mpi": MPIContext(),
}


class DefaultContext(MPIContext):
    """The context of the module itself, whose start method may be set once: until it was asked for."""

    def get_context(self, method: str | None = None) -> MPIContext:
        """A context for that start method, or for the module's own; all are alike.

        Raises:
            ValueError: there is no such start method.
        """
        return super().get_context(method or self.get_start_method())

    def set_start_method(self, method: str | None, force: bool = False) -> None:
        """Choose a start method; all are alike.

        Raises:
            RuntimeError: it was set before, and `force` is false.
            ValueError: there is no such start method.
        """
        if chosen.name is not None and not force:
            raise RuntimeError("context has already been set")
        chosen.name = None if method is None else self.get_context(method)._method

    def get_start_method(self, allow_none: bool = False) -> str:
        """The start method that was set, or "spawn", which cannot be changed any more after this.

        Args:
            allow_none: answer None where none was set.
        """
        if chosen.name is None and not allow_none:
            chosen.name = DEFAULT
        return chosen.name  # type: ignore[return-value]  # None only where it is allowed

    def get_all_start_methods(self) -> list[str]:
        """The names that are accepted."""
        return list(_CONTEXTS)


_default = DefaultContext()

Pipe = _default.Pipe
Queue = _default.Queue
JoinableQueue = _default.JoinableQueue
SimpleQueue = _default.SimpleQueue
Lock = _default.Lock
RLock = _default.RLock
Semaphore = _default.Semaphore
BoundedSemaphore = _default.BoundedSemaphore
Condition = _default.Condition
Event = _default.Event
Barrier = _default.Barrier
Value = _default.Value
Array = _default.Array
RawValue = _default.RawValue
RawArray = _default.RawArray
Pool = _default.Pool
Manager = _default.Manager
cpu_count = _default.cpu_count
get_context = _default.get_context
get_start_method = _default.get_start_method
set_start_method = _default.set_start_method
get_all_start_methods = _default.get_all_start_methods
set_executable = _default.set_executable
set_forkserver_preload = _default.set_forkserver_preload
allow_connection_pickling = _default.allow_connection_pickling


def init(comm: Any = None) -> None:
    """Let every rank of an SPMD program use shared objects. Collective.

    A program that is started on all ranks (`mpiexec -n 4 python prog.py`) calls this once on each; then an object made on one
    rank may be sent to others with `comm.bcast` or `comm.send`. At the end of the program the ranks leave together.

    Args:
        comm: the mpi4py communicator whose ranks take part; MPI.COMM_WORLD without it.
    """
    thisrank.start_spmd(comm)
