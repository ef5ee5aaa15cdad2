"""Managers in real runs: what is different from the standard library, and what they cost."""

from __future__ import annotations

CALLS = 200


def test_a_manager_and_one_child_need_two_ranks_and_a_call_two_messages_at_most(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def work(table, items):
            for number in range({CALLS}):
                table[number] = number
                assert table[number] == number
            items.append("done")

        if __name__ == "__main__":
            with mp.Manager() as manager:
                table, items = manager.dict(), manager.list()
                child = mp.Process(target=work, args=(table, items))
                child.start()
                child.join()
                for number in range({CALLS}):
                    assert table[number] == number
                assert items[:] == ["done"]
        """,
        ranks=2,
    )
    # The first item is set by a request, which is answered; the others are told.
    assert counted.messages("Referent*") == 2 + (CALLS - 1) + 2 * CALLS + 2


def test_a_manager_and_iterators_can_be_used_in_every_process(play):
    done = play(
        """
        import multiprocessing as mp

        def work(manager, table):
            table["made there"] = manager.list([1, 2])
            print([key for key in table], list(table["made there"]), flush=True)

        if __name__ == "__main__":
            with mp.Manager() as manager:
                table = manager.dict(a=1)
                child = mp.Process(target=work, args=(manager, table))
                child.start()
                child.join()
                print(table["made there"][:])
        """,
        ranks=2,
    )
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == ["['a', 'made there'] [1, 2]", "[1, 2]"]


def test_errors_bring_the_traceback_of_the_managers_side(play):
    done = play(
        """
        import multiprocessing as mp
        from multiprocessing.managers import BaseManager

        class Account:
            def withdraw(self, amount):
                raise ValueError("no money")

        BaseManager.register("Account", Account)

        if __name__ == "__main__":
            with BaseManager() as manager:
                manager.Account().withdraw(1)
        """
    )
    assert done.status == 1
    assert 'raise ValueError("no money")' in done.stderr.split("direct cause")[0]


def test_callers_learn_that_a_manager_has_ended_with_its_process(play):
    done = play(
        """
        import multiprocessing as mp

        def manage(connection):
            manager = mp.Manager()
            queue, table = manager.Queue(), manager.dict(a=1)
            connection.send((queue, table))
            connection.recv()

        def get(queue, ready):
            ready.set()
            try:
                queue.get()
            except (EOFError, OSError) as error:
                print(error, flush=True)

        if __name__ == "__main__":
            here, there = mp.Pipe()
            keeper = mp.Process(target=manage, args=(there,))
            keeper.start()
            queue, table = here.recv()
            assert table["a"] == 1
            ready = mp.Event()
            child = mp.Process(target=get, args=(queue, ready))
            child.start()
            ready.wait()
            keeper.terminate()
            keeper.join()
            child.join()
            try:
                table["a"]
            except BrokenPipeError as error:
                print(error)
        """
    )
    assert done.status == 0, done.stderr
    assert done.stdout.count("the manager SyncManager-1:1 on rank 1 has ") == 2


def test_a_blocked_call_is_interrupted_by_a_signal(play):
    done = play(
        """
        import multiprocessing as mp
        import os
        import signal
        import threading

        if __name__ == "__main__":
            with mp.Manager() as manager:
                queue = manager.Queue()
                waiting = manager.Event()
                thread = threading.Thread(target=lambda: (waiting.wait(), os.kill(os.getpid(), signal.SIGINT)))
                thread.start()
                try:
                    waiting.set()
                    queue.get()
                except KeyboardInterrupt:
                    queue.put("again")
                thread.join()
                print(manager.list(["still works"])[0])
        """,
        ranks=1,
    )
    assert done.status == 0, done.stderr
    assert done.stdout == "still works\n"
