"""Programs of MPI that are drawn: a list of steps for each rank, as likely sound as not."""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["ROOTED", "Step", "draw", "is_undecided"]

ROOTED = ("bcast", "gather")


@dataclass(frozen=True)
class Step:
    """One call: `verb` is send, recv, isend, irecv, probe, wait, waitany, sendrecv, barrier, bcast, gather or compute."""

    verb: str
    peer: int | None = None
    tag: int | None = None
    source: int | None = None
    synchronous: bool = False
    place: str = "world"


def draw(choice: random.Random) -> list[list[Step]]:
    """A program, as likely sound as not.

    Pairs of a send and its receive, and collectives of all, are laid down one after the other, so that it would run; then a few
    steps are taken away, changed or swapped.
    """
    size = choice.randrange(2, 6)
    programs: list[list[Step]] = [[] for _ in range(size)]
    for _ in range(choice.randrange(1, 9)):
        _lay(programs, choice)
    for steps in programs:
        if any(step.verb in ("isend", "irecv") for step in steps):
            steps.append(Step("wait"))
    for _ in range(choice.choice((0, 0, 1, 1, 2, 3))):
        _spoil(programs, choice)
    return programs


def _lay(programs: list[list[Step]], choice: random.Random) -> None:
    size, tag = len(programs), choice.randrange(2)
    kind = choice.choice(("message", "message", "message", "collective", "ring", "compute", "wait"))
    if kind == "collective":
        step = Step(choice.choice(("barrier", *ROOTED)), choice.randrange(size))
        for steps in programs:
            steps.append(Step("barrier", 0) if step.verb == "barrier" else step)
    elif kind == "ring":
        for rank, steps in enumerate(programs):
            steps.append(Step("sendrecv", (rank + 1) % size, tag, (rank - 1) % size, choice.random() < 0.5))
    elif kind == "message":
        source, dest = choice.sample(range(size), 2)
        synchronous = choice.random() < 0.5
        programs[source].append(Step(choice.choice(("send", "isend")), dest, tag, None, synchronous))
        from_whom = None if choice.random() < 0.2 else source
        wanted = None if choice.random() < 0.2 else tag
        if choice.random() < 0.2:
            programs[dest].append(Step("probe", from_whom, wanted))
        programs[dest].append(Step(choice.choice(("recv", "irecv")), from_whom, wanted))
    else:
        programs[choice.randrange(size)].append(
            Step("compute" if kind == "compute" else choice.choice(("wait", "waitany")))
        )


def _spoil(programs: list[list[Step]], choice: random.Random) -> None:
    steps = choice.choice([steps for steps in programs if steps] or [[Step("compute")]])
    place = choice.randrange(len(steps))
    step = steps[place]
    way = choice.randrange(4)
    if way == 0:
        del steps[place]
    elif way == 1 and len(steps) > 1:
        other = choice.randrange(len(steps))
        steps[place], steps[other] = steps[other], steps[place]
    elif way == 2 and step.tag is not None:
        steps[place] = Step(step.verb, step.peer, 1 - step.tag, step.source, step.synchronous)
    elif step.peer is not None and step.verb != "barrier":
        steps[place] = Step(
            step.verb, choice.randrange(len(programs)), step.tag, step.source, step.synchronous
        )


def is_undecided(programs: list[list[Step]]) -> bool:
    """Whether receives from any source were posted and not waited for: which message they have got is not known until then."""
    return any(step.verb == "irecv" and step.peer is None for steps in programs for step in steps)
