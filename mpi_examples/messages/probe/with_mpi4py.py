"""How does a receiver learn what is coming?

What travels: to each writer an empty message, that it may
    write; from each one letter, of a length only it knows.
Ranks: 3 or more; 1 and 2 write, 0 reads, the others have no
    part in it.
Idea: a message has an envelope: source, tag, size. A probe
    reads it and leaves the message; a receive needs to know.
"""

import sys

from mpi4py import MPI

LETTERS = {1: b"All is well.", 2: b"Dear reader, the sea is calm."}
MAIN = 0  # rank
WRITE, LETTER = 1, 2  # tags
TOO_FEW = (
    "messages/probe needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.messages.probe.with_mpi4py"
)


def writer(comm):
    comm.recv(source=MAIN, tag=WRITE)
    comm.Send(LETTERS[comm.rank], dest=MAIN, tag=LETTER)


def something_there(comm):
    return comm.iprobe(source=MPI.ANY_SOURCE, tag=LETTER)


def take(comm):
    # Mprobe takes the message out, so that the one received is
    # the one that was looked at, also if threads compete for it.
    status = MPI.Status()
    message = comm.Mprobe(MPI.ANY_SOURCE, LETTER, status)
    letter = bytearray(status.Get_count(MPI.BYTE))
    message.Recv(letter)
    return status.source, bytes(letter)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    if comm.rank in LETTERS:
        writer(comm)
    if comm.rank != MAIN:
        return
    before = something_there(comm)
    for rank in LETTERS:
        comm.send(None, dest=rank, tag=WRITE)
    comm.probe(tag=LETTER)  # until one letter is there
    after = something_there(comm)
    letters = dict(take(comm) for _ in LETTERS)

    print("before they may write, a letter is there:", before)
    print("after waiting, a letter is there:", after)
    for rank, letter in sorted(letters.items()):
        print(
            f"{rank} wrote {len(letter)} bytes: {letter.decode()}"
        )
    check(before, after, letters)


def check(before, after, letters):
    assert (before, after) == (False, True)
    assert letters == LETTERS


if __name__ == "__main__":
    main()
