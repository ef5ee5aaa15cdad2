"""Traced communicators: a known exchange has exactly its messages, each with the ranks and the order it really had."""

from __future__ import annotations

from collections import Counter
from functools import reduce

import pytest

from tests.helpers import agree

pytestmark = pytest.mark.mpi(min_size=2)


@pytest.fixture
def traced(comm):
    """A traced communicator of all ranks, its module of names, and what makes a timeline and figures of all ranks."""
    from mpi4py import MPI

    from mpiprocessing.compare.counting.tally import Tally
    from mpiprocessing.compare.counting.traced import TracedCounters
    from mpiprocessing.compare.counting.tracer import Tracer
    from mpiprocessing.compare.figures import Figures
    from mpiprocessing.compare.merging import merge
    from mpiprocessing.core.recording import Recording

    tally, recording = Tally(), Recording(comm.rank)
    counters = TracedCounters(tally, Tracer(recording))
    names = counters.names()
    plain = {name: getattr(MPI, name) for name in names}
    for name, ours in names.items():
        setattr(MPI, name, ours)
    MPI.pickle.__init__(counters.pickles.dumps, counters.pickles.loads, MPI.pickle.PROTOCOL)

    def seen():
        counters.requests.close()
        timeline = merge(comm.allgather(recording.data()))
        figures = reduce(Figures.merged, comm.allgather(tally.figures(comm.size, 0.0)))
        return timeline, figures

    yield names["COMM_WORLD"], seen
    import pickle

    MPI.pickle.__init__(pickle.dumps, pickle.loads, MPI.pickle.PROTOCOL)
    for name, theirs in plain.items():
        setattr(MPI, name, theirs)
    comm.Barrier()


def messages(timeline):
    """(kind, source, dest) of each message, with how many there were."""
    return Counter((a.name, a.source, a.dest) for a in timeline.arrows if a.lane == "mpi")


def check(seen, comm, expected):
    """Assert that these were the messages, that all came, and that the figures count the same."""
    timeline, figures = seen()
    found = messages(timeline)
    drawn = [arrow for arrow in timeline.arrows if arrow.lane == "mpi"]
    agree(comm, found == Counter(expected), f"{found}")
    agree(comm, not any(arrow.lost for arrow in drawn), f"{[a for a in drawn if a.lost]}")
    agree(comm, all(a.received.step > a.sent.step for a in drawn))
    agree(comm, figures.traffic.messages == len(drawn), f"{figures}")
    agree(comm, figures.traffic.bytes == sum(arrow.size for arrow in drawn), f"{figures}")
    return timeline


def others(comm):
    return range(1, comm.size)


def test_ping_pong(traced, comm):
    world, seen = traced
    for _ in range(3):
        if comm.rank == 0:
            world.send("ping", dest=1)
            world.recv(source=1)
        elif comm.rank == 1:
            world.recv(source=0)
            world.send("pong", dest=0)
    timeline = check(seen, comm, {("send", 0, 1): 3, ("send", 1, 0): 3})
    steps = [arrow.sent.step for arrow in timeline.arrows if arrow.lane == "mpi"]
    agree(comm, len(set(steps)) == 6, "each follows from the one before")


@pytest.mark.parametrize("root", [0, 1])
@pytest.mark.parametrize("name", ["bcast", "scatter", "gather", "reduce"])
def test_trees(traced, comm, name, root):
    world, seen = traced
    getattr(world, name)(list(range(comm.size)) if name == "scatter" else 7, root=root)
    rest = [rank for rank in range(comm.size) if rank != root]
    down = name in ("bcast", "scatter")
    check(seen, comm, [(name, root, rank) if down else (name, rank, root) for rank in rest])


@pytest.mark.parametrize("name", ["Bcast", "Scatter", "Gather", "Reduce"])
def test_trees_of_buffers(traced, comm, name):
    np = pytest.importorskip("numpy")
    world, seen = traced
    one, every = np.zeros(5, "i"), np.zeros(5 * comm.size, "i")
    arguments = {
        "Bcast": (one,),
        "Scatter": (every, one),
        "Gather": (one, every),
        "Reduce": (one, one.copy()),
    }
    getattr(world, name)(*arguments[name])
    down = name in ("Bcast", "Scatter")
    check(seen, comm, [(name, 0, rank) if down else (name, rank, 0) for rank in others(comm)])


