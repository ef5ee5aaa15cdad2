"""What a process has registered with `atexit` is called at its own end, not at that of its rank.

While it runs, `atexit.register` and `atexit.unregister` keep what the program's own modules register. The modules of the
interpreter and of installed packages stay imported on the rank, so what they register stays for the end of the rank. On rank 0
the program's exit calls come before its pools and its other children are ended, as they would without us.

`concurrent.futures` has its threads ended by an exit call of another kind; they would be joined for ever without it.
"""

from __future__ import annotations

import atexit
import sys
import threading
from time import sleep

from mpiprocessing.core.errors import ProcessTerminated
from mpiprocessing.core.lastwords import print_error, tell
from mpiprocessing.core.program import is_installed

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["ExitCalls", "end_threads", "exit_calls"]

_MOMENT = 1e-3
"""Seconds between two looks at a thread that cannot be joined yet."""

_register, _unregister = atexit.register, atexit.unregister


class ExitCalls:
    """The exit calls of the process that runs on this rank.

    Attributes:
        threads: those that were there before the process.
    """

    def __init__(self) -> None:
        self.threads: set[threading.Thread] = set()
        self._handlers: list[Any] = []  # of `logging`, weakly referred to, that were there before it
        self._calls: list[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = []

    def begin(self) -> None:
        """A process begins."""
        self.threads = set(threading.enumerate())
        self._handlers = list(getattr(sys.modules.get("logging"), "_handlerList", ()))
        atexit.register, atexit.unregister = self.register, self.unregister

    def end(self) -> None:
        """The child has ended, with or without its exit calls."""
        atexit.register, atexit.unregister = _register, _unregister
        self._calls.clear()
        _forget_executors(self.threads)

    def hand_back(self) -> None:
        """The main process has ended; exit calls that were not reached are the interpreter's, as if it had always had them."""
        atexit.register, atexit.unregister = _register, _unregister
        calls, self._calls = self._calls, []
        for func, args, kwargs in calls:
            _register(func, *args, **kwargs)

    def register(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        """Stands for `atexit.register`."""
        if is_installed(sys._getframe(1).f_globals):
            return _register(func, *args, **kwargs)
        if not callable(func):
            raise TypeError("the first argument must be callable")
        self._calls.append((func, args, kwargs))
        return func

    def unregister(self, func: Callable[..., Any], /) -> None:
        """Stands for `atexit.unregister`."""
        self._calls = [call for call in self._calls if call[0] != func]
        _unregister(func)

    def run(self) -> None:
        """Call them, the last one first; one that fails does not keep the others from being called."""
        while self._calls:
            func, args, kwargs = self._calls.pop()
            self.call(func, *args, **kwargs)

    @staticmethod
    def call(func: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """Call something at the end of the process; whatever it raises changes nothing."""
        try:
            func(*args, **kwargs)
        except BaseException as error:
            if (end := ProcessTerminated.behind(error)) is not None:
                raise end from None
            tell(f"Exception ignored in atexit callback: {func!r}\n")
            print_error(error)

    def end_logging(self) -> None:
        """Flush and close the handlers of the process, as an exit call of `logging` does; a memory handler may hold much."""
        logging: Any = sys.modules.get("logging")
        if logging is not None:
            known = {id(one) for one in self._handlers}
            self.call(logging.shutdown, [one for one in logging._handlerList if id(one) not in known])


exit_calls = ExitCalls()
"""Those of this rank's process."""


def end_threads(threads: set[threading.Thread] | None = None) -> None:
    """Join the threads of a process that has come to its end.

    Args:
        threads: those that were there before the process; all without it are the main thread and ours.
    """
    _end_executors()
    known = {threading.main_thread(), *(threads or ())}
    while left := [thread for thread in threading.enumerate() if not thread.daemon and thread not in known]:
        for thread in left:  # each may start others
            if thread.is_alive():
                thread.join()
            else:  # it is being started, or has just ended
                sleep(_MOMENT)


def _end_executors() -> None:
    """Have the executors of `concurrent.futures` end their threads, as the interpreter does at its end."""
    for call in reversed(list(getattr(threading, "_threading_atexits", ()))):
        call()


def _forget_executors(threads: set[threading.Thread]) -> None:
    """The interpreter goes on after all: the next child may have executors of its own, and is not to end those of this one."""
    for name, flag, table in (
        ("thread", "_shutdown", "_threads_queues"),
        ("process", "_global_shutdown", "_threads_wakeups"),
    ):
        module = sys.modules.get(f"concurrent.futures.{name}")
        if module is not None:
            setattr(module, flag, False)
            executors = getattr(module, table, {})
            for thread in list(executors):
                if thread not in threads:
                    del executors[thread]
