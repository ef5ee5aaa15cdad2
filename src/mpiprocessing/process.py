"""Processes: each runs on a rank of its own.

    parent's rank               host's rank
    Process.start() ──────────▶ the program is imported as __mp_main__, the process object is read, run() is called
    Process.join()  ◀────────── exit code

`Process` is the standard library's own `BaseProcess` with another way to start: names, numbering, texts of errors and the life
cycle are its, only `_Popen` is ours. Derived from CPython's `Lib/multiprocessing/popen_spawn_posix.py`.

Differs from the stdlib in:
- `rank` tells where the process runs;
- a process for which no rank is free is *pending*: alive, `pid` is None, and it starts as soon as one is free;
- `terminate`, `kill` and `os._exit` end the child and leave its rank alive: C code that does not return cannot be ended while
  the job goes on, and what C extensions do when an exception passes them (give back a lock of threads, close a file) happens;
- Ctrl-C in the terminal is for the main program: a child is interrupted by `interrupt`, which is there in every version, or by
  itself;
- what a child prints reaches the terminal in whole lines: an unfinished one is shown when it is finished, or the child ends;
- the interpreter's own modules and installed packages stay imported on a rank for the next child, and so does what a child has
  replaced in them; what Python and the system keep for a process (limits, cores, locale, timers, hooks, ...) is put back.
"""

from __future__ import annotations

import itertools
import multiprocessing.process
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing import context as stdlib_context
from multiprocessing import resource_sharer
from multiprocessing import util as stdlib_util
from multiprocessing.process import BaseProcess, active_children, current_process, parent_process
from time import monotonic
from typing import Any, NamedTuple

from mpiprocessing.core import payload
from mpiprocessing.core.descriptor import SENTINELS
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.exitcalls import end_threads, exit_calls
from mpiprocessing.core.failures import Death
from mpiprocessing.core.finalizers import finalizers
from mpiprocessing.core.job import job
from mpiprocessing.core.lastwords import exit_status, hint, tell, traceback_of
from mpiprocessing.core.messages import PENDING, READS
from mpiprocessing.core.preparation import preparation

__all__ = ["Process", "active_children", "current_process", "parent_process"]

_stdlib: Any = multiprocessing.process


class Process(BaseProcess):
    """An activity that runs on a rank of its own; the interface is that of `multiprocessing.Process`.

    Args:
        group: always None.
        target: called by `run` with `args` and `kwargs`.
        name: of the process; "Process-1", … without it.
        args: positional arguments of the target.
        kwargs: keyword arguments of the target.
        daemon: whether it is ended with its parent; inherited without it.
    """

    _start_method = "mpi"

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Popen:  # the stdlib's name
        return Popen(process_obj)

    def start(self) -> None:
        """Run it on a free rank; where there is none it is pending, and begins as soon as there is one.

        Raises:
            AssertionError: it was started before, or this process is not the one that may start it.
            RanksError: the job has no rank for it, and never will have.
        """
        # As the standard library's, which looks at all other children first whether they have ended: n² looks for n children.
        me: Any = self
        me._check_closed()
        assert me._popen is None, "cannot start a process twice"
        assert me._parent_pid == os.getpid(), "can only start a process object created by current process"
        parent: Any = current_process()
        assert not parent._config.get("daemon"), "daemonic processes are not allowed to have children"
        me._popen = self._Popen(self)
        me._sentinel = me._popen.sentinel
        del me._target, me._args, me._kwargs  # they may hold an indirect reference to the process object
        children: set[BaseProcess] = _stdlib._children
        children.add(self)
        me._popen.on_exit(lambda: children.discard(self))

    def interrupt(self) -> None:
        """Send the process SIGINT: `KeyboardInterrupt` is raised in it, unless it handles the signal itself."""
        self._check_closed()  # type: ignore[attr-defined]
        self._popen.interrupt()  # type: ignore[attr-defined]

    @property
    def rank(self) -> int | None:
        """The rank it runs on; None before `start`, and while it waits for a free one."""
        popen: Popen | None = self._popen  # type: ignore[attr-defined]
        if popen is not None:
            return popen.rank
        return job().runtime.rank if current_process() is self else None

    @property
    def sentinel(self) -> int:
        """A file descriptor that becomes readable when the process has ended."""
        self._check_closed()  # type: ignore[attr-defined]
        popen: Popen | None = self._popen  # type: ignore[attr-defined]
        if popen is None:
            raise ValueError("process not started")
        return popen.make_sentinel()


