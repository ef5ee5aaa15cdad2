"""Children and ranks: more processes than ranks, processes that are ended, and what is left at the end of the program."""

from __future__ import annotations

import json

import pytest

WAITERS = """
    import json, multiprocessing as mp, os, sys, time

    def sleep(ready, *things):
        ready.put(mp.current_process().rank)
        time.sleep(600)

    def compute(ready, *things):
        ready.put(mp.current_process().rank)
        while True:
            pass

    def get(ready, queue, *things):
        ready.put(mp.current_process().rank)
        queue.get()

    def put(ready, queue, full, *things):
        ready.put(mp.current_process().rank)
        full.put("one too many")

    def receive(ready, queue, full, connection, *things):
        ready.put(mp.current_process().rank)
        connection.recv()

    def poll(ready, queue, full, connection, *things):
        ready.put(mp.current_process().rank)
        connection.poll(None)

    def acquire(ready, queue, full, connection, lock, barrier):
        ready.put(mp.current_process().rank)
        lock.acquire()

    def arrive(ready, queue, full, connection, lock, barrier):
        ready.put(mp.current_process().rank)
        barrier.wait()

    def join(ready, *things):
        child = mp.Process(target=time.sleep, args=(600,), daemon=True)
        child.start()
        ready.put(mp.current_process().rank)
        child.join()

    ALL = [sleep, compute, get, put, receive, poll, acquire, arrive, join]
"""


