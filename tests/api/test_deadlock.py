"""Processes that wait for one that has no rank: told, with who waits where; what only looks like it goes on."""

from __future__ import annotations

import re

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
    done = play(PENDING_AT_A_BARRIER, ranks=3)
    assert done.status == 1
    assert "nothing can go on: 2 processes wait for a free rank, and all 3 ranks are blocked" in done.stderr
    for rank, process, line in ((0, "MainProcess", 13), (1, "Process-1", 5), (2, "Process-2", 5)):
        assert re.search(rf"rank {rank}, {process}: \S*prog\.py:{line} in ", done.stderr), done.stderr
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
                print(str(error).splitlines()[0])
            for number in range(3):
                inbox.put(number)
            print(sorted(outbox.get() for _ in range(3)))
            for child in children:
                child.join()
        """,
        ranks=3,
    )
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines() == [
        "nothing can go on: 1 process waits for a free rank, and all 3 ranks are blocked:",
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
    )
    assert done.status == 1
    assert "mpiexec -n 3" in done.stderr


# Each of these waits for longer than the watch needs to look twice, with a pending child, and goes on by itself.
GOES_ON = """
    import multiprocessing as mp, signal, socket, threading, time
    from multiprocessing.connection import wait

    def sleeps(queue):
        time.sleep(1.5)
        queue.put("slept")

    def times_out(queue):
        try:
            mp.Queue().get(timeout=1.5)
        except Exception as error:
            queue.put(type(error).__name__)

    def has_a_thread(queue):
        event = threading.Event()
        thread = threading.Timer(1.5, queue.put, ["from a thread"])
        thread.start()
        mp.Pipe()[0].poll(1.5)
        thread.join()

    def has_a_timer(queue):
        def ring(number, frame):
            queue.put("rang")
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyError
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 1.5)
        end = mp.Pipe()
        try:
            end[0].recv()
        except KeyError:
            pass

    def reads_a_socket(queue):
        here, there = socket.socketpair()
        threading.Timer(1.5, there.send, [b"x"]).start()
        wait([here, mp.Pipe()[0]])
        queue.put("read")

    ALL = [sleeps, times_out, has_a_thread, has_a_timer, reads_a_socket]

    def nothing():
        pass

    if __name__ == "__main__":
        for target in ALL:
            queue = mp.Queue()
            child = mp.Process(target=target, args=(queue,))
            child.start()
            pending = mp.Process(target=nothing)
            pending.start()
            print(queue.get())
            child.join()
            pending.join()
"""


def test_what_sleeps_or_has_a_time_limit_a_thread_a_timer_or_a_socket_is_not_stuck(play):
    done = play(GOES_ON, ranks=2)
    assert done.status == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == ["slept", "Empty", "from a thread", "rang", "read"]