@pytest.mark.parametrize("name", ["barrier", "Barrier", "allgather", "allreduce"])
def test_up_and_down(traced, comm, name):
    world, seen = traced
    getattr(world, name)(*((1,) if name.startswith("all") else ()))
    timeline = check(
        seen, comm, [pair for rank in others(comm) for pair in ((name, rank, 0), (name, 0, rank))]
    )
    up = [a.received.step for a in timeline.arrows if a.dest == 0]
    down = [a.sent.step for a in timeline.arrows if a.source == 0]
    agree(comm, max(up) < min(down), "rank 0 answers when it has heard all")


def test_each_to_each_and_along_the_chain(traced, comm):
    world, seen = traced
    world.alltoall([3] * comm.size)
    world.scan(1)
    ranks = range(comm.size)
    expected = [("alltoall", a, b) for a in ranks for b in ranks if a != b]
    check(seen, comm, [*expected, *(("scan", rank, rank + 1) for rank in range(comm.size - 1))])


def test_a_collective_that_is_only_begun(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    request = world.Ibarrier()
    world.send(comm.rank, dest=comm.rank)
    world.recv(source=comm.rank)
    MPI.Request.Wait(request)
    ring = [("send", rank, rank) for rank in range(comm.size)]
    check(
        seen,
        comm,
        [*ring, *(pair for r in others(comm) for pair in (("Ibarrier", r, 0), ("Ibarrier", 0, r)))],
    )


def test_wildcard_receives(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    if comm.rank == 0:
        for _ in others(comm):
            status = MPI.Status()
            item = world.recv(status=status)
            assert item == (status.source, status.tag)
    else:
        world.send((comm.rank, comm.rank + 10), dest=0, tag=comm.rank + 10)
    timeline = check(seen, comm, [("send", rank, 0) for rank in others(comm)])
    told = [dict(s.detail) for s in timeline.spans if (s.name, s.lane) == ("recv", "program")]
    agree(comm, sorted(int(one["from"]) for one in told) == list(others(comm)), f"{told}")
    agree(comm, all(one["source"] == "any" and int(one["with tag"]) == int(one["from"]) + 10 for one in told))


@pytest.mark.parametrize("wait", ["waitall", "waitany", "waitsome", "wait", "test"])
def test_requests_however_they_are_waited_for(traced, comm, wait):
    from mpi4py import MPI

    world, seen = traced
    right, left = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    sends = [world.isend((comm.rank, number), dest=right, tag=number % 2) for number in range(4)]
    receives = [world.irecv(source=left, tag=tag) for tag in (1, MPI.ANY_TAG, 0, MPI.ANY_TAG)]
    assert all(isinstance(request, MPI.Request) for request in sends + receives)
    requests = receives[::-1]
    if wait == "waitall":
        MPI.Request.waitall(requests)
    elif wait == "waitany":
        for _ in requests:
            MPI.Request.waitany(requests)
    elif wait == "waitsome":
        left_over = len(requests)
        while left_over:
            left_over -= len(MPI.Request.waitsome(requests)[0])
    elif wait == "wait":
        for request in requests:
            request.wait()
    else:
        for request in requests:
            while not request.test()[0]:
                pass
    MPI.Request.Waitall(sends)
    expected = [("isend", rank, (rank + 1) % comm.size) for rank in range(comm.size)]
    check(seen, comm, expected * 4)


def test_what_was_never_waited_for_has_come_all_the_same(traced, comm):
    world, seen = traced
    requests = []
    if comm.rank == 0:
        requests.append(world.irecv(source=1))
        world.recv(source=1, tag=5)  # sent after the other one
    elif comm.rank == 1:
        world.send("first", dest=0)
        world.send("second", dest=0, tag=5)
    check(seen, comm, {("send", 1, 0): 2})


def test_a_grid_with_an_edge(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    line = world.Create_cart([comm.size], [False], reorder=True)
    left, right = line.Shift(0, 1)
    line.Sendrecv([bytearray(8), MPI.BYTE], right, 0, [bytearray(8), MPI.BYTE], left)
    line.neighbor_allgather(5)
    here = comm.allgather((line.rank, comm.rank))
    line.Free()
    world_rank = dict(here)
    pairs = [(world_rank[rank], world_rank[rank + 1]) for rank in range(comm.size - 1)]
    along = [("neighbor_allgather", *pair) for a, b in pairs for pair in ((a, b), (b, a))]
    check(seen, comm, [*(("Sendrecv", a, b) for a, b in pairs), *along])


def test_communicators_of_some_of_the_ranks_speak_of_the_world(traced, comm):
    world, seen = traced
    # Two halves, the ranks of each in reverse order, twice: the messages of the four must not be mixed up.
    parts = [world.Split(comm.rank % 2, -comm.rank) for _ in range(2)]
    for part in reversed(parts):
        part.gather(comm.rank)
    if parts[0].size > 1:
        if parts[0].rank == 0:
            parts[0].send(1, dest=1)
        elif parts[0].rank == 1:
            parts[0].recv(source=0)
    for part in parts:
        part.Free()
    halves = [[rank for rank in reversed(range(comm.size)) if rank % 2 == half] for half in (0, 1)]
    expected = [("gather", rank, half[0]) for half in halves for rank in half[1:]] * 2
    check(seen, comm, [*expected, *(("send", half[0], half[1]) for half in halves if len(half) > 1)])


def test_matched_probes(traced, comm):
    world, seen = traced
    if comm.rank == 0:
        message = world.mprobe(source=1)
        assert world.recv(source=1) == "second"
        assert message.recv() == "first"
    elif comm.rank == 1:
        world.send("first", dest=0)
        world.send("second", dest=0)
    timeline = check(seen, comm, {("send", 1, 0): 2})
    sends = [span.begin.step for span in timeline.spans if span.name == "send"]
    arrows = sorted((a.sent.step, a.received.step) for a in timeline.arrows if a.lane == "mpi")
    agree(comm, [sent for sent, _ in arrows] == [step + 1 for step in sorted(sends)])
    agree(comm, arrows[0][1] > arrows[1][1], "the first was received last")


def test_persistent_requests_are_drawn_and_named_as_not_counted(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    if comm.rank < 2:
        other = 1 - comm.rank
        both = [world.Send_init([b"x", MPI.BYTE], other), world.Recv_init([bytearray(1), MPI.BYTE], other)]
        for _ in range(2):
            MPI.Prequest.Startall(both)
            MPI.Request.Waitall(both)
        for request in both:
            request.Free()
    timeline, figures = seen()
    agree(comm, messages(timeline) == {("Send_init", 0, 1): 2, ("Send_init", 1, 0): 2})
    agree(comm, figures.uncounted == {"Send_init"})


def test_ranks_and_tags_may_be_numbers_of_any_kind(traced, comm):
    import numpy as np

    world, seen = traced
    if comm.rank == 0:
        world.send("x", dest=np.array(1), tag=np.array(3))
    elif comm.rank == 1:
        assert world.recv(source=np.array(0), tag=np.array(3)) == "x"
    check(seen, comm, {("send", 0, 1): 1})


def test_a_send_to_nobody_is_no_message(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    world.send("x", dest=MPI.PROC_NULL)
    assert world.recv(source=MPI.PROC_NULL) is None
    check(seen, comm, {})


def test_what_could_not_be_sent_is_no_message(traced, comm):
    world, seen = traced
    with pytest.raises(Exception, match="pickle"):
        world.send(lambda: None, dest=0)
    world.barrier()
    check(
        seen, comm, [pair for rank in others(comm) for pair in (("barrier", rank, 0), ("barrier", 0, rank))]
    )


class Unreadable:
    """Cannot be unpickled."""

    def __reduce__(self):
        return int, ("no number",)


def test_a_message_that_could_not_be_unpickled_has_come(traced, comm):
    world, seen = traced
    if comm.rank == 0:
        with pytest.raises(ValueError, match="no number"):
            world.recv(source=1)
        with pytest.raises(TypeError):
            world.recv(source=1, tag="none")  # nothing has come
        assert world.recv(source=1) == "readable"
    elif comm.rank == 1:
        world.send(Unreadable(), dest=0)
        world.send("readable", dest=0)
    check(seen, comm, {("send", 1, 0): 2})


def test_a_message_that_did_not_fit_has_come(traced, comm):
    from mpi4py import MPI

    world, seen = traced
    if comm.rank == 0:
        with pytest.raises(MPI.Exception):
            world.Recv([bytearray(1), MPI.BYTE], source=1)
        world.Recv([bytearray(9), MPI.BYTE], source=1)
    elif comm.rank == 1:
        world.Send([bytes(3), MPI.BYTE], dest=0)
        world.Send([bytes(9), MPI.BYTE], dest=0)
    check(seen, comm, {("Send", 1, 0): 2})
