"""A traced job: what happens on each rank is recorded, and told on rank 0 when every rank has said its last word.

The recordings travel by MPI, not over a shared disk, after the last message of the program and before the transport is closed.
Where a rank does not let go, rank 0 tells what it knows itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from mpiprocessing.core.recording import Recording
from mpiprocessing.core.runtime import Runtime
from mpiprocessing.core.trace import Recorder, Tracing

__all__ = ["JobTrace"]


class JobTrace:
    """This rank's part in the trace.

    Args:
        runtime: this rank's runtime.
        tracing: what is done about it.

    Attributes:
        recorder: the observer to be attached.
    """

    def __init__(self, runtime: Runtime, tracing: Tracing) -> None:
        self.recorder = Recorder(Recording(runtime.rank))
        self._runtime = runtime
        self._tracing = tracing
        runtime.at_end = self._gather

    def watch(self) -> None:
        """Have the calls of the program recorded as well; before any code of it."""
        self._tracing.watch(self.recorder)

    def check(self) -> None:
        """See on rank 0, before the program, that the trace can be told in the end.

        Raises:
            LaunchError: it cannot.
        """
        self._tracing.check()

    @contextlib.contextmanager
    def process(self, name: str) -> Iterator[None]:
        """A process of the program runs on this rank.

        Args:
            name: its name.
        """
        self.recorder.began(name)
        try:
            yield
        finally:
            self.recorder.ended()

    def child(self, run: Callable[[Any, int], int]) -> Callable[[Any, int], int]:
        """What runs child processes, recorded.

        Args:
            run: what runs one to its end; its first argument has the `process`.
        """

        def recorded(content: Any, sentinel: int) -> int:
            with self.process(content.process.name):
                return run(content, sentinel)

        return recorded

    def tell_alone(self) -> None:
        """Rank 0 tells what it knows: the others can no longer be asked."""
        self._tracing.tell([self.recorder.recording.data()])

    def _gather(self) -> None:
        recordings = self._runtime.transport.gather(self.recorder.recording.data())
        if recordings is not None:
            self._tracing.tell(recordings)
