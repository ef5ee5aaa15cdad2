"""Ctrl-C: the first one is the program's, which may catch it, tidy up, or go on; the second one ends everything.

Theory of operation: a job runs in a session of its own, so Ctrl-C in the terminal reaches the launcher alone. It passes it on.
What the mpiexecs do with a SIGINT of their own, measured with two ranks that have handlers for every signal:

    MPICH 5.0.2 (hydra)         the first is sent on to every rank, and two lines say so on *stdout*; the job is waited for
                                without limit. The second kills all at once; the status is 255.
    Open MPI 5.0.11 (prterun)   the first ends the job: ranks get SIGCONT, 0.25 s later SIGTERM, then SIGKILL; none ever
                                sees SIGINT (openpmix/prrte#402), and the status is 1. The second changes nothing.

So the ranks of this host are sent SIGINT directly, under both; only where MPICH's are on several hosts, its mpiexec passes it
on. Ranks of other hosts are not reached under Open MPI: rank 0, which decides, is on the launcher's host as a rule. `srun`
wants two within a second before it passes one on: such a job is ended at once.

How long the job may take: a program that catches Ctrl-C may go on as it likes, and who sits at a terminal can press it again,
so there is no limit there but the launcher's own. Without a terminal it was a script, which may not come back.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from time import monotonic

from mpiprocessing.launch.localranks import interrupt_ranks

__all__ = ["Interruption"]

GRACE = 30.0
"""Seconds that an interrupted job has where no terminal is there. Slurm's default (KillWait) between its signal and SIGKILL."""

HINT = 5.0
"""Seconds after which it is said, once, that the job has not ended yet."""


class Interruption:
    """Ctrl-C for one job.

    Args:
        all_here: whether all ranks are on this host.
        by_mpiexec: whether the mpiexec passes it on; None where neither it nor this can.

    Attributes:
        began: when the first one was passed on (`time.monotonic`); None as long as there was none.
    """

    def __init__(self, all_here: bool, by_mpiexec: bool | None) -> None:
        self._all_here = all_here
        self._by_mpiexec = by_mpiexec
        self._launcher: Callable[[int], None] | None = None
        self._pid = 0
        self._hinted = False
        self.began: float | None = None

    @contextlib.contextmanager
    def awaited(self) -> Iterator[None]:
        """Have SIGINT come here for as long as this lasts; from the main thread."""
        before = signal.getsignal(signal.SIGINT)
        if before == signal.SIG_IGN:  # as in a script's background: the job has that from us
            yield
            return
        signal.signal(signal.SIGINT, self._arrived)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def begins(self, pid: int, send_signal: Callable[[int], None]) -> None:
        """The mpiexec runs.

        Args:
            pid: its process id.
            send_signal: sends it a signal, if it has not ended.
        """
        self._pid, self._launcher = pid, send_signal

    def _arrived(self, number: int, frame: object) -> None:
        # Before there is any rank, nobody could catch it.
        if self.began is not None or not self._pass_on():
            raise KeyboardInterrupt
        self.began = monotonic()

    def _pass_on(self) -> bool:
        if self._launcher is None or self._by_mpiexec is None:
            return False
        if self._by_mpiexec:
            self._launcher(signal.SIGINT)
            return True
        return interrupt_ranks(self._pid, self._all_here)

    def check(self, say: Callable[[str], None]) -> None:
        """While the job is waited for: whether it has had enough time.

        Args:
            say: writes a line for the user.

        Raises:
            KeyboardInterrupt: it has.
        """
        if self.began is None:
            return
        seconds = monotonic() - self.began
        watched = any(map(os.isatty, (0, 1, 2)))
        if not watched and seconds > GRACE:
            say(f"mpiprocessing: interrupted {GRACE:g} s ago, the job had not ended: it was ended")
            raise KeyboardInterrupt
        if seconds > HINT and not self._hinted:
            self._hinted = True
            limit = "" if watched else f"; without it that is done {GRACE:g} s after the first"
            say(
                f"mpiprocessing: interrupted, the job has not ended yet; a second Ctrl-C ends all ranks at once{limit}"
            )
