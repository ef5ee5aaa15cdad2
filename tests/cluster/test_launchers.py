"""The same programs over several hosts, however they are started; and what must not be taken for a job."""

from __future__ import annotations

import json
import sys

import pytest

from mpi_examples.catalogue import CATALOGUE, find

HELLO = """
import multiprocessing as mp, socket

def host(item):
    return socket.gethostname()

def tell(queue, together):
    together.wait()  # so that each has a rank of its own
    queue.put(socket.gethostname())

if __name__ == "__main__":
    queue, together = mp.Queue(), mp.Barrier(3)
    processes = [mp.Process(target=tell, args=(queue, together)) for _ in range(3)]
    for process in processes:
        process.start()
    print("HOSTS", *sorted({queue.get() for _ in processes} | {socket.gethostname()}), flush=True)
    for process in processes:
        process.join()
    with mp.Pool(3) as pool:
        print("SUM", sum(pool.map(int, range(100))), flush=True)
"""

BULK = """
import multiprocessing as mp, socket, time
import numpy as np

def send(pipe, size, times):
    block = np.ones(size, np.uint8)
    for _ in range(times):
        pipe.send(block)
        pipe.recv()
    pipe.send(socket.gethostname())

if __name__ == "__main__":
    here, there = mp.Pipe()
    for size, times in ((8, 200), (8 << 20, 8)):
        child = mp.Process(target=send, args=(there, size, times))
        child.start()
        begun = time.perf_counter()
        for _ in range(times):
            here.recv()
            here.send(None)
        seconds = time.perf_counter() - begun
        speed = f"{1e6 * seconds / times:.0f} us, {size * times / seconds / 1e6:.1f} MB/s"
        print("SPEED", size, speed, here.recv(), flush=True)
        child.join()
"""

PMI = {"mpich": "pmi2", "openmpi": "pmix"}


def srun(cluster, mpi, program):
    words = ("srun", "-t", "1", "-N", "2", "-n", "4", "--kill-on-bad-exit=1", f"--mpi={mpi}")
    return cluster.scheduler(*words, sys.executable, "-m", "mpiprocessing", program)


@pytest.mark.parametrize("way", ["hosts", "hostfile", "script", "script --launcher srun", "srun"])
def test_a_program_runs_on_several_hosts(cluster, way: str) -> None:
    program = cluster.program(HELLO)
    if way == "hosts":
        done = cluster.on("n1", *cluster.words("-m", "mpiprocessing", program))
    elif way == "hostfile":
        file = cluster.work / "hosts"
        file.write_text("n1 slots=2\nn2 slots=2\n", encoding="utf-8")
        words = cluster.words("-m", "mpiprocessing", program)
        words[words.index("--hosts") : words.index("--hosts") + 2] = ["--hostfile", str(file)]
        done = cluster.on("n1", *words)
    elif way == "srun":
        done = srun(cluster, PMI[cluster.vendor], program)
    else:
        script = cluster.script(
            "--nodes", "2", "--ranks", "4", "--time", "2m", "--warn", "0", *way.split()[1:], program
        )
        done = cluster.scheduler("sbatch", "--wait", "-o", "job.out", script, limit=90)
        done.stdout += cluster.output_of("job.out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HOSTS n1 n" in done.stdout and "SUM 4950" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "pattern",
    [
        "gates/condition",
        "shared/manager_dict",
        "pools/pool_map",
        "channels/pipe",
        "channels/joinable_queue",
        "collectives/alltoall",
    ],
)
@pytest.mark.parametrize("twin", ["with_multiprocessing", "with_mpi4py"])
def test_patterns_between_hosts(cluster, pattern: str, twin: str) -> None:
    one = find(pattern)
    assert one in CATALOGUE
    module = "mpiprocessing" if twin == "with_multiprocessing" else "mpi4py"
    ranks = max(2, one.min_ranks if module == "mpiprocessing" else one.mpi4py_min_ranks)
    words = cluster.words("-m", module, f"mpi_examples/{one}/{twin}.py", hosts="n1:1,n2:2,n3:9", ranks=ranks)
    done = cluster.on("n1", *words)
    expected = (one.folder / "expected.txt").read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(expected.splitlines()), done.stderr


def test_what_is_sent_crosses_the_cable(cluster) -> None:
    program = cluster.program(BULK)
    before = int(cluster.tool("cable", "n2", "bytes").split()[1])
    done = cluster.on("n1", *cluster.words("-m", "mpiprocessing", program, hosts="n1:1,n2:1", ranks=2))
    after = int(cluster.tool("cable", "n2", "bytes").split()[1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("n2") == 2
    print(cluster.vendor, done.stdout, after - before, "bytes left n2")
    assert after - before > 8 * (8 << 20)


@pytest.mark.parametrize("mpi", ["none", "pmi2", "pmix"])
def test_a_wrong_mpi_of_srun_is_refused(cluster, mpi: str) -> None:
    if mpi == PMI[cluster.vendor]:
        pytest.skip("that is the right one")
    done = srun(cluster, mpi, cluster.program(HELLO))
    assert done.returncode != 0
    assert "HOSTS" not in done.stdout
    if (cluster.vendor, mpi) == ("mpich", "pmix"):
        assert "unsupported PMI version" in done.stderr  # MPICH's own words, from within MPI_Init
    else:
        assert "every one of them is rank 0 of 1" in done.stderr
        assert f"srun --mpi={PMI[cluster.vendor]}" in done.stderr


def test_the_environment_travels(cluster) -> None:
    text = (
        "import json, os, multiprocessing as mp\n"
        "def seen(item):\n    return os.environ.get('OMP_NUM_THREADS')\n"
        "if __name__ == '__main__':\n    with mp.Pool(3) as pool:\n        print(json.dumps(pool.map(seen, range(30), 1)))\n"
    )
    done = cluster.on(
        "n1", "env", "OMP_NUM_THREADS=3", *cluster.words("-m", "mpiprocessing", cluster.program(text))
    )
    assert set(json.loads(done.stdout)) == {"3"}, done.stderr
