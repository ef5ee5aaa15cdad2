"""A communicator that says so when nothing goes on any more.

Theory of operation: every call that may wait is noted first. A
thread of each rank looks once in LOOK seconds whether its rank
has got any further. If it has not, or is over, the threads tell
each other where their ranks stand. Two such rounds with the same
news from all: this will never end. Rank 0 says who waits for
whom, and aborts the job with status HANGS.

The threads talk while the program itself is stuck inside MPI, so
MPI must allow several threads at once (THREAD_MULTIPLE).
"""

import os
import sys
import threading
import time
from itertools import pairwise

from mpi4py import MPI

LOOK = 1.0  # seconds; two looks are the patience
LAST_WORDS = 1.0  # for mpiexec to pass on what was printed
HANGS = 3  # exit status


class PatientComm:
    """send and recv of a communicator, watched until the end.

    Args:
        comm: the communicator; every rank must take part.
        way_out: what to do instead, for the diagnosis.
    """

    def __init__(self, comm, way_out):
        self.if_hung = []  # lines to print on stdout, if it hangs
        if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
            sys.exit("this MPI lets only one thread call it")
        self.rank, self.size = comm.rank, comm.size
        self._comm, self._way_out = comm, way_out
        self._talk = comm.Dup()  # for the threads alone
        self._calls = 0
        self._waiting = None  # the call, its peer, file and line
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        self._thread.join()  # returns when all ranks are over
        self._talk.Free()

    def send(self, obj, dest):
        self._note("send", dest)
        self._comm.send(obj, dest=dest)
        self._waiting = None

    def recv(self, source):
        self._note("recv", source)
        obj = self._comm.recv(source=source)
        self._waiting = None
        return obj

    def _note(self, call, peer):
        caller = sys._getframe(2)
        file = os.path.basename(caller.f_code.co_filename)
        self._calls += 1
        self._waiting = (
            call,
            peer,
            f"{file}, line {caller.f_lineno}",
        )

    # --- the thread ---------------------------------------------

    def _watch(self):
        last = None
        while True:
            self._until_nothing_moves()
            over = self._over.is_set()
            waiting = None if over else self._waiting
            # Returns when the slowest rank has come here too.
            news = self._talk.allgather(
                (self._calls, over, waiting)
            )
            if all(over for _, over, _ in news):
                return
            if news == last:
                self._give_up([waiting for _, _, waiting in news])
            last = news

    def _until_nothing_moves(self):
        seen = None
        while seen != self._calls or not self._waiting:
            seen = self._calls
            if self._over.wait(LOOK):
                return

    def _give_up(self, waits):
        if self.rank == 0:
            for line in self.if_hung:
                print(line, flush=True)
            text = "\n".join(diagnosis(waits, self._way_out))
            print(text, file=sys.stderr, flush=True)
            # What mpiexec has not read by then, Abort drops.
            time.sleep(LAST_WORDS)
            self._comm.Abort(HANGS)
        self._talk.Barrier()  # the others wait for the end here


def diagnosis(waits, way_out):
    """Say who waits for whom.

    Args:
        waits: of each rank the call, its peer, file and line;
            None for one that is over.
        way_out: what to do instead.

    Yields:
        The lines.
    """
    yield f"\nNobody has got any further for {2 * LOOK:.0f} s:"
    for rank, waiting in enumerate(waits):
        if waiting is None:
            yield f"  rank {rank} is over"
            continue
        call, peer, line = waiting
        what = {
            "send": f"rank {peer} to receive",
            "recv": f"a message from rank {peer}",
        }[call]
        yield f"  rank {rank} is in {call}, waits for {what} ({line})"
    for circle in circles(waits):
        links = (f"rank {a} waits for rank {b}" for a, b in circle)
        yield f"A circle: {' and '.join(links)}."
    yield f"Way out: {way_out}"
    yield f"Aborted with status {HANGS}."


def circles(waits):
    """Find the ranks that wait for each other in a circle.

    Args:
        waits: as for `diagnosis`.

    Returns:
        Each circle as pairs of a rank and whom it waits for.
    """
    found = []
    for first in range(len(waits)):
        path = [first]
        while (waiting := waits[path[-1]]) and waiting[1] >= first:
            path.append(waiting[1])
            if path[-1] == first:
                found.append(list(pairwise(path)))
            if path[-1] in path[:-1]:
                break
    return found
