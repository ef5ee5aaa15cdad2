"""Programs as they come: from a notebook, with many processes, with objects that cannot travel, with the logger on."""

from __future__ import annotations

NOTEBOOK = """
import multiprocessing as mp
base = 10
class Point:
    def __init__(self, x): self.x = x
def work(queue, point): queue.put(Point(point.x + base))
queue = mp.Queue()
child = mp.Process(target=work, args=(queue, Point(1)))
child.start()
point = queue.get()
child.join()
print(point.x, type(point) is Point, child.exitcode)
with mp.Pool(1) as pool: print(pool.map(lambda x: x * base, [1, 2]), pool.apply(max, (1, 2)))
"""


def test_what_a_notebook_defines_travels_though_no_file_has_it(play):
    """A notebook's kernel puts a module of its own in the place of `__main__`, whose code comes from cells."""
    done = play(
        f"""
        import sys, types

        if __name__ == "__main__":
            module = sys.modules["__main__"] = types.ModuleType("__main__")
            exec(compile({NOTEBOOK!r}, "<cell 1>", "exec"), module.__dict__)
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["11 True 0", "[10, 20] 2"]


def test_the_logger_tells_of_the_life_of_processes(play):
    done = play(
        """
        import logging, multiprocessing as mp

        def work():
            mp.get_logger().info("at work")

        if __name__ == "__main__":
            mp.log_to_stderr(logging.INFO)
            child = mp.Process(target=work, name="worker")
            child.start()
            child.join()
        """,
        ranks=2,
    )
    assert done.status == 0
    texts = [
        "child process calling self.run()",
        "at work",
        "process shutting down",
        "process exiting with exitcode 0",
    ]
    assert done.stderr.splitlines() == [
        *(f"[INFO/worker] {text}" for text in texts),
        "[INFO/MainProcess] process shutting down",
    ]


def test_a_thousand_processes_one_after_the_other(play):
    done = play(
        """
        import multiprocessing as mp, os

        def work():
            pass

        if __name__ == "__main__":
            before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else 0
            for _ in range(1000):
                child = mp.Process(target=work)
                child.start()
                child.join()
                assert child.exitcode == 0
            after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else 0
            print(after - before <= 5, len(mp.active_children()))
        """,
        ranks=3,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "True 0\n", "")


def test_the_path_to_what_cannot_be_pickled_is_named(play):
    done = play(
        """
        import multiprocessing as mp, threading

        class Model:
            def __init__(self):
                self.loss = {"f": (number for number in range(3)), "g": 1}

        class Keeper(mp.Process):
            def __init__(self):
                super().__init__()
                self.lock = threading.Lock()

        def work(*args, **kwargs):
            pass

        def closing_over():
            lock = threading.Lock()
            return lambda: lock

        if __name__ == "__main__":
            queue = mp.Queue()
            for act in (
                mp.Process(target=work, args=(1, Model())).start,
                mp.Process(target=work, kwargs={"items": [0] * 99 + [threading.Lock()]}).start,
                mp.Process(target=closing_over()).start,
                Keeper().start,
                lambda: queue.put([queue, {"model": Model()}]),
            ):
                try:
                    act()
                except Exception as error:
                    first, where, way_out = str(error).splitlines()
                    print(type(error).__name__, first.partition(" at 0x")[0], "|", where.partition(": <")[0], "|", way_out)
            print(mp.active_children(), queue.empty())
        """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    generator = "TypeError cannot pickle 'generator' object | {} | send a list of what it yields instead"
    lock = (
        "TypeError cannot pickle '_thread.lock' object | {} | use multiprocessing.Lock, or its kin, instead"
    )
    *lines, last = done.stdout.splitlines()
    assert (
        lines.pop(2)
        .partition(" | ")[2]
        .startswith("target, variable 'lock' of closing_over.<locals>.<lambda>")
    )
    assert lines == [
        generator.format("argument 2, attribute .loss, key 'f'"),
        lock.format("argument 'items', item 99"),
        lock.format("attribute .lock"),
        generator.format("item 1, key 'model', attribute .loss, key 'f'"),
    ]
    assert last == "[] True"


def test_a_pool_without_a_guard_is_no_storm(play):
    done = play(
        """
        import multiprocessing as mp

        pool = mp.Pool(2)
        print(pool.map(abs, [1, 2]))
        """,
    )
    assert done.status not in (0, 124) and done.stdout == ""
    assert 1 <= done.stderr.count("if __name__ == '__main__':") <= 10
    assert "RuntimeError" in done.stderr and "bootstrapping phase" in done.stderr


def test_waits_of_the_main_process_can_be_interrupted_from_the_keyboard(play):
    done = play(
        """
        import multiprocessing as mp, os, signal, threading, time

        def hold(queue):
            queue.put(True)
            time.sleep(600)

        if __name__ == "__main__":
            queue, lock = mp.Queue(), mp.Lock()
            child = mp.Process(target=hold, args=(queue,))
            child.start()
            queue.get()
            lock.acquire()
            with mp.Pool(1) as pool:
                for wait in (child.join, queue.get, lock.acquire, lambda: pool.apply(time.sleep, (600,))):
                    try:
                        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
                        wait()
                    except KeyboardInterrupt:
                        print("interrupted", child.is_alive(), flush=True)
            child.interrupt()
            child.join()
            print(child.exitcode)
        """,
        ranks=3,
    )
    assert (done.status, done.stdout.splitlines()) == (0, ["interrupted True"] * 4 + ["1"])
    assert done.stderr.count("Traceback") == 1 and done.stderr.rstrip().endswith("KeyboardInterrupt")


def test_a_daemon_that_ignores_everything_does_not_keep_the_job(play):
    done = play(
        """
        import multiprocessing as mp, signal, time

        def stay(queue):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            queue.put(True)
            while True:
                try:
                    time.sleep(600)
                except BaseException:
                    print("never")

        if __name__ == "__main__":
            queue = mp.Queue()
            mp.Process(target=stay, args=(queue,), daemon=True).start()
            queue.get()
        """,
        ranks=2,
    )
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_what_is_registered_for_pickling_holds_beside_a_lambda(play):
    done = play(
        """
        import multiprocessing as mp
        from multiprocessing.reduction import ForkingPickler

        class Handle:
            def __init__(self, number):
                self.number = number

            def __getstate__(self):
                raise TypeError("only by its number")

        def reduce(handle):
            return Handle, (handle.number * 10,)

        if __name__ == "__main__":
            ForkingPickler.register(Handle, reduce)
            reader, writer = mp.Pipe(duplex=False)
            writer.send((Handle(4), lambda: 2))  # what plain pickle cannot carry
            handle, function = reader.recv()
            print(handle.number, function())
        """
    )
    assert (done.status, done.stderr, done.stdout) == (0, "", "40 2\n")
