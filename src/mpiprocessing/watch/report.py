"""What is said of a deadlock, of messages that were never received, and of a rank that failed: text for the terminal."""

from __future__ import annotations

from mpiprocessing.core.lastwords import traceback_of
from mpiprocessing.watch.reasons import reasons
from mpiprocessing.watch.situation import Situation
from mpiprocessing.watch.waits import Part, Statement

__all__ = ["deadlock", "failure", "never_received"]

SHOWN = 32
"""Of how many ranks it is told where they are."""

_CAUSES = 8
"""How many causes are told."""


def deadlock(situation: Situation, size: int) -> str:
    """Tell of a deadlock.

    Args:
        situation: with ranks that are stuck.
        size: how many ranks there are.

    Returns:
        Lines: where each rank is, why nothing goes on, and the way out.
    """
    stuck = situation.stuck
    who = f"all {size} ranks wait" if len(stuck) == size else f"{len(stuck)} of {size} ranks wait"
    who = who.replace("1 of", "one of").replace("ranks wait", "ranks waits") if len(stuck) == 1 else who
    lines = [f"mpiprocessing: deadlock: {who} for what can never come"]
    told = sorted(situation.statements)[:SHOWN]
    for rank in told:
        lines += _places(situation, situation.statements[rank])
    moving = size - len(situation.statements)
    if moving:
        lines.append(f"  {_ranks(moving)} may go on, but cannot wake those")
    if len(situation.statements) > len(told):
        lines.append(f"  and {len(situation.statements) - len(told)} more")
    found = reasons(situation)
    for reason in found[:_CAUSES]:
        lines += [f"Why: {reason.sentence}.", f"Way out: {reason.way_out}"]
    if len(found) > _CAUSES:
        lines.append(f"And {len(found) - _CAUSES} more causes.")
    return "\n".join(lines) + "\n"


def _places(situation: Situation, statement: Statement) -> list[str]:
    head = f"  rank {statement.rank} on {statement.host}"
    if statement.ended:
        return [f"{head}: its program is over"]
    if statement.rank not in situation.stuck:
        return []
    lines = []
    for call in statement.calls:
        about = f" on {call.about}" if call.about else ""
        lines.append(f"{head}: {call.text}{about}, {call.line or 'in a library'}")
        for one in situation.blocking(call):
            if one.text != call.text:
                lines.append(f"    waits for {one.text}, {one.line}")
            if isinstance(one, Part) and (missing := situation.waits_for(one)):
                lines.append(f"    without {_list(missing)}")
    return lines


def never_received(situation: Situation) -> str:
    """Tell of the messages that are left when the program is over on all ranks.

    Returns:
        A line for each kind of message; "" where there are none.
    """
    lines: dict[str, int] = {}
    for (place, dest), messages in situation.never_received().items():
        for message in messages:
            where = "" if place == "world" else f" on a communicator made by {_maker(place)}"
            line = (
                f"from rank {message.source} to rank {dest}, tag {message.tag}{where}, sent at {message.line}"
            )
            lines[line] = lines.get(line, 0) + 1
    told = [f"  {count} {line}" for line, count in lines.items()]
    if len(told) > SHOWN:
        told[SHOWN:] = [f"  and {len(told) - SHOWN} more kinds"]
    return "\n".join(["mpiprocessing: messages that were never received:", *told, ""]) if told else ""


def failure(rank: int, size: int, host: str, error: BaseException) -> str:
    """Tell of an exception that nobody has caught.

    Args:
        rank: where.
        size: how many ranks there are.
        host: its machine.
        error: the exception.

    Returns:
        Lines: who, and the traceback from the program's first line on.
    """
    frames = error.__traceback__
    while frames is not None and _is_start(frames.tb_frame.f_code.co_filename):
        frames = frames.tb_next
    told = traceback_of(error, frames)
    return f"mpiprocessing: rank {rank} of {size} on {host} failed, and ends the job:\n{told}"


def _maker(place: str) -> str:
    """The method that has made a communicator, from its name."""
    return place.rpartition("/")[2].partition(" ")[0]


def _is_start(path: str) -> bool:
    """Whether a file only starts the program."""
    ours = __file__.rpartition("/")[0]
    return path.startswith((ours, "<frozen ")) or path.endswith(("/runpy.py", "/mpi4py/run.py"))


def _ranks(count: int) -> str:
    return "1 rank" if count == 1 else f"{count} ranks"


def _list(ranks: list[int]) -> str:
    return f"rank {ranks[0]}" if len(ranks) == 1 else f"ranks {', '.join(map(str, ranks[:SHOWN]))}"
