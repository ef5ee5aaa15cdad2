"""Ranks that die: where MPI bears it the job goes on; elsewhere it ends at once, and one line says who died."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from mpiprocessing.core.failures import MAIN_DIED
from mpiprocessing.launch import mpiexec
from mpiprocessing.launch.mpiexec import Completed, MpiexecError

OPEN_MPI = mpiexec.find().vendor == "openmpi"

bears_deaths = pytest.mark.skipif(not OPEN_MPI, reason="this MPI ends the job when a rank dies")

DYING = """
    import ctypes, functools, os, signal, sys, time
    import multiprocessing as mp
    from multiprocessing.connection import wait
    from mpiprocessing.core.errors import RanksError, WorkerDied

    def killed(*args):
        os.kill(os.getpid(), signal.SIGKILL)

    def crashed(*args):
        ctypes.string_at(0)

    def aborted(*args):
        os.abort()

    def left(*args):
        ctypes.CDLL(None).exit(4)  # not Python's: MPI does not notice

    def nothing(*args):
        return args

    def once(folder, victim, value):
        # The first who gets this value dies of it.
        if value == victim:
            try:
                os.mkdir(folder)
            except FileExistsError:
                pass
            else:
                killed()
        return value * value

    def poisoned(value):
        return killed() if value == 7 else value
