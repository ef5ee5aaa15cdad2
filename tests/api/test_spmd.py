"""Programs that run on every rank: they call `init` and share objects; how they end."""

from __future__ import annotations

import pytest


@pytest.fixture
def spmd(launch, tmp_path):
    """`spmd(source, ranks=3)`: run a program on every rank."""

    def run(source, ranks=3):
        program = tmp_path / "prog.py"
        program.write_text(source, encoding="utf-8")
        done = launch([str(program)], ranks=ranks)
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        return done

    return run


BEGINNING = """
import numpy as np
from mpi4py import MPI
import mpiprocessing as mp

mp.init()
comm = MPI.COMM_WORLD
queue, lock, pipe = comm.bcast((mp.Queue(), mp.Lock(), mp.Pipe()) if comm.rank == 0 else None)
"""


def test_ranks_leave_together_with_messages_under_way_that_nobody_reads(spmd):
    done = spmd(
        BEGINNING
        + """
for number in range(500):
    queue.put((comm.rank, number))
    pipe[number % 2].send(number)
for size in (10_000, 3_000_000):
    queue.put(np.zeros(size))
    pipe[0].send(np.zeros(size))
if comm.rank == 1:
    lock.acquire()
print(f"end of {comm.rank}")
"""
    )
    assert (done.status, done.stderr) == (0, "")
    assert sorted(done.stdout.split("\n")) == ["", "end of 0", "end of 1", "end of 2"]


def test_what_a_finalizer_sends_after_the_last_round_harms_nobody(spmd):
    """Nobody receives it; and nobody may ask for it when MPI is over, which ends the job."""
    done = spmd(
        BEGINNING
        + """
from mpiprocessing.core import thisrank
from mpiprocessing.core.messages import SignalsHeld

runtime = thisrank.running()
runtime.serve(SignalsHeld, lambda message: None)

def send_to_others():
    for rank in {0, 1, 2} - {runtime.rank}:
        runtime.send(rank, SignalsHeld())

runtime.at_end = send_to_others  # the last thing that is called before the transport is closed
thisrank.stop()
send_to_others()
send_to_others()
print("over")
"""
    )
    assert (done.status, done.stdout, done.stderr) == (0, "over\n" * 3, "")


def test_the_last_item_of_a_rank_that_has_ended_arrives(spmd):
    done = spmd(
        BEGINNING
        + """
if comm.rank == 0:
    got = [queue.get() for _ in range(2 * 300)]
    print(len(got), sum(isinstance(item, np.ndarray) for item in got))
else:
    for number in range(299):
        queue.put(number)
    queue.put(np.zeros(1_000_000))
"""
    )
    assert (done.status, done.stderr, done.stdout) == (0, "", "600 2\n")


def test_a_child_process_is_refused_where_every_rank_runs_the_program(spmd):
    done = spmd(
        BEGINNING
        + """
for start in (lambda: mp.Process(target=print).start(), lambda: mp.Pool(2)):
    try:
        start()
    except mp.core.errors.RanksError as error:
        text = str(error)
if comm.rank == 0:
    print(text)
"""
    )
    assert (done.status, done.stderr) == (0, "")
    assert "all 3 ranks of this job run the program itself" in done.stdout
    assert "mpiexec -n 3 python -m mpiprocessing PROGRAM" in done.stdout


def test_an_exception_on_one_rank_ends_the_job(launch, tmp_path):
    program = tmp_path / "prog.py"
    program.write_text(
        BEGINNING + "if comm.rank == 1:\n    raise LookupError('no such cheese')\nqueue.get()\n",
        encoding="utf-8",
    )
    done = launch([str(program)], ranks=3)
    assert not done.timed_out
    assert done.status not in (0, 124)
    assert done.stderr.count("LookupError: no such cheese") == 1
