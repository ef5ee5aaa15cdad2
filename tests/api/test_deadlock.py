"""Programs whose processes wait for each other for ever: told, with who waits where; what only looks like it goes on."""

from __future__ import annotations

import re

import pytest

from mpiprocessing.core.environment import DEADLOCK

SOON = {DEADLOCK: "0.2"}
"""The watch is in a hurry, so that tests need not wait."""

PENDING_AT_A_BARRIER = """
    import multiprocessing as mp

    def work(barrier):
        barrier.wait()

    if __name__ == "__main__":
        barrier = mp.Barrier(4)
        processes = [mp.Process(target=work, args=(barrier,)) for _ in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
"""


def test_processes_that_wait_for_a_pending_one_are_named_and_the_job_ends(play):
    done = play(PENDING_AT_A_BARRIER, ranks=3, env=SOON)
    assert done.status == 1
    assert "nothing can go on: 2 processes wait for a free rank, and all 3 ranks are blocked" in done.stderr
    for rank, process, verb, line in (
        (0, "MainProcess", "Process.join", 13),
        (1, "Process-1", "Barrier.wait", 5),
        (2, "Process-2", "Barrier.wait", 5),
    ):
        assert f"rank {rank}, {process}: {verb} at prog.py:{line} in " in done.stderr, done.stderr
    assert "Barrier A (made at prog.py:8; 2 of 4 have come)" in done.stderr
    assert "mpiexec -n 5" in done.stderr


def test_with_enough_ranks_the_same_program_ends_well(play):
    assert play(PENDING_AT_A_BARRIER, ranks=5).status == 0


def test_the_main_program_may_catch_it_and_go_on(play):
    done = play(
        """
        import multiprocessing as mp

        def answer(inbox, outbox):
            outbox.put(inbox.get())

        if __name__ == "__main__":
            inbox, outbox = mp.Queue(), mp.Queue()
            children = [mp.Process(target=answer, args=(inbox, outbox)) for _ in range(3)]
            for child in children:
                child.start()
            try:
                outbox.get()
            except RuntimeError as error:
                print(type(error).__name__, str(error).splitlines()[0])
            for number in range(3):
                inbox.put(number)
            print(sorted(outbox.get() for _ in range(3)))
            for child in children:
                child.join()
        """,
        ranks=3,
        env=SOON,
    )
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == [
        "RanksError nothing can go on: 1 process waits for a free rank, and all 3 ranks are blocked:",
        "[0, 1, 2]",
    ]


def test_a_child_of_a_child_that_waits_for_a_rank_is_seen_too(play):
    done = play(
        """
        import multiprocessing as mp

        def inner():
            pass

        def outer():
            child = mp.Process(target=inner)
            child.start()
            child.join()

        if __name__ == "__main__":
            child = mp.Process(target=outer)
            child.start()
            child.join()
        """,
        ranks=2,
        env=SOON,
    )
    assert done.status == 1
    assert "mpiexec -n 3" in done.stderr


IN_TURN = """
    def work(first, second, gate):
        with first:
            gate.wait()
            with second:
                pass
"""

LOCKS = (
    IN_TURN
    + """
    if __name__ == "__main__":
        a, b, gate = mp.Lock(), mp.Lock(), mp.Barrier(2)
        one = mp.Process(target=work, args=(a, b, gate), name="One")
        two = mp.Process(target=work, args=(b, a, gate), name="Two")
        one.start()
        two.start()
        one.join()
"""
)

