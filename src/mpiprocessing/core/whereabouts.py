"""The table of a job's ranks at its start: rank, host, cores, process id; of many ranks, a line for each host.

rank  host  cores  pid
   0  n1    0-3    4711
   1  n1    0-3    4712
   2  n2    0-1,8  1201

Ranks of one host that may only use the same few cores are what makes jobs slow without a word: it is said below the table.
"""

from __future__ import annotations

from mpiprocessing.core.cores import compact

__all__ = ["MANY", "Place", "table"]

Place = tuple[str, str, int]
"""Of one rank: host, cores, process id."""

MANY = 32
"""More ranks than this are told by their hosts."""


def table(places: list[Place]) -> str:
    """The table as text, with what is worth a look below it.

    Args:
        places: where the ranks are, in their order.
    """
    hosts: dict[str, list[int]] = {}
    for rank, (host, _, _) in enumerate(places):
        hosts.setdefault(host, []).append(rank)
    if len(places) > MANY:
        rows: list[tuple[str, ...]] = [("host", "ranks", "count", "cores", "pids")]
        for host, ranks in hosts.items():
            cores = list(dict.fromkeys(places[rank][1] or "?" for rank in ranks))
            shown = " ".join(cores[:4]) + (f" and {len(cores) - 4} other sets" if len(cores) > 4 else "")
            pids = compact(places[rank][2] for rank in ranks)
            pids = pids if len(pids) <= 40 else f"{min(places[rank][2] for rank in ranks)}, ..."
            rows.append((host, compact(ranks), str(len(ranks)), shown, pids))
    else:
        rows = [("rank", "host", "cores", "pid")]
        rows += [(str(rank), host, cores or "?", str(pid)) for rank, (host, cores, pid) in enumerate(places)]
    text = f"mpiprocessing: {_count(len(places), 'rank')} on {_count(len(hosts), 'host')}\n"
    return text + _aligned(rows) + "".join(map(_crowded, _crowds(places, hosts)))


def _crowds(places: list[Place], hosts: dict[str, list[int]]) -> list[tuple[str, int, int, str]]:
    """Hosts with more ranks than cores that these may use: host, ranks, number of cores, cores."""
    crowds = []
    for host, ranks in hosts.items():
        cores: set[int] = set()
        for rank in ranks:
            cores |= _numbers(places[rank][1])
        if 0 < len(cores) < len(ranks):
            crowds.append((host, len(ranks), len(cores), compact(cores)))
    return crowds


def _crowded(crowd: tuple[str, int, int, str]) -> str:
    host, ranks, number, cores = crowd
    return f"  {host}: {ranks} ranks share {_count(number, 'core')} ({cores})\n"


def _numbers(cores: str) -> set[int]:
    numbers: set[int] = set()
    for part in filter(None, cores.split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def _aligned(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = (
        "  ".join(
            cell.rjust(width) if heading in ("rank", "count") else cell.ljust(width)
            for cell, width, heading in zip(row, widths, rows[0], strict=True)
        )
        for row in rows
    )
    return "".join(f"  {line.rstrip()}\n" for line in lines)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
