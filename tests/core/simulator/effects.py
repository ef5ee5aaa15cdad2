"""What one process did before it let another one go on, the other one finds done."""

from __future__ import annotations

from typing import Any

from mpiprocessing.connection import Connection, Pipe
from mpiprocessing.synchronize import Barrier, Lock
from tests.core.simulator.notes import here, me, note, noted
from tests.core.simulator.world import World

__all__ = ["free_before_joined", "written_before_barrier", "written_before_force", "written_before_release"]


def written_before_release(world: World) -> None:
    """A pipe is written, then a lock that others wait for is released by its holder."""
    world.run(pass_on, Lock, take_first, written_then_release)


def written_before_force(world: World) -> None:
    """A pipe is written, then a lock that another process took is released: the lock as a signal."""
    world.run(pass_on, Lock, None, written_then_release)


def written_before_barrier(world: World) -> None:
    """A pipe is written, then its writer comes to the barrier at which the reader waits."""
    world.run(pass_on, two_parties, None, written_then_wait)


def two_parties() -> Barrier:
    return Barrier(2)


def pass_on(make: Any, before: Any, write: Any) -> None:
    """The gate lives on one rank, the pipe on this one, where it is read; the writer is on a third."""
    world = here()
    if len(world.ranks) < 3:
        return
    reader, writer = Pipe(duplex=False)
    gates, sent_gate = Pipe(duplex=False)
    keeper = world.start(keep, make, sent_gate)
    gate = gates.recv()
    if isinstance(gate, Lock) and before is None:
        gate.acquire()
    for _ in range(world.random.randint(0, 1)):
        writer.send("something else")
        reader.recv()
    child = world.start(write, writer, gate, before)
    if isinstance(gate, Lock):
        me().runtime.drive_until(lambda: bool(noted("ready")))
        gate.acquire()
    else:
        gate.wait()
    assert reader.poll(), "what was written before is not there"
    reader.recv()
    world.join(child)
    note("done", 1)
    world.join(keeper)


def keep(make: Any, sent_gate: Connection) -> None:
    gate = make()
    sent_gate.send(gate)
    me().runtime.drive_until(lambda: bool(noted("done")))


def take_first(gate: Lock) -> None:
    gate.acquire()


def written_then_release(writer: Connection, gate: Lock, before: Any) -> None:
    if before is not None:
        before(gate)
    note("ready", 1)
    here().breathe()
    writer.send("written")
    gate.release()


def written_then_wait(writer: Connection, gate: Barrier, before: Any) -> None:
    writer.send("written")
    gate.wait()


def free_before_joined(world: World) -> None:
    """Who has joined a child finds its rank free, also where another rank than its own says which are."""
    world.run(have_children)
    waited = world.network.sent["HostWait"]
    assert not waited, f"{waited} children waited for a rank, and those before them had been joined"


def have_children() -> None:
    world = here()
    if len(world.ranks) < 3:
        return
    world.join(world.start(have_some))


def have_some() -> None:
    world = here()
    for _ in range(world.random.randint(2, 4)):
        world.join(*[world.start(do_nothing) for _ in range(len(world.ranks) - 2)])


def do_nothing() -> None:
    here().breathe()
