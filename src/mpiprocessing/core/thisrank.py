"""This rank's runtime: started once, and found by whoever needs it.

A program under `python -m mpiprocessing` has it from the start; a program that every rank runs by itself starts it with
`mpiprocessing.init()`; a program that is alone gets it when it makes its first shared object.
"""

from __future__ import annotations

import atexit
import sys
import traceback
from types import TracebackType
from typing import Any

from mpiprocessing.core.door import Door, start_mpi
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.transport import Transport

__all__ = ["running", "start", "start_spmd", "started", "stop"]

_runtime: Runtime | None = None


def start(door: Door) -> Runtime:
    """Make the runtime of this rank. It does not answer before `begin`: first everything that is served has to be there.

    Args:
        door: where the ranks have met; it is open.
    """
    global _runtime
    _runtime = Runtime(Transport(door))
    return _runtime


def started() -> Runtime | None:
    """The runtime of this rank, if there is one already."""
    return _runtime


def running() -> Runtime:
    """The runtime of this rank; starts one where the program is alone.

    Raises:
        LaunchError: several ranks run the same program, and it has not called `mpiprocessing.init()`.
    """
    if _runtime is not None:
        return _runtime
    MPI = start_mpi()
    if MPI.COMM_WORLD.size > 1:
        raise LaunchError(
            f"{MPI.COMM_WORLD.size} ranks run this program, each from its beginning: for a multiprocessing program use "
            f"'mpiexec -n {MPI.COMM_WORLD.size} python -m mpiprocessing PROGRAM'; for a program written for MPI call "
            "mpiprocessing.init() on every rank first"
        )
    return start_spmd()


def stop() -> None:
    """Collective: take no further part, and end MPI where we started it."""
    global _runtime
    if _runtime is not None:
        runtime, _runtime = _runtime, None
        runtime.leave()
        runtime.transport.door.finalize()


def start_spmd(comm: Any = None) -> Runtime:
    """Start the runtime for a program that runs on every rank: the ranks leave together when their programs end. Collective.

    Args:
        comm: whose ranks take part; all of the job's without it.

    Returns:
        The runtime; the same one when called again.

    Raises:
        LaunchError: MPI cannot be used, or was started wrongly.
    """
    if _runtime is not None:
        return _runtime
    door = Door(start_mpi(), comm)
    if door.rank == 0:
        door.open()
    else:
        door.wait()
    atexit.register(stop)
    if door.comm.size > 1:
        sys.excepthook = _end_all
    runtime = start(door)
    runtime.begin()
    return runtime


def _end_all(kind: type[BaseException], error: BaseException, frames: TracebackType | None) -> None:
    """An exception that one rank's program did not catch ends all ranks: else they would wait for it for ever."""
    # In one piece: launchers forward what they are given, piece by piece.
    sys.stderr.write("".join(traceback.format_exception(kind, error, frames)))
    if _runtime is not None and _runtime.size > 1:
        _runtime.transport.abort(1)
