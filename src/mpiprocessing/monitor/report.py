"""The report at the end of a job: how busy the workers were, what was slow, what was sent, how much memory it took.

*Imbalance* is the busiest worker's time in tasks over the mean of all: 1.00 where the work was spread evenly. *Idle* is the
share of the workers' lives, from their start to their pool's end, in which they ran no task: because there was none, because
the main program did something else, or because the others had not finished. Both are measured where the tasks run, by that
rank's clock.
"""

from __future__ import annotations

from typing import Any

from mpiprocessing.core.messages import PoolStatus, PoolWork
from mpiprocessing.monitor.document import Facts, Seen, pools_of, what_is
from mpiprocessing.monitor.measuring import SLOWEST
from mpiprocessing.monitor.words import count, duration, named, size

__all__ = ["report", "text"]


def report(
    facts: Facts, seen: dict[int, Seen], figures: dict[str, Any], status: int, missing: list[int]
) -> dict[str, Any]:
    """The report.

    Args:
        facts: what does not change in the life of the job.
        seen: rank → what it has said last.
        figures: messages and bytes, see `Job.figures`.
        status: the job's.
        missing: ranks that have not said a last word.
    """
    pools = []
    for number, (pool, done) in enumerate(pools_of(seen), 1):
        works = {
            rank: work
            for rank, one in sorted(seen.items())
            for work in one.status.work
            if work.pool == pool.pool
        }
        pools.append(_pool(f"pool {number}", pool, done, works, facts))
    return {
        "version": 1,
        "program": facts.program,
        "job": facts.job,
        "status": status,
        "started": facts.started,
        "seconds": figures["work_seconds"],
        "ranks": figures["ranks"],
        "messages": figures["messages"],
        "bytes": figures["bytes"],
        "pools": pools,
        "memory": _memory(facts, seen),
        "missing": missing,
    }


def _pool(name: str, pool: PoolStatus, done: int, works: dict[int, PoolWork], facts: Facts) -> dict[str, Any]:
    busy = [work.busy for work in works.values()]
    life = sum(work.life for work in works.values())
    slowest = sorted(
        ((seconds, task, rank) for rank, work in works.items() for seconds, task in work.slowest),
        reverse=True,
    )
    return {
        "name": name,
        "process": pool.process,
        "workers": len(works),
        "tasks": pool.asked,
        "done": done,
        "busy": sum(busy),
        "imbalance": max(busy) * len(busy) / sum(busy) if sum(busy) else None,
        "idle": max(0.0, 1 - sum(busy) / life) if life else None,
        "slowest": [
            {"seconds": seconds, "task": task, "rank": rank, "host": facts.places[rank][0]}
            | what_is(pool, task)
            for seconds, task, rank in slowest[:SLOWEST]
        ],
    }


def _memory(facts: Facts, seen: dict[int, Seen]) -> list[dict[str, Any]]:
    """Of each host the peaks of its ranks: their sum, which they need not have reached at the same time, and the largest."""
    hosts: dict[str, list[tuple[int, int]]] = {}
    for rank, (host, _, _) in enumerate(facts.places):
        if rank in seen:
            hosts.setdefault(host, []).append((seen[rank].status.peak, rank))
    return [
        {
            "host": host,
            "ranks": len(peaks),
            "sum": sum(peak for peak, _ in peaks),
            "largest": max(peaks)[0],
            "rank": max(peaks)[1],
        }
        for host, peaks in hosts.items()
    ]


def text(told: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"mpiprocessing: report on {told['program']}: {duration(told['seconds'])}, {count(told['ranks'], 'rank')}, "
        f"status {told['status']}; {told['messages']} messages, {size(told['bytes'])}"
    ]
    for pool in told["pools"]:
        done = "" if pool["done"] == pool["tasks"] else f" asked for, {pool['done']} done"
        tasks = count(pool["tasks"], "task")
        line = f"  {pool['name']}: {tasks}{done}, {count(pool['workers'], 'worker')}"
        if pool["imbalance"] is not None:
            line += f", {duration(pool['busy'])} of work, imbalance {pool['imbalance']:.2f}"
        if pool["idle"] is not None:
            line += f", idle {100 * pool['idle']:.0f} %"
        lines.append(line)
        lines += [f"    {duration(one['seconds']):>12}  {_named(one)}" for one in pool["slowest"][:5]]
    if not told["pools"]:
        lines.append("  no pool")
    for host in told["memory"]:
        lines.append(
            f"  memory on {host['host']}: {size(host['sum'])} at most, on rank {host['rank']} {size(host['largest'])}"
        )
    if told["missing"]:
        lines.append(f"  without what these ranks did last: {', '.join(map(str, told['missing']))}")
    return "\n".join(lines) + "\n"


def _named(one: dict[str, Any]) -> str:
    what = named(one["task"], one["call"], one["item"], one["items"])
    return f"{what} on rank {one['rank']}, {one['host']}"
