"""Programs of plain mpi4py that are really watched: every kind of deadlock, every kind of life, and the ways to fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mpi_examples.catalogue import CATALOGUE
from mpiprocessing.launch import mpiexec

TIMEOUT = 60.0
DEADLOCK = 3
PROGRAMS = Path(__file__).with_name("programs")
EVERY_TWIN = str(Path(__file__).parents[1] / "examples" / "every_twin.py")


def watched(*arguments: str, ranks: int = 2, typed: str | None = None) -> mpiexec.Completed:
    program = ["-m", "mpiprocessing", "watch", *arguments]
    done = mpiexec.run(program, ranks, timeout=TIMEOUT, input=typed)
    assert not done.timed_out, f"over {TIMEOUT} s: {done.command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize(
    ("way", "why"),
    [
        (
            "sends",
            "rank 0 waits for rank 1 to receive its message, which waits for rank 0 to receive its message.",
        ),
        ("receives", "rank 0 waits for a message from rank 1, which waits for a message from rank 0."),
        ("collective", "rank 0 waits in comm.Ibarrier() for rank 1, which is in Request.Waitall(3 requests)"),
        ("persistent", "rank 0 waits in comm.Dup() for rank 1, which is in request.Wait()"),
    ],
)
def test_two_that_wait_for_each_other(way: str, why: str) -> None:
    program = PROGRAMS / "pair_that_hangs.py"
    done = watched(str(program), way)
    assert done.status == DEADLOCK
    assert sorted(done.stdout.splitlines()) == ["begun on 0", "begun on 1"]
    assert done.stderr.count("mpiprocessing: deadlock: all 2 ranks wait") == 1
    calls = re.findall(
        r"  rank (\d+) on \S+: (?:comm|request|Request)\.(\w+)\(.*, (\S+):(\d+)$", done.stderr, re.M
    )
    assert [int(rank) for rank, *_ in calls] == [0, 1]
    lines = program.read_text().splitlines()
    for _, call, file, line in calls:
        assert file == program.name
        assert f".{call}(" in lines[int(line) - 1]
    assert f"Why: {why}" in done.stderr
    open_requests = re.findall(r"^    waits for comm\.irecv\(source=\d, tag=(\d)\), ", done.stderr, re.M)
    assert open_requests == (["0", "1", "2"] if way in ("receives", "collective") else [])


def test_whatever_may_go_on_is_left_alone() -> None:
    done = watched(str(PROGRAMS / "slow_but_alive.py"), ranks=4, typed="to the end\n")
    assert (done.status, done.stdout) == (0, "alive to the end\n"), done.stderr
    assert "mpiprocessing" not in done.stderr


def test_the_whole_catalogue_runs_as_it_does_unwatched() -> None:
    done = watched(EVERY_TWIN, "mpi4py", "4", ranks=4)
    assert done.status == 0, done.stderr
    printed = [part.partition("\n")[2] for part in done.stdout.split("=== ")[1:]]
    assert printed == [pattern.expected for pattern in CATALOGUE]
    assert "mpiprocessing" not in done.stderr


def test_synchronous_sends_find_what_works_by_luck() -> None:
    lucky = (
        "from mpi4py import MPI; comm = MPI.COMM_WORLD; other = 1 - comm.rank\n"
        "comm.send(b'small', dest=other)\n"
        "print(comm.recv(source=other))"
    )
    done = watched("--synchronous", "-c", lucky)
    assert done.status == DEADLOCK
    assert "comm.send(dest=1, tag=0)" in done.stderr
    assert "all of them send first" in done.stderr


def test_an_exception_on_one_rank_ends_the_job_and_says_where() -> None:
    failing = (
        "from mpi4py import MPI; comm = MPI.COMM_WORLD\n"
        "print('begun', comm.rank)\n"
        "comm.Barrier()  # who fails ends the others wherever they are\n"
        "if comm.rank == 1: raise ValueError('no such thing')\n"
        "comm.recv(source=1)"
    )
    done = watched("-c", failing, ranks=3)
    assert done.status == 1
    assert sorted(done.stdout.splitlines()) == ["begun 0", "begun 1", "begun 2"]
    assert re.search(r"mpiprocessing: rank 1 of 3 on \S+ failed, and ends the job:\nTraceback", done.stderr)
    assert "ValueError: no such thing" in done.stderr
    assert "mpiprocessing/watch" not in done.stderr


def test_an_exception_that_cannot_be_shown_ends_the_job() -> None:
    strange = (
        "from mpi4py import MPI\n"
        "class Strange(Exception):\n"
        "    def __getattr__(self, name): raise KeyError(name)\n"
        "if MPI.COMM_WORLD.rank: raise Strange('why')\n"
        "MPI.COMM_WORLD.Barrier()"
    )
    done = watched("-c", strange)
    assert done.status == 1
    assert re.search(
        r"mpiprocessing: rank 1 of 2 on \S+ failed, and ends the job:\n(.*\n)+Strange: why", done.stderr
    )


CLOSED = "import io, sys; from mpi4py import MPI; comm = MPI.COMM_WORLD\nwith io.StringIO() as sys.stderr: "


@pytest.mark.parametrize(
    ("program", "status", "said"),
    [
        (CLOSED + "comm.Barrier()", 0, ""),
        (CLOSED + "comm.Barrier()\nif comm.rank: sys.exit('no more')\ncomm.Barrier()", 1, "no more\n"),
        (CLOSED + "comm.recv(source=1 - comm.rank)", DEADLOCK, "Why: rank 0 waits for a message from rank 1"),
    ],
    ids=["ends", "fails", "hangs"],
)
def test_what_is_said_does_not_depend_on_the_programs_stderr(program: str, status: int, said: str) -> None:
    done = watched("-c", program)
    assert done.status == status, done.stderr
    assert said in done.stderr


def test_a_status_ends_the_job() -> None:
    leaving = "import sys; from mpi4py import MPI\nif MPI.COMM_WORLD.rank: sys.exit(7)\nMPI.COMM_WORLD.recv(source=1)"
    done = watched("-c", leaving)
    assert done.status == 7
    assert re.search(r"mpiprocessing: rank 1 of 2 on \S+ ended with status 7", done.stderr)


def test_messages_that_nobody_received_are_told_at_the_end() -> None:
    forgetful = (
        "import atexit; from mpi4py import MPI; comm = MPI.COMM_WORLD\n"
        "if comm.rank == 0: comm.send('x', dest=1, tag=7); comm.send('y', dest=1)\n"
        "# An exit function communicates as well; and who ends MPI itself has ended.\n"
        "if comm.rank == 1: atexit.register(comm.recv, source=0, tag=0)\n"
        "else: MPI.Finalize()"
    )
    done = watched("-c", forgetful)
    assert done.status == 0, done.stderr
    assert (
        "messages that were never received:\n  1 from rank 0 to rank 1, tag 7, sent at <string>:2\n"
        in done.stderr
    )


@pytest.mark.parametrize("arguments", [(), ("-m",), ("--what", "prog.py")], ids=str)
def test_a_command_line_without_a_program(arguments: tuple[str, ...]) -> None:
    done = watched(*arguments, ranks=1)
    assert done.status == 2
    assert "usage: mpiexec -n RANKS python -m mpiprocessing watch" in done.stderr


def test_what_cannot_be_watched_is_said() -> None:
    done = watched("no_such_file.py")
    assert done.status == 2
    assert done.stderr.count("there is no file no_such_file.py") == 1
    level = {"MPI4PY_RC_THREAD_LEVEL": "serialized"}
    done = mpiexec.run(["-m", "mpiprocessing", "watch", "-c", ""], 1, timeout=TIMEOUT, env=level)
    assert done.status == 2
    assert "MPI_THREAD_MULTIPLE" in done.stderr
