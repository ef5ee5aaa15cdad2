"""A real file descriptor that is readable while something can be received, for select, selectors and asyncio.

Messages make no descriptor readable, so it is the reading end of a kernel pipe, made on first use. A poll request waits at the
home; its answer writes a byte; receiving takes the byte out and asks again.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from mpiprocessing.core.homes.stub import Stub
from mpiprocessing.core.messages import PipePolled, Request, Withdraw
from mpiprocessing.core.node import Call
from mpiprocessing.core.runtime import Runtime

__all__ = ["Descriptor"]


class Descriptor:
    """A descriptor that follows the state of a home.

    Args:
        runtime: this rank's runtime.
        stub: what stands for the home.
        poll: the request that is answered when there is something; called with `block` true.
    """

    def __init__(self, runtime: Runtime, stub: Stub, poll: Callable[..., Request]) -> None:
        self._runtime = runtime
        self._stub = stub
        self._poll = poll
        self._reading, self._writing = os.pipe()
        self._raised = False
        self._call: Call | None = None
        reply = runtime.ask(stub, poll, False)  # from the first moment it tells the truth
        if isinstance(reply, PipePolled) and reply.ready:
            self._raise()
        else:
            self._ask()

    def fileno(self) -> int:
        """The descriptor."""
        return self._reading

    def taken(self) -> None:
        """Something was received: is there more?"""
        with self._runtime.lock:
            if self._raised:
                os.read(self._reading, 1)
                self._raised = False
                self._ask()

    def close(self) -> None:
        """Free the descriptor."""
        with self._runtime.lock:
            call, self._call = self._call, None
            if call is not None and call.reply is None:
                call.wake = None
                self._runtime.post(self._stub, Withdraw, call.number)
            os.close(self._reading)
            os.close(self._writing)

    def _ask(self) -> None:
        with self._runtime.lock:
            self._call = call = self._runtime.request(self._stub, self._poll, True)
            if call.reply is not None:
                self._raise()
            else:
                call.wake = self._raise

    def _raise(self) -> None:
        if not self._raised:
            self._raised = True
            os.write(self._writing, b"\0")
