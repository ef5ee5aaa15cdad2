"""What one call costs in messages: the table of all counted operations.

Theory of operation: a send is one message. MPI does not say which messages a collective sends, so a
collective is counted as those of its textbook algorithm, of n ranks:

    bcast, scatter, gather, reduce            n - 1      from the root to each, or from each to the root
    barrier, allgather, allreduce,            2 (n - 1)  to rank 0 and back
    reduce_scatter
    alltoall                                  n (n - 1)  from each to each
    scan, exscan                              n - 1      along the chain of ranks
    neighbor_allgather, neighbor_alltoall     one for each outgoing edge of the topology

Each rank counts only its own share, so that no rank needs to know what another one sent: of a tree between
the root and the others, every rank but the root counts the one message it receives or sends. Bytes are
those of the pickle, or of the buffer. A real library may need fewer messages for a collective, or more.

A trace draws the very messages that are counted: a share is a list of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mpi4py import MPI

from mpiprocessing.compare.counting.buffers import blocks_of, is_in_place, size_of
from mpiprocessing.compare.figures import Traffic

__all__ = ["COLLECTIVES", "POINT_TO_POINT", "UNCOUNTED", "Call", "Leg", "Rule"]


class Leg(NamedTuple):
    """One message, between ranks of the call's communicator.

    Args:
        source: who sends it.
        dest: who receives it.
        size: its bytes.
        phase: a rank sends the messages of a phase when it has received those of the phases before.
    """

    source: int
    dest: int
    size: int
    phase: int = 0


@dataclass(frozen=True)
class Call:
    """One finished call of a communicator's method.

    Attributes:
        comm: the communicator.
        arguments: the first arguments, by name.
        dumped: sizes of what was pickled during the call.
        loaded: sizes of what was unpickled during the call.
    """

    comm: MPI.Comm
    arguments: Mapping[str, Any]
    dumped: Sequence[int]
    loaded: Sequence[int]

    @property
    def root(self) -> int:
        """The root of the collective, rank 0 for those that have none."""
        return int(self.arguments.get("root", 0))

    def size_of(self, *names: str, blocks: int = 1) -> int:
        """The size of the first of these buffers that holds data, for those that allow MPI.IN_PLACE."""
        found = [self.arguments.get(name) for name in names]
        return next((size_of(spec, blocks) for spec in found if not is_in_place(spec)), 0)


@dataclass(frozen=True)
class Rule:
    """How the calls of one method are counted.

    Attributes:
        parameters: the names of its first parameters.
        legs: the messages that are this rank's share.
    """

    parameters: tuple[str, ...]
    legs: Callable[[Call], list[Leg]]

    def measure(self, call: Call) -> Traffic:
        """This rank's share of the traffic."""
        legs = self.legs(call)
        return Traffic(len(legs), sum(leg.size for leg in legs))


# --- one rank to another ------------------------------------------------------------------------------------


def _send_object(call: Call) -> list[Leg]:
    return _to_target(call, sum(call.dumped))


def _send_buffer(call: Call) -> list[Leg]:
    return _to_target(call, call.size_of("buf"))


def _to_target(call: Call, size: int) -> list[Leg]:
    # A send to PROC_NULL, at the edge of a grid, is no message.
    dest = call.arguments["dest"]
    return [] if dest == MPI.PROC_NULL else [Leg(call.comm.rank, dest, size)]


# --- between the root and the others ------------------------------------------------------------------------


def _receive_object(call: Call) -> list[Leg]:
    return _share(call, down=call.loaded[-1:])


def _give_object(call: Call) -> list[Leg]:
    # The last one: mpi4py's reduce pickles first to copy, then what it sends.
    return _share(call, up=call.dumped[-1:])


def _give_and_receive_object(call: Call) -> list[Leg]:
    return _share(call, up=call.dumped[-1:], down=call.loaded[-1:])


def _give_one_receive_all_objects(call: Call) -> list[Leg]:
    return _share(call, up=call.dumped, down=call.loaded)


def _receive_buffer(call: Call) -> list[Leg]:
    return _share(call, down=[call.size_of("recvbuf")])


def _give_buffer(call: Call) -> list[Leg]:
    return _share(call, up=[call.size_of("sendbuf")])


def _allreduce_buffer(call: Call) -> list[Leg]:
    return _share(call, up=[call.size_of("sendbuf", "recvbuf")], down=[call.size_of("recvbuf")])


def _allgather_buffer(call: Call) -> list[Leg]:
    blocks = blocks_of(call.arguments["recvbuf"], call.comm.size)
    return _share(call, up=[blocks[call.comm.rank]], down=blocks)


def _reduce_scatter_buffer(call: Call) -> list[Leg]:
    return _share(call, up=[call.size_of("sendbuf", "recvbuf")], down=[call.size_of("recvbuf")])


def _barrier(call: Call) -> list[Leg]:
    return _share(call, up=[], down=[])


def _share(call: Call, up: Sequence[int] | None = None, down: Sequence[int] | None = None) -> list[Leg]:
    """One message to the root where `up` says its sizes, and then one from it where `down` does."""
    if call.comm.rank == call.root:
        return []
    legs = [] if up is None else [Leg(call.comm.rank, call.root, sum(up))]
    return legs if down is None else [*legs, Leg(call.root, call.comm.rank, sum(down), len(legs))]


# --- each to each, along the chain, along the edges ---------------------------------------------------------


def _alltoall_object(call: Call) -> list[Leg]:
    return _to_others(call, list(call.dumped))


def _alltoall_buffer(call: Call) -> list[Leg]:
    spec = call.arguments["sendbuf"]
    return _to_others(
        call, blocks_of(call.arguments["recvbuf"] if is_in_place(spec) else spec, call.comm.size)
    )


