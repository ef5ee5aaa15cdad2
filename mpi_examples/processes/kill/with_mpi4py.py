"""How is a process ended early, and how does it tell?

What travels: START, then an exit code or STOP to the worker; a
    word when it has begun, and how it ended, back.
Ranks: 2 or more; rank 1 works three times, other ranks have no
    part in it.
Idea: no rank can end another. It asks by a message, and the
    other must be listening; how it ended is a message too.
"""

import signal
import sys

from mpi4py import MPI

CODES = {"finished": 0, "failed": 3, "terminated": None}
MAIN, WORKER = 0, 1  # ranks
START, STARTED, CODE, STOP, ENDED = 1, 2, 3, 4, 5  # tags
TOO_FEW = (
    "processes/kill needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.processes.kill.with_mpi4py"
)


def foo(comm):
    comm.recv(source=MAIN, tag=START)
    comm.send("Starting function", dest=MAIN, tag=STARTED)
    status = MPI.Status()
    code = comm.recv(source=MAIN, status=status)
    if status.tag == STOP:
        code = -int(signal.SIGTERM)  # by agreement, no signal
    comm.send(code, dest=MAIN, tag=ENDED)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == WORKER:
        for _ in CODES:
            foo(comm)
    if comm.rank != MAIN:
        return
    # The rank is there all the time; what begins and ends is its
    # work, and rank 0 knows of that what it has been told.
    states, exitcodes = [], {}
    for name, code in CODES.items():
        states.append((name, "before execution", False))
        comm.send(None, dest=WORKER, tag=START)
        comm.recv(source=WORKER, tag=STARTED)
        states.append((name, "running", True))
        order = STOP if code is None else CODE
        comm.send(code, dest=WORKER, tag=order)
        exitcodes[name] = comm.recv(source=WORKER, tag=ENDED)
        states.append((name, "joined", False))

    for name, when, alive in states:
        print(f"Process {when}: {name}, alive: {alive}")
    for name, code in exitcodes.items():
        print(f"Process exit code: {name} {code}")
    check(exitcodes)


def check(exitcodes):
    assert exitcodes["finished"] == 0
    assert exitcodes["failed"] > 0
    assert exitcodes["terminated"] < 0


if __name__ == "__main__":
    main()
