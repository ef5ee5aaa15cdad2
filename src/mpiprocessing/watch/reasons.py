"""Why ranks are stuck, in a sentence for each cause, and the way out of it.

Theory of operation: causes are tried from the most telling to the least. Ranks that one cause explains, and all that
wait for them, are explained by it; what is left is looked at again, so that two pairs that hang for themselves get a
sentence each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from mpiprocessing.watch.matching import Message
from mpiprocessing.watch.situation import Situation
from mpiprocessing.watch.waits import Operation, Part, Receive, Send

__all__ = ["Reason", "reasons"]


class Reason(NamedTuple):
    """A cause.

    Args:
        sentence: what is wrong.
        way_out: what to do about it.
        ranks: whom it is about.
    """

    sentence: str
    way_out: str
    ranks: frozenset[int]


class _Wait(NamedTuple):
    rank: int
    operation: Operation


def reasons(situation: Situation) -> list[Reason]:
    """Explain a deadlock.

    Args:
        situation: with ranks that are stuck.

    Returns:
        The causes, at least one.
    """
    found: list[Reason] = []
    left = set(situation.stuck)
    while left:
        waits = [wait for wait in _waits(situation) if wait.rank in left]
        reason = next(reason for cause in _CAUSES for reason in cause(situation, waits))
        found.append(reason)
        left -= reason.ranks
        before = None
        while before != left:  # and who waits for them
            before = set(left)
            left -= {
                wait.rank
                for wait in waits
                if not left.issuperset(set(situation.waits_for(wait.operation)) & situation.stuck)
            }
    return found


def _waits(situation: Situation) -> Iterator[_Wait]:
    for rank in sorted(situation.stuck):
        for call in situation.statements[rank].calls:
            for operation in situation.blocking(call):
                yield _Wait(rank, operation)


_Cause = Callable[[Situation, list[_Wait]], Iterator[Reason]]


# ---- collectives ----


def _other_collective(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    for rank, one in waits:
        if not isinstance(one, Part):
            continue
        others = situation.differing(one)
        if others:
            other, (text, line) = next(iter(others.items()))
            ranks = frozenset({rank, *others}) & situation.stuck
            if _verb(text) == _verb(one.text):
                yield Reason(
                    f"rank {rank} calls {one.text}, and rank {other} {text} ({line}): the root must be the same on all ranks",
                    "give the same root on every rank.",
                    ranks,
                )
            else:
                yield Reason(
                    f"rank {rank} calls {one.text}, and rank {other} {text} ({line}) in its place",
                    "all ranks of a communicator must call the same collectives in the same order.",
                    ranks,
                )


def _missing_in_collective(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    for rank, one in waits:
        if not isinstance(one, Part):
            continue
        missing = situation.waits_for(one)
        elsewhere = [other for other in missing if other != rank]
        if not elsewhere:
            continue
        other = elsewhere[0]
        yield Reason(
            f"rank {rank} waits in {one.text} for rank {other}, which {_does(situation, other)}",
            "every rank of a communicator must call its collectives; none may stand where only some ranks come by.",
            frozenset({rank, *missing}) & situation.stuck,
        )


# ---- messages ----


def _unwanted(situation: Situation, waits: list[_Wait]) -> Iterator[tuple[int, Receive, Message]]:
    """Each message that is there for a rank, beside each receive that does not take it."""
    for rank, one in waits:
        if isinstance(one, Receive):
            for message in situation.unwanted((one.place, rank)):
                yield rank, one, message


def _other_tag(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    for rank, one, message in _unwanted(situation, waits):
        if message.source in one.sources and one.tag not in (None, message.tag):
            yield Reason(
                f"a message with tag {message.tag} from rank {message.source} ({message.line}) is there for rank {rank}, "
                f"which waits for tag {one.tag}",
                "send and receive with the same tag, or receive with tag=MPI.ANY_TAG.",
                frozenset({rank}),
            )


def _other_source(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    for rank, one, message in _unwanted(situation, waits):
        waits_too = message.source in situation.stuck  # then the order is wrong, and not the address
        if message.source not in one.sources and one.tag in (None, message.tag) and not waits_too:
            yield Reason(
                f"a message from rank {message.source} ({message.line}) is there for rank {rank}, which waits for one "
                f"from {_names(one.sources)}",
                "receive from the rank that sends, or from source=MPI.ANY_SOURCE.",
                frozenset({rank}),
            )


# ---- who waits for whom ----


def _ended(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    together: dict[tuple[str, bool], list[int]] = {}
    for rank, one in waits:
        peers = situation.waits_for(one)
        gone = [peer for peer in peers if situation.statements[peer].ended]
        if gone and (len(gone) == len(peers) or isinstance(one, Part)):
            over = "whose program is over" if len(gone) == 1 else "whose programs are over"
            together.setdefault((f"{_for(one, gone)}, {over}", isinstance(one, Part)), []).append(rank)
    for (for_whom, collective), ranks in together.items():
        way_out = (
            "every rank of a communicator must call all of its collectives, those who have nothing to give as well."
            if collective
            else "every send needs its receive, and every receive its send: count the calls of both sides."
        )
        yield Reason(f"{_who(ranks)} {for_whom}", way_out, frozenset(ranks))


def _cycle(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    first: dict[int, Operation] = {}
    for rank, one in waits:
        first.setdefault(rank, one)
    for start in first:
        path = [start]
        while True:
            peers = [peer for peer in situation.waits_for(first[path[-1]]) if peer in first]
            if not peers:
                break
            # Oneself last: a receive from any source names all ranks.
            following = next((peer for peer in peers if peer != path[-1]), peers[0])
            if following in path:
                yield _circle(path[path.index(following) :], first)
                return
            path.append(following)


def _circle(path: list[int], first: dict[int, Operation]) -> Reason:
    links = [_for(first[rank], [path[(place + 1) % len(path)]]) for place, rank in enumerate(path)]
    sentence = f"rank {path[0]} waits {links[0]}" + "".join(f", which waits {link}" for link in links[1:])
    kinds = {type(first[rank]) for rank in path}
    if len(path) == 1:
        sentence = f"rank {path[0]} waits {_for(first[path[0]], path)}, that is for itself"
        way_out = "begin one of the two with isend or irecv: who waits in the one never comes to the other."
    elif kinds == {Send}:
        way_out = "all of them send first. Let some receive first (by the parity of the rank), use sendrecv, or isend and wait."
    elif kinds == {Receive}:
        way_out = "all of them receive first. Let one send first, or use sendrecv."
    else:
        way_out = (
            "change the order of the calls on one of these ranks, so that each meets the one it belongs to."
        )
    return Reason(sentence, way_out, frozenset(path))


def _alone(situation: Situation, waits: list[_Wait]) -> Iterator[Reason]:
    for rank, one in waits:
        peers = [peer for peer in situation.waits_for(one) if peer != rank] or [rank]
        yield Reason(
            f"rank {rank} waits {_for(one, peers)}, {_which(peers)} will not come to it",
            "see where those ranks wait, and send before that.",
            frozenset({rank}),
        )


_CAUSES: tuple[_Cause, ...] = (
    _other_collective,
    _other_tag,
    _ended,
    _other_source,
    _missing_in_collective,
    _cycle,
    _alone,
)


# ---- words ----


def _who(ranks: list[int]) -> str:
    if len(ranks) == 1:
        return f"rank {ranks[0]} waits"
    if len(ranks) > 4:
        return f"{len(ranks)} ranks wait"
    return f"ranks {', '.join(map(str, ranks[:-1]))} and {ranks[-1]} wait"


def _verb(text: str) -> str:
    return text.partition("(")[0]


def _names(ranks: tuple[int, ...] | list[int]) -> str:
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    if len(ranks) > 4:
        return f"one of {len(ranks)} ranks"
    return f"ranks {', '.join(map(str, ranks[:-1]))} or {ranks[-1]}"


def _which(ranks: list[int]) -> str:
    return "which" if len(ranks) == 1 else "none of which"


def _for(one: Operation, peers: list[int]) -> str:
    if isinstance(one, Send):
        return f"for {_names(peers)} to receive its message"
    if isinstance(one, Receive):
        return f"for a message from {_names(peers)}"
    return f"in {one.text} for {_names(peers)}"


def _does(situation: Situation, rank: int) -> str:
    statement = situation.statements[rank]
    if statement.ended:
        return "is over"
    call = statement.calls[0]
    return f"is in {call.text} ({call.line})"
