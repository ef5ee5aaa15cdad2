"""What all stubs share: a stub stands for a home on a rank whose processes hold handles to it.

It knows where the home was last seen and numbers what it sends there. Subclasses keep what may be decided without asking
the home: units that stayed here, the window of a pipe, the tasks that wait for a worker.
"""

from __future__ import annotations

from mpiprocessing.core.messages import HomeMoved, Payload, Reply, ToHome, ToStub

__all__ = ["Stub"]


class Stub:
    """The near end of every conversation with one home.

    Args:
        home: the home's number.
        number: this stub's own number.
        rank: where the home was last seen.

    Attributes:
        lost: the dead rank with which the home was lost; None as long as it was not.
        called: what users call the object.
        holding: how a dead process held what others wait for, and the way out.
    """

    called = "shared object"
    holding = "held what this process waits for"

    def __init__(self, home: int, number: int, rank: int) -> None:
        self.home = home
        self.number = number
        self.rank = rank
        self.handles = 0
        self.discarded: list[Payload] = []  # undelivered objects; the node gives back the handles inside them
        self.restless = False  # it will say something by itself: `hurry` is to be called before long
        self.lost: int | None = None
        self._seq = 0

    def next_seq(self) -> int:
        """The running number of the next message."""
        seq = self._seq
        self._seq = seq + 1
        return seq

    def claim(self, content: Payload) -> bool:
        """An object is going to be sent in this very step, if it may be; for subclasses that know when not."""
        return True

    @property
    def sent(self) -> int:
        """How many messages it has sent."""
        return self._seq

    def notice(self, message: ToStub) -> list[ToHome]:
        """The home says something unasked.

        Returns:
            What to send to the home in answer.
        """
        if isinstance(message, HomeMoved):
            self.rank = message.rank
            return []
        return self.told(message)

    def answered(self, message: Reply) -> list[ToHome]:
        """The home has answered a call; for subclasses whose state changes with it, whoever reads the answer when.

        Returns:
            What to send to the home.
        """
        return []

    def told(self, message: ToStub) -> list[ToHome]:
        """A notice of this kind of object; for subclasses."""
        return []

    def hurry(self, now: float) -> list[ToHome]:
        """A moment has passed since it became restless; for subclasses.

        Args:
            now: the time, by the clock of whoever calls.

        Returns:
            What to send to the home.
        """
        return []

    def bereft(self) -> None:
        """The home was lost: for subclasses that keep something of it."""

    def close(self) -> list[ToHome]:
        """The last handle on this rank is gone: what still has to go home."""
        return []
