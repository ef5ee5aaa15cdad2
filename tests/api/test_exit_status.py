"""What the shell is told: the status of a job is that of its main program, whatever its children do."""

from __future__ import annotations

import socket

import pytest

BUSY = """
    import multiprocessing as mp, sys, time

    def sleep(ready, *things):
        ready.put("sleep")
        time.sleep(600)

    def compute(ready, *things):
        ready.put("compute")
        while True:
            pass

    def get(ready, queue, *things):
        ready.put("get")
        queue.get()

    def receive(ready, queue, connection, *things):
        ready.put("receive")
        connection.recv()

    def acquire(ready, queue, connection, lock, barrier):
        ready.put("acquire")
        lock.acquire()

    def arrive(ready, queue, connection, lock, barrier):
        ready.put("arrive")
        barrier.wait()

    def join(ready, *things):
        child = mp.Process(target=sleep, args=(ready,))
        child.start()
        child.join()

    def start(*targets, daemon=False):
        ready, queue, lock, barrier = mp.Queue(), mp.Queue(), mp.Lock(), mp.Barrier(9)
        pipe = mp.Pipe()
        lock.acquire()
        started = []
        for target in targets:
            child = mp.Process(target=target, args=(ready, queue, pipe[1], lock, barrier), daemon=daemon)
            child.start()
            started.append((child, queue, pipe, lock, barrier))
        for _ in targets:
            ready.get()
        return started
"""


@pytest.mark.parametrize(
    ("last", "status", "stderr"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit('out of cheese')", 1, "out of cheese"),
        ("sys.exit(None)", 0, ""),
    ],
    ids=["number", "text", "none"],
)
def test_sys_exit_of_the_main_program_reaches_the_shell(play, last, status, stderr):
    done = play(
        BUSY
        + f"""
    if __name__ == "__main__":
        kept = start(sleep, compute, daemon=True)
        {last}
    """
    )
    assert done.status == status
    assert done.stderr.count("out of cheese") == (1 if stderr else 0)
    assert "Traceback" not in done.stderr


def test_a_failed_child_shows_where_and_the_job_goes_on(play):
    done = play(
        """
        import multiprocessing as mp, sys

        def fail():
            raise LookupError("no such cheese")

        def leave(code):
            sys.exit(code)

        if __name__ == "__main__":
            children = [mp.Process(target=fail, name="cheese shop")]
            children += [mp.Process(target=leave, args=(code,)) for code in (5, "closed", None)]
            for child in children:
                child.start()
            for child in children:
                child.join()
            print([child.exitcode for child in children], "goes on")
        """
    )
    assert done.status == 0
    assert done.stdout.splitlines() == ["[1, 5, 1, 0] goes on"]
    assert done.stderr.count("LookupError: no such cheese") == 1
    assert done.stderr.count("Traceback") == 1
    heading = next(line for line in done.stderr.splitlines() if "cheese shop" in line)
    assert "rank " in heading and socket.gethostname() in heading
    assert done.stderr.splitlines().count("closed") == 1


@pytest.mark.parametrize(
    "targets",
    [("sleep", "compute", "get"), ("receive", "acquire", "arrive", "join")],
    ids="-".join,
)
def test_an_exception_in_the_main_program_ends_the_job(play, targets):
    done = play(
        BUSY
        + f"""
    if __name__ == "__main__":
        kept = start({", ".join(targets)})
        raise LookupError("no such cheese")
    """,
        ranks=len(targets) + 1 + targets.count("join"),
    )
    assert done.status == 1
    assert done.stderr.count("LookupError: no such cheese") == 1
    assert done.stderr.count("Traceback") == 1
    assert f'prog.py", line {line_of("raise LookupError", done)}' in done.stderr


def line_of(text, done):
    """The number of the line of the program that has this text."""
    with open(done.command[-1]) as file:
        return next(number for number, line in enumerate(file, 1) if text in line)


def test_a_child_that_cannot_be_stopped_does_not_keep_a_failed_job(play):
    done = play(
        """
        import multiprocessing as mp, time

        def stubborn(ready):
            ready.put(True)
            while True:
                try:
                    time.sleep(600)
                except BaseException:
                    pass

        if __name__ == "__main__":
            ready = mp.Queue()
            child = mp.Process(target=stubborn, args=(ready,))
            child.start()
            ready.get()
            raise LookupError("no such cheese")
        """
    )
    assert done.status not in (0, 124)
    assert "LookupError: no such cheese" in done.stderr


@pytest.mark.parametrize("to", ["main program", "launcher"])
def test_an_interrupted_job_ends_with_a_status_of_its_own(play, to):
    """Ctrl-C reaches the launcher, and with some launchers the ranks themselves as well."""
    done = play(
        BUSY
        + """
    import os, psutil, signal

    if __name__ == "__main__":
        kept = start(sleep, get)
        whom = os.getpid()
        if sys.argv[1] == "launcher":
            names = ("mpiexec", "mpirun", "prterun")
            whom = [p.pid for p in psutil.Process().parents() if p.name().startswith(names)][-1]
        os.kill(whom, signal.SIGINT)
        kept[0][1].get()
    """,
        to,
    )
    assert done.status not in (0, 124)
    if to == "main program":
        assert done.stderr.splitlines().count("KeyboardInterrupt") == 1
        assert done.status == 130


