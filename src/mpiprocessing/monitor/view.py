"""The status of a job on a terminal: how it is, its pools, its ranks, who waits for whom."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mpiprocessing.monitor.life import Life
from mpiprocessing.monitor.words import duration, named, pace, share, size

__all__ = ["FEW", "view"]

FEW = 40
"""So many ranks are shown where not all are asked for: the dead and the silent first, then those with the longest task."""


def view(status: dict[str, Any], life: Life, now: float, every: bool) -> RenderableType:
    """What is shown.

    Args:
        status: as it was read.
        life: whether the job lives.
        now: seconds since 1970.
        every: whether all ranks are shown.
    """
    parts: list[RenderableType] = [_head(status, life, now)]
    if status["pools"]:
        parts.append(_pools(status["pools"], max(0.0, now - status["written"]) if life.lives else 0.0))
    parts += _ranks(status, now if life.lives else status["written"], every)
    if status["waits"]:
        parts.append(_waits(status["waits"]))
    return Group(*parts)


def _head(status: dict[str, Any], life: Life, now: float) -> Text:
    begun = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(status["started"]))
    until = now if life.lives else status["written"]
    head = Text()
    head.append(status["program"], style="bold")
    head.append(f"  {life.text}", style="green" if life.lives or status["status"] == 0 else "bold red")
    job = f"{status['job']}, " if status["job"] else ""
    hosts = len({one["host"] for one in status["ranks"]})
    head.append(
        f"\n{job}{len(status['ranks'])} ranks on {hosts} host{'s' * (hosts > 1)}, began {begun}, "
        f"{duration(until - status['started'])}; rank 0 is pid {status['pid']} on {status['host']}\n"
    )
    return head


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column != "does")
    return table


def _left(seconds: float | None, age: float) -> str:
    return "" if seconds is None else duration(seconds - age)


def _pools(pools: list[dict[str, Any]], age: float) -> Table:
    table = _table(
        *("", "done", "of", "", "runs", "waits", "pace", "left", "workers"),
        right=("done", "of", "runs", "waits", "pace", "left", "workers"),
    )
    for pool in pools:
        table.add_row(
            Text(f"{pool['name']} of {pool['process']}"),
            *(str(pool["done"]), str(pool["tasks"]), share(pool["done"], pool["tasks"])),
            *(str(pool["running"]), str(pool["waiting"])),
            *(
                pace(pool["rate"]),
                _left(pool["left"], age),
                "closed" if pool["over"] else str(pool["workers"]),
            ),
        )
        for call in pool["calls"]:
            known = call["total"] is not None
            table.add_row(
                Text(f"  {call['what']}, items"),
                str(call["done"]),
                str(call["total"]) if known else "?",
                share(call["done"], call["total"]) if known else "",
                "",
                "",
                pace(call["rate"]),
                _left(call["left"], age),
                "",
            )
    return table


def _ranks(status: dict[str, Any], now: float, every: bool) -> list[RenderableType]:
    table = _table(
        *("rank", "host", "pid", "process", "does", "for", "memory", "peak"),
        right=("rank", "pid", "for", "memory", "peak"),
    )
    late = status["heartbeat"]

    def silent(one: dict[str, Any]) -> float:
        return 0.0 if one["answered"] is None else now - one["answered"]

    def urgency(one: dict[str, Any]) -> tuple[bool, bool, float]:
        task = one["task"]
        return one["state"] != "dead", silent(one) < late, task["begun"] if task else now

    ranks = status["ranks"]
    shown = ranks if every or len(ranks) <= FEW else sorted(ranks, key=urgency)[:FEW]
    waiting = {one["rank"] for one in status["waits"] if not one["thread"]}
    for one in shown:
        does, since = _does(one, waiting), ""
        if status["state"] == "ended" and one["state"] != "dead":
            does = ""
        if one["task"]:
            since = duration(one["answered"] - one["task"]["begun"])
        if one["state"] != "dead" and silent(one) >= late:
            does += f"; silent for {duration(silent(one))}"
        table.add_row(
            *(
                str(one["rank"]),
                Text(one["host"]),
                str(one["pid"]),
                Text(one["process"] or ""),
                Text(does),
                since,
            ),
            *("" if one[what] is None else size(one[what]) for what in ("memory", "peak")),
        )
    parts: list[RenderableType] = [Text(), table]
    if len(shown) < len(ranks):
        parts.append(Text(f"and {len(ranks) - len(shown)} more ranks (--all shows them)"))
    return parts


def _does(one: dict[str, Any], waiting: set[int]) -> str:
    task = one["task"]
    if one["state"] == "dead":
        return "is dead"
    if task:
        what = named(task["number"], task["call"], task["item"], task["items"])
        return f"{task['pool']}, {what}" + (", waits" if one["rank"] in waiting else "")
    if one["state"] == "unknown":
        return "has not answered yet"
    if one["state"] == "free":
        return "no process"
    return "waits" if one["rank"] in waiting else "runs"


def _waits(waits: list[dict[str, Any]]) -> Group:
    lines = Text("\nwaits\n", style="bold")
    for one in waits:
        thread = f", thread {one['thread']}" if one["thread"] else ""
        lines.append(f"rank {one['rank']}, {one['process']}{thread}: {one['call']}\n", style="not bold")
        lines.append(f"    for {one['for']}\n", style="not bold")
    return Group(lines)
