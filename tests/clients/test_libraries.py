"""What other libraries find when they are imported under the runner: `multiprocess`, joblib, schwimmbad's `MPIPool`."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from mpiprocessing.core import importing


def python(code: str) -> str:
    """Run code in an interpreter of its own, where our names are bound."""
    bound = f"from mpiprocessing.clients import libraries\nlibraries.lead()\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", bound], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_multiprocess_is_multiprocessing():
    pytest.importorskip("multiprocess")
    python(
        """
import sys
import multiprocessing.pool
import multiprocess, multiprocess.pool, multiprocess.dummy
from multiprocess.pool import Pool
from multiprocess import shared_memory
assert multiprocess is multiprocessing and Pool is multiprocessing.pool.Pool
assert multiprocess.shared_memory is sys.modules["multiprocessing.shared_memory"]
assert multiprocessing.__spec__.name == "multiprocessing" and multiprocess.pool.__name__ == "multiprocessing.pool"
try:
    import multiprocess.nothing
except ModuleNotFoundError as error:
    assert "nothing" in str(error)
else:
    raise AssertionError
"""
    )


def test_nothing_is_imported_for_it():
    python("import sys\nassert not {'joblib', 'schwimmbad', 'multiprocess', 'numpy'} & sys.modules.keys()")


def test_a_library_that_is_not_there_stays_so(monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(importing, "_finder", importing._Finder())
    importing.stand_in("a_library_that_is_not_there", "json")
    with pytest.raises(ModuleNotFoundError, match="a_library_that_is_not_there"):
        importlib.import_module("a_library_that_is_not_there")


def test_a_step_follows_a_module_and_leaves_no_trace(monkeypatch, tmp_path):
    (tmp_path / "followed_module.py").write_text("value = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(importing, "_finder", importing._Finder())
    seen = []
    importing.follow("followed_module", lambda module: seen.append(module.value))
    module = importlib.import_module("followed_module")
    try:
        assert seen == [1]
        assert (
            type(module.__loader__).__name__ == "SourceFileLoader"
            and module.__spec__.loader is module.__loader__
        )
        importing.follow("followed_module", lambda module: seen.append("at once"))
        assert seen == [1, "at once"]
    finally:
        del sys.modules["followed_module"]


def test_joblib_and_schwimmbad_are_led():
    pytest.importorskip("joblib")
    pytest.importorskip("schwimmbad")
    python(
        """
import joblib.parallel, schwimmbad
from mpiprocessing import mpipool
from mpiprocessing.clients import joblib_backend
for name in ("mpi", "loky", "multiprocessing"):
    assert issubclass(joblib.parallel.BACKENDS[name], joblib_backend.MPIBackend)
assert schwimmbad.MPIPool is mpipool.MPIPool and issubclass(mpipool.MPIPool, schwimmbad.pool.BasePool)
"""
    )


MPIPOOL = """
from mpiprocessing.mpipool import MPIPool

if __name__ == "__main__":
    print(MPIPool.enabled())
    with MPIPool() as pool:
        pool.map(abs, [])
"""


@pytest.mark.parametrize(
    ("runner", "ranks", "says"),
    [
        (True, 1, "RanksError: a child process needs a rank of its own and this job has only rank 0"),
        (False, 2, "2 ranks run this program, each from its beginning"),
    ],
    ids=["one rank", "without the runner"],
)
def test_mpipool_says_what_is_missing(launch, tmp_path, runner, ranks, says):
    program = tmp_path / "prog.py"
    program.write_text(MPIPOOL, encoding="utf-8")
    done = launch([*(["-m", "mpiprocessing"] if runner else []), str(program)], ranks=ranks)
    assert done.status not in (0, 124)
    assert says in done.stderr
    assert "mpiexec -n" in done.stderr


def test_mpipool_raises_what_a_task_raised_and_goes_on(launch, tmp_path):
    program = tmp_path / "prog.py"
    program.write_text(
        """
from mpiprocessing.mpipool import MPIPool

def invert(n):
    return 1 // n

if __name__ == "__main__":
    with MPIPool(comm=None, use_dill=True, loadbalance=True) as pool:
        assert pool.is_master() and not pool.is_worker() and pool.wait() is None and pool.rank == 0
        try:
            pool.map(invert, [1, 0])
        except ZeroDivisionError as error:
            print(error, "in invert" in str(error.__cause__))
        print(pool.map(invert, iter([1, -1])), pool.map(lambda n: n, []), MPIPool.enabled())
        try:
            pool.batched_map(invert, [])
        except ValueError as error:
            print(error)
""",
        encoding="utf-8",
    )
    done = launch(["-m", "mpiprocessing", str(program)], ranks=3)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "integer division or modulo by zero True",
        "[1, -1] [] True",
        "n_batches and n_tasks must be > 0",
    ]
