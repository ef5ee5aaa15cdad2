"""Pools where the standard library waits for ever; and what only ranks have."""

from __future__ import annotations

PARTS = """
    import multiprocessing as mp

    class Refusal(Exception):
        def __init__(self, code, text):
            super().__init__(text)  # pickle calls it with the text alone

    class Shy:
        def __reduce__(self):
            return refuse, ("a result",)

    class Mute:
        def __reduce__(self):
            raise TypeError("cannot pickle it")

        def __repr__(self):
            raise ValueError("cannot show it")

    class Unreadable:
        def __reduce__(self):
            return refuse, ("a function",)

        def __call__(self, number):
            return number

    def refuse(what):
        raise OSError(f"cannot read {what}")

    def task(kind):
        if kind == "exception":
            raise Refusal(3, "no")
        return {"result": Shy, "mute": Mute}[kind]()
"""


def test_what_cannot_be_read_again_is_told_and_nobody_waits_for_ever(play):
    done = play(
        PARTS
        + """
    if __name__ == "__main__":
        with mp.Pool(2) as pool:
            for kind in ("exception", "result", "mute"):
                for call in (pool.apply, lambda f, x: pool.map(f, x), lambda f, x: next(pool.imap(f, x))):
                    try:
                        call(task, [kind])
                    except Exception as error:
                        print(type(error).__name__, str(error).splitlines()[0])
            failed = []
            pool.apply_async(task, ["result"], callback=print, error_callback=failed.append).wait()
            print(failed)
            for _ in range(2):
                try:
                    pool.map(Unreadable(), [1, 2, 3], chunksize=1)
                except OSError as error:
                    print(error)
            print(pool.apply(abs, (-1,)))
        """
    )
    assert done.status == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(
        line.startswith("MaybeEncodingError Error sending result: ''Refusal: no") for line in lines[:3]
    )
    assert lines[3:6] == 3 * ["OSError cannot read a result"]
    assert all(line.startswith("MaybeEncodingError Error sending result: ") for line in lines[6:9])
    assert lines[9:] == ["[OSError('cannot read a result')]", *2 * ["cannot read a function"], "1"]


def test_a_pool_that_is_terminated_tells_those_who_wait(play):
    done = play(
        """
        import multiprocessing as mp, threading

        def block(_):
            threading.Event().wait()

        def get(call):
            try:
                call()
            except mp.ProcessError as error:
                told.append(str(error).partition(" (")[0])

        told = []

        if __name__ == "__main__":
            pool = mp.Pool(2)
            result, results = pool.map_async(block, range(4), 1), pool.imap(block, range(4))
            threads = [threading.Thread(target=get, args=(call,)) for call in (result.get, results.next)]
            for thread in threads:
                thread.start()
            pool.terminate()
            for thread in threads:
                thread.join()
            print(*sorted(told), sep="\\n")
            for call in (lambda: result.get(0.01), lambda: results.next(0.01)):
                try:
                    call()
                except mp.TimeoutError:
                    print("timeout", result.ready())
        """
    )
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == [
        "the pool was terminated before it had ended this call",
        "the pool was terminated before its worker had ended this call",
        "timeout False",
        "timeout False",
    ]


def test_callbacks_that_raise_and_callbacks_that_map(play):
    done = play(
        """
        import multiprocessing as mp

        def fail(result):
            raise ArithmeticError("in a callback")

        def more(result):
            found.append(pool.map(abs, [-1, -2]))

        if __name__ == "__main__":
            found = []
            with mp.Pool(2) as pool:
                print(pool.apply_async(abs, (-3,), callback=fail).get())
                pool.apply_async(abs, (-3,), callback=more).wait()
                print(found, pool.map(abs, [-4]))
        """
    )
    assert (done.status, done.stdout) == (0, "3\n[[1, 2]] [4]\n"), done.stderr
    assert done.stderr.count("ArithmeticError: in a callback") == 1


