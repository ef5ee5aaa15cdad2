"""What is told of a job, made from what its ranks have said: in memory, without MPI, threads or a clock."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from mpiprocessing.core.cores import compact
from mpiprocessing.core.messages import (
    CallStatus,
    Described,
    Held,
    HomeWaits,
    PoolStatus,
    PoolWork,
    RankStatus,
    Waiter,
    Wanted,
    number,
)
from mpiprocessing.core.printing import labelled
from mpiprocessing.core.whereabouts import MANY, table
from mpiprocessing.monitor.begin import batch_job
from mpiprocessing.monitor.document import Clock, Facts, Seen, Tracker, document
from mpiprocessing.monitor.life import life
from mpiprocessing.monitor.progress import Lines
from mpiprocessing.monitor.rates import Rate
from mpiprocessing.monitor.report import report, text
from mpiprocessing.monitor.view import FEW, view
from mpiprocessing.monitor.words import duration, pace, size

POOL, LOCK = number(0, 3), number(0, 4)
PLACES = [("n1", "0-1", 100), ("n1", "0-1", 101), ("n2", "0", 102), ("n2", "0", 103)]
FACTS = Facts("prog.py 3", "Slurm 42", 1000.0, PLACES)


def rank(of: int, process: str, **more: object) -> RankStatus:
    fields = {"task": None, "work": [], "pools": []} | more
    return RankStatus(of, process, 50 << 20, (60 + of) << 20, 1.5, **fields)  # type: ignore[arg-type]


def pool(**more: object) -> PoolStatus:
    fields = {
        "pool": POOL,
        "rank": 0,
        "process": "MainProcess",
        "workers": 2,
        "asked": 20,
        "waiting": 8,
        "running": 2,
        "done": 10,
        "over": False,
        "calls": [CallStatus(5, "map(work)", 100, 200, 10.0)],
        "spans": [(5, 7, 50, 10, 120, "map(work)"), (12, 1, -1, 1, 1, "apply(once)")],
    }
    return PoolStatus(**(fields | more))  # type: ignore[arg-type]


def waits() -> Described:
    """The main process waits for a lock that rank 1 has."""
    waiter = Waiter(
        0, 1, "MainProcess", "", "Lock.acquire", LOCK, 7, place="prog.py:9 in <module>", line="with lock:"
    )
    home = HomeWaits(
        LOCK, "", "prog.py:2", "", (number(1, 1),), (), (Wanted(7, "", "could release", "holds"),)
    )
    return Described(0, [waiter], [home], [])


def seen(at: float = 50.0) -> dict[int, Seen]:
    works = [PoolWork(POOL, 6, 9.0, 12.0, [(5.0, 3), (1.0, 1)]), PoolWork(POOL, 4, 3.0, 12.0, [(2.0, 2)])]
    return {
        0: Seen(rank(0, "MainProcess", pools=[pool()]), waits(), at),
        1: Seen(
            rank(1, "PoolWorker-1", task=(POOL, 11, 4.0), work=works[:1]),
            Described(0, [], [], [Held(1, LOCK, (0,), 1)]),
            at,
        ),
        2: Seen(
            rank(2, "PoolWorker-2", task=(POOL, 12, 1.0), work=works[1:]), Described(0, [], [], []), at - 30
        ),
    }


def shown(status: dict[str, object], now: float, alive: bool | None = None, every: bool = False) -> str:
    console = Console(width=150, markup=False, highlight=False, emoji=False)
    with console.capture() as capture:
        console.print(view(status, life(status, now, lambda host, pid: alive), now, every))
    return capture.get()


def test_the_status_says_what_all_have_said() -> None:
    status = document(FACTS, seen(), Tracker(), Clock(2000.0, 51.0), set())
    assert json.loads(json.dumps(status)) == status
    assert [one["state"] for one in status["ranks"]] == ["process", "task", "task", "unknown"]
    assert status["ranks"][1]["task"] == {
        "pool": "pool 1",
        "number": 11,
        "call": "map(work)",
        "item": 110,
        "items": 10,
        "begun": 1995.0,
    }
    assert status["ranks"][2]["task"]["item"] is None
    assert status["ranks"][2]["answered"] == 1969.0
    assert status["pools"][0]["done"] == 10 and status["pools"][0]["waiting"] == 8
    call = status["pools"][0]["calls"][0]
    assert (call["rate"], call["left"]) == (10.0, 10.0)
    assert status["waits"] == [
        {
            "rank": 0,
            "process": "MainProcess",
            "thread": None,
            "call": "Lock.acquire at prog.py:9 in <module>: with lock:",
            "for": "Lock A (made at prog.py:2)",
        }
    ]


def test_the_view_shows_it() -> None:
    status = document(FACTS, seen(), Tracker(), Clock(2000.0, 51.0), {3})
    lines = shown(status, 2001.0).splitlines()
    assert lines[0] == "prog.py 3  runs"
    assert lines[1].startswith("Slurm 42, 4 ranks on 2 hosts, began ") and lines[1].endswith(
        "rank 0 is pid 100 on n1"
    )
    rows = [" ".join(line.split()) for line in lines]
    assert "map(work), items 100 200 50 % 10/s 9.0 s" in rows
    assert "0 n1 100 MainProcess waits 50.0 MiB 60.0 MiB" in rows
    assert "1 n1 101 PoolWorker-1 pool 1, map(work), items 110 to 119 4.0 s 50.0 MiB 61.0 MiB" in rows
    assert "2 n2 102 PoolWorker-2 pool 1, apply(once); silent for 32 s 1.0 s 50.0 MiB 62.0 MiB" in rows
    assert "3 n2 103 is dead" in rows
    assert "for Lock A (made at prog.py:2)" in rows


def test_of_many_ranks_the_view_shows_those_that_need_a_look() -> None:
    places = [("n1", "0", 100 + place) for place in range(3 * FEW)]
    everybody = {
        place: Seen(rank(place, "" if place else "MainProcess"), None, 50.0) for place in range(3 * FEW)
    }
    status = document(
        Facts("prog.py", "", 0.0, places), everybody, Tracker(), Clock(60.0, 50.0), {3 * FEW - 1}
    )
    few, every = shown(status, 60.0), shown(status, 60.0, every=True)
    assert "is dead" in few and f"and {2 * FEW} more ranks" in few
    assert len(every.splitlines()) > 3 * FEW


@pytest.mark.parametrize(
    ("now", "alive", "lives", "says"),
    [
        (2001.0, None, True, "runs"),
        (2042.0, None, False, "gives no sign of life for 42 s: it is dead"),
        (2042.0, True, True, "gives no sign of life for 42 s: rank 0 is there"),
        (2001.0, False, False, "ended without a word"),
    ],
)
def test_a_job_that_has_died_is_recognised(now: float, alive: bool | None, lives: bool, says: str) -> None:
    status = document(FACTS, seen(), Tracker(), Clock(2000.0, 51.0), set())
    found = life(status, now, lambda host, pid: alive)
    assert found.lives == lives and says in found.text
    assert (
        life(status | {"state": "ended", "status": 7}, now, lambda host, pid: None).text
        == "ended with status 7"
    )


def test_the_report_tells_imbalance_idleness_and_what_was_slow() -> None:
    spans = [(1, 2, 0, 10, 15, "map(work)"), (3, 1, -1, 1, 1, "apply(once)")]
    last = seen() | {0: Seen(rank(0, "MainProcess", pools=[pool(done=20, spans=spans)]), None, 50.0)}
    figures = {"work_seconds": 12.0, "ranks": 4, "messages": 40, "bytes": 5000}
    told = report(FACTS, last, figures, 0, [3])
    one = told["pools"][0]
    assert (one["imbalance"], one["idle"], one["busy"]) == (1.5, 0.5, 12.0)
    assert [(slow["call"], slow["item"], slow["items"], slow["rank"]) for slow in one["slowest"]] == [
        ("apply(once)", None, None, 1),
        ("map(work)", 10, 5, 2),
        ("map(work)", 0, 10, 1),
    ]
    assert told["memory"] == [
        {"host": "n1", "ranks": 2, "sum": 121 << 20, "largest": 61 << 20, "rank": 1},
        {"host": "n2", "ranks": 1, "sum": 62 << 20, "largest": 62 << 20, "rank": 2},
    ]
    assert "20 tasks, 2 workers, 12 s of work, imbalance 1.50, idle 50 %" in text(told)
    assert "map(work), items 10 to 14 on rank 2, n2" in text(told)
    assert "without what these ranks did last: 3" in text(told)


def test_progress_in_a_log_is_a_line_now_and_then() -> None:
    said: list[str] = []
    lines = Lines(60.0, said.append)

    def call(done: int) -> list[tuple[str, dict[str, object], float]]:
        return [
            (
                "pool 1",
                {"number": 5, "what": "map(work)", "done": done, "total": 400, "rate": 2.0, "left": 90.0},
                1.0,
            )
        ]

    for now in range(150):
        lines.show(call(now), float(now))
    lines.show([], 150.0)
    assert said == [
        "mpiprocessing: pool 1, map(work): 60 of 400 (15 %), 2.0/s, 1 min 30 s left\n",
        "mpiprocessing: pool 1, map(work): 120 of 400 (30 %), 2.0/s, 1 min 30 s left\n",
        "mpiprocessing: pool 1, map(work): ended\n",
    ]
    lines.show(call(1), 151.0)
    lines.show([], 152.0)
    assert len(said) == 3  # what ends at once is not worth a line


def test_the_pace_is_that_of_the_last_minute() -> None:
    rate = Rate(0.0)
    assert rate.per_second == 0 and rate.left(10) is None
    for now in range(1, 101):
        rate.see(float(now), now * 10)
    for now in range(101, 201):
        rate.see(float(now), 1000)
    assert rate.per_second == 0 and rate.left(None) is None
    rate.see(201.0, 1060)
    assert 0.9 < rate.per_second < 1.1
    assert rate.left(1060) == 0


def test_numbers_for_people() -> None:
    assert [duration(seconds) for seconds in (2e-5, 0.0035, 3, 42, 425, 11520, 187200)] == [
        *("20 µs", "3.5 ms", "3.0 s", "42 s", "7 min 5 s", "3 h 12 min", "2 d 4 h")
    ]
    assert [pace(each) for each in (12.3, 0.9, 0.1, 0.001)] == ["12/s", "0.9/s", "6.0/min", "3.6/h"]
    assert [size(each) for each in (12, 1536, 3 << 40)] == ["12 B", "1.5 KiB", "3.0 TiB"]
    assert compact([8, 0, 1, 2, 3, 10, 3]) == "0-3,8,10" and compact([]) == ""


def test_the_table_of_ranks() -> None:
    assert table([("n1", "0-3", 4711), ("n1", "0-3", 4712), ("node2", "0-1,8", 1201)]) == (
        "mpiprocessing: 3 ranks on 2 hosts\n"
        "  rank  host   cores  pid\n"
        "     0  n1     0-3    4711\n"
        "     1  n1     0-3    4712\n"
        "     2  node2  0-1,8  1201\n"
    )
    many = table([(f"n{rank % 2}", "0-63", 100 + rank) for rank in range(2 * MANY)])
    assert many.splitlines()[2].split()[:1] == ["n0"] and len(many.splitlines()) == 4
    assert "2 ranks share 1 core (0)" in table([("n1", "0", 1), ("n1", "0", 2)])


def test_labels_and_jobs() -> None:
    assert labelled(b"a\nb\n", b"[1] ") == b"[1] a\n[1] b\n" and labelled(b"a\n", b"") == b"a\n"
    assert batch_job({"PBS_JOBID": "7.server"}) == "PBS 7.server" and batch_job({}) == ""
