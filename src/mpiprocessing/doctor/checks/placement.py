"""Ranks and cores: how many share one, to which they are tied, how many threads each rank will start; and root."""

from __future__ import annotations

from mpiprocessing.doctor.facts import Job, Rank
from mpiprocessing.doctor.verdict import Verdict, fine, listed, poor

__all__ = ["check_binding", "check_cores", "check_root", "check_thread_pools"]

_POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_ALLOWED = ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")


def check_cores(job: Job) -> Verdict:
    """No host has more ranks than cores."""
    tight = ""
    for host, ranks in job.hosts.items():
        cpus = len(_allowed(ranks)) or ranks[0].cpus
        quota = min((rank.cpu_quota for rank in ranks if rank.cpu_quota), default=0.0)
        if quota and quota < len(ranks):
            return poor(
                f"the control group on {host} gives {quota:g} CPUs' worth of time to {len(ranks)} ranks",
                f"ask for as many CPUs as ranks (#SBATCH --ntasks={job.size}; docker run --cpus={len(ranks)}), or use fewer "
                "ranks",
            )
        if len(ranks) > cpus and not tight:
            tight = f"{host} has {len(ranks)} ranks on {cpus} CPU{'' if cpus == 1 else 's'}"
            most = cpus
    if tight:
        return poor(
            f"{tight}: ranks that wait take time from those that work",
            f"at most {most} rank{'' if most == 1 else 's'} there; Open MPI refuses more than slots: --map-by :OVERSUBSCRIBE "
            "where it is meant so",
        )
    text = ", ".join(
        f"{host}: {len(ranks)} on {len(_allowed(ranks))}" for host, ranks in list(job.hosts.items())[:4]
    )
    return fine(f"ranks on CPUs: {text}{' …' if len(job.hosts) > 4 else ''}")


def check_binding(job: Job) -> Verdict:
    """Ranks that are tied to cores are tied to different ones."""
    tied = 0
    for host, ranks in job.hosts.items():
        for rank in ranks:
            own = set(rank.affinity)
            tied += len(own) < rank.cpus
            within = [other for other in ranks if own and set(other.affinity) <= own]
            if own and len(within) > len(own) and len(own) < len(_allowed(ranks) | _everything(ranks)):
                return poor(
                    f"{listed((other.rank for other in within), 'rank')} on {host} are tied to the same "
                    f"{len(own)} of {rank.cpus} CPUs ({_ranges(own)})",
                    _untie(rank, job.size),
                )
    for rank in job.ranks:
        given = min(rank.allocation.cpus_per_task or 0, rank.cpus)
        if rank.affinity and len(rank.affinity) < given:
            return poor(
                f"the batch system gives each task {rank.allocation.cpus_per_task} CPUs, and rank {rank.rank} on {rank.host} "
                f"may use {len(rank.affinity)} ({_ranges(set(rank.affinity))})",
                f"export SRUN_CPUS_PER_TASK={rank.allocation.cpus_per_task} (srun does not take it from sbatch any more), or "
                "with mpiexec: --bind-to none",
            )
    if tied:
        one = next(rank for rank in job.ranks if len(rank.affinity) < rank.cpus)
        return fine(
            f"{tied} of {len(job.ranks)} ranks tied to some of the CPUs, rank {one.rank} to {_ranges(set(one.affinity))}"
        )
    return fine("ranks are not tied to CPUs")


def check_thread_pools(job: Job) -> Verdict:
    """The threads of BLAS and OpenMP that all ranks of a host start together are not more than its cores."""
    for host, ranks in job.hosts.items():
        rank = ranks[0]
        share = _share(rank, ranks)
        name, threads = _threads(rank)
        if threads > share:
            total = sum(_threads(other)[1] for other in ranks)
            cpus = len(_allowed(ranks)) or rank.cpus
            said = (
                f"{name}={threads}" if name else f"OMP_NUM_THREADS is not set, so that numpy takes {threads}"
            )
            return poor(
                f"{said} on {host}: {len(ranks)} rank{'s' if len(ranks) > 1 else ''} start {total} threads on {cpus} "
                f"CPU{'' if cpus == 1 else 's'}",
                f"export {name or 'OMP_NUM_THREADS'}={share}{_travel(rank, name)}",
            )
    different = sorted({f"{name or 'default'}={count}" for name, count in map(_threads, job.ranks)})
    if len(different) > 1:
        return poor(
            f"ranks differ: {listed(different)}",
            f"export OMP_NUM_THREADS=…{_travel(job.here, 'OMP_NUM_THREADS')}",
        )
    name, threads = _threads(job.here)
    return fine(
        f"{name or 'by default'}: {threads} per rank, which has {_share(job.here, job.hosts[job.here.host])}"
    )


def check_root(job: Job) -> Verdict:
    """Open MPI's mpiexec runs for this user."""
    here = job.here
    if not here.root:
        return fine("no root")
    if here.vendor != "openmpi":
        return fine("root, which this MPI does not mind")
    if job.allowed or (not job.alone and all(here.environment.get(name) for name in _ALLOWED)):
        return fine("root, and Open MPI is allowed to")
    return poor(
        "root: Open MPI's mpiexec refuses to start unless it is allowed to (the doctor allowed it for its own job)",
        f"export {' '.join(f'{name}=1' for name in _ALLOWED)}",
    )


# --- helpers ------------------------------------------------------------------------------------------------


def _allowed(ranks: list[Rank]) -> set[int]:
    """The CPUs that some rank of a host may use."""
    return set().union(*(rank.affinity for rank in ranks))


def _everything(ranks: list[Rank]) -> set[int]:
    """The CPUs that the host has: what a rank is not tied to, another might have been."""
    return set(range(ranks[0].cpus))


def _share(rank: Rank, ranks: list[Rank]) -> int:
    """How many CPUs a rank has to itself."""
    own = set(rank.affinity) or _everything(ranks)
    with_it = [other for other in ranks if own & (set(other.affinity) or own)]
    return max(1, len(own.union(*(other.affinity for other in with_it))) // max(1, len(with_it)))


def _threads(rank: Rank) -> tuple[str, int]:
    """Which variable says how many threads numpy's BLAS takes, and how many."""
    named = [(name, rank.environment[name].split(",")[0]) for name in _POOLS if name in rank.environment]
    counts = [(name, int(text)) for name, text in named if text.isdecimal() and int(text)]
    if counts:
        return max(counts, key=lambda one: one[1])
    return "", len(rank.affinity) or rank.cpus


def _travel(rank: Rank, name: str) -> str:
    """Open MPI does not carry variables to other hosts over ssh."""
    return (
        f", and with Open MPI over several hosts: mpiexec -x {name or 'OMP_NUM_THREADS'}"
        if rank.vendor == "openmpi"
        else ""
    )


def _untie(rank: Rank, size: int) -> str:
    if rank.vendor == "openmpi":
        return "mpiexec --bind-to none (or --map-by slot:PE=N for N cores to each rank)"
    if rank.launched.slurm:
        return "srun --cpu-bind=none, or --cpus-per-task=N"
    if rank.launched:
        return "mpiexec -bind-to none"
    return "taskset is at work: start without it"


def _ranges(cpus: set[int]) -> str:
    """CPU numbers as people write them: 0-3,8."""
    parts: list[list[int]] = []
    for cpu in sorted(cpus):
        if parts and cpu == parts[-1][-1] + 1:
            parts[-1].append(cpu)
        else:
            parts.append([cpu])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
