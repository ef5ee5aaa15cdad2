"""Ranks that die while the others go on, where MPI bears it: Open MPI started by `mpiexec --with-ft ulfm`.

MPI's part is User-Level Failure Mitigation (W. Bland, A. Bouteiller, T. Herault, G. Bosilca, J. Dongarra: Post-failure recovery
of MPI communication capability, 2013): what has to do with a dead rank fails, and so does the posted receive from any source,
on every rank and until the failure is acknowledged; everything else goes on. Whoever looks for messages meets the failure, so
nobody need spread the news: each rank sees it within one nap of its own (20 ms).

    a rank dies ──▶ an operation fails ──▶ news(): who is dead, acknowledged ──▶ Runtime.bury, on every rank that lives

What was measured with Open MPI 5.0.11, and shapes this file: `MPI_Abort` hangs the job there, and mpiexec neither ends the
others when a rank is killed, nor counts it as a failure: its status is that of the ranks that end by themselves. So a job that
has to end at once is ended by its ranks: each host's are killed by one of them, and one leaves with the status. After a death
`MPI_Finalize` waits for ever once in a few runs, for a fence of the processes' manager. So no rank calls it; nobody minds.
"""

from __future__ import annotations

import array
import contextlib
import os
import signal
from time import monotonic, sleep

from mpiprocessing.core.abort import end_rank
from mpiprocessing.core.blackbox import NOWHERE, BlackBox
from mpiprocessing.core.lastwords import tell_as_rank

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from typing import Any, NoReturn

__all__ = ["MAIN_DIED", "Agreement", "Death", "Failures", "borne"]

_ENABLED = "OMPI_MCA_mpi_ft_enable"
"""What `mpiexec --with-ft ulfm` sets for its ranks."""

MAIN_DIED = 128 + signal.SIGKILL
"""The status of a job whose rank 0 has died, whatever killed it: what a shell says of a killed process."""

_LINGER = 0.05
"""Seconds that a rank goes on to look for messages before it leaves."""

_TURN = 1.0
"""Seconds that a rank leaves to another one, which is to end it."""


class Death:
    """The end of a rank.

    Args:
        rank: which one.
        host: where it ran.
        signal: what has ended it, as far as that is known; SIGKILL otherwise.
        stack: what Python said of that, "" for nothing.
    """

    def __init__(self, rank: int, host: str, signal: int = signal.SIGKILL, stack: str = "") -> None:
        self.rank = rank
        self.host = host
        self.signal = signal
        self.stack = stack

    def __str__(self) -> str:
        return f"rank {self.rank} on {self.host} has died (signal {self.signal:d}, {signal.Signals(self.signal).name})"


def borne(MPI: Any) -> bool:
    """Whether the job goes on when a rank dies."""
    return os.environ.get(_ENABLED, "0") in ("1", "true") and "Open MPI" in MPI.Get_library_version()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and is not ours any more
        return True
    return True


