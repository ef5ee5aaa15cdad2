"""What a job is told in which nothing can go on any more: who waits where for what, the circle in one sentence, the way out.

deadlock: nothing can go on, each of the 3 processes waits for ever:
  rank 0, MainProcess: Process.join at prog.py:20 in <module>: process.join()
      waits for the end of Process-1 on rank 1
  rank 1, Process-1: Lock.acquire at prog.py:6 in work: with second:
      waits for Lock B (made at prog.py:14), which Process-2 on rank 2 holds
  ...
Process-1 on rank 1 holds Lock A and waits for Lock B, which Process-2 on rank 2 holds, which waits for Lock A.
Take locks in the same order in every process, and release each in the process that took it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpiprocessing.core.messages import PENDING, Described, Waiter
from mpiprocessing.core.standstill import NO_RANK, Node, Standstill, node_of

__all__ = ["SHOWN", "Report"]

SHOWN = 32
"""Of how many threads it is told where they wait: those of the ranks with the lowest numbers."""

_WAYS_OUT = {
    "holds": "Take locks in the same order in every process, and release each in the process that took it.",
    "could release": "Every acquire needs a release, by whoever has the semaphore.",
    "could notify": "Notify after the change, with the lock held; and wait by wait_for, which looks before it sleeps.",
    "could set": "Somebody has to set the event, before it is waited for or while it is.",
    "could put into": "Every get needs a put: an item for each, or one that means the end (None) for each consumer.",
    "could take from": "The queue is full: get from it while others put, or make it larger.",
    "could call task_done of": "Call task_done once for each item that was taken out.",
    "could send into": "Send what is received; a pipe's end (EOFError) comes when every process that holds its writing "
    "end has closed it or ended.",
    "could receive from": "Receive what is sent while it is sent: a pipe holds only so much.",
    "has not come to": "A barrier lets its parties go when all have come: make it for as many as come, and start them all.",
    "runs a task of": "A task must not wait for what comes only after the results of its pool were taken.",
    "could call": "Another process has to make the call that is waited for.",
    "join": "Bring a process what it waits for before you join it.",
}
"""What could be done, by the way in which one waits for another."""

_TWICE = "A Lock cannot be taken again by the thread that has it: release it first, or use an RLock."
_ENDED = "A process that ends keeps what it has taken: take locks by 'with', or release them in a 'finally'."


class Report:
    """The report on a job that rests.

    Args:
        said: what all ranks have to say.
        pending: how many processes wait for a free rank.
        size: how many ranks there are.
        goes_on: the job does not rest: those who do not wait may help.
    """

    def __init__(self, said: Described, pending: int, size: int, goes_on: bool = False) -> None:
        self._goes_on = goes_on
        self._still = Standstill(said)
        self._idle = said.idle
        self._pending = pending
        self._size = size

    def text(self) -> str:
        """All of it."""
        waiters = self._still.waiters
        lines = [self._headline(), *(line for waiter in waiters[:SHOWN] for line in self._lines(waiter))]
        if len(waiters) > SHOWN:
            lines.append(f"  and {len(waiters) - SHOWN} more")
        if self._idle:
            lines.append(f"  {_count(self._idle, 'rank runs', 'ranks run')} no process")
        return "\n".join([*lines, *self._conclusion()])

    def _headline(self) -> str:
        if self._pending:
            waiting = _count(self._pending, "process waits", "processes wait")
            return f"nothing can go on: {waiting} for a free rank, and all {self._size} ranks are blocked:"
        number = len(self._still.ranks)
        each = "the only process" if number == 1 else f"each of the {number} processes"
        return f"deadlock: nothing can go on, {each} waits for ever:"

    # ---- one thread ----

    def waits(self) -> list[tuple[Waiter, str, str]]:
        """Each thread that waits, its call and its line, and what it waits for; of a job that goes on as well."""
        return [(waiter, *self._about(waiter)) for waiter in self._still.waiters]

    def _about(self, waiter: Waiter) -> tuple[str, str]:
        where = f"{waiter.place}: {waiter.line}" if waiter.line else waiter.place
        what = " at ".join(filter(None, (waiter.verb.replace(".__enter__", ".acquire"), where)))
        thing = self._still.thing(waiter)
        return what, self._end(waiter) if thing is None else self._object(thing)

    def _lines(self, waiter: Waiter) -> list[str]:
        thread = f", thread {waiter.name}" if waiter.name else ""
        what, target = self._about(waiter)
        return [
            f"  rank {waiter.rank}, {waiter.process}{thread}: {what}",
            f"      waits for {target}",
        ]

    def _object(self, thing: Node) -> str:
        """An object that is waited for, all that is known of it, and in whose hands it is."""
        home, _ = self._still.about(thing)
        facts = "; ".join(filter(None, (f"made at {home.made}" if home.made else "", home.state)))
        return f"{self._want(thing)}{f' ({facts})' if facts else ''}{self._hands(thing)}"

    def _end(self, waiter: Waiter) -> str:
        """What a thread waits for that waits for no object."""
        if waiter.joins == PENDING:
            return "the end of a process that has no rank"
        if waiter.joins is not None:
            return f"the end of {self._process(waiter.joins)}"
        joined = self._still.threads.get(("thread", waiter.rank, waiter.thread_joined or 0))
        return f"the end of its thread {joined.name}" if joined is not None else "a message"

    def _want(self, thing: Node) -> str:
        home, wanted = self._still.about(thing)
        return f"{wanted.what} {self._still.labels[home.home]}".strip()

    def _hands(self, thing: Node) -> str:
        home, wanted = self._still.about(thing)
        if self._still.is_lost(thing):
            return f", which a process on rank {home.gone[0]} had when it ended"
        holders = self._still.holders(thing)
        if self._goes_on and not holders:
            return ""
        names = [self._name(node) for node in holders]
        names = names or [self._process(rank) for _, rank, _ in self._still.helpers(thing)]
        names = list(dict.fromkeys(names))
        if not names:
            who = "nobody that runs" if self._pending else "nobody is left who"  # who waits for a rank may
            return f"; {who} {wanted.act.replace('has not come', 'could come')} it"
        return f", which {_list(names)} {_plural(wanted.does if holders else wanted.act, len(names))}"

    def _name(self, node: Node) -> str:
        waiter = self._still.threads[node]
        thread = f"thread {waiter.name} of " if waiter.name else ""
        return f"{thread}{waiter.process} on rank {waiter.rank}"

    def _process(self, rank: int) -> str:
        threads = self._still.ranks.get(rank)
        return f"{threads[0].process} on rank {rank}" if threads else f"the process on rank {rank}"

    # ---- all of them ----

    def _conclusion(self) -> list[str]:
        """What keeps all from going on, in one sentence; and the ways out."""
        found, stranded = self._still.circle(), self._still.stranded()
        if found:
            sentence, ways_out = self._tell(found), self._ways_out(found)
        elif stranded is not None:
            waiters = [self._name(node_of(waiter)) for waiter in self._still.waiting_for(stranded)]
            what = f"{_plural('waits', len(waiters))} for {self._want(stranded)}{self._hands(stranded)}"
            sentence = f"{_list(waiters)} {what}."
            ways_out = [_ENDED] if self._still.is_lost(stranded) else [_WAYS_OUT.get(str(stranded[2]), "")]
        else:
            nobody = "nobody that runs could" if self._pending else "nobody is left to"
            sentence, ways_out = f"Everybody waits for something that {nobody} bring.", []
        if self._pending:
            more = f"'mpiexec -n {self._size + self._pending}' or more"
            ways_out = [f"Processes that wait for each other need a rank each: start the job with {more}"]
        return [sentence, *filter(None, ways_out)]

    def _tell(self, found: Sequence[Node]) -> str:
        """A circle as a sentence, from the thread with the lowest rank on."""
        threads = [place for place, node in enumerate(found) if node in self._still.threads]
        first = min(threads, key=lambda place: found[place][1])
        way = [*found[first:], *found[:first]]
        last = way[-1]
        if len(way) == 2 and last[0] == "object":
            return f"{self._name(way[0])} waits for {self._want(last)}, which it {self._does(last)} itself."
        text = self._name(way[0])
        if last[0] == "object":
            text += f" {self._does(last)} {self._still.labels[last[1]]} and"
        for node, follower in zip(way, [*way[1:], way[0]], strict=True):
            text += self._step(node, follower, closes=follower == way[0])
        return f"{text}."

    def _step(self, node: Node, follower: Node, closes: bool) -> str:
        if node in self._still.threads:
            if follower == NO_RANK:
                return " waits for a process that has no rank"
            if follower[0] == "object":
                return f" waits for {self._want(follower)}"
            return f" waits for the end of {self._name(follower)}" + ("" if closes else ", which")
        if closes:
            return "" if node != NO_RANK else f", as its own is taken by {self._name(follower)}"
        does = "takes one" if node == NO_RANK else self._does(node)
        return f", which {self._name(follower)} {does}, which"

    def _does(self, thing: Node) -> str:
        """In which way the object is in somebody's hands."""
        _, wanted = self._still.about(thing)
        return wanted.does if self._still.holders(thing) else wanted.act

    def _ways_out(self, found: Sequence[Node]) -> list[str]:
        ways = []
        for node, follower in zip(found, [*found[1:], found[0]], strict=True):
            if node[0] == "object":
                does = self._does(node)
                ways.append(_TWICE if len(found) == 2 and does == "holds" else _WAYS_OUT.get(does, ""))
            elif follower[0] == "thread":
                ways.append(_WAYS_OUT["join"])
        return list(dict.fromkeys(ways))


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _plural(does: str, number: int) -> str:
    """A verb of one in the form of several."""
    if number == 1:
        return does
    first, _, rest = does.partition(" ")
    return " ".join(filter(None, ("have" if first == "has" else first.removesuffix("s"), rest)))


def _list(names: Sequence[str]) -> str:
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