@pytest.mark.parametrize("where", ["main thread", "another thread"])
def test_os_exit_of_the_main_program_ends_the_job_with_that_status(play, where):
    """At once: no `finally`, no exit call, no child is waited for."""
    done = play(
        BUSY
        + """
    import atexit, os, threading

    if __name__ == "__main__":
        atexit.register(print, "never")
        kept = start(sleep, compute)
        print("so far", flush=True)
        try:
            if sys.argv[1] == "main thread":
                os._exit(4)
            threading.Thread(target=os._exit, args=(4,)).start()
            kept[0][1].get()
        finally:
            print("never")
    """,
        where,
    )
    assert (done.status, done.stdout) == (4, "so far\n"), done.stderr


def test_os_exit_with_status_0_is_a_success(play):
    done = play("import os\nif __name__ == '__main__':\n    os._exit(0)\n")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_os_exit_of_a_child_ends_the_child_alone(play):
    done = play(
        """
        import multiprocessing as mp, os, threading, time

        def leave(status):
            try:
                os._exit(status)
            finally:
                print("never")

        def leave_from_a_thread(status):
            threading.Thread(target=os._exit, args=(status,)).start()
            while True:
                try:
                    time.sleep(600)
                except BaseException:
                    print("never")

        def fork():
            if not os.fork():
                os._exit(6)
            os._exit(os.wait()[1] >> 8)

        if __name__ == "__main__":
            for target, args in ((os._exit, (4,)), (leave, (5,)), (leave_from_a_thread, (256 + 7,)), (fork, ())):
                child = mp.Process(target=target, args=args)
                child.start()
                child.join()
                print(child.exitcode, flush=True)
            with mp.Pool(1) as pool:
                try:
                    pool.apply(os._exit, (3,))
                except mp.ProcessError as error:
                    print(error)
                print(pool.apply(abs, (-1,)))
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    *codes, lost, after = done.stdout.splitlines()
    assert codes == ["4", "5", "7", "6"] and "exit code 3" in lost and after == "1"


def test_os_exit_of_a_thread_is_silent_wherever_the_end_meets_it(play):
    done = play(
        """
        import multiprocessing as mp, os, threading, time

        def leave():
            threading.Thread(target=os._exit, args=(7,)).start()
            time.sleep(600)

        if __name__ == "__main__":
            for _ in range(400):
                child = mp.Process(target=leave)
                child.start()
                child.join()
                assert child.exitcode == 7
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")


def test_what_a_library_raises_while_its_process_is_ended_is_nobodys(play):
    done = play(
        '''
        import multiprocessing as mp, os, textwrap

        # Code that counts as the standard library's, like `Condition.wait`: told to end once more while it takes
        # its lock again, it gives back a lock that it does not have.
        code = """
        def wait(end):
            try:
                end()
            finally:
                raise RuntimeError("release unlocked lock")
        """
        torn = {}
        exec(compile(textwrap.dedent(code), os.__file__, "exec"), torn)

        def leave():
            torn["wait"](lambda: os._exit(7))

        if __name__ == "__main__":
            child = mp.Process(target=leave)
            child.start()
            child.join()
            print(child.exitcode)
        ''',
        ranks=2,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "7\n", "")


def test_what_the_program_leaves_open_does_not_keep_the_job(play):
    done = play(
        """
        import multiprocessing as mp, threading

        def late(lines, go):
            go.wait()
            print("a thread that outlives the main program")

        def put(queue):
            queue.put(bytes(1_000_000))
            queue.put("an item nobody takes")

        if __name__ == "__main__":
            queue, bounded, lock, (here, there) = mp.Queue(), mp.Queue(1), mp.Lock(), mp.Pipe()
            child = mp.Process(target=put, args=(queue,))
            child.start()
            child.join()
            bounded.put("first")
            here.send(bytes(1_000_000))
            lock.acquire()
            go = threading.Event()
            threading.Thread(target=late, args=(queue, go)).start()
            with mp.Pool(2) as pool:
                pool.map_async(abs, range(10))
                print("left early")
            go.set()
        """
    )
    assert (done.status, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["a thread that outlives the main program", "left early"]


def test_a_pool_that_is_never_closed_ends_with_the_program(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            pool = mp.Pool(2)
            print(pool.map(abs, range(3)))
        """
    )
    assert (done.status, done.stdout) == (0, "[0, 1, 2]\n"), done.stderr


def test_a_pool_that_is_never_closed_does_not_keep_a_failed_program(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            pool = mp.Pool(2)
            print(pool.map(abs, range(3)))
            raise LookupError("no such cheese")
        """
    )
    assert (done.status, done.stdout) == (1, "[0, 1, 2]\n"), done.stderr
    assert done.stderr.count("Traceback") == 1


def test_an_exception_inside_a_pool_or_a_thread(play):
    """The one of a task ends the main program if it is not caught, with both tracebacks; the one of a thread does not."""
    done = play(
        """
        import multiprocessing as mp, sys, threading

        def fail(number):
            if number == 3:
                raise LookupError("no such cheese")
            return number

        def thread():
            raise ArithmeticError("in a thread")

        if __name__ == "__main__":
            thread = threading.Thread(target=thread)
            thread.start()
            thread.join()
            with mp.Pool(2) as pool:
                print(pool.map(abs, range(3)), flush=True)
                pool.map(fail, range(8), chunksize=1)
        """
    )
    assert done.status == 1
    assert done.stdout == "[0, 1, 2]\n"
    assert "ArithmeticError: in a thread" in done.stderr
    assert done.stderr.count("in fail") == 1 and 'raise LookupError("no such cheese")' in done.stderr
    assert (
        done.stderr.rstrip("\0\n").count("\nLookupError: no such cheese") == 2
    )  # in the worker, and in the main program
