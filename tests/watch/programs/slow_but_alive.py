"""Ranks that wait for each other for longer than the watch is patient, and all of it is life."""

import gc
import sys
import threading
import time
import weakref

import numpy as np
from mpi4py import MPI

PATIENCE = 2.0  # of the watch
LONG = 1.5 * PATIENCE

comm = MPI.COMM_WORLD
rank = comm.rank


class Slow:
    """Takes long to be pickled, within a call of MPI."""

    def __reduce__(self):
        time.sleep(LONG)
        return str, ("slow",)


def slow_sum(one, other):
    if one == other == 1 and rank == 0:
        time.sleep(LONG)
    return one + other


# What was given to a call is let go when that is over, though the watch has looked at it.
gc.disable()
if rank:
    time.sleep(1)
array = np.ones(3)
comm.Allreduce(MPI.IN_PLACE, array)
gone = weakref.ref(array)
del array
while gone() is not None:  # a look may just be under way; without an end where it is kept
    time.sleep(0.01)
gc.enable()

# 0 waits for 1, which sleeps; 2 looks again and again; in 3 a thread sends what its main thread waits for.
if rank == 0:
    assert comm.recv(source=1) == "slept"
elif rank == 1:
    time.sleep(LONG)
    comm.send("slept", dest=0)
    comm.send("slept", dest=2)
elif rank == 2:
    request = comm.irecv(source=1)
    while not request.test()[0]:
        time.sleep(0.01)
else:

    def late():
        time.sleep(LONG)
        comm.send("late", dest=3, tag=1)

    thread = threading.Thread(target=late)
    thread.start()
    assert comm.recv(source=3, tag=1) == "late"
    thread.join()

# 0 and 1 wait in a circle, but 1 is still pickling.
if rank == 0:
    assert comm.recv(source=1) == "slow"
elif rank == 1:
    comm.send(Slow(), dest=0)
    comm.recv(source=2)
elif rank == 2:
    comm.send("x", dest=1)

# An operation of the program's own computes within a collective; who comes to the last one first waits for it.
assert comm.reduce(1, slow_sum, root=0) == (4 if rank == 0 else None)
comm.Barrier()

# A collective that fails on one rank, which tries again, is but one of the others'; 1 comes to the next one late.
if rank == 0:
    try:
        comm.scatter([0, 1], root=0)
    except ValueError:
        pass
assert comm.scatter([0, 1, 2, 3] if rank == 0 else None, root=0) == rank
if rank == 1:
    time.sleep(LONG)
comm.Barrier()

# Ranks and tags may be what cannot be hashed.
if rank == 1:
    comm.send("x", dest=np.array(0), tag=np.array(7))
elif rank == 0:
    assert comm.recv(source=np.array(1), tag=np.array(7)) == "x"
assert comm.bcast(rank, root=np.array(1)) == 1

# A copy of an intercommunicator speaks to the other group, as that does.
half = comm.Split(rank % 2)
copy, request = half.Create_intercomm(0, comm, 1 - rank % 2).Idup()
request.Wait()
if rank % 2:
    assert copy.recv(source=rank // 2) == "from the other group"
else:
    time.sleep(LONG)
    copy.send("from the other group", dest=rank // 2)
if rank == 0:
    print("alive", sys.stdin.readline().strip())
