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


WAYS = ["acquire", "release", "kept acquire", "kept release"]


@pytest.mark.parametrize("way", WAYS)
def test_a_handler_that_raises_comes_into_no_line_that_takes_a_lock_or_gives_it_back(tear, way):
    lines, status = tear(
        """
        class Alarm(Exception):
            pass

        def ring(number, frame):
            raise Alarm

        def interrupted(call, number):
            # Whether it was: at the latest when the call has returned.
            moment = Moment(number, functools.partial(os.kill, os.getpid(), signal.SIGALRM), LOCK)
            try:
                sys.settrace(moment.trace)
                call()
                sys.settrace(None)
                while moment.came:
                    pass
            except Alarm:
                sys.settrace(None)
            return moment.came

        def use(lock, way, there):
            signal.signal(signal.SIGALRM, ring)
            for number in itertools.count(1):
                if way.startswith("kept"):
                    with lock:
                        pass  # from now on the lock is here
                if way.endswith("release"):
                    lock.acquire()
                came = interrupted(lock.release if way.endswith("release") else lock.acquire, number)
                if lock._semlock._is_mine():
                    lock.release()
                there.send((number, came))
                there.recv()
                if not came:
                    break

        if __name__ == "__main__":
            lock, (here, there) = mp.Lock(), mp.Pipe()
            child = mp.Process(target=use, args=(lock, sys.argv[1], there))
            child.start()
            came = True
            while came:
                number, came = here.recv()
                assert lock.acquire(False), f"the lock is lost at line {number}"
                lock.release()
                here.send(None)
            child.join()
            print(number, child.exitcode)
        """,
        way,
    )
    assert int(lines) > 5
    assert status == "0"


@pytest.mark.parametrize("way", WAYS)
def test_a_process_that_is_ended_at_any_line_leaves_a_lock_free_or_is_known_to_have_had_it(tear, way):
    lines, left, told = tear(
        """
        def use(lock, way, number, here, past):
            if way.startswith("kept"):
                with lock:
                    pass  # from now on the lock is here
            if way.endswith("release"):
                lock.acquire()
            moment = Moment(number, here.set, LOCK)
            sys.settrace(moment.trace)
            (lock.release if way.endswith("release") else lock.acquire)()
            sys.settrace(None)
            while moment.came:
                pass  # it is ended here at the latest
            past.set()
            here.set()

        def had_by(lock):
            try:
                lock.acquire()
            except DeadlockError as error:
                return "rank 1 had when it ended" in str(error)

        if __name__ == "__main__":
            lock, past = mp.Lock(), mp.Event()
            left, told = 0, "untold"
            for number in itertools.count(1):
                here = mp.Event()
                child = mp.Process(target=use, args=(lock, sys.argv[1], number, here, past))
                child.start()
                here.wait()
                if past.is_set():
                    break
                child.terminate()
                child.join()
                assert child.exitcode == -signal.SIGTERM, (number, child.exitcode)
                if not lock.acquire(False):
                    assert lock._handle.home().holders() == ([], [1]), f"the lock is lost at line {number}"
                    if not left:
                        told = had_by(lock)
                    left += 1
                lock.release()
            child.join()
            print(number, left, told)
        """,
        way,
    )
    assert int(lines) > 5
    assert int(left) < int(lines)
    assert told == ("True" if int(left) else "untold")