def test_ctrl_c_while_arguments_are_pickled_leaves_a_pool_that_can_be_joined(play):
    done = play(
        """
        import multiprocessing as mp

        class Interrupted:
            def __reduce__(self):
                raise KeyboardInterrupt("ctrl-c")

        if __name__ == "__main__":
            pool = mp.Pool(2)
            try:
                pool.map(abs, [-1] * 600 + [Interrupted(), -1], chunksize=1)
            except KeyboardInterrupt as error:
                print(error)
            print(pool.map(abs, [-4]))
            pool.close()
            pool.join()
            print("joined")
        """
    )
    assert (done.status, done.stdout) == (0, "ctrl-c\n[4]\njoined\n"), done.stderr


def test_a_result_that_ctrl_c_has_kept_from_being_read_is_not_none(play):
    done = play(
        """
        import multiprocessing as mp

        class Interrupted:
            def __reduce__(self):
                return interrupt, ()

        def interrupt():
            raise KeyboardInterrupt("ctrl-c")

        def make():
            return Interrupted()

        if __name__ == "__main__":
            with mp.Pool(1) as pool:
                result = pool.apply_async(make)
                for _ in range(2):
                    try:
                        print(result.get())
                    except KeyboardInterrupt as error:
                        print(error)
                print(result.successful())
        """
    )
    assert (done.status, done.stdout) == (0, "ctrl-c\nctrl-c\nFalse\n"), done.stderr


def test_imap_reads_ahead_only_so_far(play):
    done = play(
        """
        import itertools, multiprocessing as mp, time

        def same(item):
            return item

        def numbers(read):
            for number in itertools.count():
                read.append(number)
                yield bytes(1_000_000)

        def still(read):
            before = -1
            while before != len(read):
                before = len(read)
                time.sleep(0.3)
            return before

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                for act, size in ((pool.imap, 1), (pool.imap_unordered, 1), (pool.imap, 5)):
                    read = []
                    results = act(same, numbers(read), size)
                    for _ in range(10):
                        next(results)
                    while len(read) < 60:
                        time.sleep(0.01)
                    ahead = still(read) - 10
                    assert 50 <= ahead <= 80, ahead
            print("ok")
        """
    )
    assert (done.status, done.stdout) == (0, "ok\n"), done.stderr


def test_an_iterable_that_blocks_does_not_keep_the_pool(play):
    done = play(
        """
        import gc, multiprocessing as mp, threading

        def numbers():
            yield 1
            threading.Event().wait()

        if __name__ == "__main__":
            pool = mp.Pool(2)
            results = pool.imap(abs, numbers())
            print(next(results))
            pool.terminate()
            pool.join()
            pool = mp.Pool(2)
            results = pool.imap(abs, numbers())
            print(next(results))
            workers = list(pool._pool)
            del pool, results
            gc.collect()
            for worker in workers:
                worker.join()
            with mp.Pool(2) as pool:
                print(pool.map(abs, range(3)))
        """
    )
    assert (done.status, done.stdout) == (0, "1\n1\n[0, 1, 2]\n"), done.stderr


def test_a_pool_nobody_refers_to_gives_its_ranks_back(play):
    done = play(
        """
        import gc, multiprocessing as mp, threading, warnings

        def block(_):
            threading.Event().wait()

        if __name__ == "__main__":
            warnings.simplefilter("ignore", ResourceWarning)
            for make in (
                lambda pool: None,
                lambda pool: pool.map_async(block, range(4), 1),
                lambda pool: pool.imap(block, range(4)),
                lambda pool: pool.apply_async(block, (1,), callback=print),
            ):
                pool = mp.Pool()
                make(pool)
                workers = list(pool._pool)
                del pool
                gc.collect()
                for worker in workers:
                    worker.join()
            with mp.Pool() as pool:
                print(pool.size, pool._processes, pool.map(abs, range(3)))
        """
    )
    assert (done.status, done.stdout) == (0, "2 2 [0, 1, 2]\n"), done.stderr


