"""Which receives may get which of the messages that are under way to a rank.

Messages of one sender are matched in the order in which they were sent, each with the first receive posted that fits (MPI
4.1, section 3.5); messages of different senders may overtake each other, so receives from any source may take the one or the
other. All orders are tried that agree with what receives have got already. What is found for a receive or a message is that
*some* order matches it: who must not be wrong about a deadlock takes every way out for possible. Where there are too many
orders, whatever fits may match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from mpiprocessing.watch.waits import Receive

__all__ = ["Message", "Outcome", "match"]

_MOST = 4000
"""States that are looked at."""


class Message(NamedTuple):
    """A message that was sent and not received.

    Args:
        source: who sent it.
        tag: its tag.
        number: how many with this tag were sent on its channel before.
        line: where the program sent it.
    """

    source: int
    tag: int
    number: int
    line: str


class Outcome(NamedTuple):
    """What may happen.

    Args:
        receives: which receives may get a message, by their place in the list.
        messages: which messages may be received.
    """

    receives: frozenset[int]
    messages: frozenset[Message]


def match(
    queues: Mapping[int, Sequence[Message]], posted: Sequence[Receive], unsure: frozenset[int]
) -> Outcome:
    """Try all orders.

    Args:
        queues: the messages under way to one rank on one communicator, by sender, in order.
        posted: its receives, in order.
        unsure: ranks that may have sent messages which are not known: a receive that takes theirs too may be lost to others.

    Returns:
        What may happen in one of the orders.
    """
    return _Matching(queues, posted, unsure).outcome()


_State: TypeAlias = tuple[
    tuple[int, ...], frozenset[int]
]  # messages of each sender that have come, receives that have one


class _Step(NamedTuple):
    """A message has come: whoever may have seen it, by their places among the receives, and who has taken it."""

    after: _State
    message: Message
    seen: tuple[int, ...]
    taken: int | None


class _Matching:
    def __init__(
        self, queues: Mapping[int, Sequence[Message]], posted: Sequence[Receive], unsure: frozenset[int]
    ) -> None:
        self._queues = {source: queue for source, queue in sorted(queues.items()) if queue}
        self._posted = posted
        self._optional = [not unsure.isdisjoint(receive.sources) for receive in posted]
        # What is over with a message that is not known here has had no part in this.
        self._begin = frozenset(
            place
            for place, one in enumerate(posted)
            if one.got is not None and one.got[0] not in self._queues
        )
        self._over = frozenset(place for place, one in enumerate(posted) if one.got is not None)
        # Without receives from several senders the order among senders does not matter: one is enough.
        self._one_order = all(len(receive.sources) == 1 for receive in posted)

    def outcome(self) -> Outcome:
        begin: _State = (tuple(0 for _ in self._queues), self._begin)
        ahead, steps = [begin], {begin: self._steps(begin)}
        while ahead:
            for step in steps[ahead.pop()]:
                if step.after not in steps:
                    steps[step.after] = self._steps(step.after)
                    ahead.append(step.after)
            if len(steps) > _MOST:
                return self._whatever_fits()
        return self._of_those_that_agree(steps)

    def _of_those_that_agree(self, steps: Mapping[_State, Sequence[_Step]]) -> Outcome:
        """What happens on the ways to an end at which every receive that is over has got its message."""
        good: set[_State] = set()
        receives: set[int] = set()
        messages: set[Message] = set()
        # A state after more messages is looked at first.
        for state in sorted(steps, key=lambda state: -sum(state[0])):
            if not steps[state] and self._all_have_come(state) and state[1] >= self._over:
                good.add(state)
            for step in steps[state]:
                if step.after in good:
                    good.add(state)
                    receives.update(step.seen)
                    if step.taken is not None:
                        messages.add(step.message)
        return Outcome(frozenset(receives), frozenset(messages))

    def _all_have_come(self, state: _State) -> bool:
        return all(head == len(queue) for head, queue in zip(state[0], self._queues.values(), strict=True))

    def _steps(self, state: _State) -> list[_Step]:
        """The next message of each sender."""
        heads, taken = state
        found: list[_Step] = []
        for place, queue in enumerate(self._queues.values()):
            if heads[place] == len(queue):
                continue
            moved = (*heads[:place], heads[place] + 1, *heads[place + 1 :])
            found += self._arrive(queue[heads[place]], moved, taken)
            if self._one_order:
                break
        return found

    def _arrive(self, message: Message, moved: tuple[int, ...], taken: frozenset[int]) -> list[_Step]:
        """What may become of a message: more than one answer where a receive may have got another before."""
        answers: list[_Step] = []
        seen: tuple[int, ...] = ()
        for place, receive in enumerate(self._posted):
            if place in taken or not receive.wants(message.source, message.tag):
                continue
            if receive.got not in (None, (message.source, message.tag)):
                return answers  # it would have got this one
            seen = (*seen, place)
            if not receive.takes:
                continue
            answers.append(_Step((moved, taken | {place}), message, seen, place))
            seen = seen[:-1]
            if not self._optional[place] or receive.got is not None:
                return answers
        return [*answers, _Step((moved, taken), message, seen, None)]

    def _whatever_fits(self) -> Outcome:
        pairs = [
            (place, message)
            for queue in self._queues.values()
            for message in queue
            for place, receive in enumerate(self._posted)
            if receive.wants(message.source, message.tag)
        ]
        return Outcome(frozenset(place for place, _ in pairs), frozenset(message for _, message in pairs))
