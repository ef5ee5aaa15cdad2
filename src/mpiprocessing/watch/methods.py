"""The methods of a communicator that may wait: the names of their parameters, their modes, and whom a collective needs."""

from __future__ import annotations

from mpiprocessing.compare.counting.signatures import BOTH_WAYS

__all__ = [
    "BUFFER",
    "BUFFERED",
    "COLLECTIVE_MAKERS",
    "PROBES",
    "SENDS",
    "SYNCHRONOUS",
    "is_synchronous",
    "needed_by",
]

OBJECT, BUFFER = "obj dest tag", "buf dest tag"
SENDS = (
    dict.fromkeys(("send", "bsend", "ssend", "isend", "ibsend", "issend"), OBJECT)
    | dict.fromkeys(("Send", "Bsend", "Ssend", "Rsend", "Isend", "Ibsend", "Issend", "Irsend"), BUFFER)
    | BOTH_WAYS
)
BUFFERED = ("bsend", "Bsend", "ibsend", "Ibsend", "Bsend_init")
SYNCHRONOUS = {
    "send": "ssend",
    "Send": "Ssend",
    "isend": "issend",
    "Isend": "Issend",
    "Send_init": "Ssend_init",
}
PROBES = "probe Probe mprobe Mprobe improbe Improbe"
COLLECTIVE_MAKERS = """
    Clone Dup Dup_with_info Idup Idup_with_info Create Split Split_type
    Create_cart Create_graph Create_dist_graph Create_dist_graph_adjacent Sub
"""


def is_synchronous(name: str) -> bool:
    """Whether a method sends in synchronous mode."""
    return name.lower().lstrip("i").startswith("ss")


def needed_by(verb: str, rank: int, root: int, members: tuple[int, ...]) -> tuple[int, ...]:
    """Without whom a collective cannot end on a rank: those who have data for it, or all where nobody may be ahead.

    Args:
        verb: the collective, without the mark of the call that does not wait.
        rank: in the communicator.
        root: likewise.
        members: the ranks of the communicator in the world.
    """
    if verb.startswith(("bcast", "scatter")):
        return () if rank == root else members[root : root + 1]
    if verb.startswith("gather") or verb == "reduce":
        return members if rank == root else ()
    if verb in ("scan", "exscan"):
        return members[:rank]
    return () if verb.startswith("neighbor") else members