KINDS = {
    "a circle of locks": (
        LOCKS,
        "One on rank 1 holds Lock A and waits for Lock B, which Two on rank 2 holds, which waits for Lock A.",
    ),
    "a lock taken twice": (
        """
    if __name__ == "__main__":
        lock = mp.Lock()
        with lock, lock:
            pass
        """,
        "MainProcess on rank 0 waits for Lock A, which it holds itself.",
    ),
    "a lock that a process took along": (
        """
    if __name__ == "__main__":
        lock = mp.Lock()
        child = mp.Process(target=lock.acquire)
        child.start()
        child.join()
        lock.acquire()
        """,
        "MainProcess on rank 0 waits for Lock A, which a process on rank 1 had when it ended.",
    ),
    "a circle of threads": (
        IN_TURN
        + """
    if __name__ == "__main__":
        a, b, gate = mp.Lock(), mp.Lock(), threading.Barrier(2)
        one = threading.Thread(target=work, args=(a, b, gate), name="one")
        two = threading.Thread(target=work, args=(b, a, gate), name="two")
        one.start()
        two.start()
        two.join()
        """,
        "thread (one|two) of MainProcess on rank 0 holds Lock [AB] and waits for Lock [AB], "
        "which thread (one|two) of MainProcess on rank 0 holds, which waits for Lock [AB].",
    ),
    "a semaphore nobody raises": (
        """
    if __name__ == "__main__":
        units = mp.Semaphore(0)
        child = mp.Process(target=units.acquire)
        child.start()
        child.join()
        """,
        "MainProcess on rank 0 could release Semaphore A and waits for the end of Process-1 on rank 1, "
        "which waits for Semaphore A.",
    ),
    "all in get": (
        """
    def work(queue):
        queue.get()

    if __name__ == "__main__":
        queue = mp.Queue()
        for _ in range(2):
            mp.Process(target=work, args=(queue,)).start()
        queue.get()
        """,
        "MainProcess on rank 0, Process-1 on rank 1 and Process-2 on rank 2 wait for an item of Queue A; "
        "nobody is left who could put into it.",
    ),
    "each in get of the other's queue": (
        """
    def work(inbox, outbox):
        outbox.put(inbox.get())

    if __name__ == "__main__":
        a, b = mp.Queue(), mp.Queue()
        mp.Process(target=work, args=(a, b)).start()
        mp.Process(target=work, args=(b, a)).start()
        """,
        "Process-1 on rank 1 could put into Queue B and waits for an item of Queue A, "
        "which Process-2 on rank 2 could put into, which waits for an item of Queue B.",
    ),
    "a full queue": (
        """
    def work(queue):
        for number in range(10):
            queue.put(number)

    if __name__ == "__main__":
        queue = mp.Queue(3)
        child = mp.Process(target=work, args=(queue,))
        child.start()
        child.join()
        """,
        "MainProcess on rank 0 could take from Queue A and waits for the end of Process-1 on rank 1, "
        "which waits for a free place in Queue A.",
    ),
    "a task that is never done": (
        """
    def work(queue):
        while True:
            queue.get()

    if __name__ == "__main__":
        queue = mp.JoinableQueue()
        mp.Process(target=work, args=(queue,), daemon=True).start()
        queue.put(1)
        queue.join()
        """,
        "MainProcess on rank 0 could put into JoinableQueue A and waits for the last task of JoinableQueue A, "
        "which Process-1 on rank 1 could call task_done of, which waits for an item of JoinableQueue A.",
    ),
    "a pipe nobody will write": (
        """
    def work(reader, writer):  # which it forgets to close
        while True:
            reader.recv()

    if __name__ == "__main__":
        reader, writer = mp.Pipe(duplex=False)
        child = mp.Process(target=work, args=(reader, writer))
        child.start()
        writer.close()
        child.join()
        """,
        "Process-1 on rank 1 waits for an object from Pipe A; nobody is left who could send into it.",
    ),
    "a pipe nobody reads": (
        """
    def work(reader, event):
        event.wait()

    if __name__ == "__main__":
        reader, writer = mp.Pipe(duplex=False)
        event = mp.Event()
        mp.Process(target=work, args=(reader, event)).start()
        for _ in range(9):
            writer.send(bytes(8 << 20))
        """,
        "MainProcess on rank 0 could set Event B and waits for room in Pipe A, "
        "which Process-1 on rank 1 could receive from, which waits for Event B.",
    ),
    "a barrier with too few": (
        """
    def work(gate):
        gate.wait()

    if __name__ == "__main__":
        gate = mp.Barrier(3)
        for _ in range(2):
            mp.Process(target=work, args=(gate,)).start()
        """,
        "MainProcess on rank 0 has not come to Barrier A and waits for the end of Process-[12] on rank [12], "
        "which waits for the others at Barrier A.",
    ),
    "an event nobody sets": (
        """
    if __name__ == "__main__":
        mp.Event().wait()
        """,
        "MainProcess on rank 0 waits for Event A; nobody is left who could set it.",
    ),
    "a condition nobody notifies": (
        """
    def work(condition):
        with condition:
            condition.wait()

    if __name__ == "__main__":
        condition = mp.Condition()
        child = mp.Process(target=work, args=(condition,))
        child.start()
        child.join()
        """,
        "MainProcess on rank 0 could notify Condition A and waits for the end of Process-1 on rank 1, "
        "which waits for a notification of Condition A.",
    ),
    "a child that waits for its parent": (
        """
    def inner(queue):
        queue.get()

    def outer(queue):
        child = mp.Process(target=inner, args=(queue,))
        child.start()
        wait([child.sentinel])
        queue.put(1)

    if __name__ == "__main__":
        queue = mp.Queue()
        child = mp.Process(target=outer, args=(queue,))
        child.start()
        child.join()
        """,
        r"MainProcess on rank 0 could put into Queue A and waits for the end of Process-1 on rank 1, "
        r"which waits for the end of Process-1:1 on rank 2, which waits for an item of Queue A.",
    ),
    "a wait for nothing at all": (
        """
    if __name__ == "__main__":
        child = mp.Process(target=wait, args=([],))
        child.start()
        child.join()
        """,
        "Everybody waits for something that nobody is left to bring.",
    ),
    "a task that waits for ever": (
        """
    def begin(shared):
        global queue
        queue = shared

    def work(number):
        return queue.get()

    if __name__ == "__main__":
        with mp.Pool(2, begin, [mp.Queue()]) as pool:
            pool.map(work, [1])
        """,
        "MainProcess on rank 0 could put into Queue A and waits for the results of Pool B, "
        "which PoolWorker-[12] on rank [12] runs a task of, which waits for an item of Queue A.",
    ),
    "a circle of calls at a manager": (
        LOCKS.replace("a, b, gate =", "manager = mp.Manager(); a, b, gate =").replace(
            "mp.Lock", "manager.Lock"
        ),
        "One on rank 1 could call manager's Lock A and waits for acquire\\(\\) of manager's Lock B, "
        "which Two on rank 2 could call, which waits for acquire\\(\\) of manager's Lock A.",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_who_waits_for_whom_is_told_in_one_sentence(play, kind):
    source, sentence = KINDS[kind]
    imports = "    import multiprocessing as mp, threading\n    from multiprocessing.connection import wait\n"
    done = play(imports + source, ranks=4, env=SOON)
    assert done.status == 1
    assert "DeadlockError: deadlock: nothing can go on, " in done.stderr
    assert re.search(rf"^{sentence}$", done.stderr, re.MULTILINE), done.stderr


def test_without_being_told_to_hurry_it_takes_some_seconds_and_says_all(play):
    done = play("\n    import multiprocessing as mp\n" + LOCKS, ranks=4)
    assert done.status == 1
    report = done.stderr[done.stderr.index("deadlock: ") :].splitlines()
    assert report[:10] == [
        "deadlock: nothing can go on, each of the 3 processes waits for ever:",
        "  rank 0, MainProcess: Process.join at prog.py:16 in <module>: one.join()",
        "      waits for the end of One on rank 1",
        "  rank 1, One: Lock.acquire at prog.py:7 in work: with second:",
        "      waits for Lock B (made at prog.py:11), which Two on rank 2 holds",
        "  rank 2, Two: Lock.acquire at prog.py:7 in work: with second:",
        "      waits for Lock A (made at prog.py:11), which One on rank 1 holds",
        "  1 rank runs no process",
        "One on rank 1 holds Lock A and waits for Lock B, which Two on rank 2 holds, which waits for Lock A.",
        "Take locks in the same order in every process, and release each in the process that took it.",
    ]


def test_a_main_program_that_catches_everything_is_ended(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            queue = mp.Queue()
            while True:
                try:
                    queue.get()
                except Exception:
                    print("again")
        """,
        env=SOON,
    )
    assert done.status != 0
    assert set(done.stdout.split()) == {"again"}
    assert "nobody is left who could put into it" in done.stderr
    assert "again and again; the job is ended" in done.stderr


def test_a_main_program_that_cleans_up_ends_all_the_same(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            queue, other = mp.Queue(), mp.Queue()
            child = mp.Process(target=other.get)
            child.start()
            try:
                queue.get()
            finally:
                child.join()
        """,
        env=SOON,
    )
    assert done.status == 1
    assert done.stderr.count("DeadlockError: deadlock") == 2


def test_daemons_that_wait_when_the_main_program_ends_are_none(play):
    done = play(
        """
        import multiprocessing as mp, time

        if __name__ == "__main__":
            queue = mp.Queue()
            mp.Process(target=queue.get, daemon=True).start()
            time.sleep(0.5)
        """,
        env=SOON,
    )
    assert (done.status, done.stderr) == (0, "")


def test_it_can_be_switched_off_and_what_is_neither_is_refused(play):
    program = """
        import multiprocessing as mp, os, signal, threading

        if __name__ == "__main__":
            threading.Timer(1.5, os.kill, [os.getpid(), signal.SIGINT]).start()
            mp.Event().wait()
    """
    assert "KeyboardInterrupt" in play(program, env={DEADLOCK: "off"}).stderr
    done = play(program, env={DEADLOCK: "never"})
    assert done.status == 2
    assert "MPIPROCESSING_DEADLOCK is 'never': it must be 'off' or a number of seconds" in done.stderr


# Each of these is all that is not at rest, for longer than the watch needs to ask several times, and goes on by itself.
LIVING = """
    import multiprocessing as mp, os, signal, socket, subprocess, sys, threading, time
    from multiprocessing.connection import Listener, wait
    from multiprocessing.managers import BaseManager

    SECONDS = 0.8

    def sleeps(queue):
        time.sleep(SECONDS)
        queue.put("slept")

    def computes(queue):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            sum(range(1000))
        queue.put("computed")

    def times_out(queue):
        try:
            mp.Queue().get(timeout=SECONDS)
        except Exception as error:
            queue.put(type(error).__name__)

    def waits_for_a_lock_for_a_while(queue):
        lock = mp.Lock()
        lock.acquire()
        queue.put(lock.acquire(timeout=SECONDS))

    def has_a_thread(queue):
        timer = threading.Timer(SECONDS, queue.put, ["from a thread"])
        timer.start()
        timer.join()

    def is_brought_something_by_a_thread(queue):
        mine = mp.Queue()
        threading.Timer(SECONDS, mine.put, ["by a thread"]).start()
        queue.put(mine.get())

    class Philosopher(threading.Thread):
        def __init__(self, queue):
            super().__init__()
            self.queue = queue
            self.resting = self.serves = True

        def run(self):
            time.sleep(SECONDS)
            self.queue.put("rested")

    def has_a_thread_that_rests(queue):
        inner = mp.Queue()
        Philosopher(inner).start()
        queue.put(inner.get())

    def has_a_timer(queue):
        def ring(number, frame):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyError
        signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            mp.Event().wait()
        except KeyError:
            queue.put("rang")

    def has_a_handler(queue):
        def tell(number, frame):
            raise KeyError
        signal.signal(signal.SIGUSR1, tell)
        try:
            subprocess.Popen(["sh", "-c", f"sleep {SECONDS}; kill -USR1 {os.getpid()}"])
            mp.Event().wait()
        except KeyError:
            queue.put("signalled")

    def has_a_handler_that_takes_its_time(queue):
        def work(number, frame):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                pass
            raise KeyError
        signal.signal(signal.SIGALRM, work)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            mp.Event().wait()
        except KeyError:
            queue.put("handled")

    def reads_a_socket(queue):
        here, there = socket.socketpair()
        subprocess.Popen(["sh", "-c", f"sleep {SECONDS}; printf x >&0"], stdin=there)
        connection, _ = mp.Pipe()
        wait([here, connection])
        queue.put("read")

    def awaits_a_command(queue):
        subprocess.run(["sleep", str(SECONDS)])
        queue.put("ran")

    def is_a_server(queue):
        listener = Listener(("localhost", 0))
        code = (
            "import sys, time; from multiprocessing.connection import Client; time.sleep(float(sys.argv[2]));"
            "Client(('localhost', int(sys.argv[1]))).send('from outside')"
        )
        subprocess.Popen([sys.executable, "-c", code, str(listener.address[1]), str(SECONDS)])
        queue.put(listener.accept().recv())

    def waits_for_a_lock_of_threads(queue):
        lock = threading.Lock()
        lock.acquire()
        threading.Timer(SECONDS, lock.release).start()
        lock.acquire()
        queue.put("let go")

    def has_a_manager(queue):
        with mp.Manager() as manager:
            event = manager.Event()
            threading.Timer(SECONDS, event.set).start()
            event.wait()
        queue.put("managed")

    class Sleeper:
        def sleep(self):
            time.sleep(SECONDS)
            return "slept at a manager"

    class Own(BaseManager):
        pass

    Own.register("Sleeper", Sleeper)

    def calls_a_manager(queue):
        with Own() as manager:
            queue.put(manager.Sleeper().sleep())

    LIVING = [sleeps, computes, times_out, waits_for_a_lock_for_a_while, has_a_thread, is_brought_something_by_a_thread]
    LIVING += [has_a_timer, has_a_handler, has_a_handler_that_takes_its_time, reads_a_socket, awaits_a_command, is_a_server]
    LIVING += [waits_for_a_lock_of_threads, has_a_manager, calls_a_manager, has_a_thread_that_rests]

    if __name__ == "__main__":
        for target in LIVING:
            queue = mp.Queue()
            child = mp.Process(target=target, args=(queue,))
            child.start()
            print(queue.get())
            child.join()
"""


def test_what_goes_on_by_itself_is_not_stuck(play):
    done = play(LIVING, ranks=3, env={DEADLOCK: "0.1"})
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == [
        *(
            "slept",
            "computed",
            "Empty",
            "False",
            "from a thread",
            "by a thread",
            "rang",
            "signalled",
            "handled",
        ),
        *("read", "ran", "from outside", "let go", "managed", "slept at a manager", "rested"),
    ]
