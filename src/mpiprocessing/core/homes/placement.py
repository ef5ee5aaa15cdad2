"""On which rank a home should live: the one place where that is decided.

A home is made on the rank of its creator. Some then follow their users:

- a pipe goes to its reader at the first receive, so that each object sent takes one message, straight to where it is read;
- a queue, joinable or not, goes to its consumer when there is only one, for the same reason, and back to its creator when a
  second one appears: the creator usually waits, and answers faster than a consumer that computes;
- a barrier goes to one of those who wait at it, so that n processes need 2(n-1) messages;
- semaphores, the sleepers of a lock, events and pools stay where they are: a semaphore's units travel instead, a pool's master
  is its creator;
- shared memory stays with its creator: while a home moves, writers that take turns could overtake each other on the way.

A move takes the whole state along, and of a home whose writers have to be held three messages for each of them; a queue of many
producers therefore waits for as many more reads. Where readers take turns it must pay for itself: each time such a home has
followed one of them, it waits twice as long before it follows the next. So all its moves together cost about as much as the
reads they were to save, however many take part.
"""

from __future__ import annotations

__all__ = ["FollowReader"]


class FollowReader:
    """Where the home of a channel should be, from who reads it.

    Args:
        patience: how many reads in a row from one rank make the home follow it there.
        shared_at: the rank to return to when several ranks read; None to stay.

    Attributes:
        reader: the rank that read last.
        shared: whether others have read as well.
    """

    def __init__(self, patience: int, shared_at: int | None = None) -> None:
        self._patience = patience
        self._shared_at = shared_at
        self.reader: int | None = None
        self.shared = False
        self._in_a_row = 0
        self._here: int | None = None
        self._followed = 0  # how often it has followed one of several readers

    def read_by(self, rank: int, here: int, writers: int = 0) -> int | None:
        """A process on `rank` asks for the next object.

        Args:
            rank: where it runs.
            here: where the home is.
            writers: how many would have to be held while the home moves.

        Returns:
            The rank the home had better move to; None to stay.
        """
        if here != self._here:
            self._followed += self.shared and here == self.reader
            self._here = here
        if rank == self.reader:
            if rank == here:
                return None  # as it should be
            self._in_a_row += 1
        else:
            self.shared = self.reader is not None
            self.reader, self._in_a_row = rank, 1
        # Readers that take turns must not drag it about.
        patience = max(self._patience, 2 * writers)
        if self.shared:
            patience *= 8 << self._followed
        wanted = self.reader if self._in_a_row >= patience else self._shared_at if self.shared else None
        return None if wanted == here else wanted
