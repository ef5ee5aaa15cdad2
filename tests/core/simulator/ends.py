"""The ends of pipes and managers: who was told that the last one on the other side has ended, finds it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.synchronize import Event
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.referents import make, server
from tests.core.simulator.world import World

__all__ = [
    "broken_before_told",
    "broken_before_told_elsewhere",
    "ended_before_told",
    "ended_before_told_elsewhere",
    "keepers_end",
    "made_elsewhere",
    "manager_ended_before_told",
]


# ---- things that live on a rank of their own ---------------------------------------------------------------------------


def made_elsewhere(make: Callable[[], Any]) -> Any:
    """Have a process make something that does nothing else; it ends with `keepers_end`."""
    inbox, outbox = Pipe(duplex=False)
    note("keepers", here().start(keep, make, outbox))
    return inbox.recv()


def keep(make: Callable[[], Any], outbox: Connection) -> None:
    outbox.send(make())
    me().runtime.drive_until(lambda: bool(noted("kept long enough")))


def keepers_end() -> None:
    """Nobody needs the keepers any longer."""
    note("kept long enough", 1)
    here().join(*noted("keepers"))


def one_way() -> Any:
    return Pipe(duplex=False)


# ---- nobody reads any more ---------------------------------------------------------------------------------------------


def broken_before_told(world: World) -> None:
    """The only reader, to which the pipe has come, is joined; its writer is told, and cannot send any more."""
    world.run(broken_main, False)


def broken_before_told_elsewhere(world: World) -> None:
    """The same, where the pipe is on a third rank, or on its way to the reader, when that ends."""
    world.run(broken_main, True)


def broken_main(elsewhere: bool) -> None:
    if len(here().ranks) < 4:
        return
    reader, writer = made_elsewhere(one_way) if elsewhere else one_way()
    told = Event()
    child = here().start(write_until_told, writer, told)
    writer.close()
    last = here().start(read_one, reader, not elsewhere)
    reader.close()
    here().join(last)
    told.set()
    here().join(child)
    keepers_end()


def read_one(reader: Connection, stay: bool) -> None:
    if stay or here().random.random() < 0.5:
        reader.recv()
    if stay:
        me().runtime.drive_until(lambda: reader._reader is not None and reader._reader.home() is not None)


def write_until_told(writer: Connection, told: Event) -> None:
    try:
        writer.send("to be read")
        told.wait()
        writer.send("too late")
    except BrokenPipeError:
        return
    raise AssertionError("the only reader was joined, and an object was sent")


# ---- nobody writes any more --------------------------------------------------------------------------------------------


def ended_before_told(world: World) -> None:
    """A writer that has written nothing is joined by who made the pipe; its reader is told, and finds the end of file."""
    world.run(ended_main, False)


def ended_before_told_elsewhere(world: World) -> None:
    """The same, where another process than that one has made the pipe."""
    world.run(ended_main, True)


def ended_main(elsewhere: bool) -> None:
    if len(here().ranks) < 4:
        return
    reader, writer = made_elsewhere(one_way) if elsewhere else one_way()
    told = Event()
    child = here().start(read_when_told, reader, told)
    reader.close()
    silent = here().start(write_nothing, writer)
    writer.close()
    here().join(silent)
    told.set()
    here().join(child)
    keepers_end()


def write_nothing(writer: Connection) -> None:
    here().breathe()


def read_when_told(reader: Connection, told: Event) -> None:
    if here().random.random() < 0.8:
        reader.poll()  # the pipe comes here
    told.wait()
    assert reader.poll(), "the only writer was joined, and there is no end of file"


# ---- managers ----------------------------------------------------------------------------------------------------------


def manager_ended_before_told(world: World) -> None:
    """A manager has ended and was joined; who is told of it cannot call any more, also where calls are only told."""
    world.run(manager_main)


def manager_main() -> None:
    if len(here().ranks) < 3:
        return
    inbox, outbox = one_way()
    keeper = here().start(serve_until_called, outbox)
    told = Event()
    child = here().start(call_when_told, inbox.recv(), told)
    here().join(keeper)
    told.set()
    here().join(child)


def serve_until_called(outbox: Connection) -> None:
    keeper = server()
    outbox.send(make(keeper, "dict"))
    me().runtime.drive_until(lambda: bool(noted("called")))
    keeper.end("has been shut down")


def call_when_told(table: Any, told: Event) -> None:
    for turn in range(3):
        table["turn"] = turn
    note("called", 1)
    told.wait()
    try:
        table["turn"] = 3
    except (OSError, EOFError):
        return
    raise AssertionError("the manager was joined, and a call succeeds")
