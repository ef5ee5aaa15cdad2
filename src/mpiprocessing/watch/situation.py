"""Who can never go on: the wait-for graph of the calls of MPI, and what is left of it when everybody who can go on has gone.

Theory of operation: a call waits for all of its operations (a barrier for all its ranks, `Waitall` for all its
requests), or for any of them (`Waitany`; a receive from any source for any sender): an AND-OR graph, as in Hilbrich, de
Supinski, Schulz and Müller, "A Graph Based Approach for MPI Deadlock Detection" (ICS 2009), which MUST uses (Hilbrich,
Protze, Schulz, de Supinski and Müller, "MPI Runtime Error Detection with MUST: Advances in Deadlock Detection", SC
2012). A cycle is not enough where a call waits for any of several; so it is reduced (as for the general models in
Knapp, "Deadlock Detection in Distributed Databases", ACM Computing Surveys 1987): ranks that compute may do anything,
so whoever needs only them, or messages under way, may go on as well, and so forth. Who is left waits for those who are
left, or for a program that is over: whatever the others do, it waits for ever.

The standard allows most sends to wait for their receives, and every collective for all its ranks; whether they do here is
not known. So they are taken to wait where nothing else can keep the call: then it is still there because they do, or is about
to end, which is for `judge.py` to see. Where anything else is not known, the rank may go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

from mpiprocessing.watch.matching import Message, Outcome, match
from mpiprocessing.watch.waits import Call, Operation, Part, Receive, Send, Statement

__all__ = ["Outlook", "Situation"]

_Address: TypeAlias = tuple[str, int]  # communicator and receiver


class Outlook(Enum):
    """What becomes of an operation."""

    NEVER = "it cannot end"
    HARDLY = "it ends only if it does not wait, as the standard allows it to"
    COMES = "what it needs is under way"
    OPEN = "a rank that may go on may end it"


class Situation:
    """What follows from the statements of those ranks that have made one.

    Args:
        statements: by rank; a rank without one may do anything.
        size: how many ranks there are.

    Attributes:
        statements: likewise.
        stuck: the ranks that wait for ever.
    """

    def __init__(self, statements: Mapping[int, Statement], size: int) -> None:
        self.statements = statements
        self._under_way: dict[_Address, dict[int, list[Message]] | None] = {}
        self._senders: dict[_Address, set[int]] = {}
        for rank, statement in statements.items():
            for place, dest in statement.sent:
                self._senders.setdefault((place, dest), set()).add(rank)
        self._alive = frozenset(rank for rank in range(size) if self._moves(rank))
        self._outcomes: dict[_Address, Outcome | None] = {}
        waiting = {rank for rank in statements if rank not in self._alive and not statements[rank].ended}
        while going := {rank for rank in waiting if self._may_go_on(rank)}:
            waiting -= going
            self._alive |= going
            self._outcomes.clear()
        self.stuck = frozenset(waiting)

    def _moves(self, rank: int) -> bool:
        statement = self.statements.get(rank)
        return statement is None or (not statement.ended and not statement.calls)

    def blocking(self, call: Call) -> list[Operation]:
        """The operations of a call that keep it."""
        return [operation for operation in call.waits if not self.may_end(operation)]

    def waits_for(self, operation: Operation) -> list[int]:
        """The ranks that an operation waits for, in order."""
        if isinstance(operation, Send):
            return [operation.dest]
        if isinstance(operation, Receive):
            return sorted(set(operation.sources))
        return [rank for rank in operation.members if not self.has_arrived(rank, operation)]

    def differing(self, part: Part) -> dict[int, tuple[str, str]]:
        """Who has called another collective in the place of this one: text and line, by rank."""
        found = {}
        for rank in part.members:
            if rank in self.statements and part.place in self.statements[rank].parts:
                called = self.statements[rank].parts[part.place].at(part.number)
                if called is not None and called[0] != part.text:
                    found[rank] = called
        return found

    def has_arrived(self, rank: int, part: Part) -> bool:
        """Whether a rank has called the same collective."""
        statement = self.statements.get(rank)
        history = None if statement is None else statement.parts.get(part.place)
        if history is None or history.called < part.number:
            return False
        called = history.at(part.number)
        return called is None or called[0] == part.text

    def _is_uncertain(self, rank: int, part: Part) -> bool:
        """Whether a rank may have called this collective or not: it has called as many, but one of them has failed."""
        statement = self.statements.get(rank)
        history = None if statement is None else statement.parts.get(part.place)
        return history is not None and history.uncertain and history.called >= part.number

    # ---- who may go on ----

    def _may_go_on(self, rank: int) -> bool:
        return any(self._may_return(call) for call in self.statements[rank].calls)

    def _may_return(self, call: Call) -> bool:
        outlooks = {self.outlook(operation) for operation in call.waits}
        if not call.needs_all:
            return not outlooks <= {Outlook.NEVER, Outlook.HARDLY}
        return Outlook.NEVER not in outlooks and (Outlook.HARDLY not in outlooks or Outlook.OPEN in outlooks)

    def may_end(self, operation: Operation) -> bool:
        """Whether an operation may come to its end, as far as one knows."""
        return self.outlook(operation) in (Outlook.COMES, Outlook.OPEN)

    def outlook(self, operation: Operation) -> Outlook:
        """What becomes of an operation, as far as one knows."""
        missing = set(self.waits_for(operation))
        if isinstance(operation, Part):
            if not missing:
                return Outlook.COMES
            if any(self._is_uncertain(rank, operation) for rank in operation.members):
                return Outlook.OPEN
            if not self._alive >= missing & set(operation.needed):
                return Outlook.NEVER
            return Outlook.HARDLY if self._alive.isdisjoint(missing) else Outlook.OPEN
        if not self._alive.isdisjoint(missing):
            return Outlook.OPEN
        if self._is_under_way(operation):
            return Outlook.COMES
        return Outlook.HARDLY if isinstance(operation, Send) and not operation.synchronous else Outlook.NEVER

    def _is_under_way(self, operation: Send | Receive) -> bool:
        """Whether a message may meet its receive without anybody's doing."""
        address = operation.place, operation.dest
        outcome = self._outcome(address)
        if outcome is None:
            return True
        if isinstance(operation, Receive):
            posted = self._posted(address)
            return any(posted[place] == operation for place in outcome.receives)
        if operation.number < self._received(operation.dest, operation.place, operation.source).get(
            operation.tag, 0
        ):
            return True
        return any(
            (message.source, message.tag, message.number)
            == (operation.source, operation.tag, operation.number)
            for message in outcome.messages
        )

    # ---- messages ----

    def unwanted(self, address: _Address) -> list[Message]:
        """What was sent to a rank on a communicator and no receive that it has posted can get."""
        queues, outcome = self._messages(address), self._outcome(address)
        if queues is None or outcome is None:
            return []
        return [one for queue in queues.values() for one in queue if one not in outcome.messages]

    def never_received(self) -> dict[_Address, list[Message]]:
        """All that no receive can get, by communicator and receiver."""
        found = {address: self.unwanted(address) for address in sorted(self._senders)}
        return {address: messages for address, messages in found.items() if messages}

    def _messages(self, address: _Address) -> dict[int, list[Message]] | None:
        """What was sent to a rank and not received for certain: by sender, in order; None where that is not known."""
        if address not in self._under_way:
            self._under_way[address] = self._all_from_senders(address)
        return self._under_way[address]

    def _all_from_senders(self, address: _Address) -> dict[int, list[Message]] | None:
        place, dest = address
        if dest in self.statements and place in self.statements[dest].unordered:
            return None
        queues = {}
        for source in sorted(self._senders.get(address, ())):
            sent, received = self.statements[source].sent[address], self._received(dest, place, source)
            left = {tag: count - received.get(tag, 0) for tag, count in sent.counts.items()}
            after, queue = dict(sent.counts), []
            for tag, line, count in reversed(sent.recent):
                taken = min(left[tag], count)
                left[tag] -= taken
                queue += [Message(source, tag, after[tag] - 1 - one, line) for one in range(taken)]
                after[tag] -= count
            if any(count > 0 for count in left.values()):
                return None  # so many that their order is forgotten
            queues[source] = queue[::-1]
        return queues

    def _received(self, dest: int, place: str, source: int) -> Mapping[int, int]:
        statement = self.statements.get(dest)
        return {} if statement is None else statement.received.get((place, source), {})

    def _posted(self, address: _Address) -> list[Receive]:
        """The receives of a rank: those that were posted, then those that look at what no receive has taken."""
        place, dest = address
        statement = self.statements.get(dest)
        if statement is None:
            return []
        probes = [
            one
            for call in statement.calls
            for one in call.waits
            if isinstance(one, Receive) and not one.takes and one.place == place
        ]
        return [receive for receive in statement.posted if receive.place == place] + probes

    def _outcome(self, address: _Address) -> Outcome | None:
        if address not in self._outcomes:
            queues = self._messages(address)
            self._outcomes[address] = (
                None if queues is None else match(queues, self._posted(address), self._alive)
            )
        return self._outcomes[address]
