"""The door to MPI: mpi4py is imported here, MPI started, and every rank but 0 waits here until the program needs it.

    rank 0                    the other ranks
    start_mpi()               start_mpi()
    Door ◀── process ids ──── Door
    runs the program          wait(): one broadcast has been posted, nothing else is loaded
    open() ──── job ────────▶ the program uses multiprocessing: all ranks load what that takes, at the same time
    dismiss() ── 0 ─────────▶ it never did: the rank leaves

Loading the rest of the library takes longer than starting Python and MPI together takes a program that needs nothing of it.
Nothing here loads it, nor the standard library's `multiprocessing`.

mpi4py is imported when MPI is started, not before: `import mpiprocessing` in a plain Python process starts no MPI.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import sys
import threading
import warnings

from mpiprocessing.core.abort import abort
from mpiprocessing.core.backoff import Backoff, NoBell
from mpiprocessing.core.blackbox import BlackBox
from mpiprocessing.core.cores import affinity
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.failures import Failures, borne
from mpiprocessing.core.netmod import choose, must_probe

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["Door", "start_mpi"]

_WORD = struct.Struct("=Q")
"""What rank 0 says: the job's number."""

_TAG = 4
"""Of that word, where it is told to each rank; the transport, which comes later, has tags of its own."""

_ASKED_FOR = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PALS_SIZE", "MPI_LOCALNRANKS", "SLURM_STEP_NUM_TASKS")
"""Where launchers tell of how many ranks they were asked for."""


_BY_MPIEXEC = ("OMPI_COMM_WORLD_SIZE", "HYDI_CONTROL_FD", "MPI_LOCALNRANKS")
"""What an mpiexec sets, and srun does not."""


def start_mpi() -> Any:
    """Import mpi4py and initialise MPI, with every check that can be made at the start.

    Returns:
        The module `mpi4py.MPI`.

    Raises:
        LaunchError: no mpi4py or no libmpi, started by an mpiexec that belongs to another MPI, or an MPI that does not let
            several threads call it.
    """
    try:
        import mpi4py

        if "mpi4py.MPI" not in sys.modules:
            mpi4py.rc.initialize = False
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise LaunchError(_why_no_mpi(error)) from error
    if not MPI.Is_initialized():
        _check_launcher(MPI.Get_library_version())
        choose(MPI.Get_library_version())
        hang_up = signal.getsignal(signal.SIGHUP)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # mpi4py's of a wrong mpiexec: we say it in one line
            MPI.Init_thread(MPI.THREAD_MULTIPLE)
        # UCX, below some MPI libraries, takes it for its debugger: a rank whose terminal is gone would stay.
        if hang_up is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGHUP, hang_up)
    _check_world(MPI)
    return MPI