def test_processes_are_ended_whatever_they_do_and_harm_nobody(play):
    done = play(
        WAITERS
        + """
    if __name__ == "__main__":
        seen = {}
        for how in ("terminate", "kill"):
            for target in ALL:
                ready, queue, full, lock = mp.Queue(), mp.Queue(), mp.Queue(1), mp.Lock()
                here, there = mp.Pipe()
                barrier = mp.Barrier(2)
                full.put("first")
                lock.acquire()
                things = queue, full, there, lock, barrier
                child = mp.Process(target=target, args=(ready, *things))
                child.start()
                rank = ready.get()
                if target is arrive:
                    while not barrier.n_waiting:
                        pass
                getattr(child, how)()
                child.join()
                # What it waited for must still be there for others: nothing was given to the dead.
                queue.put("item")
                here.send("item")
                lock.release()
                while not (lock.acquire(timeout=20)):
                    pass
                intact = (queue.get(timeout=20), full.get(timeout=20), there.recv(), full.empty(), queue.empty())
                seen[f"{how} {target.__name__}"] = [child.exitcode, child.is_alive(), rank is not None, intact]
        print(json.dumps(seen))
    """,
        ranks=3,
    )
    assert (done.status, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert len(seen) == 18
    for name, (exitcode, alive, ran, intact) in seen.items():
        assert (exitcode, alive, ran) == (-15 if name.startswith("terminate") else -9, False, True), name
        assert intact == ["item", "first", "item", True, True], name


def test_more_processes_than_ranks_wait_for_their_turn(play):
    done = play(
        """
        import json, multiprocessing as mp

        def add(queue, number):
            queue.put((number, mp.current_process().rank))

        def hold(gate):
            gate.recv()

        if __name__ == "__main__":
            queue = mp.Queue()
            here, there = mp.Pipe()
            holders = [mp.Process(target=hold, args=(there,)) for _ in range(2)]
            for child in holders:
                child.start()
            children = [mp.Process(target=add, args=(queue, number)) for number in range(20)]
            for child in children:
                child.start()
            pending = [(child.is_alive(), child.pid, child.rank, child.exitcode) for child in children]
            ended = children[3], children[4]
            ended[0].terminate(), ended[1].kill()
            for child in ended:
                child.join()
            here.send(1), here.send(2)
            got = sorted(queue.get() for _ in range(18))
            for child in children + holders:
                child.join()
            print(json.dumps([pending, got, [child.exitcode for child in children], queue.empty(), mp.active_children()]))
        """,
        ranks=3,
    )
    assert (done.status, done.stderr) == (0, "")
    pending, got, exitcodes, empty, left = json.loads(done.stdout)
    assert pending == [[True, None, None, None]] * 20
    assert [number for number, _ in got] == [number for number in range(20) if number not in (3, 4)]
    assert {rank for _, rank in got} <= {1, 2}
    assert exitcodes == [0, 0, 0, -15, -9] + [0] * 15
    assert empty and left == []


def test_the_end_of_the_program_joins_children_and_ends_daemons(play):
    done = play(
        WAITERS
        + """
    def last(ready, go, names):
        go.get()
        names.put("grandchild")
        print("child of a child")

    def work(ready, go, names):
        child = mp.Process(target=last, args=(ready, go, names), name="last")
        child.start()
        ready.put([child.name, child.daemon, mp.parent_process().name, mp.current_process().name])
        # Not joined here: this process ends only when its child has.

    if __name__ == "__main__":
        ready, go, names = mp.Queue(), mp.Queue(), mp.Queue()
        daemons = [mp.Process(target=target, args=(ready, mp.Queue()), daemon=True) for target in (sleep, get)]
        for daemon in daemons:
            daemon.start()
            ready.get()
        pending = mp.Process(target=time.sleep, args=(600,), daemon=True)  # whether it gets a rank or not
        worker = mp.Process(target=work, args=(ready, go, names), name="worker")
        worker.start()
        print(ready.get(), flush=True)
        pending.start()
        go.put(True)
        print("end of main")
    """,
        ranks=5,
    )
    assert (done.status, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert first == "['last', False, 'MainProcess', 'worker']"
    assert sorted(rest) == ["child of a child", "end of main"]


def test_a_child_that_lost_its_parent_does_not_keep_the_job(play):
    """A process that is terminated ends nobody else, as with the standard library; the end of the job does."""
    done = play(
        """
        import multiprocessing as mp, time

        def orphan(ready):
            ready.put("orphan")
            time.sleep(600)

        def parent(ready, daemon):
            child = mp.Process(target=orphan, args=(ready,), daemon=daemon)
            child.start()
            child.join()

        if __name__ == "__main__":
            ready = mp.Queue()
            for daemon in (True, False):
                child = mp.Process(target=parent, args=(ready, daemon))
                child.start()
                print(ready.get())
                child.terminate()
                child.join()
                print(child.exitcode)
        """,
        ranks=5,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["orphan", "-15"] * 2


def test_a_rank_forgets_the_child_before(play):
    """Output, handles, signal handlers, the current process, threads: the next child on the rank finds none of them."""
    done = play(
        """
        import json, multiprocessing as mp, os, signal, sys, threading

        KEPT = []

        def spoil(connection):
            KEPT.append(connection)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            sys.argv.append("spoilt")
            sys.path.append("spoilt")
            os.chdir("/")
            threading.Thread(target=print, args=("a thread of its own",)).start()

        def look(queue):
            me = mp.current_process()
            queue.put([len(KEPT), sys.argv[1:], "spoilt" in sys.path, os.getcwd(), me.name, len(mp.active_children()),
                       signal.getsignal(signal.SIGTERM) is signal.SIG_IGN, threading.current_thread().name])

        if __name__ == "__main__":
            queue = mp.Queue()
            reader, writer = mp.Pipe(duplex=False)
            first = mp.Process(target=spoil, args=(writer,))
            first.start()
            writer.close()
            first.join()
            try:
                reader.recv()
            except EOFError:
                print("end of pipe")
            second = mp.Process(target=look, args=(queue,), name="second")
            second.start()
            print(json.dumps([*queue.get(), os.getcwd()]))
            second.join()
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    thread, end, line = done.stdout.splitlines()
    assert (thread, end) == ("a thread of its own", "end of pipe")
    *seen, cwd = json.loads(line)
    assert seen == [0, [], False, cwd, "second", 0, False, "MainThread"]


def test_a_rank_lets_go_what_the_child_before_has_kept_in_its_module(play):
    """The module of a program is part of a circle; 80 MB are no reason for Python to look for circles."""
    done = play(
        """
        import multiprocessing as mp, resource

        KEPT = []

        def fill(queue):
            KEPT.append(bytes(80_000_000))
            queue.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

        if __name__ == "__main__":
            queue = mp.SimpleQueue()
            for _ in range(6):
                child = mp.Process(target=fill, args=(queue,))
                child.start()
                child.join()
                print(queue.get())
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    peaks = [int(line) for line in done.stdout.splitlines()]
    assert peaks[-1] < peaks[0] + 60_000  # kB, for the whole life of the rank


def test_a_thread_that_a_child_leaves_blocked_holds_up_no_traced_code(play):
    """In Python 3.11 an exception that waits for a blocked thread keeps every traced function from beginning."""
    done = play(
        """
        import cProfile, multiprocessing as mp, queue, threading, time

        def leave_thread():
            threading.Thread(target=queue.Queue().get, daemon=True).start()

        def profile():
            with cProfile.Profile() as profile:
                sorted([3, 1, 2], key=lambda number: -number)
            print(len(profile.getstats()) > 2)

        def wait(event):
            event.set()
            time.sleep(600)

        if __name__ == "__main__":
            for target in (leave_thread, profile):
                child = mp.Process(target=target)
                child.start()
                child.join()
            event = mp.Event()
            child = mp.Process(target=wait, args=(event,))
            child.start()
            event.wait()
            child.terminate()
            child.join()
            print(child.exitcode)
        """,
        ranks=2,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "True\n-15\n", "")


@pytest.mark.parametrize(("end", "exitcode"), [("terminate", -15), ("kill", -9)])
def test_a_thread_that_an_ended_child_leaves_blocked_does_not_hold_up_the_job(play, end, exitcode):
    done = play(
        f"""
        import multiprocessing as mp, queue, threading, time

        def wait(event):
            threading.Thread(target=queue.Queue().get).start()  # no daemon: an interpreter would join it
            event.set()
            time.sleep(600)

        if __name__ == "__main__":
            event = mp.Event()
            child = mp.Process(target=wait, args=(event,))
            child.start()
            event.wait()
            child.{end}()
            child.join()
            print(child.exitcode)
        """,
        ranks=2,
    )
    assert (done.status, done.stdout, done.stderr) == (0, f"{exitcode}\n", "")


def test_a_terminated_process_takes_its_daemons_along(play):
    """A rank is a scarce thing: the next process needs it."""
    done = play(
        """
        import multiprocessing as mp, time

        def daemon(runs):
            runs.put(True)
            time.sleep(600)

        def parent(runs):
            child = mp.Process(target=daemon, args=(runs,), daemon=True)
            child.start()
            child.join()

        if __name__ == "__main__":
            for _ in range(40):  # also while it is still starting them
                runs = mp.Queue()
                child = mp.Process(target=parent, args=(runs,))
                child.start()
                runs.get()
                child.terminate()
                child.join()
        """,
        ranks=3,
    )
    assert (done.status, done.stderr) == (0, "")


def test_the_main_process_runs_on_rank_0(play):
    done = play(
        "import multiprocessing as mp\nif __name__ == '__main__':\n    print(mp.current_process().rank)\n",
        ranks=1,
    )
    assert done.stdout == "0\n"


def test_a_process_ended_in_the_middle_of_an_import_leaves_no_half_of_it(play):
    done = play(
        """
        import importlib, multiprocessing as mp

        PACKAGES = ["asyncio", "email.mime.text", "xml.dom.minidom", "unittest.mock", "http.server", "sqlite3", "ctypes.util"]
        PACKAGES += ["concurrent.futures", "logging.handlers", "json.tool", "wsgiref.simple_server", "xmlrpc.client", "pydoc"]

        def load(begun, name):
            begun.send(None)
            importlib.import_module(name)

        def load_all():
            for name in PACKAGES:
                importlib.import_module(name)

        if __name__ == "__main__":
            for name in PACKAGES:
                here, there = mp.Pipe()
                child = mp.Process(target=load, args=(there, name))
                child.start()
                here.recv()
                child.terminate()
                child.join()
                assert child.exitcode in (0, -15), child.exitcode
            last = mp.Process(target=load_all)
            last.start()
            last.join()
            print(last.exitcode)
        """,
        ranks=2,
    )
    assert (done.status, done.stdout) == (0, "0\n"), done.stderr


def test_a_pending_child_learns_that_its_parent_has_ended(play):
    done = play(
        """
        import multiprocessing as mp

        def leave_two_behind(report):
            children = [mp.Process(target=tell, args=(report,)) for _ in range(2)]
            for child in children:
                child.start()
            report.send([child.pid is None for child in children])
            for child in children:
                child.join()

        def tell(report):
            mp.parent_process().join()
            report.send(mp.parent_process().is_alive())

        if __name__ == "__main__":
            reader, report = mp.Pipe(duplex=False)
            child = mp.Process(target=leave_two_behind, args=(report,))
            child.start()
            print(reader.recv())
            child.kill()
            child.join()
            print(reader.recv(), reader.recv())
        """,
        ranks=3,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout == "[False, True]\nFalse False\n"


def test_a_child_that_cannot_be_read_lets_go_of_what_it_was_given(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__mp_main__":
            raise ImportError("no program here")

        if __name__ == "__main__":
            reader, report = mp.Pipe(duplex=False)
            child = mp.Process(target=print, args=(report,))
            child.start()
            report.close()
            try:
                reader.recv()
            except EOFError:
                child.join()
                print(child.exitcode)
        """,
        ranks=2,
    )
    assert (done.status, done.stdout) == (0, "1\n")
    assert "ImportError: no program here" in done.stderr


def test_a_signal_for_a_process_that_has_ended_does_no_harm(play):
    done = play(
        """
        import multiprocessing as mp, os, signal

        def count(numbers):
            signal.signal(signal.SIGUSR1, lambda *_: None)
            return sum(numbers)

        if __name__ == "__main__":
            child = mp.Process(target=count, args=([1],))
            child.start()
            pid = child.pid
            child.join()
            for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM):
                os.kill(pid, number)
            with mp.Pool(1, signal.signal, (signal.SIGUSR1, signal.SIG_IGN)) as pool:
                for number in (signal.SIGUSR1, signal.SIGUSR2):
                    print(pool.apply(signal.getsignal, (number,)).name)
                print(pool.apply(count, ([1, 2],)))
        """,
        ranks=2,
    )
    assert (done.status, done.stderr, done.stdout) == (0, "", "SIG_IGN\nSIG_DFL\n3\n")


def test_threads_finalizers_and_exit_calls_of_the_main_program_have_their_word_before_the_job_ends(play):
    done = play(
        """
        import atexit, multiprocessing as mp, threading, time, weakref

        def wait(queue):
            print("told", queue.get())

        class Owner:
            pass

        def interrupt():
            raise KeyboardInterrupt

        def first():
            time.sleep(0.1)
            threading.Thread(target=second).start()

        def second():
            time.sleep(0.1)
            mp.Process(target=print, args=("late",)).start()

        if __name__ == "__main__":
            queue, owner = mp.Queue(), Owner()
            mp.Process(target=wait, args=(queue,)).start()
            weakref.finalize(owner, queue.put, "the end")
            atexit.register(interrupt)
            threading.Thread(target=first).start()
        """
    )
    assert done.status == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["late", "told the end"]
    assert "Exception ignored in atexit callback" in done.stderr


def test_threads_that_the_module_of_the_program_starts_in_a_child_are_waited_for(play):
    done = play(
        """
        import multiprocessing as mp, threading, time

        def last_word(text):
            time.sleep(0.2)
            print(text)

        class Starter:
            def __setstate__(self, state):
                threading.Thread(target=last_word, args=(state["text"],)).start()

        def work(starter):
            pass

        if __name__ == "__main__":
            starter = Starter()
            starter.text = "object"
            child = mp.Process(target=work, args=(starter,))
            child.start()
            child.join()
        else:
            threading.Thread(target=last_word, args=("module",)).start()
        """,
        ranks=2,
    )
    assert done.status == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["module", "object"]