def test_shared_objects_inside_functions_and_arguments(play):
    done = play(
        """
        import functools, multiprocessing as mp, threading

        def put(queue, number):
            queue.put(number)

        def block(_):
            threading.Event().wait()

        def hold(connection):
            pass

        if __name__ == "__main__":
            queue = mp.Queue()
            with mp.Pool(2) as pool:
                for _ in range(40):  # more functions than a worker keeps
                    pool.map(functools.partial(put, queue), range(4), chunksize=1)
                pool.starmap(put, [(queue, number) for number in range(4)], chunksize=1)
            print(sorted(queue.get() for _ in range(164)) == sorted([*range(4)] * 41))
            reader, writer = mp.Pipe(duplex=False)
            pool = mp.Pool(2)
            stuck = pool.map_async(block, range(2), chunksize=1)
            never = pool.map_async(hold, [writer] * 20, chunksize=1)  # some wait here, some at the workers
            writer.close()
            pool.terminate()
            del never, pool
            try:
                reader.recv()
            except EOFError:
                print("nobody holds the writer")
        """
    )
    assert (done.status, done.stdout) == (0, "True\nnobody holds the writer\n"), done.stderr


def test_a_pool_within_a_task_says_the_way_out(play):
    done = play(
        """
        import multiprocessing as mp

        def nested(_):
            mp.Pool(1)

        if __name__ == "__main__":
            with mp.Pool(1) as pool:
                try:
                    pool.apply(nested, (1,))
                except AssertionError as error:
                    print(error)
        """
    )
    assert done.status == 0, done.stderr
    first, second, *_ = done.stdout.splitlines()
    assert first == "daemonic processes are not allowed to have children"
    assert second.strip().startswith("PoolWorker-1 on rank 1 is a daemon")


def test_a_large_function_travels_once_to_each_worker(count):
    counted = count(
        """
        import multiprocessing as mp

        class Table:
            def __init__(self):
                self.rows = bytes(range(256)) * 4000

            def row(self, number):
                return self.rows[number]

        if __name__ == "__main__":
            table = Table()
            with mp.Pool(2) as pool:
                for _ in range(3):
                    assert pool.map(table.row, range(64), chunksize=1) == [*range(64)]
                    assert list(pool.imap(table.row, range(64))) == [*range(64)]
                    assert pool.apply(table.row, (7,)) == 7
        """
    )
    assert counted.messages("PoolFunction") <= 2
    assert counted.figures["bytes"] < 2 * 1_024_000 + 200_000


