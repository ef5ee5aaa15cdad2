"""Calls of ours that are stopped at each of their lines, one after the other, while something comes that is to end them.

`Moment` stops a call before a line and has the signal sent. The call goes on once that was tried so often that it would have
come into a step of ours by force. What stops it counts as a part of the package, so who looks finds the call itself at work.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

MOMENT = '''
    import functools, itertools, os, signal, sys, textwrap
    import multiprocessing as mp
    from mpiprocessing.core import handle, thisrank, units
    from mpiprocessing.core.errors import DeadlockError
    from mpiprocessing.core.homes import purse
    from mpiprocessing.core.signals import Signals
    from mpiprocessing.gates import semaphores
    from mpiprocessing.managed import server

    TRIES = 6  # one more than may be put off
    LOCK = semaphores, units, purse
    MANAGER = server, handle

    exec(compile(textwrap.dedent("""
    class Moment:
        # Before the line with that number, of all that this thread runs in these modules, `arrive` is called.

        def __init__(self, number, arrive, modules):
            self.came, self._left, self._arrive = False, number, arrive
            self._files, self._tries = [module.__file__ for module in modules], 0

        def trace(self, frame, event, argument):
            if frame.f_code.co_filename not in self._files:
                return None
            if event == "line" and not self.came:
                self._left -= 1
                if not self._left:
                    self._stop()
            return self.trace

        def _stop(self):
            hand_over = Signals._hand_over

            def count(signals, step, tries, frame):
                hand_over(signals, step, tries, frame)
                if step.life is signals._life:  # else it is a late one of the process before
                    self._tries = max(self._tries, tries)

            Signals._hand_over = count
            try:
                self.came = True
                self._arrive()
                while not self._tries:
                    thisrank.running().look()  # where this call has the lock, no other thread can
                while self._tries <= TRIES:
                    pass
            finally:
                Signals._hand_over = hand_over
    """), handle.__file__, "exec"))
'''


@pytest.fixture
def tear(play) -> Callable[..., list[str]]:
    """`tear(source, *arguments)`: run a program that uses `Moment`, and must end well; returns the words that it printed."""

    def run(source: str, *arguments: str) -> list[str]:
        env = {"MPIPROCESSING_DEADLOCK": "0.2"}
        done = play(textwrap.dedent(MOMENT) + textwrap.dedent(source), *arguments, ranks=2, env=env)
        assert done.status == 0, done.stderr
        assert not done.stderr
        return done.stdout.split()

    return run


def test_a_process_may_be_ended_at_any_line_that_makes_the_server_of_a_manager(tear):
    lines, status = tear(
        """
        def make(number, here, past):
            moment = Moment(number, here.set, MANAGER)
            sys.settrace(moment.trace)
            manager = mp.Manager()
            sys.settrace(None)
            while moment.came:
                pass  # it is ended here at the latest
            if manager.list([number])[0] == number:
                past.set()
            here.set()

        if __name__ == "__main__":
            past = mp.Event()
            for number in itertools.count(1):
                here = mp.Event()
                child = mp.Process(target=make, args=(number, here, past))
                child.start()
                here.wait()
                if past.is_set():
                    break
                child.terminate()
                child.join()
                assert child.exitcode == -signal.SIGTERM, (number, child.exitcode)
            child.join()
            print(number, child.exitcode)
        """
    )
    assert int(lines) > 20
    assert status == "0"