class _Start(NamedTuple):
    """What a child is told of itself and its parent."""

    process: BaseProcess
    parent_pid: int
    parent_name: str

    def parts_by_name(self) -> Iterator[tuple[str, Any]]:
        """For errors of pickling: the process speaks for itself."""
        yield "", self.process


class Popen:
    """A started process, as its parent holds it; the interface is that of the standard library's `popen_*` modules.

    Args:
        process: what is to run.
    """

    method = "mpi"
    sentinel = None  # made on first use: a descriptor for each process would be a poor use of them

    def __init__(self, process: BaseProcess) -> None:
        current = current_process()
        if getattr(current, "_inheriting", False):
            raise RuntimeError(_NOT_GUARDED)
        prepared = payload.dumps(preparation(process.name))
        # Some objects (the authentication key) may be pickled only for a child.
        stdlib_context.set_spawning_popen(self)  # type: ignore[arg-type]
        try:
            content = payload.dumps(_Start(process, os.getpid(), current.name))
        finally:
            stdlib_context.set_spawning_popen(None)
        self._job = job()
        self._child = self._job.children.start(prepared, content, _ends_with_parent(process), process.name)
        self._sentinel: tuple[int, int] | None = None

    @staticmethod
    def duplicate_for_child(fd: int) -> int:
        """What `reduction.DupFd` asks for, while the child's arguments are pickled: a descriptor that `DupFd` takes."""
        return fd

    @staticmethod
    def DupFd(fd: int) -> Any:
        """A descriptor that the child fetches: of a socket, say, among its arguments. It must run on this machine."""
        return resource_sharer.DupFd(fd)

    @property
    def pid(self) -> int | None:
        """The process id of the rank it runs on; None while it waits for one."""
        return self._child.pid

    @property
    def rank(self) -> int | None:
        """The rank it runs on; None while it waits for one."""
        return self._child.rank

    @property
    def returncode(self) -> int | None:
        """The exit code; None until it has ended."""
        return self._child.exitcode

    def poll(self) -> int | None:
        """The exit code, or None if the process has not ended."""
        if self._child.exitcode is None:
            self._job.runtime.peek()
        return self._child.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the process has ended.

        Args:
            timeout: seconds; None for ever.

        Returns:
            The exit code, or None if it did not end in time.
        """
        self._job.runtime.drive_until(lambda: self._child.exitcode is not None, timeout)
        return self._child.exitcode

    def _awaits(self) -> tuple[int, int, int]:
        """What `wait` waits for, see `core/testimony.py`: no shared object, but the process on that rank."""
        return 0, READS, PENDING if self._child.rank is None else self._child.rank

    def interrupt(self) -> None:
        """Interrupt the process as SIGINT would."""
        self._job.children.terminate(self._child, signal.SIGINT)

    def terminate(self) -> None:
        """End the process as SIGTERM would."""
        self._job.children.terminate(self._child, signal.SIGTERM)

    def kill(self) -> None:
        """End the process as SIGKILL would."""
        self._job.children.terminate(self._child, signal.SIGKILL)

    def on_exit(self, listener: Callable[[], None]) -> None:
        """Have `listener` called once the process has ended, under the runtime's lock; at once where it has."""
        with self._job.runtime.lock:
            if self._child.exitcode is None:
                self._child.exited.append(listener)
            else:
                listener()

    @property
    def is_orphan(self) -> bool:
        """Whether its parent has ended before it: what still runs there may be of another process."""
        return self._child.orphaned

    @property
    def death(self) -> Death | None:
        """The end of the rank it ran on, if that is how the process has ended."""
        return self._child.death

    def tell_no_death(self) -> None:
        """Should its rank die, whoever calls this tells so; else it is told on stderr."""
        self._child.tells = False

    def make_sentinel(self) -> int:
        """The reading end of a pipe whose writing end is closed when the process has ended."""
        with self._job.runtime.lock:
            if self._sentinel is None:
                self._sentinel = os.pipe()
                reading, writing = self._sentinel
                SENTINELS[reading] = self._awaits
                self.on_exit(lambda: os.close(writing))
            return self._sentinel[0]

    def close(self) -> None:
        """Free what the parent holds."""
        if self._sentinel is not None:
            SENTINELS.pop(self._sentinel[0], None)
            os.close(self._sentinel[0])
            self._sentinel = None

    def __del__(self) -> None:
        try:
            self.close()
        except (OSError, AttributeError):  # at the interpreter's end there are no modules any more
            pass


