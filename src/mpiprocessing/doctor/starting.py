"""Loading mpi4py and starting MPI, with a clock on each; and what the MPI library says of itself."""

from __future__ import annotations

import ctypes
import os
import time
import warnings
from typing import Any

from mpiprocessing.doctor.facts import Rank

__all__ = ["load", "start"]

_ENABLED = "OMPI_MCA_mpi_ft_enable"
"""What `mpiexec --with-ft ulfm` sets for its ranks."""


class _Symbol(ctypes.Structure):
    """What the dynamic linker says of an address."""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def load(here: Rank) -> Any:
    """Load mpi4py, without starting MPI.

    Args:
        here: the facts of this rank; what is learnt is added.

    Returns:
        The module `mpi4py.MPI`, None if it cannot be loaded.
    """
    began = time.monotonic()
    try:
        import mpi4py

        mpi4py.rc.initialize = False
        mpi4py.rc.finalize = False
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        here.mpi4py_error = str(error).partition("\n")[0]  # the others are the files that mpi4py has tried
        return None
    here.import_seconds = time.monotonic() - began
    first = MPI.Get_library_version().strip("\0 \n").partition("\n")[0].strip("\0 ")
    here.library = " ".join(first.replace("Version:", "").split())
    here.library_file = _file_of(MPI.__file__)
    here.survives = here.vendor == "openmpi" and os.environ.get(_ENABLED, "0") in ("1", "true")
    return MPI


def _file_of(extension: str) -> str:
    symbol = _Symbol()
    try:
        ctypes.CDLL(None).dladdr(ctypes.CDLL(extension).MPI_Init, ctypes.byref(symbol))
    except (OSError, AttributeError):
        return ""
    return os.fsdecode(symbol.file or b"")


def start(MPI: Any, here: Rank) -> Any:
    """Start MPI, as the library does for a program.

    Args:
        MPI: the module.
        here: the facts of this rank; what is learnt is added.

    Returns:
        A communicator of all ranks, on which errors are exceptions.
    """
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # mpi4py's of a wrong mpiexec: there is a check for it
        level = MPI.Init_thread(MPI.THREAD_MULTIPLE)
    here.init_seconds = time.monotonic() - began
    names = ("single", "funneled", "serialized", "multiple")
    levels = (MPI.THREAD_SINGLE, MPI.THREAD_FUNNELED, MPI.THREAD_SERIALIZED, MPI.THREAD_MULTIPLE)
    here.thread_level = dict(zip(levels, names, strict=True)).get(level, str(level))
    world = MPI.COMM_WORLD
    world.Set_errhandler(MPI.ERRORS_RETURN)
    here.rank, here.size = world.rank, world.size
    return world
