"""What a program starts besides ours: the standard library's own children, MPI programs of its own."""

from __future__ import annotations

import json
import textwrap

STARTS = """
    import json, multiprocessing as mp, os, subprocess, sys
    import mpiprocessing

    def look(number):
        from mpi4py import MPI
        return number * number, MPI.Is_initialized()

    def put(queue):
        queue.put(look(5))
"""


def test_the_standard_library_s_children_are_no_ranks(launch, tmp_path):
    program = tmp_path / "prog.py"
    program.write_text(
        textwrap.dedent(
            STARTS
            + """
    if __name__ == "__main__":
        seen = {"ours": mp.Process is mpiprocessing.Process}
        for method in ("spawn", "forkserver", "fork"):
            context = mp.get_context(method)
            with context.Pool(2) as pool:
                seen[method] = pool.map(look, [2, 3])
            queue = context.Queue()
            child = context.Process(target=put, args=(queue,))
            child.start()
            seen[method] += [queue.get()]
            child.join()
            seen[method] += [child.exitcode]
        queue = mpiprocessing.Queue()
        child = mpiprocessing.Process(target=put, args=(queue,))
        child.start()
        seen["rank"] = queue.get()
        child.join()
        print(json.dumps(seen))
    """
        )
    )
    done = launch(["-m", "mpiprocessing", "--keep-multiprocessing", str(program)], ranks=2)
    assert (done.status, done.stderr) == (0, "")
    seen = json.loads(done.stdout)
    assert seen.pop("ours") is False
    assert seen.pop("rank") == [25, True]
    assert {method: told[:2] for method, told in seen.items()} == {
        "spawn": [[4, False], [9, False]],
        "forkserver": [[4, False], [9, False]],
        "fork": [[4, True], [9, True]],  # a copy of the rank, which has MPI; it may not use it
    }
    assert all(told[3] == 0 for told in seen.values())


def test_a_program_may_start_mpi_programs(play):
    """From the main process and from a child: what they start takes itself for no rank of this job."""
    done = play(
        STARTS
        + """
    CODE = "from mpi4py import MPI; print(MPI.COMM_WORLD.size, flush=True)"

    def start_all():
        command = [sys.executable, "-m", "mpiprocessing.launch.mpiexec", "-n", "2", "-c", CODE]
        for words in ([sys.executable, "-c", CODE], command):
            done = subprocess.run(words, capture_output=True, text=True, timeout=30)
            print(done.returncode, done.stdout.split(), flush=True)

    if __name__ == "__main__":
        start_all()
        child = mp.Process(target=start_all)
        child.start()
        child.join()
    """,
        ranks=2,
    )
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["0 ['1']", "0 ['2', '2']"] * 2


def test_what_a_rank_forks_is_no_rank(play):
    """It may print, fail, return or exit; neither the job nor the child it was forked from takes notice."""
    done = play(
        """
        import multiprocessing as mp, os, sys

        def fork(how):
            if not os.fork():
                print("copy", how, flush=True)
                if how == "exit":
                    sys.exit(3)
                if how == "raise":
                    sys.stderr = open(os.devnull, "w")
                    raise LookupError(how)
                return
            print("status", os.wait()[1] >> 8, flush=True)

        if __name__ == "__main__":
            for how in ("return", "exit", "raise"):
                child = mp.Process(target=fork, args=(how,))
                child.start()
                child.join()
                print("child", child.exitcode, flush=True)
            fork("exit")
        """,
        ranks=2,
    )
    assert done.status == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [lines.count(f"copy {how}") for how in ("return", "exit", "raise")] == [1, 2, 1]
    assert [line for line in lines if not line.startswith("copy")] == (
        ["status 0", "child 0", "status 3", "child 0", "status 1", "child 0", "status 3"]
    )
