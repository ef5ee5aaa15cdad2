"""Made-up facts for the checks: a sound job, from which each test departs in what it is about."""

from __future__ import annotations

from typing import Any

from mpiprocessing.doctor.facts import LARGE, MEDIUM, SMALL, Clock, Job, Look, Message, Program, Rank
from mpiprocessing.doctor.seen import Launched

GIB = 1 << 30


def rank(number: int, host: str = "n1", **departing: Any) -> Rank:
    """A rank of a sound job under MPICH."""
    sound: dict[str, Any] = {
        "launched": Launched("PMI", number, 2),
        "parents": ["/env/bin/hydra_pmi_proxy"],
        "rank": number,
        "size": 2,
        "host": host,
        "pid": 100 + number,
        "python": "/env/bin/python",
        "python_version": "3.12.1",
        "versions": {"mpiprocessing": "0.1.0", "mpi4py": "4.1.2", "numpy": "2.0"},
        "library_file": "/env/lib/libmpi.so.12",
        "library": "MPICH 5.0.2",
        "thread_level": "multiple",
        "affinity": [0, 1, 2, 3],
        "cpus": 4,
        "memory": 32 * GIB,
        "memory_available": 16 * GIB,
        "files": 4096,
        "files_most": 1 << 20,
        "shm": 16 * GIB,
        "shm_free": 15 * GIB,
        "environment": {"OMP_NUM_THREADS": "1"},
        "cwd": "/home/me",
        "disk": "ext4",
        "start_seconds": 0.2,
        "import_seconds": 0.1,
        "init_seconds": 0.3,
    }
    return Rank(**(sound | departing))


def job(*ranks: Rank, **departing: Any) -> Job:
    """A sound job, of two ranks on one host if none are given."""
    ranks = ranks or (rank(0), rank(1))
    mpiexec = Program("/env/bin/mpiexec", "mpich", "5.0.2")
    sound: dict[str, Any] = {
        "ranks": list(ranks),
        "size": len(ranks),
        "mpiexec": mpiexec,
        "path_mpiexec": mpiexec,
        "directory": "/home/me",
    }
    made = Job(**(sound | departing))
    leaders = [of_host[0] for of_host in made.hosts.values()]
    if "looks" not in departing:
        made.looks = [Look(one.rank, one.host, True) for one in leaders[1:]]
    if "clocks" not in departing:
        made.clocks = [Clock(one.rank, one.host, 0.002, 0.001) for one in leaders[1:]]
    if "messages" not in departing and len(ranks) > 1:
        a, b = ranks[0], ranks[-1]
        made.messages = [
            Message(size, a.rank, b.rank, a.host, b.host, seconds)
            for size, seconds in ((SMALL, 5e-6), (MEDIUM, 0.005), (LARGE, 2.0))
        ]
    return made


def openmpi(number: int, host: str = "n1", **departing: Any) -> Rank:
    """A rank of a sound job under Open MPI."""
    sound: dict[str, Any] = {
        "launched": Launched("PMIx", number, 2),
        "parents": ["/env/bin/prterun"],
        "library": "Open MPI v5.0.11, package: x",
        "library_file": "/env/lib/libmpi.so.40",
    }
    return rank(number, host, **(sound | departing))