"""


@pytest.fixture
def survive(launch: Callable[..., Completed], tmp_path: Path) -> Callable[..., Completed]:
    """`survive(source, ranks=4)`: run a program that defines `main`, in a job that goes on when a rank dies."""

    def run(source: str, ranks: int, **options: object) -> Completed:
        program = tmp_path / "prog.py"
        program.write_text(
            textwrap.dedent(DYING) + textwrap.dedent(source) + "\nif __name__ == '__main__':\n    main()\n"
        )
        done = launch(
            ["-m", "mpiprocessing", str(program), str(tmp_path)], ranks=ranks, fault_tolerant=True, **options
        )
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        return done

    return run


def reported(done: Completed) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("mpiprocessing: ")]


# ---- the job goes on -----------------------------------------------------------------------------------------------------


@bears_deaths
def test_the_exit_code_of_a_process_is_the_signal_that_ended_its_rank(survive):
    done = survive(
        """
        def main():
            for target in (killed, crashed, aborted, left):
                child = mp.Process(target=target, name=f"the {target.__name__} one")
                child.start()
                assert wait([child.sentinel], 30) == [child.sentinel]
                child.join()
                assert not child.is_alive() and child not in mp.active_children()
                print(child.exitcode)
            child = mp.Process(target=nothing)
            child.start()
            child.join()
            print(child.exitcode, child.rank)
        """,
        ranks=6,
    )
    assert done.stdout.splitlines() == ["-9", "-11", "-6", "-9", "0 5"], done.stderr
    assert done.status == 0
    assert len(reported(done)) == 4
    assert "(signal 9, SIGKILL), and with it the killed one" in done.stderr
    assert "(signal 11, SIGSEGV), and with it the crashed one" in done.stderr
    assert "in crashed" in done.stderr, "the stack is missing"


@bears_deaths
def test_where_no_rank_is_left_no_process_waits_for_one(survive):
    done = survive(
        """
        def main():
            first, pending = mp.Process(target=killed, args=(time.sleep(0.1),)), mp.Process(target=nothing)
            first.start()
            pending.start()
            pending.join()
            print(first.exitcode, pending.exitcode)
            try:
                mp.Process(target=nothing).start()
            except RanksError as error:
                print(error)
            sys.exit(3)
        """,
        ranks=2,
    )
    assert done.status == 3, done.stderr
    codes, error = done.stdout.splitlines()
    assert codes == "-9 -9"
    assert "every rank that could run it is dead" in error


@bears_deaths
def test_whose_parent_dies_is_treated_as_if_that_was_terminated(survive):
    done = survive(
        """
        def parent(ready):
            mp.Process(target=orphan, args=(ready,), daemon=False).start()
            mp.Process(target=time.sleep, args=(600,), daemon=True).start()
            ready.recv()
            killed()

        def orphan(ready):
            mp.parent_process().join()
            print("alone", flush=True)

        def main():
            ready, go = mp.Pipe()
            child = mp.Process(target=parent, args=(ready,))
            child.start()
            go.send(None)
            child.join()
            free = [mp.Process(target=nothing) for _ in range(2)]  # as many as there are ranks left
            for process in free:
                process.start()
            for process in free:
                process.join()
            print(child.exitcode, [process.exitcode for process in free], flush=True)
        """,
        ranks=4,
    )
    assert sorted(done.stdout.splitlines()) == ["-9 [0, 0]", "alone"], done.stderr
    assert done.status == 0


@bears_deaths
def test_who_waits_for_what_a_dead_process_had_is_told(survive):
    done = survive(
        """
        def hold(lock, ready):
            lock.acquire()
            ready.send(None)
            ready.recv()
            killed()

        def write(writer):
            writer.send("the last word")
            killed()

        def make(given, over):
            queue = mp.Queue()
            given.put(queue)
            over.recv()
            killed()

        def main():
            lock, (here, there) = mp.Lock(), mp.Pipe()
            holder = mp.Process(target=hold, args=(lock, there), name="the holder")
            holder.start()
            here.recv()
            here.send(None)
            try:
                lock.acquire()
            except WorkerDied as error:
                print(error.process, error.signal)
            holder.join()
            lock.release()
            print(lock.acquire(timeout=20))

            reader, writer = mp.Pipe(duplex=False)
            mp.Process(target=write, args=(writer,)).start()
            writer.close()
            print(reader.recv())
            try:
                reader.recv()
            except EOFError:
                print("end of file")

            given, (here, there) = mp.Queue(), mp.Pipe()
            maker = mp.Process(target=make, args=(given, there))
            maker.start()
            queue = given.get()
            here.send(None)
            maker.join()
            try:
                queue.get()
            except WorkerDied as error:
                print(error.rank)
        """,
        ranks=4,
    )
    assert done.stdout.splitlines() == ["the holder 9", "True", "the last word", "end of file", "3"], (
        done.stderr
    )
    assert done.status == 0


@bears_deaths
def test_a_pool_ends_with_every_result(survive):
    done = survive(
        """
        def main():
            values, folder = range(40), sys.argv[1]
            squares = [value * value for value in values]
            with mp.Pool() as pool:
                deadly = lambda name: functools.partial(once, f"{folder}/{name}", 17)
                print(pool.map(deadly("map"), values) == squares)
                print(list(pool.imap(deadly("imap"), values)) == squares)
                print(sorted(pool.imap_unordered(deadly("unordered"), values, chunksize=3)) == squares)
                arguments = [(f"{folder}/starmap", 17, value) for value in values]
                print(pool.starmap(once, arguments, chunksize=2) == squares)
                print(pool.apply(deadly("apply"), (17,)))
            sys.exit(5)
        """,
        ranks=7,
    )
    assert done.stdout.splitlines() == [*["True"] * 4, "289"], done.stderr
    assert done.status == 5
    told = reported(done)
    assert len(told) == 5, told
    assert all("PoolWorker-" in line and "run again" in line for line in told), told


@bears_deaths
def test_a_task_that_kills_three_workers_is_given_up_and_named(survive):
    done = survive(
        """
        def main():
            with mp.Pool() as pool:
                results = [pool.apply_async(poisoned, (value,)) for value in range(10)]
                for value, result in enumerate(results):
                    try:
                        assert result.get() == value
                    except WorkerDied as error:
                        print(error.rank is not None, error.host is not None, error.signal, error.task)
                        print(error)
                print(pool.map(poisoned, [1, 2]))
        """,
        ranks=5,
    )
    died, text, others = done.stdout.splitlines()
    assert died == "True True 9 poisoned(7)", done.stderr
    assert "poisoned(7), was given up: 3 workers have died of it" in text
    assert others == "[1, 2]"
    assert done.status == 0
    assert len(reported(done)) == 3


@bears_deaths
def test_where_no_worker_is_left_results_fail(survive):
    done = survive(
        """
        def main():
            with mp.Pool() as pool:
                try:
                    pool.map(killed, range(50), chunksize=1)
                except WorkerDied as error:
                    print(error)
        """,
        ranks=3,
    )
    assert "the pool has no worker left" in done.stdout, done.stderr
    assert done.status == 0


@bears_deaths
def test_where_asked_for_a_lost_task_raises_at_once(survive):
    done = survive(
        """
        def main():
            from mpiprocessing.pool import Pool
            for options in ({}, {"on_death": "raise"}):
                with Pool(**options) as pool:
                    results = [pool.apply_async(poisoned, (value,)) for value in range(10)]
                    for value, result in enumerate(results):
                        try:
                            assert result.get() == value
                        except WorkerDied as error:
                            print(error)
        """,
        ranks=4,
        env={"MPIPROCESSING_ON_DEATH": "raise"},
    )
    assert len(done.stdout.splitlines()) == 2, done.stderr
    assert all("has died at poisoned(7)" in line for line in done.stdout.splitlines())
    assert done.status == 0


@bears_deaths
def test_an_executor_breaks_and_joblib_goes_on(survive):
    pytest.importorskip("joblib")
    done = survive(
        """
        def main():
            from concurrent.futures import ProcessPoolExecutor
            from concurrent.futures.process import BrokenProcessPool
            import joblib
            executor = ProcessPoolExecutor()
            try:
                executor.submit(killed).result()
            except BrokenProcessPool:
                print("broken")
            executor.shutdown()
            task = joblib.delayed(once)
            values = joblib.Parallel(n_jobs=-1)(task(f"{sys.argv[1]}/joblib", 17, n) for n in range(30))
            print(values == [n * n for n in range(30)])
        """,
        ranks=4,
    )
    assert done.stdout.splitlines() == ["broken", "True"], done.stderr
    assert done.status == 0


@bears_deaths
def test_when_rank_0_dies_all_end(survive):
    done = survive(
        """
        def main():
            mp.Process(target=time.sleep, args=(600,)).start()
            killed()
        """,
        ranks=3,
    )
    assert done.status == MAIN_DIED, done.stderr
    assert "rank 0 on" in done.stderr and "which ran the main program, has died" in done.stderr


@bears_deaths
def test_a_job_that_has_to_be_ended_by_force_has_the_status_of_its_program(survive):
    done = survive(
        """
        def busy():
            ctypes.PyDLL(None).sleep(600)  # no other thread runs meanwhile

        def main():
            mp.Process(target=busy, daemon=True).start()
            victim = mp.Process(target=killed)
            victim.start()
            victim.join()
            sys.exit(6)
        """,
        ranks=3,
    )
    assert done.status == 6, done.stderr


# ---- the job ends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "signal"), [("killed", "9, SIGKILL"), ("crashed", "11, SIGSEGV")])
def test_else_the_job_ends_and_one_line_says_who_died(play, how, signal):
    done = play(
        textwrap.dedent(DYING)
        + textwrap.dedent(f"""
        if __name__ == "__main__":
            child = mp.Process(target={how}, name="the victim")
            child.start()
            child.join()
            time.sleep(600)
        """)
    )
    assert done.status not in (0, 1)
    (told,) = reported(done)
    assert "--fault-tolerant" in told
    if OPEN_MPI:
        assert f"has died (signal {signal}), and with it the victim: the job was ended" in told
        assert "rank 1 on " in told
    else:  # this MPI names just any of the ranks, those it has killed included
        assert "a rank has died (see above): the job was ended" in told


@pytest.mark.skipif(OPEN_MPI, reason="this MPI bears deaths")
def test_a_launcher_that_cannot_is_not_asked_to(launch):
    with pytest.raises(MpiexecError, match=r"ends the whole job .* Open MPI from 5.0 on"):
        launch(["-c", "pass"], ranks=2, fault_tolerant=True)