class Failures:
    """What this rank knows of dead ranks, and how it ends the job where nothing else can. Making one is collective.

    Args:
        MPI: the module `mpi4py.MPI`.
        comm: the communicator of those who take part.
        box: the black box, if there is one already.

    Attributes:
        box: the black box; None where this rank sees none.
        hosts: where each rank runs.
        dead: the ranks that are dead.
        hidden: those of them of which MPI does not know that.
    """

    def __init__(self, MPI: Any, comm: Any, box: BlackBox | None) -> None:
        self._MPI = MPI
        self._comm = comm
        self._rank: int = comm.rank
        made = BlackBox.made(comm.size) if box is None and comm.rank == 0 else NOWHERE
        places = comm.allgather((os.getpid(), os.uname().nodename, made))
        self._pids: list[int] = [pid for pid, _, _ in places]
        self.hosts: list[str] = [host for _, host, _ in places]
        self.box = box or BlackBox.of_rank_0(places[0][2])
        if self.box is not None:
            self.box.await_crash(self._rank)
        self.dead: set[int] = set()
        self.hidden: set[int] = set()
        self._missing: set[int] = set()  # at the last look at process ids
        self._met = (MPI.ERR_PROC_FAILED, MPI.ERR_PROC_FAILED_PENDING, MPI.ERR_IN_STATUS, MPI.ERR_PENDING)

    def news(self, error: Exception) -> list[int]:
        """An operation of MPI has failed: because of whom?

        Args:
            error: what it raised.

        Returns:
            The ranks that were not known to be dead.

        Raises:
            Exception: `error`, where it has to do with no dead rank.
        """
        MPI, comm = self._MPI, self._comm
        if not isinstance(error, MPI.Exception):
            raise error
        kind = error.Get_error_class()
        if kind == MPI.ERR_REVOKED:
            self._end_with_others()
        if kind not in self._met:
            raise error
        comm.Ack_failed()
        # In this order: who dies in between is met again.
        failed = comm.Get_failed()
        ranks = MPI.Group.Translate_ranks(failed, None, comm.Get_group()) if failed.size else []
        failed.Free()
        fresh = [int(rank) for rank in ranks if rank not in self.dead]
        if not ranks:
            raise error
        self.dead.update(fresh)
        return fresh

    def vanished(self) -> list[int]:
        """Look for the processes of this host.

        MPI learns of a death from what has started the rank, and does not call it one where C code has called `exit`.

        Returns:
            The ranks that were gone at the last look as well, and that MPI does not know to be dead.
        """
        missing = {
            rank
            for rank, pid in enumerate(self._pids)
            if self.hosts[rank] == self.hosts[self._rank] and rank not in self.dead and not _lives(pid)
        }
        gone = sorted(missing & self._missing)
        self._missing = missing
        return gone

    def death(self, rank: int) -> Death:
        """What is known of the end of a rank."""
        box = self.box
        if box is None:
            return Death(rank, self.hosts[rank])
        return Death(rank, self.hosts[rank], box.signal_of(rank) or signal.SIGKILL, box.crash_of(rank))

    def agree(self, flag: bool) -> Agreement:
        """Collective among those who live, does not block: whether the flag is set on any of them."""
        return Agreement(self._MPI, self._comm, flag)

    # ---- ending the job ----

    def linger(self) -> None:
        """The ranks leave, each as soon as it has agreed: what this one passes on to others has to get out."""
        until = monotonic() + _LINGER
        while monotonic() < until:
            with contextlib.suppress(self._MPI.Exception):
                self._comm.Iprobe()
            sleep(1e-3)

    def abort(self, status: int) -> NoReturn:
        """End every rank of the job at once with that status."""
        with contextlib.suppress(Exception):
            self._comm.Revoke()  # what the ranks of other hosts meet
        self._kill_mates()
        end_rank(status)

    def main_died(self) -> NoReturn:
        """Rank 0 is dead, and nobody is left who could end the job in any other way."""
        if self._rank == self._first():
            tell_as_rank(
                f"mpiprocessing: rank 0 on {self.hosts[0]}, which ran the main program, has died: the job is ended\n"
            )
        if self._rank != self._first(self.hosts[self._rank]):
            sleep(_TURN)
        self._kill_mates()
        end_rank(MAIN_DIED)

    def _end_with_others(self) -> NoReturn:
        """Another rank ends the job: on its own host it does so itself, and leaves with the status."""
        sleep(_TURN)
        self._kill_mates()
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    def _first(self, host: str | None = None) -> int:
        """The first rank that lives, on that host."""
        return next(
            rank for rank, where in enumerate(self.hosts) if rank not in self.dead and host in (None, where)
        )

    def _kill_mates(self) -> None:
        """End the others on this host."""
        for rank, (pid, host) in enumerate(zip(self._pids, self.hosts, strict=True)):
            if host == self.hosts[self._rank] and rank != self._rank and rank not in self.dead:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)


class Agreement:
    """What the living ranks find out together; the interface is that of a request with a buffer of one byte.

    Attributes:
        answer: its only item is not 0 if the flag was set on any rank, once `Test` has returned true.
    """

    def __init__(self, MPI: Any, comm: Any, flag: bool) -> None:
        self._MPI = MPI
        self._quiet = array.array("i", [not flag])  # MPI finds out whether all agree
        self._request = comm.Iagree(self._quiet)
        self.answer = bytearray(1)

    def Test(self) -> bool:
        """Whether the answer is there."""
        try:
            if not self._request.Test():
                return False
        except self._MPI.Exception as error:
            if error.Get_error_class() != self._MPI.ERR_PROC_FAILED:
                raise
            # Somebody has died of whom this rank does not know yet. The others agree all the same.
        self.answer[0] = not self._quiet[0]
        return True
