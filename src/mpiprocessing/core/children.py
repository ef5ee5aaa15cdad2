"""The parent's side of child processes: where they run, and how they ended.

    parent                      rank 0                      host
      │──── HostTake ────────────▶│
      │◀─── HostTaken ────────────│      or HostWait: every rank is taken, the child is pending
      │──── ProcessStart ─────────┼────────────────────────▶│
      │                           │◀──── HostFree ──────────│
      │◀──── ProcessExited ───────┼─────────────────────────│

On rank 0 itself the first two are no messages. A pending child starts by itself as soon as a rank is free, also while its
parent computes.

A rank that dies takes its child along: the parent notices by itself (`failures.py`), and rank 0 takes the rank off its list. A
pending child whose last possible rank has died ends with it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.errors import RanksError
from mpiprocessing.core.failures import Death
from mpiprocessing.core.homes.hosts import Hosts
from mpiprocessing.core.messages import (
    HostCancel,
    HostFree,
    HostNone,
    HostTake,
    HostTaken,
    HostWait,
    ParentExited,
    Payload,
    ProcessExited,
    ProcessStart,
    ProcessTerminate,
)
from mpiprocessing.core.runtime import Runtime

__all__ = ["Child", "Children", "HostKeeper"]

_ALL_DEAD = "every rank that could run it is dead"


class Child:
    """A child process as its parent knows it.

    Attributes:
        number: which process it is.
        rank: where it runs; None while it is pending.
        pid: its process id; None while it is pending.
        exitcode: None until it has ended.
        orphaned: whether its parent has ended before it.
        exited: called once when it has ended, under the runtime's lock.
        daemon: whether it is to end with its parent.
        name: what the program calls it.
        tells: whether it is told on stderr if its rank dies.
        death: the end of its rank, if that is how it has ended.
    """

    def __init__(self, number: int, start: ProcessStart, daemon: bool, name: str = "") -> None:
        self.number = number
        self.name = name
        self.tells = True
        self.death: Death | None = None
        self.daemon = daemon
        self.rank: int | None = None
        self.pid: int | None = None
        self.exitcode: int | None = None
        self.pending = False
        self.orphaned = False
        self.start: ProcessStart | None = start
        self.exited: list[Callable[[], None]] = []

    def end(self, exitcode: int) -> None:
        """It has ended."""
        self.exitcode = exitcode
        start, self.start = self.start, None
        if start is not None:  # it was ended before it began: nobody will read it
            payload.give_up(start.payload)
        exited, self.exited = self.exited, []
        for listener in exited:
            listener()


class Children:
    """The children of the processes on this rank.

    Args:
        runtime: this rank's runtime.
        hosted: whether other ranks wait for children to run; in an SPMD program they run the program itself.
    """

    def __init__(self, runtime: Runtime, hosted: bool = True) -> None:
        self._runtime = runtime
        self._hosted = hosted
        self._children: dict[int, Child] = {}
        self._parent_lives = True
        runtime.serve(HostTaken, self._taken)
        runtime.serve(HostWait, self._wait)
        runtime.serve(ProcessExited, self._exited)
        runtime.serve(HostNone, self._none)
        runtime.deaths.listeners.append(self._rank_died)

    def start(
        self, preparation: Payload, content: Payload, daemon: bool = False, name: str = "a process"
    ) -> Child:
        """Start a child on a free rank, or leave it pending.

        Args:
            preparation: what the host has to set up before it can read the process.
            content: the process object.
            daemon: whether it is to end with its parent.
            name: what the program calls it.

        Raises:
            RanksError: the job has only one rank, its ranks are all busy with the program itself, or the others are dead.
        """
        runtime = self._runtime
        if runtime.size == 1:
            raise RanksError(
                "a child process needs a rank of its own and this job has only rank 0: start it with "
                "'mpiexec -n 4 python -m mpiprocessing PROGRAM' (n ranks run n - 1 children at a time)"
            )
        if not self._hosted:
            raise RanksError(
                f"a child process needs a rank of its own and all {runtime.size} ranks of this job run the program itself "
                f"(mpiprocessing.init()); a program that starts processes is started with 'mpiexec -n {runtime.size} "
                "python -m mpiprocessing PROGRAM', and rank 0 alone runs it"
            )
        with runtime.lock:
            if not self._parent_lives:
                payload.give_up(preparation)
                payload.give_up(content)
                raise SystemExit  # a thread of a process that has ended
            number = runtime.node.new_number()
            child = Child(
                number, ProcessStart(number, runtime.rank, preparation, content, daemon), daemon, name
            )
            self._children[number] = child
            runtime.send(0, HostTake(runtime.rank, number))
        with runtime.progress.patient():
            runtime.drive_until(lambda: child.pending or child.rank is not None or child.exitcode is not None)
        if child.exitcode is not None and child.rank is None:
            raise RanksError(f"{name} cannot be started: {_ALL_DEAD}")
        if child.pending:
            with runtime.lock:
                if child.start is not None:
                    child.start = ProcessStart(
                        number, runtime.rank, preparation, payload.owned(content), daemon
                    )
        else:
            borrowed = [buffer for buffer in content.buffers if buffer.borrowed]
            if borrowed:
                runtime.await_buffers(borrowed)
        return child

    def terminate(self, child: Child, number: int) -> None:
        """End a child as that signal would; does nothing when it has ended."""
        with self._runtime.lock:
            if child.exitcode is not None:
                return
            if child.rank is None:
                del self._children[child.number]
                self._runtime.send(0, HostCancel(child.number))
                child.end(-number)
            else:
                self._runtime.send(child.rank, ProcessTerminate(child.number, number))

    def begin(self) -> None:
        """A process begins on this rank, which may have children."""
        self._parent_lives = True

    def orphan(self, suddenly: bool) -> Callable[[], None]:
        """The process on this rank has ended: whichever of its children still live are orphans.

        Args:
            suddenly: it has not waited for anybody; its daemons end with it, also one that it was just starting.

        Returns:
            What tells them, to be called once all that it held has been given back: they rely on what it has put into queues.
            Pending ones are told when they begin.
        """
        with self._runtime.lock:
            self._parent_lives = False
            orphans = [child for child in self._children.values() if not child.orphaned]
            for child in orphans:
                child.orphaned = True
            running = [child for child in orphans if child.rank is not None]
            if suddenly:
                for child in list(self._children.values()):
                    if child.daemon:
                        self.terminate(child, signal.SIGTERM)

        def tell() -> None:
            for child in running:
                self._tell_orphan(child)

        return tell

    def _tell_orphan(self, child: Child) -> None:
        if child.rank is not None:
            self._runtime.send(child.rank, ParentExited(child.number))

    def _taken(self, message: HostTaken) -> None:
        child = self._children.get(message.process)
        if child is None:  # it was ended while it was pending, and the rank was on its way
            self._runtime.send(0, HostFree(message.rank))
            return
        if message.rank in self._runtime.node.dead:  # it has died on the way: there may be another one
            self._runtime.send(0, HostTake(self._runtime.rank, child.number))
            return
        assert child.start is not None
        child.rank, child.pid, child.pending = message.rank, message.pid, False
        start, child.start = child.start, None
        self._note(child, child.name)
        self._runtime.send(message.rank, start)
        if child.orphaned:
            self._tell_orphan(child)

    def _none(self, message: HostNone) -> None:
        child = self._children.pop(message.process, None)
        if child is not None:
            if child.pending and child.tells:
                self._runtime.say(f"{child.name} cannot begin: {_ALL_DEAD}\n")
            child.end(-signal.SIGKILL)

    def _rank_died(self, rank: int) -> None:
        for child in [child for child in self._children.values() if child.rank == rank]:
            del self._children[child.number]
            child.death = death = self._runtime.transport.death(rank)
            if child.tells:
                self._runtime.say(f"{death}, and with it {child.name}\n{death.stack}")
            child.end(-death.signal)

    def _wait(self, message: HostWait) -> None:
        child = self._children.get(message.process)
        if child is not None:  # else it was ended in the meantime
            child.pending = True

    def _exited(self, message: ProcessExited) -> None:
        child: Any = self._children.pop(message.process, None)
        if child is not None:
            self._note(child, "")
            child.end(message.exitcode)

    def _note(self, child: Child, name: str) -> None:
        box = self._runtime.transport.box
        if box is not None and child.rank is not None:
            box.begins(child.rank, name)


class HostKeeper:
    """Rank 0's list of the ranks that are free.

    Args:
        runtime: rank 0's runtime.
        pids: rank → process id of every other rank.
    """

    def __init__(self, runtime: Runtime, pids: dict[int, int]) -> None:
        self.hosts = Hosts(pids)
        node = runtime.node

        def letters(step: Callable[[Any], Any]) -> Callable[[Any], None]:
            def serve(message: Any) -> None:
                for rank, answer in step(message):
                    node.send(rank, answer)

            return serve

        runtime.serve(HostTake, letters(self.hosts.take))
        runtime.serve(HostCancel, letters(self.hosts.cancel))
        runtime.serve(HostFree, letters(self.hosts.freed))

        def died(rank: int) -> None:
            if self.hosts.is_free(rank):
                death = runtime.transport.death(rank)
                runtime.say(f"{death}; it ran no process\n{death.stack}")
            letters(self.hosts.died)(rank)

        runtime.deaths.listeners.append(died)