def _ends_with_parent(process: Any) -> bool:
    """Whether it is of no use once its parent has ended all of a sudden, and would keep its rank.

    Daemons are, and the workers of an executor: those are no daemons only so that they may have children themselves.
    """
    target = getattr(process, "_target", None)
    return process.daemon or getattr(target, "__module__", "") == "concurrent.futures.process"


_PID = os.getpid()

util: Any = stdlib_util

_PATIENCE = 2.0
"""Seconds that daemons have to end when their parent does."""

_NOT_GUARDED = """
        An attempt has been made to start a new process before the
        current process has finished its bootstrapping phase.

        A child imports the program's module before it runs, so whatever
        the module does when it is imported happens again there. Start
        processes only below the line

            if __name__ == '__main__':
        """


def run_child(content: _Start, parent_sentinel: int) -> int:
    """Run a process object in this rank's main thread, to its end.

    Args:
        content: the process, its parent's process id and name.
        parent_sentinel: a descriptor that becomes readable when the parent has ended.

    Returns:
        The exit code, as the standard library would give it.

    Raises:
        ProcessTerminated: its parent has ended it.
    """
    process, parent_pid, parent_name = content
    module = _stdlib
    before = module._current_process, module._parent_process, module._children, module._process_counter
    module._current_process, module._children = process, set()
    module._process_counter = itertools.count(1)
    module._parent_process = module._ParentProcess(parent_name, parent_pid, parent_sentinel)
    job().children.begin()
    try:
        return _run_to_end(process)
    finally:
        module._current_process, module._parent_process, module._children, module._process_counter = before


def _run_to_end(process: BaseProcess) -> int:
    util.info("child process calling self.run()")
    exitcode = _outcome(process)
    end_threads(exit_calls.threads)  # also those that the program's module has started while it was imported
    util.info(f"process exiting with exitcode {exitcode}")
    exit_calls.run()
    exit_calls.call(finalizers.run)
    exit_calls.end_logging()
    return exitcode


def _outcome(process: BaseProcess) -> int:
    try:
        try:
            process.run()
        except BaseException as error:
            if (end := ProcessTerminated.behind(error)) is not None:
                raise end from None
            finish()
            raise
        finish()
        return 0
    except SystemExit as ended:
        return exit_status(ended.code)
    except ProcessTerminated:
        raise
    except BaseException as error:
        runtime = job().runtime
        where = f"rank {runtime.rank} on {runtime.transport.host}"
        tell(f"Process {process.name} ({where}):\n{traceback_of(error)}{hint(error)}")
        return 1


def finish() -> None:
    """What a process does at its end: finalizers, daemons ended, other children joined."""
    if os.getpid() != _PID:
        return  # forked by a process of ours: the children are not its own
    util.info("process shutting down")
    util.debug('running all "atexit" finalizers with priority >= 0')
    util._run_finalizers(0)
    for child in active_children():
        if child.daemon:
            util.info("calling terminate() for daemon %s", child.name)
            child.terminate()
    patience = monotonic() + _PATIENCE
    for child in active_children():
        # A daemon that ignores SIGTERM, or sits in C code, may never end; the end of the job ends its rank.
        util.info("calling join() for process %s", child.name)
        child.join(max(0.0, patience - monotonic()) if child.daemon else None)
    util.debug('running the remaining "atexit" finalizers')
    util._run_finalizers()


def shut_down() -> None:
    """What the main process does at its end, when its threads and exit calls are done."""
    if os.getpid() == _PID:
        exit_calls.call(finalizers.run)  # what they tell its children has to be told before these are joined
        finish()
        util._exiting = True  # the standard library need not do it again
