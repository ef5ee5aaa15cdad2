"""What a batch system has given to this job, as its environment variables say it.

Theory of operation: Slurm, PBS (both dialects) and LSF tell a job by variables which nodes, how many tasks and how many cores
it has. They are read into one record; what a scheduler does not tell stays empty or None. Nothing is asked of the system, and
nothing is run: whether it is true is another question. The one file that is read is PBS's list of nodes, which exists on the
job's first node only.

    read(os.environ).tasks          how many ranks the job was meant to have
    read(os.environ).node_names     on which nodes

Within a step (`srun`, or the daemons that an mpiexec starts by it) Slurm's SLURM_NTASKS and SLURM_NNODES are those of the step.
The job's own nodes have names of their own, SLURM_JOB_…, and are preferred.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Allocation", "Node", "expand", "read"]

_MIB = 1 << 20


@dataclass(frozen=True)
class Node:
    """One node of a job.

    Attributes:
        name: as the scheduler calls it.
        tasks: how many ranks are meant to run there; None if it does not tell.
        cpus: how many of its CPUs the job has; None if it does not tell.
    """

    name: str
    tasks: int | None = None
    cpus: int | None = None


@dataclass(frozen=True)
class Allocation:
    """What a job has got.

    Attributes:
        scheduler: "slurm", "pbs", "lsf", or "" where this is no job of a scheduler.
        job_id: as the scheduler's own commands take it.
        nodes: in the scheduler's order; empty if it does not tell their names.
        node_count: how many there are, even where the names are not known.
        tasks: how many ranks are meant to run; within a step of Slurm's, the step's.
        cpus_per_task: how many CPUs each of them has; None if that was not asked for.
        memory_per_node: in bytes; None if it does not tell, 0 for "all there is".
        restarts: how often the job was started before: more than 0 if it was requeued.
        array_index: which one it is of an array of jobs, "" if of none.
        step: Slurm's number of the step within which this process runs, "" in the job script itself.
        submitted_from: the directory, "" if it does not tell.
        node_file: the file with the list of nodes, "" if there is none.
        unread: why that file could not be read, "" if it could.
    """

    scheduler: str = ""
    job_id: str = ""
    nodes: tuple[Node, ...] = ()
    node_count: int | None = None
    tasks: int | None = None
    cpus_per_task: int | None = None
    memory_per_node: int | None = None
    restarts: int = 0
    array_index: str = ""
    step: str = ""
    submitted_from: str = ""
    node_file: str = ""
    unread: str = ""

    def __bool__(self) -> bool:
        """Whether this is a job of a scheduler."""
        return bool(self.scheduler)

    @property
    def node_names(self) -> tuple[str, ...]:
        """The names of the nodes, each once, in the scheduler's order."""
        return tuple(node.name for node in self.nodes)

    @property
    def cpus(self) -> int | None:
        """How many CPUs the job has on all nodes together; None if the scheduler does not tell."""
        counts = [node.cpus for node in self.nodes]
        return sum(count for count in counts if count) if counts and None not in counts else None


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def read(environ: Mapping[str, str] = os.environ, text_of: Callable[[str], str] = _text) -> Allocation:
    """Read what the scheduler says.

    Args:
        environ: the environment.
        text_of: reads a file, the list of nodes; it may raise OSError.

    Returns:
        What the job has got; one without a scheduler where this is no job.
    """
    if environ.get("SLURM_JOB_ID") or environ.get("SLURM_JOBID"):
        return _slurm(environ)
    if environ.get("PBS_JOBID"):
        return _pbs(environ, text_of)
    if environ.get("LSB_JOBID"):
        return _lsf(environ)
    return Allocation()


# --- Slurm --------------------------------------------------------------------------------------------------


def _slurm(environ: Mapping[str, str]) -> Allocation:
    names = expand(environ.get("SLURM_JOB_NODELIST") or environ.get("SLURM_NODELIST") or "")
    tasks = _repeated(environ.get("SLURM_TASKS_PER_NODE", ""))
    cpus = _repeated(environ.get("SLURM_JOB_CPUS_PER_NODE", ""))
    per_task = _number(environ.get("SLURM_CPUS_PER_TASK"))
    total = _number(environ.get("SLURM_NTASKS") or environ.get("SLURM_NPROCS"))
    if total is None and len(tasks) == len(names) and tasks:
        total = sum(tasks)  # salloc and sbatch with --ntasks-per-node only
    if len(tasks) != len(names) or sum(tasks) != total:  # a step's, on other nodes than the job's
        tasks = []
    return Allocation(
        scheduler="slurm",
        job_id=environ.get("SLURM_JOB_ID") or environ.get("SLURM_JOBID") or "",
        nodes=tuple(Node(name, _at(tasks, i), _at(cpus, i)) for i, name in enumerate(names)),
        node_count=_number(environ.get("SLURM_JOB_NUM_NODES") or environ.get("SLURM_NNODES"))
        or len(names)
        or None,
        tasks=total,
        cpus_per_task=per_task,
        memory_per_node=_slurm_memory(environ, cpus),
        restarts=_number(environ.get("SLURM_RESTART_COUNT")) or 0,
        array_index=environ.get("SLURM_ARRAY_TASK_ID", ""),
        step=environ.get("SLURM_STEP_ID") or environ.get("SLURM_STEPID") or "",
        submitted_from=environ.get("SLURM_SUBMIT_DIR", ""),
    )


