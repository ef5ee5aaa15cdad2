"""Columns that are really run: what they leave behind when they end well, differ, fail, or hang."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from mpiprocessing.compare import counted
from mpiprocessing.compare.catalogue import Column, Subject
from mpiprocessing.compare.runner import Runner
from mpiprocessing.compare.verdict import Result, judge

COUNTED = (str(Path(counted.__file__)),)  # as the comparison starts it
COUNTED_MODULE = ("-m", "mpiprocessing.compare.counted")  # as people do

MULTIPROCESSING = """
    import multiprocessing, sys

    def double(number):
        return 2 * number

    if __name__ == "__main__":
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            print(pool.map(double, [1, 2, 3]), sys.argv[1:], __file__ == sys.argv[0])
"""

BY_HAND = """
    import sys
    from mpi4py import MPI

    comm = MPI.COMM_WORLD
    numbers = comm.gather(comm.rank, root=0)
    if comm.rank == 0:
        comm.send("done", dest=1)
        print([2, 4, 6], sys.argv[1:], __file__ == sys.argv[0])
    elif comm.rank == 1:
        comm.recv(source=0)
"""


@pytest.fixture
def program(tmp_path):
    """Write a program and return its path."""

    def write(name, text):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def compare(*columns, timeout=40.0):
    subject = Subject("subject", columns)
    return judge(subject, list(Runner(timeout).run(subject))).outcomes


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_standard_library_runs_a_program_as_python_does(program, method):
    path = program("pool.py", MULTIPROCESSING.format(method=method))
    [outcome] = compare(Column("multiprocessing", (path, "one", "two"), None))
    assert outcome.result is Result.EQUAL, outcome.run.stderr
    assert outcome.run.stdout == "[2, 4, 6] ['one', 'two'] True\n"
    assert outcome.run.figures is None
    assert 0.0 < outcome.run.work_seconds < outcome.run.seconds


def test_the_standard_library_runs_a_module_beside_it(program, tmp_path, monkeypatch):
    program("beside.py", "VALUE = 42")
    program("main_module.py", "import beside, sys; print(beside.VALUE, __spec__.name, sys.argv[1:])")
    monkeypatch.chdir(tmp_path)
    [outcome] = compare(Column("multiprocessing", ("-m", "main_module", "x"), None))
    assert outcome.run.stdout == "42 main_module ['x']\n", outcome.run.stderr


def test_a_forked_child_that_comes_back_does_not_write_the_figures(program):
    path = program(
        "fork.py",
        """
        import os, sys
        child = os.fork()
        if not child:
            sys.exit(3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), os.path.exists(os.environ["MPIPROCESSING_STATISTICS"]))
        """,
    )
    [outcome] = compare(Column("multiprocessing", (path,), None))
    assert outcome.run.stdout == "3 False\n", outcome.run.stderr


def test_columns_that_agree_tell_their_messages(program):
    plain = program("pool.py", MULTIPROCESSING.format(method="fork"))
    other = program("other.py", BY_HAND)
    outcomes = compare(
        Column("multiprocessing", (plain, "x"), None), Column("mpi4py", (*COUNTED, other, "x"), 3)
    )
    assert [outcome.result for outcome in outcomes] == [Result.EQUAL, Result.EQUAL], outcomes[1]
    figures = outcomes[1].run.figures
    assert {name: traffic.messages for name, traffic in figures.kinds.items()} == {"gather": 2, "send": 1}
    assert figures.ranks == 3
    assert figures.traffic.bytes > 0
    assert 0.0 < figures.work_seconds < outcomes[1].run.seconds


def test_columns_that_differ_are_told_apart(program):
    plain, other = program("one.py", "print('one')"), program("two.py", "print('two')")
    outcomes = compare(Column("multiprocessing", (plain,), None), Column("mpi4py", (*COUNTED, other), 1))
    assert [outcome.result for outcome in outcomes] == [Result.EQUAL, Result.DIFFERENT]
    assert outcomes[1].diff[-2:] == ("-one", "+two")


def test_one_rank_that_raises_ends_the_job(program):
    path = program(
        "raises.py",
        """
        from mpi4py import MPI
        comm = MPI.COMM_WORLD
        if comm.rank == 1:
            raise ValueError("the reason")
        comm.recv(source=1)
        """,
    )
    [outcome] = compare(Column("mpi4py", (*COUNTED, path), 3))
    assert outcome.result is Result.FAILED
    assert "ValueError: the reason" in outcome.run.stderr
    assert outcome.run.figures is None


@pytest.mark.parametrize(
    ("ending", "status"), [("sys.exit(5)", 5), ("sys.exit('why')", 1), ("sys.exit()", 0)]
)
def test_the_status_of_a_plain_program_is_kept(program, ending, status):
    path = program("exits.py", f"import sys; {ending}")
    [outcome] = compare(Column("multiprocessing", (path,), None))
    assert outcome.run.status == status


@pytest.mark.parametrize("start", [COUNTED, COUNTED_MODULE], ids=["path", "module"])
def test_a_counted_module_finds_what_is_beside_it(program, tmp_path, monkeypatch, start):
    program("beside.py", "VALUE = 42")
    program(
        "counted_module.py",
        """
        import beside, mpiprocessing, sys
        from mpi4py import MPI

        MPI.COMM_WORLD.barrier()
        if MPI.COMM_WORLD.rank == 0:
            print(beside.VALUE, __spec__.name, sys.argv[1:], hasattr(mpiprocessing, "Process"))
        """,
    )
    monkeypatch.chdir(tmp_path)
    [outcome] = compare(Column("mpi4py", (*start, "-m", "counted_module", "x"), 2))
    assert outcome.run.stdout == "42 counted_module ['x'] True\n", outcome.run.stderr
    assert outcome.run.figures.kinds["barrier"].messages == 2


def test_the_library_is_no_part_of_a_counted_program(program):
    path = program(
        "modules.py",
        """
        import sys
        print([name for name in sys.modules if name.startswith("mpiprocessing")])
        """,
    )
    [outcome] = compare(Column("mpi4py", (*COUNTED, path), 1))
    assert outcome.run.stdout == "[]\n", outcome.run.stderr


def test_ranks_that_exit_with_success_still_give_their_figures(program):
    path = program(
        "exits.py",
        """
        import sys
        from mpi4py import MPI
        comm = MPI.COMM_WORLD
        comm.bcast("x")
        sys.exit(0)
        """,
    )
    [outcome] = compare(Column("mpi4py", (*COUNTED, path), 3))
    assert outcome.run.status == 0, outcome.run.stderr
    assert outcome.run.figures.kinds["bcast"].messages == 2


def test_a_program_that_finalizes_mpi_itself_gives_its_figures(program):
    path = program(
        "finalizes.py",
        """
        from mpi4py import MPI
        MPI.COMM_WORLD.barrier()
        MPI.Finalize()
        """,
    )
    [outcome] = compare(Column("mpi4py", (*COUNTED, path), 2))
    assert outcome.run.status == 0, outcome.run.stderr
    assert outcome.run.figures.kinds["barrier"].messages == 2


def test_a_program_that_hangs_is_ended_and_shows_where(program):
    path = program(
        "hangs.py",
        """
        import sys
        from mpi4py import MPI
        if sys.argv[1] == "hang":
            MPI.COMM_WORLD.recv(source=0)
        """,
    )
    [ends] = compare(Column("mpi4py", (*COUNTED, path, "end"), 2))
    until_it_hangs = 1.0 + 3 * ends.run.seconds  # as slow as this machine is just now
    [outcome] = compare(Column("mpi4py", (*COUNTED, path, "hang"), 2), timeout=until_it_hangs)
    assert outcome.result is Result.TIMED_OUT
    assert "hangs.py" in outcome.run.stderr


def test_counted_without_a_program_says_how_to_use_it():
    [outcome] = compare(Column("mpi4py", COUNTED, 1))
    assert outcome.run.status == 2
    assert "usage: python -m mpiprocessing.compare.counted" in outcome.run.stderr


def test_the_command_is_shown_when_asked_for(program, capsys):
    path = program("one.py", "print('one')")
    subject = Subject("subject", (Column("multiprocessing", (path,), None),))
    list(Runner(40.0, show=True).run(subject))
    shown = capsys.readouterr().err
    assert sys.executable in shown
    assert path in shown
