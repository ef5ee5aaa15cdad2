"""The launcher and MPI: have they met, as many ranks as were asked for, at the thread level that is needed?"""

from __future__ import annotations

from dataclasses import replace

from mpiprocessing.doctor.errortexts import explain
from mpiprocessing.doctor.facts import LOADING, LOOKING, STARTING, Job, Rank
from mpiprocessing.doctor.verdict import Verdict, bad, fine, listed, poor, unseen
from mpiprocessing.launch.allocation import Allocation

__all__ = ["check_answers", "check_scheduler", "check_survival", "check_threads", "check_world"]

_LEVEL_SETTINGS = ("MPI4PY_RC_THREAD_LEVEL", "MPI4PY_RC_THREADS")
_OFF = ("0", "false", "no", "off", "single", "funneled", "serialized")


def check_world(job: Job) -> Verdict:
    """MPI's world is as large as the launcher was asked to make it."""
    here, asked = job.here, job.here.launched.size
    if job.failure:
        known = explain(job.failure)
        return bad(f"the job that the doctor started said: {job.failure}", known or _start_with(job))
    if job.lost:
        return bad(f"{job.lost}{_misfit(here)}", _find_again(job))
    if not job.size:
        return unseen("MPI has not started, see above")
    if job.size == 1 and asked > 1:
        return bad(
            f"{asked} ranks were asked for, and every one of them is rank 0 of 1: {_offered(here)} does not fit "
            f"{_library(here)}",
            _start_with(job),
        )
    if asked and job.size != asked:
        return bad(f"the launcher was asked for {asked} ranks, and MPI has {job.size}", _start_with(job))
    hosts = len(job.hosts)
    how = f", by {_offered(here)}" if here.launched else ", started by Python alone"
    return fine(f"{_ranks(job.size)} on {_many(hosts, 'host')}{how}: as many as were asked for")


def check_answers(job: Job) -> Verdict:
    """Every rank answers."""
    if not job.met:
        return unseen("the ranks have not met")
    if job.mute:
        return bad(
            f"no answer from {listed(job.mute, 'rank')} in time",
            "they are dead or hang, or the network between the hosts is closed: look at their hosts with ps, and let the "
            "administrator open all ports between compute nodes",
        )
    return fine(f"every rank answers ({_ranks(job.size)})")


def check_threads(job: Job) -> Verdict:
    """MPI lets several threads call it."""
    setting = next(
        (
            f"{name}={rank.environment[name]}"
            for rank in job.ranks
            for name in _LEVEL_SETTINGS
            if _lowers(rank, name)
        ),
        "",
    )
    low = next((rank for rank in job.ranks if rank.thread_level not in ("multiple", "")), None)
    if low is not None:
        return bad(
            f"MPI gave thread level {low.thread_level}, and multiple is needed",
            "use an MPI built with MPI_THREAD_MULTIPLE (UCX: --enable-mt); the wheels are: "
            f"{low.python} -m pip install 'mpiprocessing[mpich]'",
        )
    if setting:
        return poor(
            f"{setting} is set: plain mpi4py programs, and `watch`, get less than the level multiple that they need",
            f"unset {setting.partition('=')[0]}",
        )
    if not job.size:
        return unseen("MPI has not started")
    return fine("thread level multiple")


def check_scheduler(job: Job) -> Verdict:
    """The job has what the batch system says that it has."""
    here = job.here
    allocation = here.allocation
    if not allocation:
        return unseen("this is no job of Slurm, PBS or LSF")
    name = f"{_SCHEDULERS[allocation.scheduler]} job {allocation.job_id}"
    if allocation.unread and here.rank in (0, -1):
        return bad(
            f"{name}: its list of nodes cannot be read ({allocation.unread})",
            "start from the job script itself, on the job's first node; there PBS_NODEFILE exists",
        )
    if not job.met:
        return unseen(f"{name}, but the ranks have not met")
    if _is_daemons(here):
        allocation = replace(allocation, tasks=None)
    if job.tasks:
        allocation = replace(allocation, tasks=job.tasks)
    given = _given(allocation)
    nodes, hosts = allocation.node_count, len(job.hosts)
    if allocation.tasks and allocation.tasks != job.size:
        source = "lines in PBS_NODEFILE" if allocation.scheduler == "pbs" else "tasks"
        return poor(
            f"{name} has {allocation.tasks} {source}, and {_ranks(job.size)} run",
            f"mpiexec -n {allocation.tasks} …, or ask the scheduler for {job.size}",
        )
    if nodes and hosts < nodes:
        idle = [node for node in allocation.node_names if not _has(job, node)] or [
            f"{nodes - hosts} of {nodes}"
        ]
        return poor(
            f"{name} has {_many(nodes, 'node')}, and ranks run on {hosts}: nothing runs on {listed(idle)}",
            f"start more ranks, or spread them: {_spread(here, -(-job.size // nodes))}",
        )
    if nodes and hosts > nodes:
        return poor(
            f"{name} has {_many(nodes, 'node')}, and ranks run on {hosts} hosts: {listed(job.hosts)}",
            "a host file or a switch names hosts that are not of this job: leave them out, the launcher knows the job's nodes",
        )
    if allocation.cpus and job.size > allocation.cpus:
        return poor(
            f"{name} has {allocation.cpus} CPUs, and {_ranks(job.size)} run",
            f"#SBATCH --ntasks={job.size}, or fewer ranks",
        )
    return fine(f"{name}: {given}; that is what runs")


