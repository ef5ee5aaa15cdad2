"""Locks, semaphores, conditions and events where we promise more than the standard library, or something else."""

from __future__ import annotations


def test_they_may_be_sent_to_a_process_that_runs(play):
    done = play(
        """
        import multiprocessing as mp

        def serve(inbox, outbox):
            lock, rlock, semaphore, condition, event = inbox.recv()
            with lock, rlock, rlock, condition:
                condition.notify()
            semaphore.release()
            event.set()
            outbox.put([lock, rlock, semaphore, condition, event])

        if __name__ == "__main__":
            inbox, (mine, theirs) = mp.Queue(), mp.Pipe()
            child = mp.Process(target=serve, args=(theirs, inbox))
            child.start()
            things = mp.Lock(), mp.RLock(), mp.Semaphore(0), mp.Condition(), mp.Event()
            lock, rlock, semaphore, condition, event = things
            with condition:
                mine.send(things)
                assert condition.wait()
            assert semaphore.acquire() and event.wait()
            same = inbox.get()
            with same[0]:
                assert not lock.acquire(False)
            with same[1], rlock:
                assert rlock._semlock._count() == same[1]._semlock._count() == 2
            same[2].release()
            assert semaphore.get_value() == 1
            with condition:
                same[3].notify_all()
                assert same[3].wait(0) is False
            same[4].clear()
            assert not event.is_set()
            child.join()
            print("done", child.exitcode)
        """
    )
    assert done.stdout == "done 0\n", done.stderr


def test_locked_is_there_in_every_python(play):
    done = play(
        """
        import multiprocessing as mp

        def see(locks):
            print([lock.locked() for lock in locks])

        if __name__ == "__main__":
            locks = mp.Lock(), mp.RLock(), mp.Semaphore(1), mp.BoundedSemaphore(2)
            see(locks)
            for lock in locks:
                lock.acquire()
            see(locks)
            child = mp.Process(target=see, args=(locks,))
            child.start()
            child.join()
        """
    )
    held = "[True, True, True, False]\n"
    assert done.stdout == f"[False, False, False, False]\n{held}{held}", done.stderr


def test_a_notification_is_not_given_to_a_process_that_has_ended(play):
    done = play(
        """
        import multiprocessing as mp

        def sleep(condition, ready):
            with condition:
                ready.set()
                condition.wait()

        if __name__ == "__main__":
            for lock in (mp.Lock(), mp.RLock()):
                condition, ready = mp.Condition(lock), mp.Event()
                child = mp.Process(target=sleep, args=(condition, ready))
                child.start()
                ready.wait()
                with condition:
                    child.terminate()
                    child.join()
                with condition:
                    condition.notify()
                    condition.notify_all()
                print(child.exitcode, condition)
        """
    )
    assert done.stdout == (
        "-15 <Condition(<Lock(owner=None)>, 0)>\n-15 <Condition(<RLock(None, 0)>, 0)>\n"
    ), done.stderr


def test_a_thread_that_sleeps_when_its_process_ends_needs_no_lock_to_leave(play):
    done = play(
        """
        import multiprocessing as mp, threading

        def sleep(condition, ready):
            with condition:
                ready.set()
                while True:
                    condition.wait()

        def leave_a_sleeper(condition, ready):
            threading.Thread(target=sleep, args=(condition, ready), daemon=True).start()
            ready.wait()
            with condition:
                pass

        if __name__ == "__main__":
            condition = mp.Condition()
            for _ in range(3):
                ready = mp.Event()
                child = mp.Process(target=leave_a_sleeper, args=(condition, ready))
                child.start()
                child.join()
                with condition:
                    condition.notify_all()
            with condition:
                child = mp.Process(target=print, args=("the rank is free",))
                child.start()
                child.join()
            print(child.exitcode, condition)
        """,
        ranks=2,
    )
    assert done.stdout == "the rank is free\n0 <Condition(<RLock(None, 0)>, 0)>\n", done.stderr
    assert done.stderr == ""


def test_a_semaphore_is_raised_as_often_as_one_likes(count):
    counted = count(
        """
        import multiprocessing as mp

        def produce(full):
            for _ in range(2000):
                full.release()

        if __name__ == "__main__":
            full = mp.Semaphore(0)
            child = mp.Process(target=produce, args=(full,))
            child.start()
            for _ in range(2000):
                full.acquire()
            child.join()
            assert full.get_value() == 0
        """,
        ranks=2,
    )
    assert counted.messages("PermitPost") == 2000
    assert counted.messages("Permit*") == 2000  # who made it takes without a message


def test_turns_by_a_condition_take_three_messages(count):
    turns = 300
    counted = count(
        f"""
        import multiprocessing as mp

        def play(condition, turn, name):
            for _ in range({turns}):
                with condition:
                    condition.wait_for(lambda: open(turn).read() != name)
                    open(turn, "w").write(name)
                    condition.notify()

        if __name__ == "__main__":
            import tempfile
            turn = tempfile.mktemp()
            open(turn, "w").write("b")
            condition = mp.Condition(mp.Lock())
            children = [mp.Process(target=play, args=(condition, turn, name)) for name in "ab"]
            for child in children:
                child.start()
            for child in children:
                child.join()
                assert child.exitcode == 0
        """
    )
    assert counted.messages("Condition*") <= 3 * 2 * turns
    # The lock itself: whoever comes while the other one is still inside waits for it, as with any lock.
    assert counted.messages("Permit*") <= 5 * 2 * turns


