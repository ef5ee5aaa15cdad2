"""A rank from its first step to its last: rank 0 runs the user's program, the others wait until it needs them.

    every rank      start_mpi ─▶ Door
    rank 0          the program ─────▶ import multiprocessing ─────▶ … ─────▶ its end
                                       Door.open │ load the job               the job ends, every rank leaves
    other ranks     Door.wait ─────────────────▶ load the job, host children ──▶

What only a program with child processes or shared objects needs (`job.py`, and all that stands on it) is loaded when the
program imports `multiprocessing`, or anything that leads to it: on all ranks at the same time. A program that never does ends
as if it had been started by Python alone, and the other ranks leave by the door.

The program's end is the job's end: daemons are terminated, other children joined, as in the standard library; then every rank
leaves together. A program that fails ends everything at once. The status is the program's own: 1 after an exception, n after
`sys.exit(n)`.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import signal
import threading
from time import monotonic

from mpiprocessing.core import environment, inherited
from mpiprocessing.core.abort import flush
from mpiprocessing.core.console import Console
from mpiprocessing.core.door import Door, start_mpi
from mpiprocessing.core.ending import own_exit
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.exitcalls import end_threads, exit_calls
from mpiprocessing.core.importing import precede
from mpiprocessing.core.lastwords import exit_status, show, tell
from mpiprocessing.core.printing import Printing
from mpiprocessing.core.signals import Signals, sigterm_without_child
from mpiprocessing.core.stdinpipe import adopt

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable

    from mpiprocessing.core.job import Lead, Plan
    from mpiprocessing.core.program import Program
    from mpiprocessing.core.wanted import Wanted

__all__ = ["run"]

LEAD_TO_US = (
    *("multiprocessing", "mpiprocessing"),
    *("multiprocess", "joblib", "schwimmbad", "concurrent.futures.process"),  # see clients/libraries
)
"""What a program cannot use without the rest of the library, whichever of these it imports first."""

_GRACE = 1.0
"""Seconds that ranks have to leave when a thread that is not the main thread ends the program."""


def run(program: Program, load: Callable[[], Plan], at_once: bool, wanted: Wanted | None = None) -> int:
    """Run a program on all ranks of this job. Collective.

    Args:
        program: what to run on rank 0.
        load: loads the rest of the library, and says what this rank does with it.
        at_once: load it before the program begins, whatever that needs.
        wanted: what is to be told of the job.

    Returns:
        The status for the shell.

    Raises:
        LaunchError: MPI cannot be used, or was started wrongly.
    """
    door = Door(start_mpi())
    if door.rank == 0:
        adopt()
    environment.settle()
    inherited.settle()
    faulthandler.register(signal.SIGQUIT, file=2, all_threads=True)  # a job has more to say; see `stacks.py`
    label, logs = (wanted.label, wanted.log_dir) if wanted is not None else (False, "")
    try:
        printing = Printing(door.rank, door.size, label, logs)
    except LaunchError as error:  # only rank 0 ends for that, and takes the others along
        tell(f"mpiprocessing: {error}\n")
        door.dismiss()
        door.finalize()
        return 2
    if door.rank == 0:
        if wanted is not None and wanted.report_ranks:
            _say_where(door)
        return _Main(program, door, load).run(at_once, printing)
    # Ctrl-C reaches every rank: the main program decides. The others may come for a child that has just ended, or, from a
    # batch system, for every process of the job; each child finds them as they are in a new process.
    for number in (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, sigterm_without_child)
    if door.wait():
        load().host(door, printing)
        _forsake_threads()
    else:
        door.finalize()
    return 0


def _forsake_threads() -> None:
    """Threads that children have left behind, blocked, hold up no end of their rank: the interpreter would join them."""
    main = threading.main_thread()
    if any(not thread.daemon and thread is not main for thread in threading.enumerate()):
        atexit._run_exitfuncs()
        flush()
        _exit(0)


def _say_where(door: Door) -> None:
    """Where each rank runs."""
    from mpiprocessing.core.whereabouts import table  # only a job that asks for it needs it

    assert door.pids is not None and door.places is not None
    tell(table([(host, cores, pid) for (host, cores), pid in zip(door.places, door.pids, strict=True)]))


class _Main:
    """Rank 0: the main program."""

    def __init__(self, program: Program, door: Door, load: Callable[[], Plan]) -> None:
        self._program = program
        self._door = door
        self._load = load
        self._signals = Signals()
        self._lead: Lead | None = None  # the job, once the program needs it
        self._pid = os.getpid()
        self._begun = 0.0

    def run(self, at_once: bool, printing: Printing) -> int:
        """Run the program, end the job, and return the status for the shell."""
        console = Console(printing)
        self._signals.begin()
        self._declare(None)
        exit_calls.begin()

        def begin() -> None:
            if os.getpid() == self._pid:  # what the program forks is no rank
                self._door.open()
                self._lead = self._load().lead(self._door, self._signals, console)

        if at_once:
            begin()
        else:
            precede(LEAD_TO_US, begin)
        self._begun = monotonic()
        with own_exit(self._leave):
            with self._lead.watched() if self._lead is not None else contextlib.nullcontext():
                status, failed = self._outcome()
        seconds = monotonic() - self._begun
        status = console.finish(status)
        if os.getpid() != self._pid:  # the program has forked, and this copy is no rank
            os._exit(status)
        exit_calls.hand_back()
        self._declare(status)
        if self._lead is not None:
            self._lead.end(status, failed, seconds)
        else:
            self._go(status)
        self._program.let_go()
        return status

    def _declare(self, status: int | None) -> None:
        """For a launcher that would believe its mpiexec, whatever that says."""
        if self._door.box is not None:
            self._door.box.declare(status)

    def _outcome(self) -> tuple[int, bool]:
        """Run the program; returns its status, and whether the rest of the job is to end at once."""
        try:
            if self._lead is not None:
                self._lead.check()
            try:
                self._program.run()
            except SystemExit as ended:
                status = exit_status(ended.code)
            else:
                status = 0
            self._shut_down()
            return status, False
        except LaunchError as error:
            tell(f"mpiprocessing: {error}\n")
            return 2, True
        except BaseException as error:
            return show(error), True

    def _shut_down(self) -> None:
        """What a main process does at its end, in the order of the interpreter: threads, exit calls, then its children."""
        if os.getpid() == self._pid:
            end_threads()
            exit_calls.run()
            if self._lead is not None:
                self._lead.finish()

    def _leave(self, status: int) -> None:
        """What `os._exit` does on rank 0: every rank leaves, and nothing more of the program runs."""
        self._declare(status)
        if threading.current_thread() is not threading.main_thread():
            self._signals.call(lambda: os._exit(status))  # only the main thread may end MPI
            threading.Event().wait(_GRACE)
        elif self._lead is None:
            self._go(status)
            _exit(status)
        elif self._lead.leave(status, monotonic() - self._begun):
            _exit(status)
        self._door.abort(status)

    def _go(self, status: int) -> None:
        """The program never needed the other ranks: all leave."""
        if self._door.job:  # it did, but something kept this rank from it
            self._door.abort(status)
        self._door.dismiss()
        self._door.finalize()


def _exit(status: int) -> None:
    """End the process: MPICH says good-bye to its launcher in an exit handler of C, and is taken for crashed without it."""
    import ctypes  # costs as much as all that a program without children loads of us

    ctypes.CDLL(None).exit(status)
