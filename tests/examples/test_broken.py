"""The programs that go wrong: each ends by itself, soon, with a status, and says who waits for whom and where.

They are run by plain mpiexec, as a reader would: nothing of this package watches them.
"""

from __future__ import annotations

import re

import pytest

from mpi_examples.catalogue import CATALOGUE, Pattern, find
from mpiprocessing.launch import mpiexec

TIMEOUT = 30.0
HANGS = 3
KILOBYTES = [1, 4, 64]
BROKEN = [(pattern, program) for pattern in CATALOGUE for program in pattern.broken]
WAITS = re.compile(
    r"^ *rank (\d+) is in (\w+), waits for .*rank (\d+).* \((\w+\.py), line (\d+)\)$", re.MULTILINE
)


def run(pattern: Pattern, program: str, ranks: int) -> mpiexec.Completed:
    done = mpiexec.run(["-m", pattern.broken_module(program)], ranks, timeout=TIMEOUT)
    assert not done.timed_out, f"over {TIMEOUT} s: {done.command}\n{done.stdout}\n{done.stderr}"
    return done


def waits(done: mpiexec.Completed) -> dict[int, tuple[str, int]]:
    """Of each rank the call that it is in, and for whom it waits; the line that is named must hold that call."""
    found = {}
    for rank, call, peer, file, line in WAITS.findall(done.stderr):
        source = (find("deadlock").folder / file).read_text().splitlines()
        assert f"comm.{call}(" in source[int(line) - 1]
        found[int(rank)] = (call, int(peer))
    return found


@pytest.mark.parametrize(("pattern", "program"), BROKEN, ids=str)
def test_is_there_and_says_so_in_its_first_line(pattern: Pattern, program: str) -> None:
    source = (pattern.folder / f"{program}.py").read_text()
    assert source.startswith('"""Broken: ')


@pytest.mark.parametrize(("pattern", "program"), BROKEN, ids=str)
def test_ends_by_itself_with_a_status_and_a_diagnosis(pattern: Pattern, program: str) -> None:
    done = run(pattern, program, 2)
    assert done.status != 0
    assert "Way out: " in done.stderr


@pytest.mark.parametrize("ranks", [2, 3, 4])
def test_both_receive_hangs_always(ranks: int) -> None:
    done = run(find("deadlock"), "broken_both_receive", ranks)
    assert done.status == HANGS
    paired = ranks - ranks % 2
    assert waits(done) == {rank: ("recv", rank ^ 1) for rank in range(paired)}
    assert done.stderr.count("A circle: ") == paired // 2
    assert "A circle: rank 0 waits for rank 1 and rank 1 waits for rank 0." in done.stderr
    # Who has no partner took no harm.
    assert (f"rank {paired} is over" in done.stderr) == (paired < ranks)
    assert "Way out: let one of the two send first" in done.stderr


@pytest.mark.parametrize("ranks", [2, 3])
def test_both_send_hangs_above_the_eager_limit_only(ranks: int) -> None:
    done = run(find("deadlock"), "broken_both_send", ranks)
    told = dict(re.findall(r"^(\d+) kB: (.*)$", done.stdout, re.MULTILINE))
    assert list(map(int, told)) == KILOBYTES
    # Wherever this MPI's limit lies: first sizes that go through, then the one that hangs, then no more.
    order = " ".join(told.values())
    assert re.fullmatch(r"(went through )*hangs( not tried any more)*", order), order
    assert told["1"] == "went through"
    assert told["64"] != "went through"
    assert done.status == HANGS
    assert waits(done) == {0: ("send", 1), 1: ("send", 0)}
    assert "Way out: let one of the two receive first" in done.stderr


def test_both_send_that_is_lucky_has_a_status_too() -> None:
    module = find("deadlock").broken_module("broken_both_send")
    lucky = f"import {module} as broken; broken.KILOBYTES = (1,); broken.main()"
    done = mpiexec.run(["-c", lucky], 2, timeout=TIMEOUT)
    assert not done.timed_out
    assert done.status == 1
    assert done.stdout == "1 kB: went through\n"
    assert done.stderr.count("nothing hung") == 1


@pytest.mark.parametrize(("pattern", "program"), BROKEN, ids=str)
def test_alone_there_is_nobody_to_wait_for(pattern: Pattern, program: str) -> None:
    done = run(pattern, program, 1)
    assert done.status == 1
    assert "mpiexec -n 2" in done.stderr


def test_a_slow_partner_is_no_hang() -> None:
    # Rank 1 computes for longer than the patience while rank 0 waits in recv: the job ends well.
    slow = (
        "import time; from mpi4py import MPI\n"
        "from mpi_examples.messages.deadlock.patience import LOOK, PatientComm\n"
        "with PatientComm(MPI.COMM_WORLD, 'none') as comm:\n"
        "    if comm.rank == 0: print(comm.recv(source=1))\n"
        "    if comm.rank == 1: time.sleep(4 * LOOK); comm.send('late', dest=0)\n"
    )
    done = mpiexec.run(["-c", slow], 3, timeout=TIMEOUT)
    assert (done.status, done.stdout) == (0, "late\n"), done.stderr
