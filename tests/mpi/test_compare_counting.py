"""Counting communicators: what each operation costs, summed over the ranks."""

from __future__ import annotations

import pickle
from functools import reduce

import pytest

pytestmark = pytest.mark.mpi(min_size=2)


@pytest.fixture
def counting():
    """A counting communicator for all ranks, and what sums its tallies up."""
    from mpi4py import MPI

    from mpiprocessing.compare.counting.communicator import Counters
    from mpiprocessing.compare.counting.tally import Tally
    from mpiprocessing.compare.figures import Figures

    tally = Tally()
    counters = Counters(tally)
    own = MPI.COMM_WORLD.Dup()
    comm = counters.adopt(own)
    plain = pickle.dumps, pickle.loads
    MPI.pickle.__init__(counters.pickles.dumps, counters.pickles.loads, MPI.pickle.PROTOCOL)

    def figures():
        every = MPI.COMM_WORLD.allgather(tally.figures(comm.size, 0.0))
        return reduce(Figures.merged, every)

    yield comm, figures
    MPI.pickle.__init__(*plain, MPI.pickle.PROTOCOL)
    own.Free()


def pickled(obj):
    from mpi4py import MPI

    return len(MPI.pickle.dumps(obj))


def counted(figures, name):
    traffic = figures().kinds.get(name)
    return None if traffic is None else (traffic.messages, traffic.bytes)


@pytest.mark.parametrize("name", ["send", "ssend", "isend", "issend"])
def test_a_send_is_one_message_of_the_size_of_its_pickle(counting, name):
    comm, figures = counting
    item = {"number": 1, "text": "abc" * 100}
    if comm.rank == 0:
        request = getattr(comm, name)(item, dest=1, tag=5)
        if request is not None:
            request.wait()
    elif comm.rank == 1:
        assert comm.recv(source=0) == item
    assert counted(figures, name) == (1, pickled(item))


@pytest.mark.parametrize("name", ["Send", "Ssend", "Isend", "Issend"])
def test_a_buffer_send_is_one_message_of_the_size_of_its_buffer(counting, name):
    from mpi4py import MPI

    comm, figures = counting
    if comm.rank == 0:
        request = getattr(comm, name)([bytearray(24), 3, MPI.DOUBLE], 1)
        if request is not None:
            request.Wait()
    elif comm.rank == 1:
        comm.Recv(bytearray(24), source=0)
    assert counted(figures, name) == (1, 24)


def test_a_ring_of_sendrecv_is_a_message_from_each(counting):
    comm, figures = counting
    got = comm.sendrecv(comm.rank, dest=(comm.rank + 1) % comm.size)
    assert got == (comm.rank - 1) % comm.size
    assert counted(figures, "sendrecv") == (comm.size, comm.size * pickled(0))


def test_a_send_to_nobody_is_no_message(counting):
    from mpi4py import MPI

    comm, figures = counting
    comm.send("x", dest=MPI.PROC_NULL)
    assert counted(figures, "send") is None


@pytest.mark.parametrize("root", [0, 1])
@pytest.mark.parametrize("name", ["bcast", "scatter", "gather", "reduce"])
def test_objects_between_the_root_and_the_others(counting, name, root):
    comm, figures = counting
    argument = list(range(comm.size)) if name == "scatter" else 7
    getattr(comm, name)(argument, root=root)
    others = comm.size - 1
    assert counted(figures, name) == (others, others * pickled(7))


@pytest.mark.parametrize("root", [0, 1])
@pytest.mark.parametrize("name", ["Bcast", "Scatter", "Gather", "Reduce"])
def test_buffers_between_the_root_and_the_others(counting, name, root):
    np = pytest.importorskip("numpy")
    comm, figures = counting
    one, all_ = np.zeros(5, "i"), np.zeros(5 * comm.size, "i")
    arguments = {"Bcast": (one,), "Scatter": (all_, one), "Gather": (one, all_), "Reduce": (one, one.copy())}
    getattr(comm, name)(*arguments[name], root=root)
    others = comm.size - 1
    assert counted(figures, name) == (others, others * 20)


@pytest.mark.parametrize("name", ["barrier", "Barrier"])
def test_a_barrier_goes_to_rank_0_and_back(counting, name):
    comm, figures = counting
    getattr(comm, name)()
    assert counted(figures, name) == (2 * (comm.size - 1), 0)


