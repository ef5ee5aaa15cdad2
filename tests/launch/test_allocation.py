"""What a batch system has given to a job, from its variables alone."""

from __future__ import annotations

import pytest

from mpiprocessing.launch.allocation import Allocation, Node, expand, read

GIB = 1 << 30


def nodes(text: str) -> str:
    """A file with a list of nodes, by its name."""
    if text == "gone":
        raise FileNotFoundError(2, "No such file or directory", "gone")
    return text.replace("/", "\n") + "\n"


def of(*, nodefile: str = "", **environ: str) -> Allocation:
    return read({**environ, **({"PBS_NODEFILE": nodefile} if nodefile else {})}, nodes)


def test_no_scheduler() -> None:
    allocation = of(HOME="/home/me", SLURM_CONF="/etc/slurm.conf")
    assert allocation == Allocation()
    assert not allocation


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("n1", ["n1"]),
        ("n1,n2", ["n1", "n2"]),
        ("n[1-3,7],gpu1", ["n1", "n2", "n3", "n7", "gpu1"]),
        ("cn[008-011]", ["cn008", "cn009", "cn010", "cn011"]),
        ("r[1-2]c[1,3]-ib", ["r1c1-ib", "r1c3-ib", "r2c1-ib", "r2c3-ib"]),
    ],
)
def test_slurms_lists_of_nodes(text: str, names: list[str]) -> None:
    assert expand(text) == names


def test_a_job_of_slurms() -> None:
    allocation = of(
        SLURM_JOB_ID="17",
        SLURM_JOB_NODELIST="n[1-3]",
        SLURM_JOB_NUM_NODES="3",
        SLURM_NTASKS="5",
        SLURM_TASKS_PER_NODE="2(x2),1",
        SLURM_JOB_CPUS_PER_NODE="4(x2),2",
        SLURM_CPUS_PER_TASK="2",
        SLURM_MEM_PER_NODE="2048",
        SLURM_RESTART_COUNT="1",
        SLURM_SUBMIT_DIR="/home/me",
    )
    assert (allocation.scheduler, allocation.job_id, allocation.restarts) == ("slurm", "17", 1)
    assert allocation.nodes == (Node("n1", 2, 4), Node("n2", 2, 4), Node("n3", 1, 2))
    assert (allocation.node_count, allocation.tasks, allocation.cpus_per_task) == (3, 5, 2)
    assert (allocation.cpus, allocation.memory_per_node) == (10, 2 * GIB)
    assert (allocation.step, allocation.submitted_from) == ("", "/home/me")


def test_a_step_on_one_of_two_nodes() -> None:
    allocation = of(
        SLURM_JOB_ID="17",
        SLURM_JOB_NODELIST="n[1-2]",
        SLURM_JOB_NUM_NODES="2",
        SLURM_NNODES="1",
        SLURM_STEP_ID="0",
        SLURM_NTASKS="3",
        SLURM_TASKS_PER_NODE="3",
        SLURM_JOB_CPUS_PER_NODE="4(x2)",
        SLURM_MEM_PER_CPU="512",
    )
    assert allocation.nodes == (Node("n1", None, 4), Node("n2", None, 4))
    assert (allocation.node_count, allocation.tasks, allocation.step) == (2, 3, "0")
    assert allocation.memory_per_node == 2 * GIB


def test_slurm_says_tasks_per_node_only() -> None:
    allocation = of(SLURM_JOBID="1", SLURM_NODELIST="a,b", SLURM_TASKS_PER_NODE="3(x2)")
    assert (allocation.tasks, allocation.node_count, allocation.cpus) == (6, 2, None)


def test_a_job_of_pbs_professional() -> None:
    allocation = of(
        PBS_JOBID="12.server", NCPUS="4", PBS_O_WORKDIR="/data", PBS_ARRAY_INDEX="3", nodefile="n1/n1/n2/n2"
    )
    assert (allocation.scheduler, allocation.job_id, allocation.array_index) == ("pbs", "12.server", "3")
    assert allocation.nodes == (Node("n1", 2, 4), Node("n2", 2, None))
    assert (allocation.node_count, allocation.tasks, allocation.cpus_per_task) == (2, 4, 2)
    assert (allocation.cpus, allocation.submitted_from, allocation.unread) == (None, "/data", "")


def test_a_job_of_torque_whose_file_is_gone() -> None:
    allocation = of(PBS_JOBID="12", PBS_NUM_NODES="2", PBS_NUM_PPN="3", PBS_NP="6", nodefile="gone")
    assert (allocation.node_count, allocation.tasks, allocation.nodes) == (2, 6, ())
    assert "No such file" in allocation.unread


def test_a_job_of_lsf() -> None:
    allocation = of(
        LSB_JOBID="9", LSB_MCPU_HOSTS="n1 4 n2 2", LSB_JOBINDEX="0", LSB_RESTART="Y", LS_SUBCWD="/d"
    )
    assert (allocation.scheduler, allocation.tasks, allocation.restarts, allocation.array_index) == (
        "lsf",
        6,
        1,
        "",
    )
    assert allocation.node_names == ("n1", "n2")
    assert of(LSB_JOBID="9", LSB_HOSTS="n1 n1 n2").nodes == (Node("n1", 2), Node("n2", 1))
