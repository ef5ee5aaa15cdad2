"""Who waits for whom in a job where everything rests; made from what the ranks have said (`testimony.py`).

    thread ──waits for──▶ object ──in the hands of──▶ thread          a lock, and who holds it
    thread ──waits for──▶ object ──could be helped by──▶ threads      a queue, and who could put into it
    thread ──waits for the end of──▶ thread

Whoever holds an object could help, unless it waits there for the same thing itself.
"""

from __future__ import annotations

from collections import defaultdict

from mpiprocessing.core.messages import PENDING, Described, Held, HomeWaits, Waiter, Wanted, maker
from mpiprocessing.core.waitgraph import circle

__all__ = ["NO_RANK", "Node", "Standstill"]

Node = tuple[str, int, int | str]
"""A thread ("thread", rank, thread), an object where something is waited for ("object", home, act), or the lack of ranks."""

NO_RANK: Node = ("ranks", 0, 0)


class Standstill:
    """The threads of all ranks, and what they wait for.

    Args:
        said: what the ranks have said, together.

    Attributes:
        waiters: the threads, by rank, main threads first.
        threads: node → the thread.
        ranks: rank → the threads of its process.
        labels: home → what it is called in the report, such as "Lock A".
    """

    def __init__(self, said: Described) -> None:
        self.waiters = sorted(said.waiters, key=lambda waiter: (waiter.rank, waiter.name, waiter.thread))
        self.threads = {node_of(waiter): waiter for waiter in self.waiters}
        self.ranks: dict[int, list[Waiter]] = {}
        for waiter in self.waiters:
            self.ranks.setdefault(waiter.rank, []).append(waiter)
        self._homes = {home.home: home for home in said.homes}
        self._wanted = {(home.home, wanted.call): wanted for home in said.homes for wanted in home.wanted}
        self._held: defaultdict[int, list[Held]] = defaultdict(list)
        for held in said.held:
            self._held[held.home].append(held)
        self._things: dict[Node, tuple[HomeWaits, Wanted]] = {}
        self._same: defaultdict[Node, list[Waiter]] = defaultdict(list)
        for waiter in self.waiters:
            thing = self.thing(waiter)
            if thing is not None:
                self._things[thing] = self._homes[waiter.home], self._wanted[waiter.home, waiter.call]
                self._same[thing].append(waiter)
        self.labels = self._name_all()

    def _name_all(self) -> dict[int, str]:
        """In the order in which they were made; a condition has its home at its lock's."""
        labels: dict[int, str] = {}
        for number in sorted({home for _, home, _ in self._things}):
            users = [waiter.verb.partition(".")[0] for waiter in self.waiters if waiter.home == number]
            kind = self._homes[number].kind or next(filter(None, users), "object")
            labels[number] = f"{kind} {_letters(len(labels))}"
        return labels

    # ---- what one waits for ----

    def thing(self, waiter: Waiter) -> Node | None:
        """The object that a thread waits for; None where it waits for something else."""
        wanted = self._wanted.get((waiter.home, waiter.call))
        return None if wanted is None else ("object", waiter.home, wanted.act)

    def about(self, thing: Node) -> tuple[HomeWaits, Wanted]:
        """The home of an object, and what is waited for there."""
        return self._things[thing]

    def waiting_for(self, thing: Node) -> list[Waiter]:
        """Who waits for the same."""
        return self._same[thing]

    def holders(self, thing: Node) -> list[Node]:
        """The threads that have in hand what is waited for."""
        home, wanted = self._things[thing]
        if not wanted.does:
            return []
        nodes = []
        for rank in map(maker, home.holders):
            taken = next((held.thread for held in self._held[home.home] if held.rank == rank), None)
            node: Node = ("thread", rank, taken or 0)
            if node in self.threads:
                nodes.append(node)
            elif rank in self.ranks:
                nodes.append(self.main(rank))
        return nodes

    def is_lost(self, thing: Node) -> bool:
        """Whether those who had in hand what is waited for have ended, and nobody else has it."""
        home, wanted = self._things[thing]
        return bool(wanted.does and home.gone) and not self.holders(thing)

    def helpers(self, thing: Node) -> list[Node]:
        """The threads that could bring what is waited for, where nobody has it in hand."""
        home, wanted = self._things[thing]
        if self.is_lost(thing):
            return []
        able = [
            node_of(waiter)
            for held in self._held[home.home]
            if wanted.role in held.roles
            for waiter in self.ranks.get(held.rank, ())
        ]
        same = {node_of(waiter) for waiter in self._same[thing]}
        return [node for node in able if node not in same]

    def main(self, rank: int) -> Node:
        """The main thread of the process on a rank; another one where that does not wait."""
        return node_of(self.ranks[rank][0])

    # ---- all together ----

    def circle(self) -> list[Node]:
        """Threads, and the objects between them, that wait for each other in a circle; the clearest one there is.

        That is one of what threads have in hand, else one of what they could do; and one without the end of processes or
        threads before one with it, as those who join others wait for whatever these do.
        """
        for helped, joined in ((False, False), (False, True), (True, False), (True, True)):
            found = circle(self._edges(helped, joined))
            if found:
                return found
        return []

    def _edges(self, helped: bool, joined: bool) -> dict[Node, list[Node]]:
        edges: dict[Node, list[Node]] = {}
        for node, waiter in self.threads.items():
            thing = self.thing(waiter)
            if thing is not None:
                edges[node] = [thing]
                if thing not in edges:
                    edges[thing] = self.holders(thing) or (self.helpers(thing) if helped else [])
            elif joined:
                edges[node] = self._joined(waiter)
        if helped:
            edges[NO_RANK] = [self.main(rank) for rank in self.ranks if rank]
        return edges

    def _joined(self, waiter: Waiter) -> list[Node]:
        if waiter.joins == PENDING:
            return [NO_RANK]
        if waiter.joins is not None:
            return [self.main(waiter.joins)] if waiter.joins in self.ranks else []
        joined: Node = ("thread", waiter.rank, waiter.thread_joined or 0)
        return [joined] if joined in self.threads else []

    def stranded(self) -> Node | None:
        """An object that is waited for, and that nobody is left to do anything about."""
        return next((t for t in self._things if not self.holders(t) and not self.helpers(t)), None)


def node_of(waiter: Waiter) -> Node:
    """The node of a thread."""
    return "thread", waiter.rank, waiter.thread


def _letters(place: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters
