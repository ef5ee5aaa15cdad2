"""The checks, on made-up facts: each mistake is seen, is as bad as it is, and the line that mends it is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpiprocessing.doctor.examination import CHECKS, examine, status
from mpiprocessing.doctor.facts import LARGE, MEDIUM, SMALL, Clock, Job, Look, Message, Program
from mpiprocessing.doctor.seen import Launched
from mpiprocessing.doctor.verdict import FAIL, NOT_LOOKED, OK, WARN
from mpiprocessing.launch.allocation import Allocation, Node
from tests.doctor.facts import GIB, job, openmpi, rank

MPICH = Program("/env/bin/mpiexec", "mpich", "5.0.2")
PRTE = Program("/usr/bin/mpiexec", "openmpi", "5.0.1")
NONE = Launched()


def lone(number: int, launched: Launched, **departing: object) -> Job:
    """A process that is rank 0 of 1, whatever it was started as."""
    departing = {"launched": launched, "rank": 0, "size": 1} | departing
    make = openmpi if departing.pop("openmpi", False) else rank
    return job(make(0, **departing), size=1, messages=[])


def slurm(**departing: object) -> Allocation:
    nodes = (Node("n1", 1, 2), Node("n2", 1, 2))
    sound = {"scheduler": "slurm", "job_id": "7", "nodes": nodes, "node_count": 2, "tasks": 2}
    return Allocation(**(sound | departing))  # type: ignore[arg-type]


def sent(
    size: int, seconds: float = 0.0, *, hosts: str = "n1 n2", error: str = "", skipped: str = ""
) -> list[Message]:
    source, target = hosts.split()
    return [Message(size, 0, 1, source, target, seconds, error=error, skipped=skipped)]


TWO_HOSTS = (rank(0, "n1"), rank(1, "n2"))

CASES = [
    # --- installation
    ("python", job(), OK, "3.12.1", ""),
    (
        "python",
        job(rank(0), rank(1, "n2", python="/usr/bin/python3")),
        FAIL,
        "rank 1 on n2 /usr/bin/python3",
        "/env/bin/python",
    ),
    ("python", job(rank(0), rank(1, "n2", versions={"mpi4py": "3.1"})), FAIL, "3.1", "same"),
    ("mpi4py", job(), OK, "MPICH 5.0.2", ""),
    ("mpi4py", job(rank(0, mpi4py_error="No module named 'mpi4py'")), FAIL, "has no mpi4py", "pip install"),
    ("mpi4py", job(rank(0, mpi4py_error="cannot load MPI library")), FAIL, "cannot load", "module load"),
    (
        "mpi4py",
        job(rank(0), rank(1, "n2", library_file="/opt/libmpi.so")),
        FAIL,
        "/opt/libmpi.so",
        "LD_LIBRARY_PATH",
    ),
    ("mpi4py", job(rank(0, library="")), FAIL, "lost", "pip install"),
    ("mpiexec", job(), OK, "belongs to", ""),
    (
        "mpiexec",
        job(mpiexec=Program(error="of its mpiexec there is none")),
        FAIL,
        "there is none",
        "pip install",
    ),
    ("mpiexec on PATH", job(), OK, "that one", ""),
    ("mpiexec on PATH", job(path_mpiexec=PRTE), WARN, "of another MPI", "export PATH=/env/bin:$PATH"),
    (
        "mpiexec on PATH",
        job(path_mpiexec=Program("/usr/bin/mpiexec", "unknown")),
        WARN,
        "does not say",
        "PATH=/env/bin",
    ),
    ("mpiexec on PATH", job(path_mpiexec=Program()), WARN, "no mpiexec", "export PATH=/env/bin:$PATH"),
    ("mpiexec on PATH", job(path_mpiexec=replace(MPICH, path="/usr/bin/mpiexec")), OK, "same MPI", ""),
    (
        "mpiexec on PATH",
        job(path_mpiexec=replace(MPICH, vendor="intel", path="/i/mpiexec")),
        OK,
        "same MPI",
        "",
    ),
    ("mpiexec on PATH", job(mpiexec=Program(error="x")), WARN, "compare", "see above"),
    ("start-up", job(), OK, "mpi4py 0.1 s", ""),
    ("start-up", job(rank(0), rank(1, disk="lustre", start_seconds=90.0)), WARN, "90.0 s", "sbcast"),
    ("start-up", job(rank(0), rank(1, start_seconds=90.0)), WARN, "90.0 s", "busy"),
    # --- launching
    ("world", job(), OK, "2 ranks on 1 host", ""),
    ("world", job(rank(0, launched=NONE)), OK, "Python alone", ""),
    ("world", lone(0, Launched("srun", 0, 4, True)), FAIL, "4 ranks were asked for", "srun --mpi=pmi2"),
    ("world", lone(0, Launched("PMI", 0, 4, True), openmpi=True), FAIL, "rank 0 of 1", "srun --mpi=pmix"),
    ("world", lone(0, Launched("PMI", 3, 4)), FAIL, "hydra_pmi_proxy", "/env/bin/mpiexec -n 4"),
    (
        "world",
        job(rank(0, launched=Launched("PMI", 0, 5)), rank(1)),
        FAIL,
        "asked for 5 ranks, and MPI has 2",
        "-n 5",
    ),
    ("world", job(size=0), NOT_LOOKED, "not started", ""),
    ("world", job(size=0, lost="rank 0 ended in MPI_Init", lost_in="MPI_Init"), FAIL, "ended in", "firewall"),
    (
        "world",
        job(size=0, lost="rank 0 ended", lost_in="loading mpi4py"),
        FAIL,
        "ended",
        "from mpi4py import MPI",
    ),
    (
        "world",
        job(rank(0, launched=Launched("PMIx", 0, 4, True)), size=0, lost="rank 0 ended", lost_in="MPI_Init"),
        FAIL,
        "PMIx, which MPICH does not speak",
        "srun --mpi=pmi2",
    ),
    ("world", job(size=0, failure="attempt to run as root"), FAIL, "as root", "OMPI_ALLOW_RUN_AS_ROOT=1"),
    ("world", job(size=0, failure="not enough slots available"), FAIL, "slots", "OVERSUBSCRIBE"),
    ("answers", job(), OK, "every rank", ""),
    ("answers", job(mute=[3, 5]), FAIL, "ranks 3, 5", "ports"),
    ("answers", lone(0, Launched("srun", 0, 4, True)), NOT_LOOKED, "not met", ""),
    ("thread level", job(), OK, "multiple", ""),
    ("thread level", job(rank(0), rank(1, thread_level="funneled")), FAIL, "funneled", "MPI_THREAD_MULTIPLE"),
    (
        "thread level",
        job(rank(0, environment={"MPI4PY_RC_THREAD_LEVEL": "funneled"})),
        WARN,
        "MPI4PY_RC_THREAD_LEVEL=funneled",
        "unset MPI4PY_RC_THREAD_LEVEL",
    ),
    (
        "thread level",
        job(rank(0, environment={"MPI4PY_RC_THREADS": "0"})),
        WARN,
        "MPI4PY_RC_THREADS=0",
        "unset",
    ),
    ("thread level", job(rank(0, environment={"MPI4PY_RC_THREAD_LEVEL": "multiple"})), OK, "multiple", ""),
    ("scheduler", job(), NOT_LOOKED, "no job of", ""),
    (
        "scheduler",
        job(rank(0, allocation=slurm()), rank(1, "n2")),
        OK,
        "Slurm job 7: 2 nodes, 2 tasks, 4 CPUs",
        "",
    ),
    (
        "scheduler",
        job(rank(0, allocation=slurm(tasks=8)), rank(1, "n2")),
        WARN,
        "8 tasks, and 2 ranks",
        "-n 8",
    ),
    ("scheduler", job(rank(0, allocation=slurm()), rank(1)), WARN, "nothing runs on n2", "-ppn 1"),
    (
        "scheduler",
        job(openmpi(0, allocation=slurm()), openmpi(1)),
        WARN,
        "nothing runs on n2",
        "--map-by ppr:1:node",
    ),
    (
        "scheduler",
        job(rank(0, allocation=slurm(node_count=1, nodes=(Node("n1", 2, 2),))), rank(1, "n9")),
        WARN,
        "2 hosts: n1, n9",
        "host file",
    ),
    (
        "scheduler",
        job(rank(0, allocation=slurm(nodes=(Node("n1", 1, 1), Node("n2", 1, 0)))), rank(1, "n2")),
        WARN,
        "1 CPUs, and 2 ranks",
        "--ntasks=2",
    ),
    (
        "scheduler",
        job(rank(0, allocation=Allocation("pbs", "3.s", tasks=4)), rank(1)),
        WARN,
        "PBS job 3.s has 4 lines in PBS_NODEFILE, and 2 ranks run",
        "-n 4",
    ),
    (
        "scheduler",
        job(rank(0, allocation=Allocation("pbs", "3.s", unread="no such file"))),
        FAIL,
        "no such file",
        "job script",
    ),
    # within Hydra's own step the variables count its daemons, here those of one node of two
    (
        "scheduler",
        job(*(rank(n, f"n{1 + n % 2}", allocation=slurm(step="0")) for n in range(4))),
        OK,
        "Slurm job 7",
        "",
    ),
    ("ULFM", job(), OK, "no ULFM", ""),
    ("ULFM", job(openmpi(0, survives=True)), OK, "ULFM is on", ""),
    ("ULFM", job(openmpi(0)), OK, "--with-ft ulfm", ""),
    # --- placement
    ("cores", job(), OK, "n1: 2 on 4", ""),
    ("cores", job(*(rank(n) for n in range(5))), WARN, "n1 has 5 ranks on 4 CPUs", "at most 4 ranks"),
    ("cores", job(rank(0, cpu_quota=1.5), rank(1, cpu_quota=1.5)), WARN, "1.5 CPUs", "--cpus=2"),
    ("binding", job(), OK, "not tied", ""),
    ("binding", job(rank(0, affinity=[0]), rank(1, affinity=[1])), OK, "2 of 2 ranks tied", ""),
    (
        "binding",
        job(openmpi(0, affinity=[0]), openmpi(1, affinity=[0])),
        WARN,
        "ranks 0, 1 on n1",
        "--bind-to none",
    ),
    ("binding", job(rank(0, affinity=[0]), rank(1, affinity=[0])), WARN, "1 of 4 CPUs (0)", "-bind-to none"),
    (
        "binding",
        job(*(rank(n, affinity=[0], launched=Launched("PMI", n, 2, True)) for n in (0, 1))),
        WARN,
        "same",
        "srun --cpu-bind=none",
    ),
    (
        "binding",
        job(rank(0, affinity=[0], allocation=slurm(cpus_per_task=2))),
        WARN,
        "2 CPUs",
        "SRUN_CPUS_PER_TASK=2",
    ),
    ("binding", job(rank(0, allocation=slurm(cpus_per_task=8))), OK, "not tied", ""),
    # more ranks than CPUs is another check's: nothing to untie
    ("binding", job(*(rank(n, affinity=[0], cpus=1) for n in range(2))), OK, "not tied", ""),
    ("BLAS threads", job(), OK, "OMP_NUM_THREADS: 1", ""),
    (
        "BLAS threads",
        job(rank(0, environment={}), rank(1, environment={})),
        WARN,
        "8 threads on 4 CPUs",
        "OMP_NUM_THREADS=2",
    ),
    (
        "BLAS threads",
        job(rank(0, environment={"MKL_NUM_THREADS": "64"})),
        WARN,
        "MKL_NUM_THREADS=64",
        "MKL_NUM_THREADS=4",
    ),
    (
        "BLAS threads",
        job(rank(0), rank(1, "n2", environment={"OMP_NUM_THREADS": "2"})),
        WARN,
        "ranks differ",
        "export",
    ),
    (
        "BLAS threads",
        job(openmpi(0, environment={"OMP_NUM_THREADS": "9"})),
        WARN,
        "9",
        "mpiexec -x OMP_NUM_THREADS",
    ),
    ("BLAS threads", job(rank(0, environment={}, affinity=[2])), OK, "1 per rank", ""),
    ("root", job(), OK, "no root", ""),
    ("root", job(rank(0, root=True)), OK, "does not mind", ""),
    ("root", job(openmpi(0, root=True)), WARN, "refuses", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"),
    # --- limits
    ("open files", job(), OK, "4096", ""),
    (
        "open files",
        job(rank(0), rank(1, "n2", files=256)),
        WARN,
        "256 open files allowed on n2",
        "ulimit -n 1024",
    ),
    ("open files", job(rank(0, files=40)), FAIL, "too few", "ulimit -n 1024"),
    ("open files", job(rank(0, files=40, files_most=40)), FAIL, "too few", "limits.conf"),
    ("/dev/shm", job(), OK, "15 GiB of 16 GiB", ""),
    (
        "/dev/shm",
        job(rank(0, shm=64 << 20, shm_free=60 << 20), rank(1)),
        WARN,
        "60 MiB of 64 MiB",
        "--shm-size",
    ),
    (
        "/dev/shm",
        job(rank(0, shm=1 << 20, shm_free=1 << 20, shm_files=3)),
        FAIL,
        "1.0 MiB",
        "rm what killed jobs",
    ),
    ("/dev/shm", job(rank(0, shm=-2)), NOT_LOOKED, "this system", ""),
    ("/dev/shm", job(rank(0), rank(1, "n2", shm=-1)), FAIL, "n2 has no /dev/shm", "mount"),
    ("memory", job(), OK, "8.0 GiB for each of 2 ranks", ""),
    ("memory", job(rank(0, memory_limit=GIB // 2), rank(1)), WARN, "the job may use 512 MiB", "--mem"),
    (
        "memory",
        job(rank(0, allocation=slurm(memory_per_node=300 << 20))),
        WARN,
        "300 MiB for each of 1 rank",
        "--mem",
    ),
    ("memory", job(rank(0, allocation=slurm(memory_per_node=0))), OK, "16 GiB", ""),
    ("memory", job(rank(0, memory_available=100 << 20)), FAIL, "100 MiB", "fewer ranks"),
    # --- network
    ("shared directory", job(), OK, "one host only", ""),
    ("shared directory", job(*TWO_HOSTS), OK, "2 hosts see /home/me", ""),
    (
        "shared directory",
        job(*TWO_HOSTS, directory="/tmp/x", looks=[Look(1, "n2", False, "No such file or directory")]),
        FAIL,
        "host n2 cannot see what n1 writes in /tmp/x",
        "shared disk",
    ),
    ("shared directory", job(directory_error="Read-only file system"), WARN, "Read-only", "--directory"),
    ("shared directory", job(rank(0), rank(1, cwd="/root")), WARN, "rank 1 run in /root", "-wdir /home/me"),
    ("clocks", job(), NOT_LOOKED, "one host", ""),
    ("clocks", job(*TWO_HOSTS), OK, "2 hosts within 2.0 ms", ""),
    (
        "clocks",
        job(*TWO_HOSTS, clocks=[Clock(1, "n2", -5.0, 0.1)]),
        WARN,
        "n2 is 5.000 s behind of n1",
        "chronyd",
    ),
    ("clocks", job(*TWO_HOSTS, clocks=[Clock(1, "n2", 300.0, 0.1)]), FAIL, "300", "chronyd"),
    ("clocks", job(*TWO_HOSTS, clocks=[Clock(1, "n2", 3.0, 2.5)]), OK, "within", ""),
    ("1 kB", job(*TWO_HOSTS), OK, "between hosts 5 µs", ""),
    ("1 kB", job(messages=sent(SMALL, 0.004, hosts="n1 n1")), WARN, "4000 µs", "binding"),
    ("1 kB", job(rank(0, launched=NONE), messages=[]), NOT_LOOKED, "one rank only", ""),
    ("10 MB", job(), OK, "within a host 2.0 GB/s", ""),
    ("10 MB", job(*TWO_HOSTS, messages=sent(MEDIUM, 0.8)), WARN, "12 MB/s", "btl_tcp_if_include"),
    (
        "10 MB",
        job(*TWO_HOSTS, messages=sent(MEDIUM, error="not within 20 s")),
        FAIL,
        "rank 0 on n1 to rank 1 on n2",
        "ports",
    ),
    ("10 MB", job(messages=sent(MEDIUM, error="x", hosts="n1 n1")), FAIL, "on n1", "/dev/shm"),
    (
        "10 MB",
        job(messages=[*sent(MEDIUM, 0.005), *sent(MEDIUM, skipped="no time left")]),
        OK,
        "1 more not looked at",
        "",
    ),
    ("3 GiB", job(), NOT_LOOKED, "memory and time", "--large"),
    ("3 GiB", job(large=True), OK, "1.6 GB/s", ""),
    (
        "3 GiB",
        job(large=True, messages=[Message(LARGE, 0, 1, "n1", "n1", 2.0, 3)]),
        OK,
        "less than 2 GiB in one call",
        "",
    ),
    ("3 GiB", job(large=True, messages=sent(LARGE, error="it did not arrive whole")), FAIL, "whole", "ports"),
    (
        "3 GiB",
        job(large=True, messages=sent(LARGE, skipped="host n1 has not the memory")),
        NOT_LOOKED,
        "memory",
        "",
    ),
]


@pytest.mark.parametrize(
    ("check", "facts", "level", "text", "fix"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_what_a_check_says(check: str, facts: Job, level: str, text: str, fix: str) -> None:
    verdict = CHECKS[check](facts)
    assert verdict.level == level, verdict
    assert text in verdict.text, verdict
    assert fix in verdict.fix, verdict
    assert bool(verdict.fix) == (level in (WARN, FAIL) or "--large" in fix), "whatever is wrong has its line"


def test_every_check_is_tried_at_each_of_its_levels() -> None:
    tried = {check: {case[2] for case in CASES if case[0] == check} for check in CHECKS}
    assert all(OK in levels for levels in tried.values()), tried
    assert all(levels & {WARN, FAIL} for check, levels in tried.items() if check != "ULFM"), tried


def test_a_sound_job_has_nothing_to_mend() -> None:
    found = examine(job(*TWO_HOSTS))
    assert {one.verdict.level for one in found} == {OK, NOT_LOOKED}
    assert status(found) == 0


def test_a_process_of_which_nothing_is_known_is_examined_all_the_same() -> None:
    found = examine(Job(ranks=[rank(0, library="", thread_level="", rank=-1, size=0)], lost="it died"))
    assert status(found) == 1
