"""How do two processes talk until one hangs up?

What travels: hello three times to rank 1, and three times back;
    then an empty message tagged END.
Ranks: 2 or more; ranks 0 and 1 talk, the others have no part in
    it.
Idea: two ranks can always talk both ways: nothing to open, and
    nothing to close. Who hangs up must say so.
"""

import sys

from mpi4py import MPI

WORDS = ["hello", "hello", "hello"]
PARENT, CHILD = 0, 1  # ranks
WORD, END = 1, 2  # tags
TOO_FEW = (
    "channels/pipe needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.channels.pipe.with_mpi4py"
)


def f(comm):
    status = MPI.Status()
    while True:
        word = comm.recv(source=PARENT, status=status)
        if status.tag == END:
            break
        comm.send(word, dest=PARENT, tag=WORD)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == CHILD:
        f(comm)
    if comm.rank != PARENT:
        return
    heard = []
    for word in WORDS:
        comm.send(word, dest=CHILD, tag=WORD)
        heard.append(comm.recv(source=CHILD, tag=WORD))
    # No count of open ends: with two who write, f would have to
    # wait for an END from each.
    comm.send(None, dest=CHILD, tag=END)

    for word in heard:
        print(word)
    print("both have hung up")
    check(heard)


def check(heard):
    assert heard == WORDS


if __name__ == "__main__":
    main()
