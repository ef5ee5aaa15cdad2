"""Ctrl-C to a job on several hosts: the first one is the program's, the second one ends everything."""

from __future__ import annotations

import signal

import psutil

from mpiprocessing.launch.localranks import is_alive
from tests.cluster.conftest import wait_for

PROGRAM = """
import multiprocessing as mp, os, socket, sys, time

def tell(queue):
    queue.put((socket.gethostname(), os.getpid()))
    time.sleep(1000)

if __name__ == "__main__":
    queue = mp.Queue()
    children = [mp.Process(target=tell, args=(queue,)) for _ in range(3)]
    for child in children:
        child.start()
    told = [queue.get() for _ in children]
    assert {host for host, _ in told} == {"n1", "n2"}
    print("BEGUN", *(pid for _, pid in told), os.getpid(), flush=True)
    while True:
        try:
            children[0].join()
        except KeyboardInterrupt:
            print("CAUGHT", flush=True)
            if sys.argv[1:] != ["stubborn"]:
                break
    for child in children:
        child.terminate()
    for child in children:
        child.join()
    print("ENDED", [child.exitcode for child in children], flush=True)
"""


def begun(cluster, *args: str):
    job = cluster.start(*cluster.words("-m", "mpiprocessing", cluster.program(PROGRAM), *args))
    line = job.stdout.readline()
    assert line.startswith("BEGUN"), line + job.stderr.read()
    (launcher,) = (
        process
        for process in [psutil.Process(job.pid), *psutil.Process(job.pid).children(recursive=True)]
        if process.cmdline()[1:3] == ["-m", "mpiprocessing.launch.mpiexec"]
    )
    return job, launcher, [psutil.Process(int(pid)) for pid in line.split()[1:]]


def test_the_first_is_the_main_programs(cluster) -> None:
    job, launcher, _ = begun(cluster)
    launcher.send_signal(signal.SIGINT)
    out, err = job.communicate(timeout=50)
    assert job.returncode == 0, err
    assert "CAUGHT\nENDED [-15, -15, -15]\n" in out, out + err


def test_the_second_ends_all_on_every_host(cluster) -> None:
    job, launcher, ranks = begun(cluster, "stubborn")
    launcher.send_signal(signal.SIGINT)
    while "CAUGHT" not in (line := job.stdout.readline()):
        assert line, job.stderr.read()
    launcher.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=50)
    assert job.returncode == 130, err
    wait_for(lambda: not any(map(is_alive, ranks)), 20)
