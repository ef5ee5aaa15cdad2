"""Open MPI's yields switched off, where all waiting is ours.

Open MPI gives the core away inside each look that finds nothing when there are more ranks than cores (MPICH never does). To
another rank that waits this costs 1 µs; to one that computes it costs milliseconds, at every look: with two ranks computing on
two cores the median of `MPI_Test` was 2 ms. How to wait is decided in `backoff.py`, and MPI must not decide otherwise. There is
a parameter for it (`mpi_yield_when_idle`), but the launcher's opinion overrules it, so the function behind it is called.

It is left alone in programs that make MPI calls of their own beside ours (`mpiprocessing.init`): those block in MPI, and then
yields are all that lets others run.
"""

from __future__ import annotations

import contextlib
import ctypes

__all__ = ["set_yields"]


def set_yields(library: str, on: bool) -> bool:
    """Have MPI yield or not in looks that find nothing. Without effect where MPI is not Open MPI.

    Args:
        library: the file of a library that is linked with MPI.
        on: whether it is to.

    Returns:
        Whether it has done so before.
    """
    with contextlib.suppress(OSError, AttributeError):
        function = ctypes.CDLL(library).opal_progress_set_yield_when_idle
        function.restype, function.argtypes = ctypes.c_bool, [ctypes.c_bool]
        return bool(function(on))
    return False
