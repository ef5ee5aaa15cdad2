"""Workers that end before their time: their tasks fail by name, the pool goes on, and no storm of new ones begins."""

from __future__ import annotations


def test_tasks_whose_worker_ends_fail_and_the_others_do_not(play):
    done = play(
        """
        import multiprocessing as mp, os, sys, time

        def task(number):
            if number == 2:
                sys.exit(7)
            if number == 4:
                raise KeyboardInterrupt
            return number

        def outcomes(results):
            while True:
                try:
                    yield next(results)
                except StopIteration:
                    return
                except mp.ProcessError as error:
                    yield str(error).partition(" ended ")[2]

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                print(list(outcomes(pool.imap(task, range(6)))))
                for call in (lambda: pool.apply(task, (2,)), lambda: pool.map(task, range(6), chunksize=1)):
                    try:
                        call()
                    except mp.ProcessError as error:
                        assert "PoolWorker-" in str(error) and "on rank" in str(error), error
                print(pool.map(abs, range(4)))
                while len(mp.active_children()) != 2:  # one may still be on its way
                    time.sleep(0.01)
        """
    )
    assert done.status == 0, done.stderr
    outcomes, after = done.stdout.splitlines()
    assert outcomes == "[0, 1, 'with exit code 7 during its task', 3, 'with exit code 1 during its task', 5]"
    assert after == "[0, 1, 2, 3]"


def test_what_ran_before_a_task_that_ends_its_worker_is_not_lost_and_runs_once(play):
    done = play(
        """
        import multiprocessing as mp, os, sys

        def task(number):
            if number in ends:
                ran.put(number)
                (sys.exit if number % 2 else os._exit)(5)
            return number

        def begin(queue):
            global ran
            ran = queue

        ends = {501, 1000, 1502}  # by then it is known that the others are short: several travel together

        if __name__ == "__main__":
            ran = mp.Queue()
            with mp.Pool(2, begin, (ran,)) as pool:
                found, results = [], pool.imap(task, range(2000))
                while True:
                    try:
                        found.append(next(results))
                    except StopIteration:
                        break
                    except mp.ProcessError as error:
                        assert "with exit code 5 during its task" in str(error), error
                print(found == [number for number in range(2000) if number not in ends])
                print(sorted(ran.get() for _ in ends) == sorted(ends), ran.empty())
        """
    )
    assert (done.status, done.stdout) == (0, "True\nTrue True\n"), done.stderr


def test_a_long_task_behind_short_ones_holds_up_no_result(play):
    done = play(
        """
        import multiprocessing as mp, time

        def task(number):
            if number == 1500:
                time.sleep(1000)
            return number

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                results = pool.imap_unordered(task, range(2000))
                print(sorted(next(results) for _ in range(1999)) == [n for n in range(2000) if n != 1500])
        """
    )
    assert (done.status, done.stdout) == (0, "True\n"), done.stderr


def test_a_worker_that_is_ended_from_outside_is_replaced(play):
    done = play(
        """
        import multiprocessing as mp, threading

        def block(begun):
            begun.put(None)
            threading.Event().wait()

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                begun = mp.Queue()
                worker = pool._pool[0]
                worker.terminate()
                worker.join()
                print(pool.map(abs, range(8), chunksize=1))
                stuck = [pool.apply_async(block, (begun,)) for _ in range(2)]
                begun.get(), begun.get()
                for worker in list(pool._pool):
                    worker.kill()
                for result in stuck:
                    try:
                        result.get()
                    except mp.ProcessError as error:
                        print(str(error).partition(" ended ")[2])
                print(pool.map(abs, range(8), chunksize=1))
        """
    )
    assert done.status == 0, done.stderr
    numbers = "[0, 1, 2, 3, 4, 5, 6, 7]"
    assert done.stdout.splitlines() == [numbers, *2 * ["with exit code -9 during its task"], numbers]


def test_a_pool_whose_process_is_ended_starts_no_more_workers(play):
    """Its workers are ended with the process; a pool that took that for the end of a worker had its ranks for ever."""
    done = play(
        """
        import multiprocessing as mp, time

        def keep_pool(connection):
            pool, manager = mp.Pool(2), mp.Manager()
            table = manager.dict(enumerate(pool.map(abs, range(4))))
            connection.send(dict(table))
            time.sleep(600)

        if __name__ == "__main__":
            for number in range(12):
                receiver, sender = mp.Pipe(duplex=False)
                child = mp.Process(target=keep_pool, args=(sender,))
                child.start()
                assert receiver.recv() == {0: 0, 1: 1, 2: 2, 3: 3}
                child.terminate() if number % 2 else child.kill()
                child.join()
            print(child.exitcode)
        """,
        ranks=4,
    )
    assert (done.status, done.stdout) == (0, "-15\n"), done.stderr
    assert "Traceback" not in done.stderr


def test_an_initializer_that_raises_makes_tasks_fail_and_starts_no_storm(play):
    done = play(
        """
        import multiprocessing as mp

        def begin(word):
            raise LookupError(f"no {word} here")

        if __name__ == "__main__":
            pool = mp.Pool(2, begin, ("table",))
            results = pool.imap(abs, range(3))
            for call in (lambda: pool.map(abs, range(4)), lambda: pool.apply(abs, (1,)), lambda: next(results)):
                try:
                    call()
                except mp.ProcessError as error:
                    print(str(error).splitlines()[0].partition("because ")[2])
                    assert "in begin" in str(error) and type(error.__cause__) is LookupError
            pool.close()
            pool.join()
            print(len(list(mp.active_children())))
        """
    )
    assert done.status == 0, done.stderr
    why = "its initializer raised LookupError('no table here')"
    assert done.stdout.splitlines() == [why, why, why, "0"]
    assert (
        done.stderr.count("Process PoolWorker-") <= 3
    )  # a round of workers, and who took the first one's place


def test_workers_that_end_before_their_first_task(play):
    done = play(
        """
        import multiprocessing as mp, sys

        if __name__ == "__main__":
            with mp.Pool(2, sys.exit, (4,)) as pool:
                try:
                    pool.map(abs, range(4))
                except mp.ProcessError as error:
                    print(error)
        """
    )
    assert done.status == 0, done.stderr
    assert "in a row ended before they were ready for a task" in done.stdout
    assert "with exit code 4" in done.stdout


def test_an_initializer_that_fails_once_in_a_while_costs_nothing(play):
    done = play(
        """
        import multiprocessing as mp

        def begin(counter, lock):
            with lock:
                number = counter.recv()
            if number % 2:
                raise OSError("not this time")

        if __name__ == "__main__":
            reader, writer = mp.Pipe(duplex=False)
            for number in range(1, 40):
                writer.send(number)
            with mp.Pool(2, begin, (reader, mp.Lock()), 2) as pool:
                print(pool.map(abs, range(12), chunksize=1))
        """
    )
    assert (done.status, done.stdout) == (0, "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]\n"), done.stderr


def test_pools_whose_workers_end_at_once(play):
    done = play(
        """
        import multiprocessing as mp, sys

        if __name__ == "__main__":
            for number in (1, 2) * 10:
                with mp.Pool(number, sys.exit) as pool:
                    try:
                        pool.apply(abs, (1,))
                    except mp.ProcessError as error:
                        assert "in a row ended before they were ready" in str(error), error
            print("ok")
        """
    )
    assert (done.status, done.stdout) == (0, "ok\n"), done.stderr
