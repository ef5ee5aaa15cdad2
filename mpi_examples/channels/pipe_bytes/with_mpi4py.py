"""How do plain bytes travel, without pickling?

What travels: an empty message to begin, then four messages of
    bytes back, all of them parts of one buffer.
Ranks: 2 or more; rank 1 sends to rank 0, the others have no
    part in it.
Idea: upper-case Send and Recv take buffers as they are. The
    receiver brings the memory, and may ask for the size first.
"""

import sys

from mpi4py import MPI

TEXT = b"shared nothing"
RECEIVER, SENDER = 0, 1  # ranks
TOO_FEW = (
    "channels/pipe_bytes needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.channels.pipe_bytes.with_mpi4py"
)


def sender(comm):
    comm.Recv([None, MPI.BYTE], source=RECEIVER)
    comm.Send([TEXT, MPI.BYTE], dest=RECEIVER)
    comm.Send([memoryview(TEXT)[7:], MPI.BYTE], dest=RECEIVER)
    comm.Send([TEXT, MPI.BYTE], dest=RECEIVER)
    comm.Send([TEXT, MPI.BYTE], dest=RECEIVER)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == SENDER:
        sender(comm)
    if comm.rank != RECEIVER:
        return
    status = MPI.Status()
    early = comm.Iprobe(source=SENDER)
    comm.Send([None, MPI.BYTE], dest=SENDER)
    comm.Probe(source=SENDER, status=status)  # waits, takes nothing
    whole = bytearray(status.Get_count(MPI.BYTE))
    comm.Recv([whole, MPI.BYTE], source=SENDER)

    room = bytearray(b"all or .......")
    rest = memoryview(room)[7:]
    comm.Recv([rest, MPI.BYTE], source=SENDER, status=status)
    size = status.Get_count(MPI.BYTE)

    small = bytearray(6)
    try:
        comm.Recv([small, MPI.BYTE], source=SENDER)
        into = "fits"
    except MPI.Exception as error:  # the message is lost
        assert error.Get_error_class() == MPI.ERR_TRUNCATE
        into = "too short"

    comm.Probe(source=SENDER, status=status)
    length = status.Get_count(MPI.BYTE)
    limit = "fits" if length <= 6 else "refused"
    comm.Recv([bytearray(length), MPI.BYTE], source=SENDER)

    print("there before the word to begin:", early)
    print("received:", whole.decode())
    print("received into 14 bytes:", size, room.decode())
    print("received into 6 bytes:", into)
    print("received with a limit of 6:", limit)
    check(early, whole, size, room, into, limit)


def check(early, whole, size, room, into, limit):
    assert not early
    assert (whole, size, room) == (TEXT, 7, b"all or nothing")
    assert (into, limit) == ("too short", "refused")


if __name__ == "__main__":
    main()
