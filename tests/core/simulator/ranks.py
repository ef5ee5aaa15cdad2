"""Simulated ranks: the library's runtime, whose threads give way to a schedule where they would wait for the clock.

Every process runs in a thread of its own, but only one of all threads runs at any time. A process gives way wherever it
waits in one of the library's calls, and now and then before one; it goes on when the schedule (`world.py`) chooses it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mpiprocessing.core import payload, units
from mpiprocessing.core import thisrank as library
from mpiprocessing.core.children import Children
from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.messages import HostFree, ParentExited, ProcessExited, ProcessStart, ProcessTerminate
from mpiprocessing.core.node import Call
from mpiprocessing.core.progress import Progress
from mpiprocessing.core.runtime import Runtime
from tests.core.simulator.network import Wire

if TYPE_CHECKING:
    from tests.core.simulator.world import World

__all__ = ["Abandoned", "SimulatedRuntime", "Task"]


class Abandoned(BaseException):
    """Ends the threads of a world that is given up."""


class Task:
    """A thread of a simulated process.

    Args:
        world: where it runs.
        runtime: its rank.
        body: what it runs.
        main: whether the process ends with it.
    """

    def __init__(self, world: World, runtime: SimulatedRuntime, body: Callable[[], None], main: bool) -> None:
        self.world = world
        self.runtime = runtime
        self.main = main
        self.ended = False
        self.error: BaseException | None = None
        self.done: Callable[[], bool] | None = None  # what it waits for
        self.may_time_out = False
        self.too_late = False
        self.what = ""
        self._body = body
        self._go = threading.Semaphore(0)
        runtime.tasks.append(self)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self.world.abandoned:
                self._body()
        except Abandoned:
            pass
        except BaseException as error:
            if self.main or not isinstance(error, SystemExit):  # which ends a thread, and nothing else
                self.error = error
        self.ended = True
        self._body = lambda: None
        self.world.back.release()

    def ready(self) -> bool:
        """Whether it can go on."""
        return self.done is None or self.done()

    @property
    def moves(self) -> bool:
        """Whether it can go on, or will when its time is over."""
        return not self.ended and (self.may_time_out or self.ready())

    def resume(self) -> None:
        """Let it run until it gives way."""
        library._runtime = self.runtime
        self.world.running = self
        self._go.release()
        self.world.back.acquire()
        if self.ended:
            self.thread.join()  # what it leaves behind must not come at a moment of its own
        self.world.running = None
        library._runtime = None

    def give_way(self, done: Callable[[], bool] | None = None, may_time_out: bool = False) -> bool:
        """Called by the thread itself. Returns False where it ran out of time."""
        assert not self.runtime.lock._is_owned(), "waits with the runtime's lock"  # type: ignore[attr-defined]
        self.done, self.may_time_out, self.too_late = done, may_time_out, False
        self.world.back.release()
        self._go.acquire()
        if self.world.abandoned:
            raise Abandoned
        return not self.too_late


class SimulatedProgress(Progress):
    """Waiting that leaves it to the schedule who goes on, and whose time is over."""

    world: World
    runtime: SimulatedRuntime

    def until(
        self,
        done: Callable[[], bool],
        timeout: float | None = None,
        call: Call | None = None,
        outside: bool = False,
    ) -> bool:
        task, main, shielded = self.world.running, threading.get_ident() == self._main, self._shielded
        assert task is not None, "the schedule itself waits"

        def struck() -> bool:
            return main and not shielded and self.pending is not None

        task.what = type(call.stub).__name__ if call is not None else "something"
        me = threading.get_ident()
        if timeout is None:
            self._waits[me] = done
        try:
            while not done():
                if not task.give_way(lambda: done() or struck(), timeout is not None):
                    return False
                if struck():
                    self.raise_pending()
            return True
        finally:
            self._waits.pop(me, None)

    def all_wait(self) -> int | None:
        moves = (
            self.pending is not None or self.runtime.waiting or any(task.moves for task in self.runtime.tasks)
        )
        return None if moves else 0

    def peek(self) -> None:
        self.world.breathe()

    def enter(self) -> None:
        """The thread that runs is the main thread of this rank's process."""
        self._main = threading.get_ident()


