"""Pairs of ranks, each of which hangs for itself and in its own way."""

import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD
print(f"begun on {world.rank}")
pair, first = divmod(world.rank, 2)
comm = world.Split(pair, world.rank)
here, other = comm.rank, 1 - comm.rank
LARGE = np.zeros(1 << 20)


def a_request_that_nobody_fulfils():
    if here:
        comm.irecv(source=other, tag=3).wait()
    else:
        comm.recv(source=MPI.ANY_SOURCE)


def both_send():
    if here:
        comm.ssend("small", dest=other)
    else:
        comm.Send(LARGE, dest=other)


def different_roots():
    comm.bcast(None, root=other)


def any_and_all():
    requests = [comm.irecv(source=other, tag=tag) for tag in range(3)]
    if here:
        MPI.Request.waitany(requests)
    else:
        MPI.Request.Waitall(requests)


def a_collective_and_a_probe():
    if here:
        comm.Ibarrier().Wait()
    else:
        comm.probe(source=other, tag=4)


def a_new_communicator_and_a_persistent_request():
    if here:
        comm.Dup()
    else:
        request = comm.Recv_init(bytearray(8), source=other)
        request.Start()
        request.Wait()


PAIRS = (
    a_request_that_nobody_fulfils,
    both_send,
    different_roots,
    any_and_all,
    a_collective_and_a_probe,
    a_new_communicator_and_a_persistent_request,
)

PAIRS[pair]()
