"""How a job may be started, and what is said of one that was started in a way that cannot work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mpiprocessing.launch import mpiexec

ALONE = """
import multiprocessing as mp

def work():
    pass

if __name__ == "__main__":
    import mpiprocessing
    queue, lock, (reader, writer) = mpiprocessing.Queue(2), mpiprocessing.Lock(), mpiprocessing.Pipe(duplex=False)
    queue.put("item")
    with lock:
        writer.send(bytes(100_000))
    print(queue.get(), len(reader.recv()), mpiprocessing.Barrier(1).wait(), mpiprocessing.cpu_count())
    try:
        mpiprocessing.Process(target=work).start()
    except Exception as error:
        print(type(error).__name__)
        print(error)
    print(mpiprocessing.active_children())
"""


def python(*arguments, env=None, timeout=40.0):
    """Run this interpreter without any launcher; whoever started the tests may have been one."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PMI", "OMPI_", "PRTE_"))
    }
    return subprocess.run(
        [sys.executable, *arguments],
        env={**kept, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.parametrize("how", ["plain python", "one rank", "one rank with the runner"])
def test_one_rank_has_everything_but_children(launch, tmp_path, how):
    program = tmp_path / "prog.py"
    program.write_text(ALONE, encoding="utf-8")
    if how == "plain python":
        done = python(str(program))
        status = done.returncode
    else:
        runner = ["-m", "mpiprocessing"] if how.endswith("runner") else []
        done = launch([*runner, str(program)], ranks=1)
        status = done.status
    assert status == 0, done.stderr
    assert done.stderr == ""
    first, second, third, last = done.stdout.splitlines()
    assert (first, second, last) == ("item 100000 0 1", "RanksError", "[]")
    assert "mpiexec -n 4 python -m mpiprocessing" in third


def test_a_program_that_needs_children_says_so_on_one_rank(play):
    done = play(
        """
        import multiprocessing as mp

        if __name__ == "__main__":
            with mp.Pool(2) as pool:
                print(pool.map(abs, range(3)))
        """,
        ranks=1,
    )
    assert done.status == 1
    assert done.stdout == ""
    assert "mpiexec -n 4 python -m mpiprocessing" in done.stderr


def test_importing_the_package_starts_no_mpi():
    code = "import sys, mpiprocessing, mpiprocessing.pool; print([name for name in sys.modules if name.startswith('mpi4py')])"
    done = python("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_several_ranks_that_each_run_the_program_are_told_how_to_start_it(launch, tmp_path):
    program = tmp_path / "prog.py"
    program.write_text("import mpiprocessing as mp\nmp.Queue()\n", encoding="utf-8")
    done = launch([str(program)], ranks=2)
    assert done.status not in (0, 124)
    assert "LaunchError: 2 ranks run this program" in done.stderr
    assert "mpiexec -n 2 python -m mpiprocessing PROGRAM" in done.stderr
    assert "mpiprocessing.init()" in done.stderr


SET_BY_LAUNCHERS = {
    "mpich": {"openmpi": {"PMIX_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"}},
    "openmpi": {"mpich": {"PMI_SIZE": "4", "PMI_RANK": "0", "MPI_LOCALNRANKS": "4"}},
}


def test_an_mpiexec_of_another_mpi_is_refused(tmp_path):
    """As a rank would find it: what such a launcher sets, and no launcher that MPI could reach."""
    program = tmp_path / "prog.py"
    program.write_text("print('must not run')", encoding="utf-8")
    vendor = mpiexec.find().vendor
    for name, variables in SET_BY_LAUNCHERS.get(vendor, {}).items():
        done = python("-m", "mpiprocessing", str(program), env=variables)
        assert done.returncode == 2, (name, done.stderr)
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert "the mpiexec that started this job does not belong to the MPI library" in done.stderr
        assert os.path.join(os.path.dirname(sys.executable), "mpiexec") in done.stderr


def other_environments():
    """The mpiexec of each other environment beside this one."""
    here = Path(sys.executable).parent
    return [path for path in sorted(here.parent.parent.glob("*/bin/mpiexec")) if path.parent != here]


@pytest.mark.skipif(not other_environments(), reason="no environment with another MPI beside this one")
@pytest.mark.parametrize("launcher", other_environments(), ids=lambda path: path.parent.parent.name)
def test_the_mpiexec_of_the_other_environment_ends_in_a_readable_line(tmp_path, launcher):
    program = tmp_path / "prog.py"
    program.write_text("print('must not run')", encoding="utf-8")
    roots = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    env = {**roots, "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
    words = [str(launcher), "-n", "2", sys.executable, "-m", "mpiprocessing", str(program)]
    done = mpiexec.run_group(words, timeout=30.0, env=env)
    assert done.status not in (0, 124)
    assert "must not run" not in done.stdout
    assert "the mpiexec that started this job does not belong to the MPI library" in done.stderr


def test_a_thread_level_too_low_is_refused():
    """Only where the program has started MPI itself; where we start it, the level asked for is ours."""
    code = "import mpi4py; mpi4py.rc.thread_level = 'serialized'; from mpi4py import MPI; import mpiprocessing as m; m.Queue()"
    done = python("-c", code)
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert "LaunchError" in error and "MPI_THREAD_MULTIPLE" in error and "mpi4py.rc.thread_level" in error


def test_settings_of_mpi4py_do_not_matter_where_mpi_was_not_started():
    code = (
        "import json, mpi4py; mpi4py.rc.thread_level = 'single'; mpi4py.rc.initialize = True; import mpiprocessing;"
        "queue = mpiprocessing.Queue(); queue.put(1); from mpi4py import MPI;"
        "print(json.dumps([queue.get(), MPI.Query_thread() == MPI.THREAD_MULTIPLE]))"
    )
    done = python("-c", code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [1, True]
