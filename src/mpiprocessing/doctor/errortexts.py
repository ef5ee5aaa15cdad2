"""What launchers and MPI libraries say when a job does not start, and the line that mends it."""

from __future__ import annotations

import re

__all__ = ["explain", "last_words"]

_KNOWN = (
    (
        r"attempt to run as root|run as root",
        "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
    ),
    (
        r"not enough slots|slots available",
        "fewer ranks, more slots in the host file (slots=N), or let ranks share cores: mpiexec --map-by :OVERSUBSCRIBE",
    ),
    (
        r"unsupported PMI version|PMI version PMIx",
        "MPICH does not speak PMIx: use srun --mpi=pmi2 --kill-on-bad-exit=1, or its own mpiexec within the job",
    ),
    (
        r"Invalid (mpi|MPI) type|invalid MPI plugin|Unable to load mpi|mpi/\w+: (?:cannot|can't) load",
        "this Slurm has no such plugin: srun --mpi=list shows those that it has",
    ),
    (
        r"No module named '?mpiprocessing",
        "the Python of the ranks has no mpiprocessing: give the full path of the right one to mpiexec, and install it there",
    ),
    (
        r"Permission denied \(publickey|Host key verification failed|Could not resolve hostname|ssh: connect",
        "the hosts cannot reach each other by ssh: try ssh HOST hostname, which must ask for nothing",
    ),
    (
        r"check for firewalls|firewall on the remote host|unable to connect (?:to server|from)",
        "the hosts must reach each other at all ports (firewall), also back to the host where mpiexec runs; or mpiexec takes "
        "the wrong network: MPICH -iface NAME, Open MPI --prtemca oob_tcp_if_include NAME",
    ),
    (
        r"bind to more than|binding .*more processes|not enough (?:cpus|processing units)",
        "mpiexec --bind-to none",
    ),
    (
        r"[Nn]o space left on device|Bus error|shared memory segment",
        "/dev/shm is full: rm what killed jobs have left there; in a container: docker run --shm-size=1g",
    ),
    (r"Too many open files|ERR_SYS_LIMITS", "ulimit -n 4096"),
    (
        r"[Cc]annot allocate memory|oom.kill|Out [Oo]f [Mm]emory|Exceeded job memory limit",
        "the job has too little memory: ask for more (#SBATCH --mem=…, #PBS -l select=…:mem=…), or use fewer ranks per node",
    ),
    (
        r"MPI_THREAD_MULTIPLE",
        "this MPI, or the UCX below it, was built without threads: install one from wheels, pip install 'mpiprocessing[mpich]'",
    ),
    (
        r"error while loading shared libraries|cannot open shared object file|libmpi\.so",
        "module load the MPI that mpi4py was built with, in the job script as well",
    ),
    (
        r"PMIX ERROR|PMIx.*UNREACH|OPAL ERROR|ORTE_ERROR_LOG",
        "with Open MPI 5 only its own mpiexec or srun --mpi=pmix start ranks; stale files of killed jobs in $TMPDIR can be the "
        "cause too: rm -r $TMPDIR/prte.* $TMPDIR/ompi.*",
    ),
)

_MOST = 300
_STACK = re.compile(r"\[(?:mpiexec|proxy)\S*\] \w+ \(")  # where in its own source Hydra was


def explain(text: str) -> str:
    """Find the line that mends what a launcher or library has said.

    Args:
        text: what it has said.

    Returns:
        The line, "" for a text that is not known.
    """
    return next((fix for pattern, fix in _KNOWN if re.search(pattern, text)), "")


def last_words(text: str) -> str:
    """The part of a long text that says most, in one line.

    Args:
        text: all that was printed.
    """
    lines = [line.strip() for line in text.splitlines() if re.search(r"\w", line)]
    known = [line for line in lines if explain(line)]
    told = [line for line in lines if not _STACK.match(line)]
    return " / ".join((known or told or lines)[-3:])[-_MOST:]
