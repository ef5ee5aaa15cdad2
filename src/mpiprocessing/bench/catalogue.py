"""The works: what is done, in which unit it is measured, and how fast it should be.

Theory of operation: a work names a function in the programmes of a folder of works/, with its arguments. Sizes, shapes and
numbers of processes make several works of one function. A target compares the median of mpiprocessing with that of another
column of the same run, or with a fixed amount where it does not depend on the machine's day.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from mpiprocessing.bench.columns import BARE, STDLIB

__all__ = ["FAMILIES", "Kind", "Target", "UnknownWorkError", "Work", "select", "works"]

Kind = Literal["seconds", "share", "bytes"]
"""What an amount is: a time, a share of a core, memory."""

FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "pipes": "Pipes: ping-pong, one way",
        "queues": "Queues: one item",
        "gates": "Locks, semaphores, conditions, barriers, events",
        "managers": "Managers and shared values: one access by a child",
        "pools": "Pools: one task",
        "life": "Processes",
        "startup": "Start-up: whole programs",
        "idleness": "Idle ranks, and a main process that computes",
        "oversubscription": "More ranks than cores",
    }
)
"""In the order in which they are measured and shown, with their headings."""


@dataclass(frozen=True)
class Target:
    """How fast mpiprocessing should be.

    Attributes:
        most: of what: times the other column's median, or beyond it, or the amount itself.
        against: the other column, "" for a fixed amount.
        beyond: `most` is added to the other column's median.
    """

    most: float
    against: str = ""
    beyond: bool = False


@dataclass(frozen=True)
class Work:
    """One thing that is measured.

    Attributes:
        name: within its family; `str(work)` is "pipes/tuple".
        family: a key of FAMILIES.
        title: what is done, for people.
        unit: what there is an amount for: "item", "task".
        function: in the programmes' tables.
        arguments: for the function.
        program: the folder of the programmes, the family's name if "".
        kind: what the amount is.
        parties: how many processes take part, None for as many as there are ranks.
        ranks: of the jobs, None for what was asked for.
        first: how many operations are tried first.
        seconds: how long a sample should take; 0 for a work that is done once for a sample.
        limit: seconds that all samples of a job may take.
        peers: the peers that can do it.
        without: columns that cannot, and why.
        targets: how fast it should be.
        curve: what it is a point of, "" for none.
        x: where on the curve: bytes, processes, ranks.
        quick: whether it is part of a quick run.
    """

    name: str
    family: str
    title: str
    unit: str
    function: str
    arguments: Mapping[str, str | float] = field(default_factory=dict)
    program: str = ""
    kind: Kind = "seconds"
    parties: int | None = None
    ranks: int | None = None
    first: int = 10
    seconds: float = 0.05
    limit: float = 10.0
    peers: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    curve: str = ""
    x: float = 0.0
    quick: bool = True

    def __str__(self) -> str:
        return f"{self.family}/{self.name}"

    @property
    def folder(self) -> str:
        """Of its programmes."""
        return self.program or self.family


class UnknownWorkError(LookupError):
    """No work has this name; the text says which there are."""


_SIZES = {"8": 8, "1k": 1 << 10, "64k": 1 << 16, "1m": 1 << 20, "8m": 8 << 20, "64m": 64 << 20}
_SIZE_NAMES = {"8": "8 B", "1k": "1 KiB", "64k": "64 KiB", "1m": "1 MiB", "8m": "8 MiB", "64m": "64 MiB"}
_POOLS = ("MPIPoolExecutor", "mpi4py.util.pool", "schwimmbad", "mpipool", "joblib", "loky")
_EXECUTORS = ("MPIPoolExecutor", "mpi4py.util.pool", "mpipool", "loky")
_CHUNKING = ("MPIPoolExecutor", "mpi4py.util.pool", "joblib", "loky")
_SYNC = "mpi4py.util.sync"


def works(ranks: int) -> list[Work]:
    """All works, in the order in which they are measured and shown.

    Args:
        ranks: of the run; some works are there for several numbers of processes up to that.
    """
    return [
        *_pipes(),
        *_queues(),
        *_gates(ranks),
        *_managers(),
        *_pools(),
        *_life(),
        *_idleness(),
        *_crowds(),
    ]


def select(patterns: Sequence[str], there: Sequence[Work]) -> list[Work]:
    """Choose works by name.

    Args:
        patterns: "pipes", "pipes/tuple", "pools/map*"; none stands for all.
        there: the works to choose from.

    Returns:
        Those that fit, in their own order.

    Raises:
        UnknownWorkError: a pattern fits nothing.
    """

    def fits(work: Work, pattern: str) -> bool:
        return pattern == work.family or fnmatch.fnmatchcase(str(work), pattern)

    for pattern in patterns:
        if not any(fits(work, pattern) for work in there):
            families = ", ".join(FAMILIES)
            raise UnknownWorkError(f"no work fits {pattern!r}; families: {families}; --list shows all works")
    return [work for work in there if not patterns or any(fits(work, pattern) for pattern in patterns)]


def _pipes() -> Iterator[Work]:
    def work(kind: str, size: str, title: str, targets: tuple[Target, ...] = ()) -> Work:
        large = size in ("8m", "64m")
        return Work(
            f"{kind}-{size}" if size else kind,
            "pipes",
            title,
            "message",
            "ping_pong",
            {"kind": kind, "size": _SIZES.get(size, 0)},
            parties=2,
            first=2 if large else 20,
            seconds=0.1 if large else 0.05,
            limit=20.0 if large else 10.0,
            targets=targets,
            curve=kind if size else "",
            x=_SIZES.get(size, 0),
            quick=size != "64m",
        )

    yield work("tuple", "", "small tuple", (Target(1 / 2, STDLIB), Target(2.0, BARE)))
    for size, name in _SIZE_NAMES.items():
        yield work("bytes", size, f"bytes, {name}")
    for size, name in _SIZE_NAMES.items():
        if size != "8":
            targets = (Target(1 / 8, STDLIB), Target(1.5, BARE)) if size == "8m" else ()
            yield work("array", size, f"array, {name}", targets)


def _queues() -> Iterator[Work]:
    shapes = {
        "1-1": "one producer, one consumer",
        "n-1": "many producers, one consumer",
        "1-n": "one producer, many consumers",
        "n-n": "many producers, many consumers",
    }
    for shape, title in shapes.items():
        for kind in ("tuple", "array"):
            faster = {("1-1", "tuple"): 3, ("1-1", "array"): 8}.get((shape, kind))
            yield Work(
                f"{shape}-{'small' if kind == 'tuple' else '8m'}",
                "queues",
                f"{title}, {'small tuples' if kind == 'tuple' else 'arrays of 8 MiB'}",
                "item",
                "stream",
                {"shape": shape, "kind": kind, "size": 8 << 20 if kind == "array" else 0},
                parties=2 if shape == "1-1" else None,
                first=100 if kind == "tuple" else 4,
                seconds=0.1 if kind == "tuple" else 0.2,
                limit=20.0,
                targets=(Target(1 / faster, STDLIB),) if faster else (),
            )


def _gates(ranks: int) -> Iterator[Work]:
    def work(
        name: str, title: str, unit: str, parties: int | None, *targets: Target, sync: bool = True
    ) -> Work:
        function = name.replace("-", "_")
        peers = (_SYNC,) if sync else ()
        return Work(name, "gates", title, unit, function, parties=parties, peers=peers, targets=targets)

    pair = "acquire and release"
    yield work("lock-alone", "lock, taken again by the same process", pair, 2, Target(1e-6))
    fight = (Target(5.0, STDLIB), Target(1 / 10, _SYNC))
    yield work("lock-fight", "lock, two processes fighting for it", pair, 3, *fight)
    yield work("semaphore-alone", "semaphore, one process", pair, 2)
    yield work("semaphore-fight", "semaphore, one unit less than processes", pair, 4)
    yield work("condition", "condition, two processes in turn", "hand-over", 2)
    yield work("event", "event: set, all woken, cleared; two barriers", "round", None, sync=False)
    for parties in _some(ranks):
        yield Work(
            f"barrier-{parties}",
            "gates",
            f"barrier of {parties} processes",
            "barrier",
            "barrier",
            parties=parties,
            targets=(Target(1 / 4, STDLIB),) if parties == 3 else (),
            curve="barrier",
            x=parties,
        )


def _some(ranks: int) -> list[int]:
    """Numbers of processes up to that of the ranks: all small ones, then powers of two."""
    powers = [1 << power for power in range(3, ranks.bit_length())]
    return sorted({number for number in (2, 3, 4, *powers, ranks) if number <= ranks})


def _managers() -> Iterator[Work]:
    for name, title in {
        "dict-set": "dict of a manager, set an item",
        "dict-get": "dict of a manager, get an item",
        "value-set": "Value, set",
        "value-get": "Value, get",
    }.items():
        targets = (Target(1 / 3, STDLIB),) if name == "dict-set" else ()
        function = name.replace("-", "_")
        yield Work(name, "managers", title, "access", function, parties=2, targets=targets)


def _pools() -> Iterator[Work]:
    maps = {
        "tiny": "tasks that do nothing",
        "even": "tasks of 1 ms",
        "unequal": "tasks of 0 to 1 ms, growing",
    }
    for task, title in maps.items():
        for chunks in ("each", "auto"):
            targets = (Target(1 / 3, STDLIB), Target(1 / 25, "MPIPoolExecutor"), Target(1 / 0.8, BARE))
            yield Work(
                f"map-{task}-{chunks}",
                "pools",
                f"map, {title}, {'chunksize 1' if chunks == 'each' else 'chunks by the library'}",
                "task",
                "map_tasks",
                {"task": task, "chunks": chunks},
                first=40,
                seconds=0.1,
                limit=20.0,
                peers=_POOLS if chunks == "each" else _CHUNKING,
                targets=targets if (task, chunks) == ("tiny", "each") else (),
            )
    apply = (Target(1 / 10, STDLIB), Target(1 / 100, "MPIPoolExecutor"))
    yield Work(
        "apply",
        "pools",
        "apply, there and back",
        "call",
        "apply",
        limit=20.0,
        peers=_EXECUTORS,
        targets=apply,
    )
    yield Work("imap", "pools", "imap, tasks that do nothing", "result", "imap", limit=20.0, peers=_EXECUTORS)


def _life() -> Iterator[Work]:
    yield Work(
        "memory",
        "life",
        "memory of a process that has used a queue and a barrier",
        "process",
        "memory",
        kind="bytes",
        first=1,
        seconds=0.0,
        targets=(Target(15e6, BARE, beyond=True),),
    )
    no_start = {BARE: "ranks are started once, all of them"}
    yield Work(
        "start-join",
        "life",
        "a process, started and joined",
        "process",
        "start_join",
        parties=2,
        without=no_start,
    )
    no_import = {STDLIB: "it comes with Python"}
    yield Work(
        "job",
        "startup",
        "a whole program that does nothing",
        "program",
        "hello",
        targets=(Target(1.3, BARE),),
    )
    yield Work(
        "job-loaded",
        "startup",
        "a whole program that imports multiprocessing and does nothing with it",
        "program",
        "loaded",
        without={BARE: "it has nothing to import"},
    )
    yield Work(
        "import",
        "startup",
        "the import of the library, beyond the interpreter's own start",
        "import",
        "import",
        without=no_import,
        targets=(Target(0.050),),
    )


def _idleness() -> Iterator[Work]:
    def work(name: str, title: str, unit: str, parties: int | None, **more: object) -> Work:
        function = name.replace("-", "_")
        arguments = {"silence": 0.5} if name == "first-message" else {"seconds": 1.0}
        return Work(
            name,
            "idleness",
            title,
            unit,
            function,
            arguments,
            parties=parties,
            first=1,
            seconds=0.0,
            limit=20.0,
            **more,  # type: ignore[arg-type]
        )

    nobody = {BARE: "a rank that computes answers nobody"}
    little = (Target(0.02),)
    no_rank = {STDLIB: "has no ranks that wait for children", BARE: "see waiting"}
    yield work(
        "idle-ranks", "a rank without a child, while main computes", "process", None,
        kind="share", targets=little, without=no_rank,
    )  # fmt: skip
    yield work(
        "idle-workers", "a worker without a task, while main computes", "process", None,
        kind="share", targets=little, peers=("MPIPoolExecutor", "schwimmbad", "mpipool"), without={BARE: "see waiting"},
    )  # fmt: skip
    yield work(
        "waiting", "a process that waits for a message, while main computes", "process", 2,
        kind="share", targets=little,
    )  # fmt: skip
    yield work(
        "first-message", "there and back after 0.5 s of silence", "round trip", 2, targets=(Target(2e-3),)
    )
    for name, title, unit, parties in (
        ("busy-queue", "queue of a main process that computes, two users", "put and get", 3),
        ("busy-lock", "lock of a main process that computes, two users", "acquire and release", 3),
        ("busy-dict", "dict of a main process that computes", "set and get", 2),
    ):
        yield work(name, title, unit, parties, targets=(Target(1e-3),), without=nobody)


def _crowds() -> Iterator[Work]:
    """The same as above, on more ranks than there are cores."""
    kinds: dict[str, tuple[str, str, str, dict[str, str | float]]] = {
        "map": ("pools", "map_tasks", "task", {"task": "tiny", "chunks": "each"}),
        "queue": ("queues", "stream", "item", {"shape": "n-1", "kind": "tuple", "size": 0}),
        "barrier": ("gates", "barrier", "barrier", {}),
    }
    titles = {
        "map": "pool map, tasks that do nothing, chunksize 1",
        "queue": "queue, all put and one gets",
        "barrier": "barrier of all",
    }
    for name, (program, function, unit, arguments) in kinds.items():
        for ranks in (4, 8, 16):
            yield Work(
                f"{name}-{ranks}",
                "oversubscription",
                f"{titles[name]}, {ranks} ranks",
                unit,
                function,
                arguments,
                program=program,
                ranks=ranks,
                first=20,
                limit=40.0,
                curve=name,
                x=ranks,
                quick=ranks == 8,
            )
