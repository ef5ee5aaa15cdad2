"""What other libraries find when they are imported under the runner: `multiprocess`, joblib, schwimmbad's `MPIPool`."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from mpiprocessing.core import importing


def python(code: str) -> str:
    """Run code in an interpreter of its own, where our names are bound."""
    bound = f"from mpiprocessing import libraries\nlibraries.lead()\n{code}"
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
from mpiprocessing import joblib_backend, mpipool
for name in ("mpi", "loky", "multiprocessing"):
    assert issubclass(joblib.parallel.BACKENDS[name], joblib_backend.MPIBackend)
assert schwimmbad.MPIPool is mpipool.MPIPool and issubclass(mpipool.MPIPool, schwimmbad.pool.BasePool)
"""
    )
