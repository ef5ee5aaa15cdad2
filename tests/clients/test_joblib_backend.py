"""joblib's backend "mpi" where joblib alone decides: with one rank, without the runner, with no rank free, and what is sent."""

from __future__ import annotations

import json
import textwrap

import pytest

pytest.importorskip("joblib", reason="joblib has no wheel for this Python")


@pytest.fixture
def play(launch, tmp_path):
    """`play(source, ranks=4, runner=True)`: run a program that must end well; returns it, and its messages by kind."""

    def run(source, ranks=4, runner=True):
        program, figures = tmp_path / "prog.py", tmp_path / "figures.json"
        program.write_text(textwrap.dedent(source), encoding="utf-8")
        start = ["-m", "mpiprocessing"] if runner else []
        done = launch([*start, str(program)], ranks=ranks, env={"MPIPROCESSING_STATISTICS": str(figures)})
        assert not done.timed_out, f"the job hung\n{done.stdout}\n{done.stderr}"
        assert done.status == 0, done.stderr
        return done, json.loads(figures.read_text(encoding="utf-8")) if runner else {}

    return run


@pytest.mark.parametrize("runner", [True, False], ids=["run by the runner", "imported"])
def test_on_one_rank_it_is_serial(play, runner):
    done, _ = play(
        """
        import joblib, mpiprocessing.clients.joblib_backend

        if __name__ == "__main__":
            with joblib.parallel_config(backend="mpi"):
                print(joblib.effective_n_jobs(), joblib.effective_n_jobs(-1), joblib.effective_n_jobs(8))
                print(joblib.Parallel(n_jobs=-1)(joblib.delayed(abs)(n) for n in range(-3, 1)))
        """,
        ranks=1,
        runner=runner,
    )
    assert done.stdout == "1 1 1\n[3, 2, 1, 0]\n"


def test_how_many_jobs_there_are(play):
    done, _ = play(
        """
        import joblib

        def jobs(n):
            return joblib.effective_n_jobs(n)

        if __name__ == "__main__":
            print(joblib.Parallel().n_jobs, joblib.effective_n_jobs(-1), "by default")
            with joblib.parallel_config(backend="mpi"):
                print([joblib.effective_n_jobs(n) for n in (None, -1, -2, -9, 1, 2, 9)], joblib.Parallel().n_jobs)
                print(joblib.Parallel()(joblib.delayed(jobs)(n) for n in (-1, 2)))
                try:
                    joblib.Parallel(n_jobs=0)(joblib.delayed(abs)(n) for n in range(3))
                except ValueError as error:
                    print(error)
        """
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["1 3 by default", "[1, 3, 2, 1, 1, 2, 3] -1"]
    assert lines[3] == "n_jobs == 0 in Parallel has no meaning"


def test_where_no_rank_is_free_it_is_serial(play):
    done, _ = play(
        """
        import joblib, multiprocessing

        if __name__ == "__main__":
            with joblib.parallel_config(backend="mpi"), multiprocessing.Pool(2) as pool:
                print(joblib.Parallel()(joblib.delayed(abs)(n) for n in range(-3, 1)), pool.map(abs, [-1]))
        """,
        ranks=3,
    )
    assert done.stdout == "[3, 2, 1, 0] [1]\n"
    assert done.stderr.count("no rank is free for the workers of joblib's backend 'mpi'") == 1


def test_a_call_gives_its_ranks_back(play):
    done, _ = play(
        """
        import joblib, multiprocessing

        def fail(n):
            raise LookupError(n)

        if __name__ == "__main__":
            with joblib.parallel_config(backend="mpi"):
                joblib.Parallel()(joblib.delayed(abs)(n) for n in range(5))
                results = joblib.Parallel(return_as="generator")(joblib.delayed(abs)(n) for n in range(5))
                print(next(results))
                del results
                try:
                    joblib.Parallel()(joblib.delayed(fail)(n) for n in range(5))
                except LookupError as error:
                    print(repr(error.__cause__).count("in fail"))
            with multiprocessing.Pool(2) as pool:
                print(pool.map(abs, range(3)))
        """,
        ranks=3,
    )
    assert done.stdout == "0\n1\n[0, 1, 2]\n"
    assert "ranks were free" not in done.stderr


def test_tasks_that_do_not_end_and_workers_that_do(play):
    done, _ = play(
        """
        import joblib, multiprocessing, sys, threading

        def forever(n):
            threading.Event().wait()

        def leave(n):
            sys.exit(3)

        if __name__ == "__main__":
            with joblib.parallel_config(backend="mpi"):
                for task, options in ((forever, {"timeout": 0.5}), (leave, {})):
                    try:
                        joblib.Parallel(**options)(joblib.delayed(task)(n) for n in range(5))
                    except (multiprocessing.TimeoutError, multiprocessing.ProcessError) as error:
                        print(type(error).__name__, "exit code 3" in str(error))
                print(joblib.Parallel()(joblib.delayed(abs)(n) for n in range(3)))
        """,
        ranks=3,
    )
    assert done.stdout == "TimeoutError False\nProcessError True\n[0, 1, 2]\n"


def test_a_large_array_goes_once_to_each_worker(play):
    _, figures = play(
        """
        import joblib, numpy as np

        def total(array, table):
            return array.sum() + table["array"].sum()

        if __name__ == "__main__":
            array = np.ones(500_000)  # 4 MB
            with joblib.parallel_config(backend="mpi"):
                parallel = joblib.Parallel(batch_size=1)
                sums = parallel(joblib.delayed(total)(array, {"array": array}) for _ in range(30))
            assert sums == [1_000_000] * 30
        """,
        ranks=3,
    )
    assert figures["bytes"] < 3 * 4_000_000


def test_an_array_that_changes_between_calls_is_seen_anew(play):
    done, _ = play(
        """
        import joblib, numpy as np

        if __name__ == "__main__":
            array = np.zeros(500_000)
            with joblib.parallel_config(backend="mpi"), joblib.Parallel() as parallel:
                for _ in range(3):
                    print(parallel(joblib.delayed(np.max)(array) for _ in range(2)))
                    array += 1
        """,
        ranks=3,
    )
    assert [line.count(value) for line, value in zip(done.stdout.splitlines(), "012", strict=True)] == [
        4,
        2,
        2,
    ]


def test_inner_threads_are_limited(play):
    pytest.importorskip("threadpoolctl")
    done, _ = play(
        """
        import joblib, numpy, threadpoolctl

        def threads(_):
            numpy.zeros(3) @ numpy.zeros(3)
            return max(library["num_threads"] for library in threadpoolctl.threadpool_info())

        if __name__ == "__main__":
            with joblib.parallel_config(backend="mpi", inner_max_num_threads=1):
                print(joblib.Parallel()(joblib.delayed(threads)(n) for n in range(4)))
        """,
        ranks=3,
    )
    assert done.stdout == "[1, 1, 1, 1]\n"


def test_a_part_of_a_writable_file_is_refused(play):
    done, _ = play(
        """
        import joblib, numpy as np, tempfile

        if __name__ == "__main__":
            with tempfile.NamedTemporaryFile() as file, joblib.parallel_config(backend="mpi"):
                array = np.memmap(file.name, dtype=float, shape=(4, 4), mode="w+")
                try:
                    joblib.Parallel()(joblib.delayed(np.copyto)(row, 1.0) for row in array)
                except ValueError as error:
                    print(str(error).split(": ")[1])
        """,
        ranks=3,
    )
    assert done.stdout == "pass the whole one and take the part in the task\n"