def test_results_do_not_depend_on_the_number_of_ranks(play):
    program = """
        import multiprocessing as mp, random

        def walk(seed):
            numbers = random.Random(seed)
            return [numbers.random() for _ in range(seed % 7)]

        if __name__ == "__main__":
            with mp.Pool() as pool:
                print(pool.map(walk, range(40)))
                print(list(pool.imap(walk, range(40))), list(pool.imap(walk, range(40), 7)))
                print(pool.starmap(divmod, [(number, 7) for number in range(40)], 3))
    """
    outputs = set()
    for ranks in (2, 3, 5):
        done = play(program, ranks=ranks)
        assert done.status == 0, done.stderr
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_a_pool_for_which_no_rank_is_free(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            first, second = mp.Pool(2), mp.Pool(3)
            result = second.apply_async(abs, (-1,))
            print(first.map(abs, [-2]), result.ready(), flush=True)
            first.close()
            first.join()
            print(result.get())
            third = mp.Pool()
            third.close()  # it waits for a rank, and for nothing to do there
            third.join()
            second.close()
            second.join()
        """
    )
    assert (done.status, done.stdout) == (0, "[2] False\n1\n"), done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("mpiprocessing:")]
    assert lines == [
        "mpiprocessing: a pool of 3 workers was asked for and no rank was free: its one worker waits for a rank "
        "(start the job with mpiexec -n 6 for 3)"
    ]


def test_what_cannot_be_sent_is_named_as_its_caller_knows_it(play):
    done = play(
        """
        import multiprocessing as mp

        class Model:
            def __init__(self):
                self.loss = {"f": (number for number in range(3))}

        def work(a, b=None):
            pass

        if __name__ == "__main__":
            bad = Model()
            with mp.Pool(1) as pool:
                for call in (
                    lambda: pool.apply(work, (1, bad)),
                    lambda: pool.apply(work, (1,), {"b": bad}),
                    lambda: pool.map(work, [*range(30), bad], chunksize=7),
                    lambda: pool.starmap(work, [(1, 2), (3, bad)]),
                    lambda: list(pool.imap(work, [*range(30), bad])),
                    lambda: list(pool.imap(work, [*range(30), bad], chunksize=7)),
                ):
                    try:
                        call()
                    except TypeError as error:
                        print(str(error).splitlines()[1].partition(": ")[0])
        """
    )
    rest = ", attribute .loss, key 'f'"
    places = ["argument 2", "argument 'b'", "item 30", "item 1, argument 2", "item 30", "item 30"]
    assert done.stdout.splitlines() == [place + rest for place in places], done.stderr


def test_the_results_of_a_thread_that_was_ended_while_it_read_harm_nobody(play):
    """As with its process: between submitting a task and counting it. What then comes for the task has nowhere to go."""
    done = play(
        """
        import multiprocessing as mp
        from mpiprocessing.pools.imap import Feed

        def double(number):
            return 2 * number

        if __name__ == "__main__":
            submit = Feed._submit

            def torn(self, part, content):
                submit(self, part, content)
                if part == 1:
                    raise SystemExit("ended")

            with mp.Pool(2) as pool:
                Feed._submit = torn
                results = pool.imap(double, range(5))
                print(next(results))
                try:
                    print(next(results))
                except SystemExit as error:
                    print(error)
                Feed._submit = submit
                print(list(pool.imap(double, range(5))), pool.map(double, range(5)))
        """
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout in (f"0\n{second}\n[0, 2, 4, 6, 8] [0, 2, 4, 6, 8]\n" for second in ("ended", "2"))


def test_the_last_result_that_comes_just_when_there_was_none_to_take_is_taken(play, tmp_path):
    done = play(
        f"""
        import multiprocessing as mp

        def take_late(results):
            feed = results._feed
            take = feed.take

            def take_and_wait():
                taken = take()
                results._runtime.drive_until(lambda: feed.index == feed.length)  # as another thread may do it just here
                return taken

            feed.take = take_and_wait
            return list(results)

        if __name__ == "__main__":
            with mp.Pool(1) as pool:
                print(take_late(pool.imap(abs, [-1])), take_late(pool.imap_unordered(abs, [-2])))
                print(take_late(pool.imap(abs, [-3], checkpoint={str(tmp_path / "kept")!r})))
        """,
        ranks=2,
    )
    assert (done.status, done.stdout) == (0, "[1] [2]\n[3]\n"), done.stderr


def test_a_global_that_only_the_parent_has_is_explained(play):
    done = play(
        """
        import multiprocessing as mp, sys

        def scale(x):
            return factor * x

        if __name__ == "__main__":
            factor = 3
            child = mp.Process(target=scale, args=(1,))
            child.start()
            child.join()
            with mp.Pool(1) as pool:
                pool.map(scale, [1, 2])
        """
    )
    assert done.status == 1
    assert done.stderr.count("sees no 'factor' that is assigned below `if __name__") == 2, done.stderr


def test_a_pool_that_gets_no_rank_says_so(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            with mp.Pool() as first:
                second = mp.Pool()
                first.close()
                first.join()
                print(second.map(abs, [-1, 2]))
        """
    )
    assert (done.status, done.stdout) == (0, "[1, 2]\n")
    assert (
        "a pool of 2 workers was asked for and no rank was free: its one worker waits for a rank"
        in done.stderr
    )
