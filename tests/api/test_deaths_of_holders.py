"""Shared objects after the death of a process that used them, in jobs that go on when a rank dies."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import Completed

pytestmark = pytest.mark.skipif(
    mpiexec.find().vendor != "openmpi", reason="this MPI ends the job when a rank dies"
)

DYING = """
    import os, signal, sys
    import multiprocessing as mp
    from queue import Empty
    from threading import BrokenBarrierError
    from mpiprocessing.core.errors import HolderDied, HomeLost, WorkerDied

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def start(target, *args):
        child = mp.Process(target=target, args=args)
        child.start()
        return child

    def told(action, *kinds):
        # What an action raises: its kind, and whether it names the dead.
        try:
            value = action()
        except (WorkerDied, *kinds) as error:
            return f"{type(error).__name__}, rank 1: {'rank 1 ' in str(error)}"
        return value
"""


@pytest.fixture
def survive(launch: Callable[..., Completed], tmp_path: Path) -> Callable[[str, int], list[str]]:
    """`survive(source, ranks)`: run a program that defines `main` in a job that goes on; returns the lines that it printed."""

    def run(source: str, ranks: int) -> list[str]:
        program = tmp_path / "prog.py"
        main = "\nif __name__ == '__main__':\n    main()\n"
        program.write_text(textwrap.dedent(DYING) + textwrap.dedent(source) + main)
        done = launch(["-m", "mpiprocessing", str(program)], ranks=ranks, fault_tolerant=True)
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        assert done.status == 0, done.stderr
        return done.stdout.splitlines()

    return run


def test_locks_and_semaphores_that_the_dead_held_tell_who_wants_them(survive):
    lines = survive(
        """
        def hold(gates, ready, go):
            for gate in gates:
                gate.acquire()
            ready.set()
            go.wait()
            die()

        def wait_for(gate, results):
            results.put(told(gate.acquire))

        def main():
            gates = mp.Lock(), mp.RLock(), mp.Condition(), mp.BoundedSemaphore(1)
            unused, ready, go, results = mp.Lock(), mp.Event(), mp.Event(), mp.Queue()
            holder = start(hold, gates, ready, go)
            ready.wait()
            waiter = start(wait_for, gates[0], results)
            go.set()
            holder.join()
            print(holder.exitcode, results.get())
            waiter.join()
            for gate in gates:
                print(told(gate.acquire))
                gate.release()
                print(gate.acquire(timeout=60))
                gate.release()
        """,
        3,
    )
    held = "HolderDied, rank 1: True"
    assert lines == [f"-9 {held}", *[held, "True"] * 4]


def test_a_lock_that_the_dead_had_given_back_can_be_taken(survive):
    lines = survive(
        """
        def use(gates, done, go):
            for _ in range(100):
                for gate in gates:
                    with gate:
                        pass
            done.set()
            go.wait()
            die()

        def main():
            gates, done, go = [mp.Lock(), mp.RLock(), mp.Semaphore(2)], mp.Event(), mp.Event()
            child = start(use, gates, done, go)
            done.wait()
            # As long as the child waits, what it keeps unused goes home within a moment; this asks for it in any case.
            for gate in gates:
                with gate:
                    pass
            go.set()
            child.join()
            print(child.exitcode, [told(gate.acquire) for gate in gates])
        """,
        2,
    )
    assert lines == ["-9 [True, True, True]"]


def test_pipes_end_and_break_when_the_other_side_has_died(survive):
    lines = survive(
        """
        def send_and_die(writer, courier):
            more, _ = courier.recv()  # handles that came in a message
            for number in range(3):
                writer.send(number)
            die()

        def read_and_die(reader):
            reader.recv()
            die()

        def receive_all(reader):
            received = []
            try:
                while True:
                    received.append(reader.recv())
            except EOFError:
                return received

        def main():
            reader, writer = mp.Pipe(False)
            courier, sent = mp.Pipe()
            child = start(send_and_die, writer, courier)
            sent.send((writer, mp.Queue()))
            writer.close()
            child.join()
            print(child.exitcode, receive_all(reader))
            reader, writer = mp.Pipe(False)
            child = start(read_and_die, reader)
            reader.close()
            writer.send(1)
            child.join()
            try:
                while True:
                    writer.send(bytes(10_000))
            except BrokenPipeError as error:
                print(child.exitcode, "broken")
        """,
        3,
    )
    received, broken = lines
    assert received.startswith("-9 [") and received in ("-9 []", "-9 [0]", "-9 [0, 1]", "-9 [0, 1, 2]")
    assert broken == "-9 broken"


def test_queues_go_on_without_the_dead(survive):
    lines = survive(
        """
        def take_one_and_die(items, taken):
            taken.put(items.get())
            items.get()
            die()

        def put_one_and_die(items):
            items.put("of the dead")
            items.get()
            die()

        def main():
            items, taken = mp.Queue(2), mp.Queue()
            for number in range(2):
                items.put(number)
            child = start(take_one_and_die, items, taken)
            print(taken.get())
            child.join()
            for number in range(10, 12):
                items.put(number)
            print(child.exitcode, items.get(), items.get(), items.empty())
            tasks = mp.JoinableQueue()
            tasks.put("task")
            child = start(take_and_die, tasks)
            child.join()
            print(told(tasks.join))
            tasks.task_done()
            tasks.join()

        def take_and_die(tasks):
            tasks.get()
            die()
        """,
        3,
    )
    assert lines[:2] == ["0", "-9 10 11 True"]
    assert lines[2].startswith("HolderDied")


def test_a_barrier_is_broken_and_an_event_is_not(survive):
    lines = survive(
        """
        def come_and_die(gate, flag):
            gate.wait()
            die()

        def come_again(gate, flag, results):
            gate.wait()
            results.put(told(gate.wait, BrokenBarrierError))
            results.put(flag.wait(60))

        def main():
            gate, flag, results = mp.Barrier(3), mp.Event(), mp.Queue()
            dying = start(come_and_die, gate, flag)
            other = start(come_again, gate, flag, results)
            gate.wait()
            dying.join()
            print(told(gate.wait, BrokenBarrierError))
            print(results.get())
            flag.set()
            print(results.get())
            other.join()
            gate.reset()
            print(gate.broken)
        """,
        3,
    )
    assert lines == ["BrokenBarrierError, rank 1: True"] * 2 + ["True", "False"]


def test_what_the_dead_had_made_is_lost_and_says_so(survive):
    lines = survive(
        """
        def make(gifts, go):
            gifts.put((mp.Lock(), mp.Queue(), mp.Event(), mp.Value("i", 1), mp.Barrier(2)))
            go.wait()
            die()

        def main():
            gifts, go = mp.Queue(), mp.Event()
            child = start(make, gifts, go)
            lock, queue, event, value, barrier = gifts.get()
            go.set()
            child.join()
            print(told(lock.acquire))
            print(told(lambda: queue.put(1)))
            print(told(queue.get))
            print(told(event.wait))
            print(told(lambda: value.value))
            print(told(barrier.wait, BrokenBarrierError))
        """,
        2,
    )
    assert lines == ["HomeLost, rank 1: True"] * 5 + ["BrokenBarrierError, rank 1: True"]


def test_a_manager_that_dies_with_its_process_is_lost_for_its_proxies(survive):
    lines = survive(
        """
        def keep(gifts, go):
            manager = mp.Manager()
            gifts.put((manager.dict(a=1), manager.list(), manager.Lock()))
            go.wait()
            die()

        def main():
            gifts, go = mp.Queue(), mp.Event()
            child = start(keep, gifts, go)
            table, values, lock = gifts.get()
            print(table["a"])
            go.set()
            child.join()
            for action in (table.copy, lambda: values.append(1), lock.acquire):
                try:
                    action()
                except EOFError as error:
                    print(isinstance(error, WorkerDied), "rank 1 " in str(error))
        """,
        2,
    )
    assert lines == ["1", *["True True"] * 3]
