"""What becomes of a process when the main one ends?

What travels: three orders to the background rank and its
    answers; START to the foreground rank, STOP to the other.
Ranks: 3 or more: rank 0 is the program, rank 1 works in the
    background, rank 2 in the foreground.
Idea: no rank ends because another has: MPI waits for them all.
    Rank 0 must tell a rank that waits for orders to stop.
"""

import sys

from mpi4py import MPI

ORDERS = 3
MAIN, BACKGROUND, FOREGROUND = 0, 1, 2  # ranks
ORDER, START, STOP, LOG = 1, 2, 3, 4  # tags
TOO_FEW = (
    "processes/daemon needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.processes.daemon.with_mpi4py"
)


def background(comm):
    status = MPI.Status()
    while True:
        order = comm.recv(source=MAIN, status=status)
        if status.tag == STOP:
            break
        answer = f"background_process: order {order} done"
        comm.send(answer, dest=MAIN, tag=LOG)


def foreground(comm):
    comm.recv(source=MAIN, tag=START)
    comm.send("Starting foreground_process", dest=MAIN, tag=LOG)
    comm.send("Exiting foreground_process", dest=MAIN, tag=LOG)


def program(comm, log):
    log.append("Starting background_process")
    for order in range(ORDERS):
        comm.send(order, dest=BACKGROUND, tag=ORDER)
        log.append(comm.recv(source=BACKGROUND, tag=LOG))
    log.append("Exiting MainProcess")
    comm.send(None, dest=FOREGROUND, tag=START)
    # Without this message rank 1 waits, and the job never ends.
    comm.send(None, dest=BACKGROUND, tag=STOP)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    if comm.rank == BACKGROUND:
        background(comm)
    elif comm.rank == FOREGROUND:
        foreground(comm)
    if comm.rank != MAIN:
        return
    lines = []
    program(comm, lines)
    for _ in range(2):
        lines.append(comm.recv(source=FOREGROUND, tag=LOG))

    for line in lines:
        print(line)
    check(lines)


def check(lines):
    assert lines[-1] == "Exiting foreground_process"
    assert "Exiting background_process" not in lines


if __name__ == "__main__":
    main()