def test_allgather_and_allreduce_of_objects(counting):
    comm, figures = counting
    assert comm.allgather(7) == [7] * comm.size
    assert comm.allreduce(1) == comm.size
    others = comm.size - 1
    assert counted(figures, "allgather") == (2 * others, others * (1 + comm.size) * pickled(7))
    assert counted(figures, "allreduce") == (2 * others, 2 * others * pickled(7))


def test_allgather_and_allreduce_in_place(counting):
    from mpi4py import MPI

    np = pytest.importorskip("numpy")
    comm, figures = counting
    comm.Allgather(MPI.IN_PLACE, np.zeros(2 * comm.size, "d"))
    comm.Allreduce(MPI.IN_PLACE, np.zeros(3, "d"))
    others = comm.size - 1
    assert counted(figures, "Allgather") == (2 * others, others * (1 + comm.size) * 16)
    assert counted(figures, "Allreduce") == (2 * others, 2 * others * 24)


def test_alltoall_is_a_message_from_each_to_each(counting):
    from mpi4py import MPI

    np = pytest.importorskip("numpy")
    comm, figures = counting
    n = comm.size
    comm.alltoall([3] * n)
    comm.Alltoall(np.zeros(n, "i"), np.zeros(n, "i"))
    counts, offsets = [1] * n, list(range(n))
    vector = [np.zeros(n, "i"), (counts, offsets), MPI.INT]
    comm.Alltoallv(vector, [np.zeros(n, "i"), (counts, offsets), MPI.INT])
    assert counted(figures, "alltoall") == (n * (n - 1), n * (n - 1) * pickled(3))
    assert counted(figures, "Alltoall") == (n * (n - 1), n * (n - 1) * 4)
    assert counted(figures, "Alltoallv") == (n * (n - 1), n * (n - 1) * 4)


def test_a_scan_goes_along_the_chain(counting):
    comm, figures = counting
    assert comm.scan(1) == comm.rank + 1
    assert counted(figures, "scan") == (comm.size - 1, (comm.size - 1) * pickled(1))


def test_a_strided_type_counts_what_travels_not_what_it_spans(counting):
    from mpi4py import MPI

    comm, figures = counting
    stride = MPI.INT.Create_vector(3, 1, 2).Commit()  # 3 of 6 places, the last gap not included
    if comm.rank == 0:
        comm.Send([bytearray(24), 1, stride], dest=1)
    elif comm.rank == 1:
        comm.Recv(bytearray(12), source=0)
    stride.Free()
    assert counted(figures, "Send") == (1, 12)


def test_communicators_made_from_it_count_too(counting):
    comm, figures = counting
    for made in (comm.Dup(), comm.Split(0), comm.Create(comm.group), comm.Create_cart([comm.size])):
        assert type(made).__name__.startswith("Counting")
        made.barrier()
        made.Free()
    assert counted(figures, "barrier") == (8 * (comm.size - 1), 0)


def test_neighbours_of_a_line_get_a_message_each(counting):
    comm, figures = counting
    line = comm.Create_cart([comm.size], [False])
    line.neighbor_allgather(5)
    line.Free()
    edges = 2 * (comm.size - 1)
    assert counted(figures, "neighbor_allgather") == (edges, edges * pickled(5))


def test_what_cannot_be_counted_is_named(counting):
    comm, figures = counting
    request = comm.Send_init(bytearray(1), dest=comm.rank)
    request.Free()
    assert figures().uncounted == {"Send_init"}
    assert figures().kinds == {}


def test_threads_count_only_their_own_pickles(counting):
    from mpi4py import MPI

    comm, figures = counting
    if MPI.Query_thread() < MPI.THREAD_MULTIPLE:
        pytest.skip("this MPI was started without THREAD_MULTIPLE")
    from concurrent.futures import ThreadPoolExecutor

    def exchange(tag):
        return comm.sendrecv("x" * tag, dest=comm.rank, sendtag=tag, source=comm.rank, recvtag=tag)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(exchange, range(1, 50))) == ["x" * tag for tag in range(1, 50)]
    expected = sum(pickled("x" * tag) for tag in range(1, 50))
    assert counted(figures, "sendrecv") == (49 * comm.size, expected * comm.size)
