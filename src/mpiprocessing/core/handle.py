"""A counted reference to a home: what every shared object of the user holds inside.

A handle belongs to one process. It is copied by pickling: inside one of our messages the copy takes half of the share along,
anywhere else (an SPMD program's own `comm.bcast`, a file) the home is told to stay for good, since nobody can know how often
such a pickle will be read: so its home is always there. Only another job cannot have it, and is told so. A handle that is
closed, collected, or left behind by a process that ended gives its share back.
"""

from __future__ import annotations

from typing import Any

from mpiprocessing.core import payload
from mpiprocessing.core.errors import HandleError
from mpiprocessing.core.homes.home import Home
from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import Ref, ShareTake, maker
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.thisrank import running
from mpiprocessing.core.userline import caller, line_of_program

__all__ = ["Handle"]


class Handle:
    """One process's hold on a home, in one role.

    Args:
        runtime: the runtime of this rank.
        stub: what stands for the home here.
        role: what the handle is for; a pipe has readers and writers.
        share: the part of the count it carries, as an exponent of one half.
    """

    __slots__ = ("__weakref__", "closed", "role", "runtime", "share", "stub")

    def __init__(self, runtime: Runtime, stub: Stub, role: int, share: int) -> None:
        self.runtime = runtime
        self.stub = stub
        self.role = role
        self.share = share
        self.closed = False
        stub.handles += 1
        runtime.attach(self)

    @classmethod
    def to_new(cls, home_type: Any, stub_type: type[Stub], *args: Any, roles: int = 1) -> list[Handle]:
        """Make a home on this rank, and the first handle in each of its roles.

        Args:
            home_type: called with the home's number and `args`.
            stub_type: the class of stub that goes with it.
            roles: how many roles the home has.
        """
        runtime = running()
        made = line_of_program(caller(1)) or ""
        with runtime.lock:
            node = runtime.node
            home: Home = home_type(node.new_number(), *args)
            home.made = made
            node.settle_home(home)
            stub = node.attach(home.number, node.rank, stub_type)
            for shares in home.shares:
                shares.give_whole()
            return [cls(runtime, stub, role, 0) for role in range(roles)]

    def check(self, name: str) -> None:
        """See that its process has not ended.

        Args:
            name: what the user calls the object.

        Raises:
            OSError: it has; the handle was kept by a module that stays imported, or by a thread that was left behind.
        """
        if self.closed:
            raise OSError(
                f"handle is closed\nthe process on rank {self.runtime.rank} that held this {name} has ended; "
                "send it to the process that uses it now"
            )

    def home(self) -> Home | None:
        """The home itself, where it lives on this rank."""
        return self.runtime.node.homes.get(self.stub.home)

    def close(self) -> None:
        """Give the share back; does nothing the second time."""
        if not self.closed:
            self.closed = True
            self.runtime.detach(self)

    def __del__(self) -> None:
        # The collector may run anywhere, also inside the runtime itself: leave a note, the runtime reads it soon.
        if not self.closed:
            self.closed = True
            self.runtime.dropped.append((self.stub, self.role, self.share))

    def __reduce__(self) -> tuple[Any, ...]:
        current = payload.packing()
        self.check("object")
        with self.runtime.lock:
            self.share, given = self.runtime.node.share_out(self.stub, self.role, self.share)
        ref = Ref(self.stub.home, self.stub.rank, self.role, given)
        if current is None:
            return _adopt, (type(self.stub), ref.home, ref.rank, ref.role, self.runtime.transport.job)
        return _take, (type(self.stub), current.add_ref(ref))


def _take(stub_type: type[Stub], place: int) -> Handle:
    """Unpickle a handle that came in one of our messages."""
    current = payload.unpacking()
    if current is None:
        raise RuntimeError("a handle can be read only from the message it was sent with")
    ref = current.take(place)
    runtime = running()
    with runtime.lock:
        return Handle(runtime, runtime.node.attach(ref.home, ref.rank, stub_type), ref.role, ref.share)


def _adopt(stub_type: type[Stub], home: int, rank: int, role: int, job: int) -> Handle:
    """Unpickle a handle that came some other way: it counts from now on."""
    runtime = running()
    if runtime.transport.job != job:
        raise HandleError(
            f"this {stub_type.__name__.removesuffix('Stub').lower()} was made by rank {maker(home)} of job {job:x}, and this "
            f"is job {runtime.transport.job:x}: shared objects live and die with the job that made them; make a new one here"
        )
    with runtime.lock:
        stub = runtime.node.attach(home, rank, stub_type)
        handle = Handle(runtime, stub, role, 0)
    runtime.post(stub, ShareTake, role)
    return handle