def _why_no_mpi(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "mpi4py":
        why = f"{sys.executable} has no mpi4py"
    else:
        first = str(error).partition("\n")[0]  # the others are the files that mpi4py has tried
        why = f"mpi4py of {sys.executable} cannot be used ({first})"
    return (
        f"{why}: install it together with an MPI, {sys.executable} -m pip install 'mpiprocessing[mpich]', or load your "
        f"cluster's MPI module and install mpi4py against it"
    )


def _check_launcher(library: str) -> None:
    """Before MPI starts: some mismatches end the process inside the MPI library, or with a long text of its own."""
    mpich = "mpich" in library.lower() or "intel" in library.lower()
    by_openmpi = "OMPI_COMM_WORLD_SIZE" in os.environ
    if mpich and by_openmpi and "PMIX_RANK" in os.environ and "PMI_RANK" not in os.environ:
        raise LaunchError(_mismatch(library))
    newer = library.startswith(("Open MPI v5", "Open MPI v6"))  # of launchers they know PMIx only
    if newer and "PMIX_RANK" not in os.environ and _asked_for() > 1:
        raise LaunchError(_alone(library))


def _asked_for() -> int:
    """For how many ranks the launcher was asked, as far as it tells."""
    return next((int(os.environ[name]) for name in _ASKED_FOR if os.environ.get(name, "").isdigit()), 1)


def _check_world(MPI: Any) -> None:
    if MPI.COMM_WORLD.size == 1 and _asked_for() > 1:
        raise LaunchError(_alone(MPI.Get_library_version()))
    if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
        raise LaunchError(
            f"this MPI was started with thread level {MPI.Query_thread()}, mpiprocessing needs MPI_THREAD_MULTIPLE "
            f"({MPI.THREAD_MULTIPLE}): leave mpi4py.rc.threads and mpi4py.rc.thread_level alone, "
            "or use an MPI that was built with it"
        )


def _alone(library: str) -> str:
    return f"{_asked_for()} ranks were asked for, and every one of them is rank 0 of 1: {_mismatch(library)}"


def _mismatch(library: str) -> str:
    name = library.strip().splitlines()[0].strip("\0 ").split(",")[0]
    if "SLURM_STEP_ID" in os.environ and not any(map(os.environ.get, _BY_MPIEXEC)):
        speaks = "pmix" if "Open MPI" in library else "pmi2"
        return (
            f"srun speaks nothing (--mpi) that the MPI library of {sys.executable} ({name}) "
            f"understands; start it with srun --mpi={speaks} (srun --mpi=list shows what there is), or with "
            f"{os.path.join(os.path.dirname(sys.executable), 'mpiexec')} within the job"
        )
    return (
        f"the mpiexec that started this job does not belong to the MPI library of {sys.executable} ({name}); "
        f"start it with {os.path.join(os.path.dirname(sys.executable), 'mpiexec')} or with the mpiexec of that library"
    )


class Door:
    """Where the ranks of a job meet. Making one is collective.

    Args:
        MPI: the module `mpi4py.MPI`, initialised.
        comm: the communicator whose ranks take part; it is duplicated.

    Attributes:
        MPI: likewise.
        comm: a communicator of our own.
        rank: this rank.
        size: how many there are.
        failures: what is known of dead ranks, where MPI bears them; None elsewhere.
        box: where ranks note who they are; None where this rank sees none.
        pids: on rank 0, the process id of every rank; None elsewhere.
        places: on rank 0, the host of every rank and the cores it may run on, as text; None elsewhere.
        job: a number that no two jobs have in common, once the door is open; 0 before.
        probes: whether frames are to be probed for (`netmod.py`).
    """

    def __init__(self, MPI: Any, comm: Any = None) -> None:
        self.MPI = MPI
        self.comm = (comm or MPI.COMM_WORLD).Dup()
        # A failure has to come back as an exception: by default MPI would end the job without a word of ours.
        self.comm.Set_errhandler(MPI.ERRORS_RETURN)
        self.rank: int = self.comm.rank
        self.probes = must_probe(MPI.Get_library_version())  # before the launcher's variables are gone
        self.size: int = self.comm.size
        self.box = BlackBox.named()
        self.failures = Failures(MPI, self.comm, self.box) if borne(MPI) else None
        if self.failures is not None:
            self.box = self.failures.box
        if self.box is not None:
            self.box.sign(self.rank)
        met: list[tuple[int, str, str]] | None = self.comm.gather(
            (os.getpid(), os.uname().nodename, affinity())
        )
        self.pids = None if met is None else [pid for pid, _, _ in met]
        self.places = None if met is None else [(host, cores) for _, host, cores in met]
        self.job = 0

    def open(self) -> None:
        """Rank 0: the others are needed. Once, and not after `dismiss`."""
        self._say(int.from_bytes(os.urandom(6), "big") or 1)

    def dismiss(self) -> None:
        """Rank 0: the others will not be needed. Once, and not after `open`."""
        self._say(0)

    def _say(self, job: int) -> None:
        self.job = job
        word = bytearray(_WORD.pack(job))
        if self.failures is not None:
            self._say_to_each(word)
            return
        # Complete as soon as the word is on its way: it is too short for MPI to wait for a receiver.
        self.comm.Ibcast([word, self.MPI.BYTE]).Wait()

    def _say_to_each(self, word: bytearray) -> None:
        """Where ranks may be dead: those behind them in the tree of a broadcast would not hear it."""
        for rank in range(1, self.comm.size):
            with contextlib.suppress(self.MPI.Exception):
                self.comm.Isend([word, self.MPI.BYTE], rank, _TAG).Wait()

    def wait(self) -> bool:
        """Every other rank: wait for rank 0's word.

        Returns:
            Whether this rank is needed.
        """
        word, backoff = bytearray(_WORD.size), Backoff(NoBell())
        if self.failures is None:
            request = self.comm.Ibcast([word, self.MPI.BYTE])
        else:
            request = self.comm.Irecv([word, self.MPI.BYTE], 0, _TAG)
        try:
            while not request.Test():
                if not backoff.is_patient():
                    backoff.rest(None, True)
        except self.MPI.Exception:
            if self.failures is None:
                raise
            self.failures.main_died()
        (self.job,) = _WORD.unpack(word)
        return self.job != 0

    def finalize(self) -> None:
        """End MPI on this rank (collective)."""
        if self.failures is not None:
            self.failures.linger()
            return
        if not self.MPI.Is_finalized():
            self.MPI.Finalize()

    def abort(self, status: int) -> NoReturn:
        """End every rank of the job at once with that status; what was printed before has a moment to get out."""
        if self.box is not None:
            # Of ranks that are killed MPICH's mpiexec now and then reports the signal, in place of the status.
            self.box.declare(status)
        abort(self.MPI.COMM_WORLD.Abort if self.failures is None else self.failures.abort, status)