def _slurm_memory(environ: Mapping[str, str], cpus: list[int]) -> int | None:
    per_node = _number(environ.get("SLURM_MEM_PER_NODE"))
    if per_node is not None:
        return per_node * _MIB
    per_cpu = _number(environ.get("SLURM_MEM_PER_CPU"))
    return per_cpu * min(cpus) * _MIB if per_cpu is not None and cpus else None


# --- PBS: Professional and OpenPBS, and Torque ----------------------------------------------------------------


def _pbs(environ: Mapping[str, str], text_of: Callable[[str], str]) -> Allocation:
    file, lines, unread = environ.get("PBS_NODEFILE", ""), [], ""
    try:
        lines = text_of(file).split() if file else []
    except OSError as error:
        unread = str(error)
    tasks = {name: lines.count(name) for name in dict.fromkeys(lines)}
    # NCPUS (Professional) and PBS_NUM_PPN (Torque) are of the first node; the others may have got something else.
    cpus = _number(environ.get("NCPUS") or environ.get("PBS_NUM_PPN"))
    first = next(iter(tasks.values()), 0)
    nodes = tuple(
        Node(name, count, cpus if i == 0 else None) for i, (name, count) in enumerate(tasks.items())
    )
    return Allocation(
        scheduler="pbs",
        job_id=environ["PBS_JOBID"],
        nodes=nodes,
        node_count=len(nodes) or _number(environ.get("PBS_NUM_NODES")),
        tasks=len(lines) or _number(environ.get("PBS_NP")),
        cpus_per_task=cpus // first if cpus and first and cpus >= first else None,
        array_index=environ.get("PBS_ARRAY_INDEX") or environ.get("PBS_ARRAYID") or "",
        submitted_from=environ.get("PBS_O_WORKDIR", ""),
        node_file=file,
        unread=unread,
    )


# --- LSF ----------------------------------------------------------------------------------------------------


def _lsf(environ: Mapping[str, str]) -> Allocation:
    words = environ.get("LSB_MCPU_HOSTS", "").split()  # "n1 4 n2 2"
    slots = {name: _number(count) or 0 for name, count in zip(words[::2], words[1::2], strict=False)}
    if not slots:
        names = environ.get("LSB_HOSTS", "").split()
        slots = {name: names.count(name) for name in dict.fromkeys(names)}
    index = environ.get("LSB_JOBINDEX", "")
    return Allocation(
        scheduler="lsf",
        job_id=environ["LSB_JOBID"],
        nodes=tuple(Node(name, count) for name, count in slots.items()),
        node_count=len(slots) or None,
        tasks=sum(slots.values()) or _number(environ.get("LSB_DJOB_NUMPROC")),
        restarts=int(environ.get("LSB_RESTART", "").lower() in ("y", "yes")),  # it does not count
        array_index="" if index == "0" else index,
        submitted_from=environ.get("LS_SUBCWD", ""),
        node_file=environ.get("LSB_DJOB_HOSTFILE", ""),
    )


# --- lists --------------------------------------------------------------------------------------------------


def expand(text: str) -> list[str]:
    """Write out a list of nodes as Slurm abbreviates it.

    Args:
        text: such as "n[01-03,7],gpu1".

    Returns:
        The names: n01 n02 n03 n7 gpu1.
    """
    return [name for word in re.findall(r"(?:[^,\[]|\[[^\]]*\])+", text) for name in _expanded(word)]


def _expanded(word: str) -> Iterator[str]:
    match = re.search(r"\[([^\]]*)\]", word)
    if match is None:
        yield word
        return
    before, after = word[: match.start()], word[match.end() :]
    for part in match[1].split(","):
        low, _, high = part.partition("-")
        numbers = [low]
        if low.isdecimal() and high.isdecimal():
            numbers = [str(number).zfill(len(low)) for number in range(int(low), int(high) + 1)]
        for number in numbers:
            yield from _expanded(f"{before}{number}{after}")


def _repeated(text: str) -> list[int]:
    """Write out counts as Slurm abbreviates them: "2(x3),1" is 2, 2, 2, 1."""
    counts = []
    for count, times in re.findall(r"(\d+)(?:\(x(\d+)\))?", text):
        counts += [int(count)] * int(times or 1)
    return counts


def _at(counts: list[int], index: int) -> int | None:
    return counts[index] if index < len(counts) else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
