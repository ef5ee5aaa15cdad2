"""How does a message find its receiver?

What travels: three words from each sender, tagged WORD, and how
    many there are, tagged COUNT.
Ranks: 3 or more; 1 and 2 send, 0 receives, the others have no
    part in it.
Idea: the address is the rank, the tag a label on the message.
    A receiver asks for both, or takes what comes and looks.
"""

import sys

from mpi4py import MPI

WORDS = {1: ["red", "green", "blue"], 2: ["un", "deux", "trois"]}
MAIN = 0  # rank
WORD, COUNT = 1, 2  # tags
TOO_FEW = (
    "messages/point_to_point needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.messages.point_to_point.with_mpi4py"
)


def sender(comm):
    # isend, for a send may last until its message is received,
    # and the receiver wants the last one of these first.
    words = WORDS[comm.rank]
    sent = [comm.isend(word, dest=MAIN, tag=WORD) for word in words]
    sent.append(comm.isend(len(words), dest=MAIN, tag=COUNT))
    MPI.Request.waitall(sent)


def receiver(comm):
    # The count was sent last and is read first: it has its tag.
    count = {
        rank: comm.recv(source=rank, tag=COUNT) for rank in WORDS
    }
    # From anybody: each sender's words keep their order, and the
    # status says whose this one is.
    said = {rank: [] for rank in WORDS}
    status = MPI.Status()
    for _ in range(sum(count.values())):
        word = comm.recv(
            source=MPI.ANY_SOURCE, tag=WORD, status=status
        )
        said[status.source].append(word)
    return count, said


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    if comm.rank in WORDS:
        sender(comm)
    if comm.rank != MAIN:
        return
    count, said = receiver(comm)

    for rank in WORDS:
        print(f"{rank} announced {count[rank]} words")
    for rank in WORDS:
        print(f"{rank} said:", ", ".join(said[rank]))
    check(count, said)


def check(count, said):
    assert said == WORDS
    assert count == {rank: len(said[rank]) for rank in said}


if __name__ == "__main__":
    main()
