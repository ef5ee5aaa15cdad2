"""The report on a job at a standstill, made from what its ranks have said."""

from __future__ import annotations

from mpiprocessing.core.deadlockreport import SHOWN, Report
from mpiprocessing.core.messages import PENDING, READS, Described, Held, HomeWaits, Waiter, Wanted, number

A, B = number(0, 7), number(0, 8)


def waiter(rank: int, verb: str, home: int = 0, call: int = READS, **more: object) -> Waiter:
    process = f"Process-{rank}" if rank else "MainProcess"
    return Waiter(rank, 1, process, "", verb, home, call, place="prog.py:3 in work", **more)  # type: ignore[arg-type]


def lock(home: int, holders: tuple[int, ...], *calls: int, gone: tuple[int, ...] = ()) -> HomeWaits:
    wanted = tuple(Wanted(call, "", "could release", "holds") for call in calls)
    return HomeWaits(home, "", f"prog.py:{home & 0xFF}", "", holders, gone, wanted)


def queue(home: int, *calls: int) -> HomeWaits:
    wanted = tuple(Wanted(call, "an item of", "could put into", "") for call in calls)
    return HomeWaits(home, "Queue", f"prog.py:{home & 0xFF}", "0 items", (), (), wanted)


def held(rank: int, *homes: int) -> list[Held]:
    return [Held(rank, home, (0,), 1) for home in homes]


def told(report: str) -> list[str]:
    """The conclusion: what comes after the threads."""
    return [line for line in report.splitlines()[1:] if not line.startswith(" ")]


def test_a_circle_of_locks_is_one_sentence() -> None:
    said = Described(
        1,
        [
            waiter(2, "Lock.acquire", A, 20),
            waiter(0, "Process.join", joins=1),
            waiter(1, "Lock.acquire", B, 10),
        ],
        [lock(A, (number(1, 1),), 20), lock(B, (number(2, 1),), 10)],
        held(0, A, B) + held(1, A, B) + held(2, A, B),
    )
    report = Report(said, 0, 4).text()
    assert report.splitlines()[:3] == [
        "deadlock: nothing can go on, each of the 3 processes waits for ever:",
        "  rank 0, MainProcess: Process.join at prog.py:3 in work",
        "      waits for the end of Process-1 on rank 1",
    ]
    assert (
        "      waits for Lock B (made at prog.py:8), which Process-2 on rank 2 holds" in report.splitlines()
    )
    assert "  1 rank runs no process" in report.splitlines()
    sentence, way_out = told(report)
    assert sentence == (
        "Process-1 on rank 1 holds Lock A and waits for Lock B, which Process-2 on rank 2 holds, which waits for Lock A."
    )
    assert "the same order" in way_out


def test_a_lock_that_is_taken_twice() -> None:
    said = Described(0, [waiter(0, "Lock.acquire", A, 5)], [lock(A, (number(0, 1),), 5)], held(0, A))
    sentence, way_out = told(Report(said, 0, 1).text())
    assert sentence == "MainProcess on rank 0 waits for Lock A, which it holds itself."
    assert "RLock" in way_out


def test_a_lock_whose_holder_has_ended() -> None:
    said = Described(1, [waiter(0, "Lock.acquire", A, 5)], [lock(A, (), 5, gone=(1,))], held(0, A))
    sentence, way_out = told(Report(said, 0, 2).text())
    assert sentence == "MainProcess on rank 0 waits for Lock A, which a process on rank 1 had when it ended."
    assert "finally" in way_out


def test_where_all_wait_for_the_same_nobody_is_left() -> None:
    calls = range(1, 4)
    said = Described(
        0,
        [waiter(rank, "Queue.get", A, call) for rank, call in enumerate(calls)],
        [queue(A, *calls)],
        [one for rank in range(3) for one in held(rank, A)],
    )
    sentence, _ = told(Report(said, 0, 3).text())
    assert sentence == (
        "MainProcess on rank 0, Process-1 on rank 1 and Process-2 on rank 2 wait for an item of Queue A; "
        "nobody is left who could put into it."
    )


def test_who_could_help_waits_too() -> None:
    said = Described(
        0,
        [waiter(0, "Process.join", joins=1), waiter(1, "Queue.get", A)],
        [queue(A, READS)],
        held(0, A) + held(1, A),
    )
    sentence, *_ = told(Report(said, 0, 2).text())
    assert sentence == (
        "MainProcess on rank 0 could put into Queue A and waits for the end of Process-1 on rank 1, "
        "which waits for an item of Queue A."
    )


def test_processes_without_a_rank_are_told_with_how_many_it_takes() -> None:
    said = Described(
        0,
        [waiter(0, "Process.join", joins=PENDING), waiter(1, "Queue.get", A)],
        [queue(A, READS)],
        held(1, A),
    )
    report = Report(said, 1, 2).text()
    assert report.startswith(
        "nothing can go on: 1 process waits for a free rank, and all 2 ranks are blocked:\n"
    )
    assert told(report)[-1].endswith("'mpiexec -n 3' or more")


def test_who_waits_for_a_rank_could_still_help() -> None:
    said = Described(0, [waiter(0, "Connection.recv", A, 1)], [queue(A, 1)], held(0, A))
    sentence, _ = told(Report(said, 1, 1).text())
    assert (
        sentence == "MainProcess on rank 0 waits for an item of Queue A; nobody that runs could put into it."
    )


def test_of_many_ranks_the_first_are_told() -> None:
    ranks = range(100)
    said = Described(
        0,
        [waiter(rank, "Queue.get", A, rank + 1) for rank in reversed(ranks)],
        [queue(A, *(rank + 1 for rank in ranks))],
        [one for rank in ranks for one in held(rank, A)],
    )
    report = Report(said, 0, 100).text()
    assert f"  and {100 - SHOWN} more" in report.splitlines()
    assert "  rank 0, MainProcess" in report and f"  rank {SHOWN}, " not in report
    assert "Process-2 on rank 2 and 97 others wait for an item of Queue A" in report
