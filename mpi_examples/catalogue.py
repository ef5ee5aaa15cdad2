"""The one list of the patterns: their order, names and ranks.

Theory of operation: what a pattern is stands in pattern.py; its
place in the order, and what its folder does not tell, stands
here, once. Menus, tests, comparison and documentation are made
from CATALOGUE.
"""

from __future__ import annotations

import difflib

from mpi_examples.pattern import ROOT, Pattern

__all__ = [
    "CATALOGUE",
    "ROOT",
    "Pattern",
    "UnknownPatternError",
    "after",
    "find",
]


class UnknownPatternError(LookupError):
    """No pattern has this name; the text lists those there are."""


CATALOGUE: tuple[Pattern, ...] = (
    Pattern(
        family="processes",
        name="spawn",
        title="start processes, wait for them",
        question="How are processes started, and waited for?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="processes",
        name="name",
        title="names, given and default",
        question="What is a process called, and who decides?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="processes",
        name="daemon",
        title="work in the background",
        question="What becomes of a process when the main one ends?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="processes",
        name="kill",
        title="terminate, and read exit codes",
        question="How is a process ended early, and how does it tell?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="processes",
        name="subclass",
        title="a class of one's own",
        question="How does a process become a class of one's own?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="channels",
        name="queue",
        title="a producer and a consumer",
        question="How does one process feed another, in order?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="channels",
        name="queue_limits",
        title="a queue that is full or empty",
        question="What happens when a queue is full, or empty?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="channels",
        name="joinable_queue",
        title="work that reports back",
        question="How does a producer learn that all work is done?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="channels",
        name="pipe",
        title="two ends, until one closes",
        question="How do two processes talk until one hangs up?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="channels",
        name="pipe_chain",
        title="stages joined by pipes",
        question="How do processes form a chain of stages?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="channels",
        name="pipe_bytes",
        title="bytes into memory that waits",
        question="How do plain bytes travel, without pickling?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="lock",
        title="one at a time",
        question="How do processes change one thing without mishap?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="rlock",
        title="a lock taken twice",
        question="How may one who holds a lock take it again?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="semaphore",
        title="a few at a time",
        question="How are a few places shared by many?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="event",
        title="wait for a signal",
        question="How does one process give the others a signal?",
        min_ranks=3,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="condition",
        title="wait until something is so",
        question="How does a process wait until something is so?",
        min_ranks=3,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="gates",
        name="barrier",
        title="all wait for all",
        question="How do all processes finish a step together?",
        min_ranks=3,
        mpi4py_min_ranks=2,
        broken=("broken_early",),
    ),
    Pattern(
        family="gates",
        name="barrier_lock",
        title="meet at a barrier, take turns",
        question="How do processes meet, or take turns?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="shared",
        name="value_array",
        title="a number and an array for all",
        question="What becomes of shared memory when none is shared?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="shared",
        name="manager_dict",
        title="a dict that all may change",
        question="How do many processes fill one dict?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="shared",
        name="manager_types",
        title="lists, namespaces, own types",
        question="How does a manager share objects of any type?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="pools",
        name="pool_apply",
        title="one call, now or later",
        question="How is one call handed to a worker?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="pools",
        name="pool_map",
        title="map a function over inputs",
        question="How do workers share the calls of one function?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="pools",
        name="pool_map_async",
        title="a callback when all is done",
        question="How does the caller go on while workers compute?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="pools",
        name="pool_imap",
        title="results as they come",
        question="How do results arrive before all are done?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="pools",
        name="scatter_map",
        title="shares dealt out beforehand",
        question="How is a map done by scatter and gather?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="pools",
        name="gil",
        title="where processes begin to pay",
        question="When are several processes faster than one?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="messages",
        name="hello",
        title="who am I, of how many",
        question="Who am I, and how many are we?",
        min_ranks=4,
        mpi4py_min_ranks=4,
    ),
    Pattern(
        family="messages",
        name="point_to_point",
        title="a message with an address",
        question="How does a message find its receiver?",
        min_ranks=3,
        mpi4py_min_ranks=3,
        broken=("broken_tag",),
    ),
    Pattern(
        family="messages",
        name="deadlock",
        title="everybody waits for everybody",
        question="Why does an exchange hang, and what prevents it?",
        min_ranks=2,
        mpi4py_min_ranks=2,
        broken=("broken_both_receive", "broken_both_send"),
    ),
    Pattern(
        family="messages",
        name="probe",
        title="look before receiving",
        question="How does a receiver learn what is coming?",
        min_ranks=3,
        mpi4py_min_ranks=3,
    ),
    Pattern(
        family="messages",
        name="buffers",
        title="arrays without pickling",
        question="How does an array travel without being pickled?",
        min_ranks=2,
        mpi4py_min_ranks=2,
    ),
    Pattern(
        family="collectives",
        name="bcast",
        title="the same to everybody",
        question="How does everybody get the same thing?",
        min_ranks=2,
        mpi4py_min_ranks=1,
        broken=("broken_no_root",),
    ),
    Pattern(
        family="collectives",
        name="scatter",
        title="a share for each",
        question="How does each get a share of its own?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="scatterv",
        title="shares of unequal size",
        question="How are shares dealt out that are not equal?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="gather",
        title="a share from each",
        question="How does one collect a share from each?",
        min_ranks=2,
        mpi4py_min_ranks=1,
        broken=("broken_order",),
    ),
    Pattern(
        family="collectives",
        name="gatherv",
        title="unequal shares collected",
        question="How are shares collected that are not equal?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="alltoall",
        title="each to each",
        question="How does everybody give something to everybody?",
        min_ranks=4,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="reduce",
        title="one result from all",
        question="How do many numbers become one?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="allreduce",
        title="one result for all",
        question="How does everybody know the result of all?",
        min_ranks=4,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="collectives",
        name="scan",
        title="running totals",
        question="How does each learn the sum of those before it?",
        min_ranks=2,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="topology",
        name="cartesian",
        title="neighbours on a grid",
        question="How do neighbours on a grid exchange their edges?",
        min_ranks=4,
        mpi4py_min_ranks=1,
    ),
    Pattern(
        family="topology",
        name="split",
        title="groups within the group",
        question="How do some of the processes form a group?",
        min_ranks=3,
        mpi4py_min_ranks=2,
    ),
)


def after(pattern: Pattern) -> Pattern | None:
    """The pattern to read after this one, None at the end."""
    place = CATALOGUE.index(pattern) + 1
    return CATALOGUE[place] if place < len(CATALOGUE) else None


def find(name: str) -> Pattern:
    """Look a pattern up by its name.

    Args:
        name: "queue" or "channels/queue".

    Returns:
        The pattern.

    Raises:
        UnknownPatternError: there is none; says which there are.
    """
    for pattern in CATALOGUE:
        if name in (pattern.name, str(pattern)):
            return pattern
    raise UnknownPatternError(_unknown(name))


def _unknown(name: str) -> str:
    family = [str(p) for p in CATALOGUE if p.family == name]
    if family:
        several = ", ".join(family)
        return f"{name!r} is a family of patterns: {several}"
    full = {str(pattern): str(pattern) for pattern in CATALOGUE}
    short = {pattern.name: str(pattern) for pattern in CATALOGUE}
    names = full | short
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {names[near[0]]}?)" if near else ""
    return f"no pattern {name!r}{hint}; there are {', '.join(full)}"
