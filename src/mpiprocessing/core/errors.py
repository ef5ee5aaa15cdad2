"""The exceptions of the runtime itself, and how failures of other ranks are shown.

Whatever a user's program may meet has the type the standard library would raise (`EOFError`, `queue.Full`,
`multiprocessing.TimeoutError`, ...). The classes here are for what the standard library has no word for: an MPI
that was started wrongly, too few ranks, a handle that lost its job.
"""

from __future__ import annotations

import errno
import threading

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = [
    "CheckpointError",
    "DeadlockError",
    "HandleError",
    "HolderDied",
    "HomeLost",
    "LaunchError",
    "MPIProcessingError",
    "PeerLost",
    "Preempted",
    "ProcessTerminated",
    "ProtocolError",
    "RanksError",
    "WorkerDied",
    "ends_the_process",
]


class MPIProcessingError(RuntimeError):
    """Base class of the errors that only a program on MPI can meet."""


class LaunchError(MPIProcessingError):
    """The job was started in a way that cannot work; the text says how to start it."""


class RanksError(MPIProcessingError):
    """A child process was asked for, and the job has no rank that could run it."""


class DeadlockError(MPIProcessingError):
    """Nothing can go on any more: every process waits for something that only another one of them could bring.

    Raised in the main program's wait. The text says who waits where and for what, and what to do about it.
    """


class HandleError(MPIProcessingError):
    """A shared object was read that belongs to another job."""


class ProtocolError(MPIProcessingError):
    """A message arrived that its receiver has no rule for: a defect of this library, never of the user's program."""


class CheckpointError(MPIProcessingError):
    """A checkpoint cannot be used: it is of another call, somebody uses it, or it cannot be read or written."""


class Preempted(SystemExit):
    """A signal has told the program to stop: what had ended is in the checkpoint, and another run goes on from there.

    A `SystemExit` with the code 75 (EX_TEMPFAIL of sysexits.h): a program that does not catch it ends with that status, so that
    a job script knows that it has to be run again; `except Exception` does not swallow it, `finally` and `with` do their work.

    Args:
        text: how far the call is.
        signal: which one it was.
        checkpoint: the file.
        saved: how many items have their result in it, of those read so far.
    """

    def __init__(self, text: str, signal: int, checkpoint: str, saved: int) -> None:
        super().__init__(75)
        self.text = text
        self.signal = signal
        self.checkpoint = checkpoint
        self.saved = saved

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.text, self.signal, self.checkpoint, self.saved)


class WorkerDied(MPIProcessingError):
    """A rank is dead, and with it the process that ran there: killed, crashed, or out of memory.

    Args:
        text: what happened, and to what it matters.
        rank: which rank.
        host: where it ran; None where that is not known.
        signal: what ended it; None where that is not known.
        process: the name of the process that ran there, if there was one and it is known.
        task: what that was doing, if it is known.
    """

    def __init__(
        self,
        text: str,
        rank: int,
        host: str | None = None,
        signal: int | None = None,
        process: str | None = None,
        task: str | None = None,
    ) -> None:
        super().__init__(text)
        self.rank = rank
        self.host = host
        self.signal = signal
        self.process = process
        self.task = task

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.rank, self.host, self.signal, self.process, self.task)


class HolderDied(WorkerDied):
    """What this process waits for was held by one that is dead, and does not come back by itself: a lock, all units of a
    semaphore, a task of a joinable queue."""


class HomeLost(WorkerDied):
    """A shared object was kept by a rank that is dead, and is lost with it."""


class PeerLost(HomeLost, EOFError, BrokenPipeError):
    """A pipe, or an object of a manager, is lost with a rank: the end of the file for readers, a broken pipe for writers."""

    def __init__(self, *args: Any, **facts: Any) -> None:
        super().__init__(*args, **facts)
        self.errno = errno.EPIPE


class ProcessTerminated(BaseException):
    """Raised in the main thread of a rank to end the child process that runs there.

    A `BaseException`, so that an `except Exception` in the user's code does not swallow it.

    Args:
        exitcode: of the process (-15 for `terminate`, -9 for `kill`, n for `os._exit(n)`).
    """

    def __init__(self, exitcode: int) -> None:
        super().__init__(exitcode)
        self.exitcode = exitcode

    @staticmethod
    def behind(error: BaseException | None) -> ProcessTerminated | None:
        """What ended the process where an error is all that came of it: a `finally` that was left early may raise anything."""
        seen = set()  # a program may have tied a knot
        while error is not None and id(error) not in seen:
            if isinstance(error, ProcessTerminated):
                return error
            seen.add(id(error))
            error = error.__context__
        return None

    def __reduce__(self) -> NoReturn:
        # Who catches everything and reports it to another process (an executor's worker does) is not to go on either.
        raise self


def ends_the_process(error: BaseException) -> bool:
    """Whether it ends this process, or this thread because its process has ended."""
    in_main = threading.current_thread() is threading.main_thread()
    return isinstance(error, ProcessTerminated) or (isinstance(error, SystemExit) and not in_main)
