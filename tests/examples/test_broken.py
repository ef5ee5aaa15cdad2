"""The programs that go wrong: watched, each ends soon, with a status, and says who waits for whom and where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mpi_examples.catalogue import CATALOGUE, Pattern, find
from mpiprocessing.launch import mpiexec

TIMEOUT = 30.0
DEADLOCK = 3
BROKEN = [(pattern, program) for pattern in CATALOGUE for program in pattern.broken]
WAITS = re.compile(r"^  rank (\d+) on \S+: comm\.(\w+)\((?:\w+=(\d+))?.*\), (\w+\.py):(\d+)$", re.MULTILINE)


def run(pattern: Pattern, program: str, ranks: int) -> mpiexec.Completed:
    module = pattern.broken_module(program)
    done = mpiexec.run(["-m", "mpiprocessing", "watch", "-m", module], ranks, timeout=TIMEOUT)
    assert not done.timed_out, f"over {TIMEOUT} s: {done.command}\n{done.stdout}\n{done.stderr}"
    return done


def waits(pattern: Pattern, done: mpiexec.Completed) -> dict[int, tuple[str, int | None]]:
    """Of each rank the call that it is in, and whom it names; the line that is named must hold that call."""
    found = {}
    for rank, call, peer, file, line in WAITS.findall(done.stderr):
        source = (pattern.folder / file).read_text().splitlines()
        assert f"comm.{call}(" in source[int(line) - 1]
        found[int(rank)] = (call, int(peer) if peer else None)
    return found


@pytest.mark.parametrize(("pattern", "program"), BROKEN, ids=str)
def test_says_what_it_is_and_how_to_run_it(pattern: Pattern, program: str) -> None:
    source = (pattern.folder / f"{program}.py").read_text()
    assert source.startswith('"""Broken: ')
    command = f"mpiexec -n 4 python -m mpiprocessing watch -m {pattern.broken_module(program)}"
    assert command in " ".join(source.split())
    assert max(map(len, source.splitlines())) <= 68


def test_both_receive_hangs_always() -> None:
    pattern = find("deadlock")
    done = run(pattern, "broken_both_receive", 5)
    assert done.status == DEADLOCK
    assert done.stdout == "both receive first\n"
    assert waits(pattern, done) == {rank: ("recv", rank ^ 1) for rank in range(4)}
    assert done.stderr.count("Why: ") == 2
    assert "rank 0 waits for a message from rank 1, which waits for a message from rank 0." in done.stderr
    # Who has no partner took no harm.
    assert re.search("rank 4 on .*: its program is over", done.stderr)


def test_both_send_hangs_above_the_eager_limit_only() -> None:
    pattern = find("deadlock")
    done = run(pattern, "broken_both_send", 2)
    # Wherever this MPI's limit lies: the smallest size goes through, and the largest does not.
    assert done.stdout.startswith("1 kB: went through\n")
    assert "64 kB" not in done.stdout
    assert done.status == DEADLOCK
    assert waits(pattern, done) == {0: ("send", 1), 1: ("send", 0)}
    assert "Way out: all of them send first." in done.stderr


def test_both_send_that_is_lucky_has_a_status_too() -> None:
    module = find("deadlock").broken_module("broken_both_send")
    lucky = f"import {module} as broken; broken.KILOBYTES = (1,); broken.main()"
    done = mpiexec.run(["-m", "mpiprocessing", "watch", "-c", lucky], 2, timeout=TIMEOUT)
    assert not done.timed_out
    assert done.status == 1
    assert done.stdout == "1 kB: went through\n"
    assert done.stderr.count("nothing hung") == 1


def test_a_tag_that_nobody_uses() -> None:
    pattern = find("point_to_point")
    done = run(pattern, "broken_tag", 4)
    assert done.status == DEADLOCK
    assert waits(pattern, done) == {0: ("recv", 1)}
    assert re.search(
        r"Why: a message with tag 1 from rank 1 \(.*\) is there for rank 0, which waits for tag 2",
        done.stderr,
    )


def test_a_root_that_makes_no_call() -> None:
    pattern = find("bcast")
    done = run(pattern, "broken_no_root", 4)
    assert done.status == DEADLOCK
    assert waits(pattern, done) == dict.fromkeys((1, 2, 3), ("bcast", 0))
    assert "ranks 1, 2 and 3 wait in comm.bcast(root=0) for rank 0, whose program is over" in done.stderr


def test_collectives_in_another_order() -> None:
    pattern = find("gather")
    done = run(pattern, "broken_order", 4)
    assert done.status == DEADLOCK
    assert re.search(r"Why: rank 0 calls comm.gather\(root=0\), and rank 1 comm.Barrier\(\)", done.stderr)


def test_a_rank_that_leaves_early() -> None:
    pattern = find("barrier")
    done = run(pattern, "broken_early", 4)
    assert (done.status, done.stdout) == (DEADLOCK, "phase 1 is done\n")
    assert waits(pattern, done) == dict.fromkeys((0, 1, 2), ("Barrier", None))
    assert "ranks 0, 1 and 2 wait in comm.Barrier() for rank 3, whose program is over" in done.stderr


def test_every_broken_program_has_a_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert all(f'"{program}"' in here for _, program in BROKEN)


@pytest.mark.parametrize(("pattern", "program"), BROKEN[:1], ids=str)
def test_alone_there_is_nobody_to_wait_for(pattern: Pattern, program: str) -> None:
    done = run(pattern, program, 1)
    assert done.status == 1
    assert "mpiexec -n 2" in done.stderr