class SimulatedRuntime(Runtime):
    """A runtime whose threads wait for the schedule instead of the clock."""

    def __init__(self, world: World, rank: int) -> None:
        super().__init__(Wire(world.network, rank))  # type: ignore[arg-type]
        payload.given_up.remove(self._given_up)  # the world does this for the rank that runs
        self.world = world
        self.progress = self.simulated = SimulatedProgress(
            self.lock, self.transport.bell, self.look, lambda: self.transport.busy, self._broken
        )
        self.simulated.world, self.simulated.runtime = world, self
        self.current: int | None = None  # the child process that runs here
        self.waiting: list[ProcessStart] = []
        self.tasks: list[Task] = []  # the threads that live here
        self.ending: set[int] = set()  # children that were terminated before they began
        self.children = Children(self, hosted=True)
        self.serve(ProcessStart, self.waiting.append)
        self.orphans: set[int] = set()  # processes whose parents have ended
        self.serve(ProcessTerminate, self._terminate)
        self.serve(ParentExited, lambda message: self.orphans.add(message.process))

    def _broken(self) -> None:
        """The error is raised as well, and ends the schedule."""

    def request(self, *args: Any) -> Call:
        self.world.breathe()
        return super().request(*args)

    def post(self, *args: Any) -> None:
        self.world.breathe()
        super().post(*args)

    def hurry(self) -> None:
        with self.lock:
            self.node.hurry(units.clock())
            self._flush()

    def rank_died(self, rank: int) -> None:
        """This rank learns that another one is dead."""
        self.node.rank_died(rank)
        for told in self.deaths.listeners:
            told(rank)
        self._flush()

    def say(self, text: str) -> None:
        """Nobody listens."""

    def let_go(self) -> None:
        """Collected handles give their shares back, and what can leave leaves."""
        self.look()

    def close_handles(self) -> None:
        # A weak set has no order of its own, and a schedule must be the same each time.
        for handle in sorted(
            self.handles, key=lambda handle: (handle.stub.number, handle.role, handle.share)
        ):
            handle.close()
        super().close_handles()

    # ---- hosting children, as `core/host.py` does with signals ----

    def host(self) -> Task | None:
        """Begin the next child, if one waits and the rank is free."""
        if self.current is not None or not self.waiting:
            return None
        message = self.waiting.pop(0)
        self.current = message.process
        return Task(self.world, self, lambda: self._child(message), main=True)

    def _child(self, message: ProcessStart) -> None:
        self.simulated.enter()
        self.children.begin()
        exitcode, error = 0, None
        try:
            if message.process in self.ending:
                self._given_up([*message.payload.refs])
                raise ProcessTerminated(-15)
            function, args = payload.loads(message.payload)
            payload.loads(message.preparation)
            function(*args)
        except ProcessTerminated as ended:
            exitcode = ended.exitcode
        except Abandoned:
            raise
        except BaseException as failed:
            exitcode, error = 1, failed
        self.progress.pending = None
        function = args = None
        tell_orphans = self.children.orphan(False)
        self.close_handles()
        tell_orphans()
        self.orphans.discard(message.process)
        self.current = None
        self.send(0, HostFree(self.rank))
        self.send(message.parent, ProcessExited(message.process, exitcode))
        if error is not None:
            raise error

    def _terminate(self, message: ProcessTerminate) -> None:
        def end() -> None:
            raise ProcessTerminated(-message.signal)

        if message.process == self.current:
            self.progress.pending = end
        elif any(message.process == start.process for start in self.waiting):
            self.ending.add(message.process)