def _to_others(call: Call, blocks: list[int]) -> list[Leg]:
    here = call.comm.rank
    return [Leg(here, dest, blocks[dest]) for dest in range(call.comm.size) if dest != here]


def _scan_object(call: Call) -> list[Leg]:
    return _to_next(call, sum(call.dumped[:1]))


def _scan_buffer(call: Call) -> list[Leg]:
    return _to_next(call, call.size_of("sendbuf", "recvbuf"))


def _to_next(call: Call, size: int) -> list[Leg]:
    here = call.comm.rank
    return [] if here == call.comm.size - 1 else [Leg(here, here + 1, size, phase=here)]


def _neighbor_allgather_object(call: Call) -> list[Leg]:
    return _along_edges(call, list(call.dumped[:1]) * len(_edges(call)))


def _neighbor_alltoall_object(call: Call) -> list[Leg]:
    return _along_edges(call, list(call.dumped))


def _neighbor_allgather_buffer(call: Call) -> list[Leg]:
    return _along_edges(call, [call.size_of("sendbuf")] * len(_edges(call)))


def _neighbor_alltoall_buffer(call: Call) -> list[Leg]:
    edges = len(_edges(call))
    return _along_edges(call, blocks_of(call.arguments["sendbuf"], edges)) if edges else []


def _along_edges(call: Call, sizes: list[int]) -> list[Leg]:
    here = call.comm.rank
    edges = zip(_edges(call), sizes, strict=False)
    return [Leg(here, edge, size) for edge, size in edges if edge != MPI.PROC_NULL]


def _edges(call: Call) -> list[int]:
    assert isinstance(call.comm, MPI.Topocomm)
    return list(call.comm.outedges)


# --- the tables ---------------------------------------------------------------------------------------------


def _rules(names: str, parameters: str, legs: Callable[[Call], list[Leg]]) -> dict[str, Rule]:
    return {name: Rule(tuple(parameters.split()), legs) for name in names.split()}


POINT_TO_POINT: dict[str, Rule] = {
    **_rules("send bsend ssend isend ibsend issend", "obj dest", _send_object),
    **_rules("sendrecv", "sendobj dest", _send_object),
    **_rules("Send Bsend Ssend Rsend Isend Ibsend Issend Irsend", "buf dest", _send_buffer),
    **_rules("Sendrecv_replace Isendrecv_replace", "buf dest", _send_buffer),
    # The names are positions; this method calls the first one `sendbuf`.
    **_rules("Sendrecv Isendrecv", "sendbuf dest", lambda call: _to_target(call, call.size_of("sendbuf"))),
}

COLLECTIVES: dict[str, Rule] = {
    **_rules("bcast", "obj root", _receive_object),
    **_rules("scatter", "sendobj root", _receive_object),
    **_rules("gather", "sendobj root", _give_object),
    **_rules("reduce", "sendobj op root", _give_object),
    **_rules("allgather", "sendobj", _give_one_receive_all_objects),
    **_rules("allreduce", "sendobj op", _give_and_receive_object),
    **_rules("alltoall", "sendobj", _alltoall_object),
    **_rules("scan exscan", "sendobj op", _scan_object),
    **_rules("barrier Barrier Ibarrier", "", _barrier),
    **_rules("Bcast Ibcast", "buf root", lambda call: _share(call, down=[call.size_of("buf")])),
    **_rules("Scatter Scatterv Iscatter Iscatterv", "sendbuf recvbuf root", _receive_buffer),
    **_rules("Gather Gatherv Igather Igatherv", "sendbuf recvbuf root", _give_buffer),
    **_rules("Reduce Ireduce", "sendbuf recvbuf op root", _give_buffer),
    **_rules("Allgather Allgatherv Iallgather Iallgatherv", "sendbuf recvbuf", _allgather_buffer),
    **_rules("Allreduce Iallreduce", "sendbuf recvbuf op", _allreduce_buffer),
    **_rules("Reduce_scatter Reduce_scatter_block", "sendbuf recvbuf", _reduce_scatter_buffer),
    **_rules("Ireduce_scatter Ireduce_scatter_block", "sendbuf recvbuf", _reduce_scatter_buffer),
    **_rules(
        "Alltoall Alltoallv Alltoallw Ialltoall Ialltoallv Ialltoallw", "sendbuf recvbuf", _alltoall_buffer
    ),
    **_rules("Scan Exscan Iscan Iexscan", "sendbuf recvbuf op", _scan_buffer),
    **_rules("neighbor_allgather", "sendobj", _neighbor_allgather_object),
    **_rules("neighbor_alltoall", "sendobj", _neighbor_alltoall_object),
    **_rules("Neighbor_allgather Neighbor_allgatherv", "sendbuf recvbuf", _neighbor_allgather_buffer),
    **_rules("Ineighbor_allgather Ineighbor_allgatherv", "sendbuf recvbuf", _neighbor_allgather_buffer),
    **_rules(
        "Neighbor_alltoall Neighbor_alltoallv Neighbor_alltoallw",
        "sendbuf recvbuf",
        _neighbor_alltoall_buffer,
    ),
    **_rules(
        "Ineighbor_alltoall Ineighbor_alltoallv Ineighbor_alltoallw",
        "sendbuf recvbuf",
        _neighbor_alltoall_buffer,
    ),
}

# Persistent and partitioned requests travel when they are started, outside the communicator's methods.
UNCOUNTED: tuple[str, ...] = tuple(
    name
    for name in dir(MPI.Topocomm)
    if name.endswith("_init") and not name.startswith(("_", "Recv", "Precv"))
)