def test_an_event_costs_a_request_and_an_answer_to_each_who_waits(count):
    counted = count(
        """
        import multiprocessing as mp

        def wait(event):
            assert event.wait() and event.wait(60) and event.is_set()

        if __name__ == "__main__":
            event = mp.Event()
            children = [mp.Process(target=wait, args=(event,)) for _ in range(3)]
            for child in children:
                child.start()
            event.set()
            for child in children:
                child.join()
        """,
        ranks=4,
    )
    assert counted.messages("EventWait", "EventWaited") == 2 * 3 * 3
    assert counted.messages("Event*") == 2 * 3 * 3


def test_a_repr_never_fails(play):
    done = play(
        """
        import multiprocessing as mp

        things = mp.Lock(), mp.RLock(), mp.Semaphore(2), mp.BoundedSemaphore(2), mp.Condition()

        if __name__ == "__main__":
            print(*things, repr(mp.Condition(type("Lock", (), {"acquire": None})()))[-11:])
        """,
        ranks=2,
    )
    assert done.stdout == (
        "<Lock(owner=None)> <RLock(None, 0)> <Semaphore(value=2)> <BoundedSemaphore(value=2, maxvalue=2)> "
        "<Condition(<RLock(None, 0)>, 0)> , unknown)>\n"
    ), done.stderr


def test_threads_and_processes_that_take_turns_are_never_inside_together(play):
    done = play(
        """
        import multiprocessing as mp, sys, threading

        def work(lock, value, times):
            for _ in range(times):
                with lock:
                    seen = value[0]
                    value[0] = seen + 1

        def threads(lock, shared, times):
            sys.setswitchinterval(1e-5)
            mine = [0]  # threads of one process share it without messages
            workers = [threading.Thread(target=work, args=(lock, mine, times)) for _ in range(3)]
            workers.append(threading.Thread(target=work, args=(lock, shared, times // 10)))
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            assert mine[0] == 3 * times, mine

        if __name__ == "__main__":
            lock, shared = mp.Lock(), mp.RawArray("l", 1)
            children = [mp.Process(target=threads, args=(lock, shared, 300)) for _ in range(2)]
            for child in children:
                child.start()
            threads(lock, shared, 300)
            for child in children:
                child.join()
            print(shared[0], lock.acquire(False), lock.acquire(False), [child.exitcode for child in children])
        """
    )
    assert done.stdout == "90 True False [0, 0]\n", done.stderr


def test_a_lock_that_two_threads_release_at_once_is_released_once(play):
    done = play(
        """
        import multiprocessing as mp, sys, threading

        def release(lock, start, released):
            start.wait()
            try:
                lock.release()
                released.append(True)
            except ValueError:
                released.append(False)

        if __name__ == "__main__":
            sys.setswitchinterval(1e-6)
            lock, start = mp.Lock(), threading.Barrier(2)
            for _ in range(200):
                released = []
                lock.acquire()
                threads = [threading.Thread(target=release, args=(lock, start, released)) for _ in range(2)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                assert sorted(released) == [False, True], released
                assert lock.acquire(False) and not lock.acquire(False)
                lock.release()
            print("done")
        """
    )
    assert done.stdout == "done\n", done.stderr


def test_a_process_that_is_ended_at_a_barrier_breaks_it(play):
    done = play(
        """
        import multiprocessing as mp, time

        if __name__ == "__main__":
            gate = mp.Barrier(3)
            one, other = (mp.Process(target=gate.wait) for _ in range(2))
            one.start()
            other.start()
            while gate.n_waiting < 2:
                time.sleep(0.01)
            one.terminate()
            for child in (one, other):
                child.join()
            print(one.exitcode, other.exitcode, gate.broken)
        """
    )
    assert done.stdout == "-15 1 True\n", done.stderr


def test_a_signal_that_ends_the_wait_of_the_last_at_a_barrier_leaves_nobody_to_wait_for_its_action(play):
    done = play(
        """
        import multiprocessing as mp, os, psutil, signal, threading, time
        from mpiprocessing.core import thisrank

        class Rung(Exception):
            pass

        def ring(number, frame):
            os.kill(pid, signal.SIGCONT)
            raise Rung

        def ring_who_waits():
            while threading.main_thread().ident not in thisrank.running().progress.waiting():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGALRM)

        def act():
            print("never")

        def comes(gate, connection):
            try:
                gate.wait()
            except threading.BrokenBarrierError:
                connection.send("broken")

        def work(connection):
            gate = mp.Barrier(2, act)
            threading.Thread(target=comes, args=(gate, connection)).start()
            while gate.n_waiting < 1:
                time.sleep(0.01)
            connection.send((gate, os.getpid()))
            connection.recv()
            os.kill(os.getpid(), signal.SIGSTOP)  # nobody here answers before the other one's wait has ended

        if __name__ == "__main__":
            mine, theirs = mp.Pipe()
            child = mp.Process(target=work, args=(theirs,))
            child.start()
            gate, pid = mine.recv()
            signal.signal(signal.SIGALRM, ring)
            mine.send("stop")
            while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
                time.sleep(0.01)
            threading.Thread(target=ring_who_waits).start()
            try:
                gate.wait()
            except Rung:
                print("rung", mine.recv(), gate.broken)
            child.join()
        """
    )
    assert done.stdout == "rung broken True\n", done.stderr
