"""pair_that_hangs.py WAY: two ranks that wait for each other, each in its own way."""

import sys

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
print(f"begun on {world.rank}")
comm = world.Split(0, -world.rank)  # the other way round
here, other = comm.rank, 1 - comm.rank


def sends():
    if here:
        comm.ssend("small", dest=other)
    else:
        comm.Send(np.zeros(1 << 20), dest=other)


def receives():
    if here:
        MPI.Request.waitany([comm.irecv(source=other, tag=tag) for tag in range(3)])
    else:
        comm.probe(source=MPI.ANY_SOURCE, tag=4)


def collective():
    if here:
        comm.Ibarrier().Wait()
    else:
        MPI.Request.Waitall([comm.irecv(source=other, tag=tag) for tag in range(3)])


def persistent():
    if here:
        comm.Dup()
    else:
        request = comm.Recv_init(bytearray(8), source=other)
        request.Start()
        request.Wait()


globals()[sys.argv[1]]()
