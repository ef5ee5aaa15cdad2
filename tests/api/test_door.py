"""Programs that come to need the other ranks late, in an unusual way, or never: what they load, and how they end."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mpiprocessing.core.main import LEAD_TO_US

UNUSED = """
    import sys

    def check():
        print(*{"msgspec", "multiprocessing", "mpiprocessing.core.job"} & set(sys.modules), "nothing loaded", flush=True)
    """


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize(
    ("end", "status", "errors"),
    [
        ("", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('good-bye')", 1, "good-bye\n"),
        ("raise KeyError('lost')", 1, "KeyError: 'lost'\n"),
        ("import os; os._exit(5)", 5, ""),
        (
            "import threading, os; threading.Thread(target=os._exit, args=(6,)).start(); threading.Event().wait(60)",
            6,
            "",
        ),
    ],
)
def test_a_program_without_children_ends_as_under_python_alone(play, ranks, end, status, errors):
    done = play(f"{UNUSED}\n    check()\n    {end}\n", ranks=ranks)
    assert (done.status, done.stdout) == (status, "nothing loaded\n"), done.stderr
    assert errors in done.stderr


def test_what_comes_at_the_end_of_a_program_without_children_comes_in_order(play):
    done = play(
        """
        import atexit, threading
        atexit.register(print, "exit call")
        printed = threading.Event()
        def work():
            printed.wait()
            threading.main_thread().join(0.01)
            print("thread")
        threading.Thread(target=work).start()
        print("program")
        printed.set()
        """
    )
    assert (done.status, done.stdout) == (0, "program\nthread\nexit call\n"), done.stderr


USE = """
    def work(queue):
        queue.put("worked")

    def use(mp):
        queue = mp.Queue()
        child = mp.Process(target=work, args=(queue,))
        child.start()
        print(queue.get())
        child.join()
        print(child.exitcode)
    """


@pytest.mark.parametrize(
    "source",
    [
        "import multiprocessing as mp",
        "import mpiprocessing as mp",
        "from multiprocessing import context; mp = context._default_context",
        "from mpiprocessing.context import _default as mp",
        "from mpiprocessing import pool, context; mp = context.get_context('fork')",
        "import concurrent.futures.process, sys; mp = sys.modules['multiprocessing']",
        "import multiprocessing.queues as first; mp = __import__('multiprocessing')",
    ],
)
def test_however_a_program_comes_to_need_the_ranks_they_are_there(play, source):
    done = play(f"{USE}\n    if __name__ == '__main__':\n        {source}\n        use(mp)")
    assert (done.status, done.stdout, done.stderr) == (0, "worked\n0\n", "")


@pytest.mark.parametrize(
    "late",
    [
        "import threading; threading.Thread(target=start).start()",
        "import atexit; atexit.register(start)",
        "import threading; thread = threading.Thread(target=start); thread.start(); thread.join()",
    ],
)
def test_a_program_may_come_to_need_the_ranks_when_its_main_part_is_over(play, late):
    done = play(
        f"""{USE}
    def start():
        import multiprocessing
        use(multiprocessing)

    if __name__ == "__main__":
        {late}
        """
    )
    assert (done.status, done.stdout, done.stderr) == (0, "worked\n0\n", "")


def test_several_threads_may_come_to_need_the_ranks_at_the_same_time(play):
    done = play(
        f"""{USE}
    import threading
    together = threading.Barrier(4)

    def start(name):
        together.wait()
        mp = __import__(name, fromlist=["Queue"])
        queue = mp.Queue()
        queue.put(name)
        assert queue.get() == name

    if __name__ == "__main__":
        names = ["multiprocessing", "mpiprocessing", "multiprocessing", "mpiprocessing"]
        threads = [threading.Thread(target=start, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        import multiprocessing
        use(multiprocessing)
        """
    )
    assert (done.status, done.stdout, done.stderr) == (0, "worked\n0\n", "")


def test_modules_are_the_same_however_they_were_loaded(play):
    done = play(
        """
        import multiprocessing.pool, importlib, sys
        import mpiprocessing.pool
        assert multiprocessing is sys.modules["multiprocessing"] is importlib.import_module("multiprocessing")
        assert multiprocessing.__spec__.name == "multiprocessing"
        assert multiprocessing.__spec__.loader is multiprocessing.__loader__
        assert "SourceFileLoader" in repr(multiprocessing.__spec__)
        assert multiprocessing.pool.Pool is mpiprocessing.pool.Pool is sys.modules["mpiprocessing"].pool.Pool
        importlib.reload(importlib.import_module("multiprocessing.dummy"))
        print("same")
        """
    )
    assert (done.status, done.stdout, done.stderr) == (0, "same\n", "")


def test_what_a_program_without_children_forks_is_no_rank(play):
    done = play(
        """
        import os, sys
        child = os.fork()
        if not child:
            import multiprocessing
            print("forked", flush=True)
            sys.exit(4)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )
    assert (done.status, done.stdout) == (0, "forked\n4\n"), done.stderr


def test_every_library_that_is_led_to_ours_is_known_at_the_door():
    code = (
        "from mpiprocessing.core import importing\n"
        "from mpiprocessing.clients import libraries\n"
        "libraries.lead()\n"
        "print(*importing._finder.packages, *importing._finder.steps)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    led = done.stdout.split()
    assert led
    assert all(name in LEAD_TO_US or name.split(".")[0] in LEAD_TO_US for name in led)
