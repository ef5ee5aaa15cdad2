"""How many bytes a buffer argument of mpi4py's upper-case methods stands for.

Theory of operation: mpi4py takes `data`, `[data, type]`, `[data, count, type]`, `[data, counts, displs,
type]`, `[data, (counts, displs), type]` and `[data, counts, displs, types]`. What travels is count times
the *size* of the type, which is less than the memory it spans when the type has gaps.
"""

from __future__ import annotations

import numbers
from typing import Any

from mpi4py import MPI

__all__ = ["blocks_of", "is_in_place", "size_of"]


def is_in_place(spec: Any) -> bool:
    """Tell whether a buffer argument is MPI.IN_PLACE or absent: the data is in the other argument."""
    return spec is None or spec is MPI.IN_PLACE


def size_of(spec: Any, blocks: int = 1) -> int:
    """Compute the bytes of a buffer argument.

    Args:
        spec: the argument.
        blocks: how many ranks share the buffer; a count given with it is then the count of one block.

    Returns:
        The bytes of all blocks together.
    """
    return sum(blocks_of(spec, blocks))


def blocks_of(spec: Any, blocks: int) -> list[int]:
    """Compute the bytes of each rank's block of a buffer argument.

    Args:
        spec: the argument.
        blocks: how many ranks share the buffer.

    Returns:
        One number for each rank.
    """
    data, counts, datatype = _parts(spec)
    if is_in_place(data):
        return [0] * blocks
    if isinstance(datatype, (list, tuple)):
        return [int(count) * each.size for count, each in zip(counts, datatype, strict=True)]
    if counts is None:
        return [_whole(data, datatype) // blocks] * blocks
    unit = _itemsize(data) if datatype is None else _type(datatype).size
    if isinstance(counts, numbers.Integral):
        return [int(counts) * unit] * blocks
    return [int(count) * unit for count in counts]


def _parts(spec: Any) -> tuple[Any, Any, Any]:
    if not isinstance(spec, (list, tuple)):
        return spec, None, None
    data, *rest = spec
    datatype = rest.pop() if rest and _names_type(rest[-1]) else None
    counts = rest[0] if rest else None
    if isinstance(counts, tuple):
        counts = counts[0]  # (counts, displacements)
    return data, counts, datatype


def _names_type(value: Any) -> bool:
    if isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (str, MPI.Datatype))


def _type(datatype: str | MPI.Datatype) -> MPI.Datatype:
    return MPI.Datatype.fromcode(datatype) if isinstance(datatype, str) else datatype


def _whole(data: Any, datatype: str | MPI.Datatype | None) -> int:
    memory = MPI.buffer.frombuffer(data, readonly=True).nbytes
    if datatype is None:
        return memory
    kind = _type(datatype)
    return memory // kind.extent * kind.size


def _itemsize(data: Any) -> int:
    return MPI.buffer.frombuffer(data, readonly=True).itemsize
