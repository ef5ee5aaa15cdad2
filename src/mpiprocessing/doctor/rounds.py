"""The rounds: what rank 0 asks the other ranks, one thing after another, and what they answer.

Everything has a limit in time, and all that is done by default together takes a few seconds: where there are many hosts, what
does not fit is left out, and that is said.
"""

from __future__ import annotations

import itertools
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import msgspec

from mpiprocessing.doctor.facts import (
    LARGE,
    MEDIUM,
    SMALL,
    Clock,
    Job,
    Look,
    Message,
    Rank,
)
from mpiprocessing.doctor.talk import END, Asking, serve
from mpiprocessing.doctor.transfer import send_and_receive

__all__ = ["answer", "ask", "pairs"]

_TIMES = {SMALL: 20, MEDIUM: 3, LARGE: 1}
_BUDGET = {SMALL: 1.5, MEDIUM: 3.0, LARGE: 120.0}  # seconds for all messages of a size
_SPACE = LARGE + LARGE // 6  # that a rank needs for the largest message
_CLOCK_TIMES = 8
_CLOCK_BUDGET = 2.0
_LOOKING = 4.0
"""Seconds for a file to be seen on another host: file systems over a network are not at once of one mind."""


def ask(MPI: Any, comm: Any, job: Job, limit: float) -> None:
    """Rank 0: ask all that is to be asked, and add the answers to the facts.

    Args:
        MPI: the module.
        comm: of all ranks.
        job: the facts; its only rank so far is this one.
        limit: how many seconds a rank may take to answer.
    """
    asking = Asking(MPI, comm, limit)
    replies = asking.ask({rank: {"do": "facts"} for rank in range(1, comm.size)})
    job.ranks += [msgspec.convert(replies[rank], Rank) for rank in sorted(replies)]
    try:
        _clocks(asking, job)
        _directory(asking, job)
        for size in (SMALL, MEDIUM, LARGE):
            _messages(asking, job, size)
    finally:
        job.mute = sorted(asking.mute)
        for rank in range(1, comm.size):
            asking.tell(rank, {"do": END})


def answer(MPI: Any, comm: Any, here: Rank) -> None:
    """Any other rank: answer until rank 0 says that it is over.

    Args:
        MPI: the module.
        comm: of all ranks.
        here: the facts of this rank.
    """
    does: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "facts": lambda order: asdict(here),
        "clock": lambda order: {"time": time.time()},
        "look": lambda order: _look(order["path"], order["token"]),
        "message": lambda order: send_and_receive(MPI, comm, order),
    }
    serve(MPI, comm, lambda order: does[order["do"]](order))


def _leaders(job: Job) -> Iterator[Rank]:
    """The first rank of each host but rank 0's."""
    for ranks in list(job.hosts.values())[1:]:
        yield ranks[0]


# --- clocks -------------------------------------------------------------------------------------------------


def _clocks(asking: Asking, job: Job) -> None:
    until = time.monotonic() + _CLOCK_BUDGET
    for leader in _leaders(job):
        best: Clock | None = None
        for _ in range(_CLOCK_TIMES):
            before = time.time()
            reply = asking.ask({leader.rank: {"do": "clock"}})
            after = time.time()
            if not reply:
                break
            within = (after - before) / 2
            if best is None or within < best.within:
                best = Clock(leader.rank, leader.host, reply[leader.rank]["time"] - before - within, within)
        if best is not None:
            job.clocks.append(best)
        if time.monotonic() > until:
            break


# --- the shared directory -----------------------------------------------------------------------------------


def _directory(asking: Asking, job: Job) -> None:
    token = uuid.uuid4().hex
    path = os.path.join(job.directory, f".mpiprocessing-doctor-{token}")
    leaders = list(_leaders(job))
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        job.directory_error = str(error.strerror or error)
        return
    try:
        order = {"do": "look", "path": path, "token": token}
        replies = asking.ask({leader.rank: order for leader in leaders}, extra=_LOOKING)
    finally:
        os.unlink(path)
    for leader in leaders:
        if leader.rank in replies:
            reply = replies[leader.rank]
            job.looks.append(Look(leader.rank, leader.host, reply["found"], reply["why"]))


def _look(path: str, token: str) -> dict[str, Any]:
    until, why = time.monotonic() + _LOOKING, ""
    while True:
        try:
            with open(path, encoding="ascii") as file:
                if file.read() == token:
                    return {"found": True, "why": ""}
            why = "the file is there with another content"
        except OSError as error:
            why = str(error.strerror or error)
        if time.monotonic() > until:
            return {"found": False, "why": why}
        time.sleep(0.05)  # there is no other way to learn of a file that another host writes


# --- messages -----------------------------------------------------------------------------------------------


def pairs(job: Job) -> list[tuple[Rank, Rank]]:
    """Who sends to whom: two ranks of each host, and the first ranks of the hosts in a ring."""
    hosts = list(job.hosts.values())
    within = [(ranks[0], ranks[1]) for ranks in hosts if len(ranks) > 1]
    leaders = [ranks[0] for ranks in hosts]
    ring = list(itertools.pairwise(leaders))
    if len(leaders) > 2:
        ring.append((leaders[-1], leaders[0]))
    # One of each kind first: should the time not be enough for all, both are among those that were tried.
    return [*within[:1], *ring, *within[1:]]


def _messages(asking: Asking, job: Job, size: int) -> None:
    until = time.monotonic() + _BUDGET[size]
    for source, target in pairs(job):
        message = Message(size, source.rank, target.rank, source.host, target.host)
        if source.rank in asking.mute or target.rank in asking.mute:
            continue
        job.messages.append(message)
        message.skipped = _why_not(job, size, source, target)
        if not message.skipped and time.monotonic() > until:
            message.skipped = "no time left for it"
        if not message.skipped:
            _send(asking, message)


def _why_not(job: Job, size: int, source: Rank, target: Rank) -> str:
    if size < LARGE:
        return ""
    if not job.large:
        return "it needs 3.5 GiB of memory on each of two ranks, and time"
    for rank in (source, target):
        space = min(rank.memory_available, rank.memory_limit or rank.memory_available)
        if space < _SPACE * (2 if source.host == target.host else 1):
            return f"host {rank.host} has not the memory: {space >> 20} MiB are free"
    return ""


def _send(asking: Asking, message: Message) -> None:
    limit = asking.limit if message.size < LARGE else 60.0 + asking.limit
    order = {
        "do": "message",
        "size": message.size,
        "times": _TIMES[message.size],
        "tag": next(asking.tags),
        "limit": limit,
    }
    parts = {
        message.source: {**order, "part": "source", "peer": message.target},
        message.target: {**order, "part": "target", "peer": message.source},
    }
    own = parts.pop(0, None)
    mine: dict[str, Any] = {}

    def play() -> None:
        if own is not None:
            mine.update(send_and_receive(asking.MPI, asking.comm, own))

    replies = asking.ask(parts, extra=limit, meanwhile=play)
    if own is not None:
        replies[0] = mine
    errors = [reply["error"] for reply in replies.values() if "error" in reply]
    missing = [rank for rank in (message.source, message.target) if rank not in replies]
    message.error = next(iter(errors), f"rank {missing[0]} does not answer" if missing else "")
    result = replies.get(message.source, {})
    message.seconds, message.parts = result.get("seconds", 0.0), result.get("parts", 1)