def check_survival(job: Job) -> Verdict:
    """Whether the job goes on when a rank dies (ULFM)."""
    here = job.here
    if not job.size:
        return unseen("MPI has not started")
    if here.survives:
        return fine("ULFM is on: the job goes on when a rank dies")
    if here.vendor == "openmpi" and here.versions.get("openmpi", "5") >= "5" and "v4" not in here.library:
        return fine("ULFM is there and off: with mpiexec --with-ft ulfm the job goes on when a rank dies")
    return fine("no ULFM in this MPI: the job ends when a rank dies (Open MPI 5 could go on)")


# --- words --------------------------------------------------------------------------------------------------

_SCHEDULERS = {"slurm": "Slurm", "pbs": "PBS", "lsf": "LSF"}


def _start_with(job: Job) -> str:
    """How to start so that library and launcher meet."""
    here = job.here
    count = here.launched.size or job.tasks or here.allocation.tasks or 4
    own = job.mpiexec.path or f"{here.python.rpartition('/')[0]}/mpiexec"
    line = f"{own} -n {count} {here.python} -m mpiprocessing …"
    if here.launched.slurm:
        kind = {"openmpi": "pmix"}.get(here.vendor, "pmi2")
        line += f", or where srun must be used: srun --mpi={kind} --kill-on-bad-exit=1 (srun --mpi=list shows what there is)"
    return line


def _find_again(job: Job) -> str:
    """What to do about a process that was lost, by the stage."""
    here = job.here
    if job.lost_in in (LOOKING, LOADING):
        return f"see what it has printed; on {here.host}, {here.python} -c 'from mpi4py import MPI' says it without a launcher"
    if job.lost_in == STARTING and (_misfit(here) or _is_foreign(here)):
        return _start_with(job)
    return (
        "launcher and library fit, so the ranks did not reach each other: see whether another rank has failed; all ports must "
        "be open between the hosts (firewall), and the right network be used: Open MPI mpiexec --mca btl_tcp_if_include NAME, "
        "MPICH export FI_TCP_IFACE=NAME or UCX_NET_DEVICES=NAME; try on one host alone"
    )


def _is_foreign(here: Rank) -> bool:
    """Whether the launcher is of another family: MPICH's library under what speaks PMIx only, Open MPI's under PMI."""
    return here.launched.by not in {"mpich": ("PMI", "PALS"), "openmpi": ("PMIx",)}.get(
        here.vendor, (here.launched.by,)
    )


def _misfit(here: Rank) -> str:
    """Why a process may have been lost while MPI started."""
    if here.vendor == "mpich" and here.launched.by == "PMIx":
        return ": the launcher offers PMIx, which MPICH does not speak unless it was built to"
    if here.vendor == "openmpi" and here.launched.by in ("PMI", "PALS"):
        return f": the launcher offers {here.launched.by}, and Open MPI 5 speaks PMIx only"
    return ""


def _offered(rank: Rank) -> str:
    seen = rank.launched
    by = {"srun": "srun without PMI (--mpi=none)"}.get(seen.by, f"a launcher that speaks {seen.by}")
    if seen.slurm and seen.by != "srun":
        by = f"a step of Slurm's that speaks {seen.by}"
    above = _above(rank)
    return f"{by} ({above})" if above else by


def _above(rank: Rank) -> str:
    """The program that has started it, shells and the like left out."""
    return next((name for name in rank.parents if not name.endswith(("python", "python3", "sh"))), "")


def _library(rank: Rank) -> str:
    return f"mpi4py's library ({rank.library.split(',')[0]})"


def _lowers(rank: Rank, name: str) -> bool:
    return rank.environment.get(name, "").strip().lower() in _OFF


def _is_daemons(rank: Rank) -> bool:
    """An mpiexec's daemons are a step of Slurm's of their own: the variables that its ranks see count those."""
    return bool(rank.allocation.step) and "slurmstepd" not in _above(rank)


def _has(job: Job, node: str) -> bool:
    return any(host.split(".")[0] == node.split(".")[0] for host in job.hosts)


def _given(allocation: Allocation) -> str:
    parts = [
        _many(allocation.node_count, "node") if allocation.node_count else "",
        _many(allocation.tasks, "task") if allocation.tasks else "",
        _many(allocation.cpus, "CPU") if allocation.cpus else "",
    ]
    return ", ".join(part for part in parts if part)


def _spread(rank: Rank, count: int) -> str:
    return {"openmpi": f"mpiexec --map-by ppr:{count}:node", "": f"srun --ntasks-per-node={count}"}.get(
        rank.vendor, f"mpiexec -ppn {count}"
    )


def _ranks(count: int) -> str:
    return _many(count, "rank")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
