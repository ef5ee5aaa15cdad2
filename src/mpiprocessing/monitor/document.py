"""The status of a job as it stands in its file: made from what the ranks have said, and nothing else.

Times are those of rank 0's clock, in seconds since 1970: whoever reads the file counts on from them. What is not known yet is
null.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mpiprocessing.core.deadlockreport import Report
from mpiprocessing.core.messages import Described, PoolStatus, RankStatus
from mpiprocessing.monitor.rates import Rate

__all__ = [
    "VERSION",
    "Clock",
    "Facts",
    "Seen",
    "Tracker",
    "document",
    "heartbeat",
    "pause",
    "pools_of",
    "what_is",
]

VERSION = 1

_SMALL = 256
"""So many ranks can be asked, and written down, once a second: an answer costs rank 0 some 13 µs, its line 300 bytes."""


def pause(ranks: int) -> float:
    """Seconds between two looks at a job of so many ranks."""
    return max(1.0, ranks / _SMALL)


def heartbeat(ranks: int) -> float:
    """Seconds after which the file is written anew even if nothing has changed."""
    return max(5.0, 3 * pause(ranks))


_WAITS = 200
"""Of so many threads that wait it is told what for."""


class Facts(NamedTuple):
    """What does not change in the life of a job.

    Args:
        program: what was started.
        job: the batch system's name for it; "" for none.
        started: when.
        places: host, cores and process id of each rank.
    """

    program: str
    job: str
    started: float
    places: list[tuple[str, str, int]]


class Seen(NamedTuple):
    """What a rank has said last, and when."""

    status: RankStatus
    account: Described | None
    at: float


class Clock(NamedTuple):
    """Now: by the calendar, and by the clock that is never set."""

    time: float
    monotonic: float


class Tracker:
    """The paces of all pools and calls."""

    def __init__(self) -> None:
        self._rates: dict[tuple[int, int], Rate] = {}

    def see(self, pool: int, call: int, now: float, done: int, begun: float, before: int = 0) -> Rate:
        """So much of a call is done, and was `before` it had begun; call 0 is the pool's own tasks."""
        rate = self._rates.setdefault((pool, call), Rate(begun, before))
        rate.see(now, done)
        return rate


def pools_of(seen: dict[int, Seen]) -> list[tuple[PoolStatus, int]]:
    """All pools, oldest first, each with how many of its tasks have ended."""
    ran: dict[int, int] = {}
    for one in seen.values():
        for work in one.status.work:
            ran[work.pool] = ran.get(work.pool, 0) + work.tasks
    found = [pool for _, one in sorted(seen.items()) for pool in one.status.pools]
    return [(pool, min(pool.asked, max(pool.done, ran.get(pool.pool, 0)))) for pool in found]


NOTHING: dict[str, Any] = {"call": None, "item": None, "items": None}
"""Of a task that nobody remembers."""


def what_is(pool: PoolStatus, task: int) -> dict[str, Any]:
    """The call that a task belongs to, the first of its items, and how many it has; none in a call of `apply`."""
    for number, count, item, many, end, what in pool.spans:
        if number <= task < number + count:
            if item < 0:
                return NOTHING | {"call": what}
            begin = item + (task - number) * many
            return {"call": what, "item": begin, "items": min(many, end - begin)}
    return NOTHING


def document(
    facts: Facts, seen: dict[int, Seen], tracker: Tracker, now: Clock, dead: set[int]
) -> dict[str, Any]:
    """The status.

    Args:
        facts: what does not change.
        seen: rank → what it has said last.
        tracker: the paces so far; it sees what is new.
        now: when this is.
        dead: the ranks that are dead.
    """
    pools = pools_of(seen)
    names = {pool.pool: f"pool {number}" for number, (pool, _) in enumerate(pools, 1)}
    by_number = {pool.pool: pool for pool, _ in pools}
    return {
        "version": VERSION,
        "state": "running",
        "status": None,
        "program": facts.program,
        "job": facts.job,
        "started": facts.started,
        "written": now.time,
        "heartbeat": heartbeat(len(facts.places)),
        "host": facts.places[0][0],
        "pid": facts.places[0][2],
        "pools": [_pool(pool, done, names, tracker, now) for pool, done in pools],
        "ranks": [
            _rank(rank, place, seen.get(rank), names, by_number, now, rank in dead)
            for rank, place in enumerate(facts.places)
        ],
        "waits": _waits([one for rank, one in sorted(seen.items()) if rank not in dead]),
    }


def _pool(pool: PoolStatus, done: int, names: dict[int, str], tracker: Tracker, now: Clock) -> dict[str, Any]:
    rate = tracker.see(pool.pool, 0, now.monotonic, done, now.monotonic)
    calls = []
    for call in pool.calls:
        pace = tracker.see(
            pool.pool,
            call.number + 1,
            now.monotonic,
            call.done,
            now.monotonic - call.seconds,
            call.before,
        )
        calls.append(
            {
                "number": call.number,
                "what": call.what,
                "done": call.done,
                "total": call.total,
                "begun": now.time - call.seconds,
                "rate": pace.per_second,
                "left": pace.left(call.total),
            }
        )
    return {
        "name": names[pool.pool],
        "rank": pool.rank,
        "process": pool.process,
        "over": pool.over,
        "workers": pool.workers,
        "tasks": pool.asked,
        "done": done,
        "running": pool.running,
        "waiting": pool.waiting,
        "rate": rate.per_second,
        "left": None if pool.over else rate.left(pool.asked),
        "calls": calls,
    }


def _rank(
    rank: int,
    place: tuple[str, str, int],
    one: Seen | None,
    names: dict[int, str],
    pools: dict[int, PoolStatus],
    now: Clock,
    dead: bool,
) -> dict[str, Any]:
    host, cores, pid = place
    known: dict[str, Any] = {
        "rank": rank,
        "host": host,
        "cores": cores,
        "pid": pid,
        "state": "dead" if dead else "unknown",
        "process": None,
        "task": None,
        "memory": None,
        "peak": None,
        "processor": None,
        "answered": None,
    }
    if one is None:
        return known
    status = one.status
    answered = now.time - (now.monotonic - one.at)
    if status.task is not None:
        pool, number, seconds = status.task
        known["task"] = {
            "pool": names.get(pool, "a pool"),
            "number": number,
            **(what_is(pools[pool], number) if pool in pools else NOTHING),
            "begun": answered - seconds,
        }
    return known | {
        "state": "dead" if dead else "free" if not status.process else "task" if status.task else "process",
        "process": status.process or None,
        "memory": status.memory,
        "peak": status.peak,
        "processor": status.processor,
        "answered": answered,
    }


def _waits(seen: list[Seen]) -> list[dict[str, Any]]:
    """Who waits for what. The ranks have spoken one after the other: what does not fit together is left out."""
    accounts = [one.account for one in seen if one.account is not None]
    waiters = [waiter for said in accounts for waiter in said.waiters][:_WAITS]
    together = Described(
        sum(said.idle for said in accounts),
        waiters,
        list({home.home: home for said in accounts for home in said.homes}.values()),
        [held for said in accounts for held in said.held],
    )
    try:
        told = Report(together, 0, len(seen), goes_on=True).waits()
    except (KeyError, IndexError):
        return []
    return [
        {
            "rank": waiter.rank,
            "process": waiter.process,
            "thread": waiter.name or None,
            "call": what,
            "for": target,
        }
        for waiter, what, target in told
        if waiter.verb  # a worker between two tasks waits for the next one
    ]
