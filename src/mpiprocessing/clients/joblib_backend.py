"""joblib's backend "mpi": `Parallel` calls run on the job's other ranks.

    with joblib.parallel_config(backend="mpi"):
        GridSearchCV(...).fit(X, y)

A call of `Parallel` (or a `with Parallel(...)` block) has a pool of its own, which gives its ranks back at the end. joblib cuts
the tasks into batches and gathers the results; a batch is one task of the pool. Large arrays do not travel with each
batch (`lending.py`).

Importing this module registers the backend. Under `python -m mpiprocessing` it is there without that, and takes the places of
"loky", joblib's default, and "multiprocessing".

Differs from joblib's own process backends in:
- `n_jobs=-1` means all ranks but the program's own, and `n_jobs` is never more than these;
- where no rank is free (a pool of the program has them all), and in a worker, `Parallel` runs in the calling process;
- large arrays are lent by message, not by a file in shared memory, so `temp_folder` has no effect; a `numpy.memmap` opened for
  writing is opened again by the workers, whose nodes have to see its file;
- `inner_max_num_threads` is kept by threadpoolctl, where it is installed.
"""

from __future__ import annotations

import queue
import warnings
from collections.abc import Callable
from multiprocessing import current_process
from typing import Any

from joblib.parallel import (
    AutoBatchingMixin,
    FallbackToBackend,
    ParallelBackendBase,
    SequentialBackend,
    register_parallel_backend,
)

from mpiprocessing.clients.batches import run_batch
from mpiprocessing.clients.lending import Lender, may_borrow
from mpiprocessing.core.importing import is_followed
from mpiprocessing.core.job import job
from mpiprocessing.pool import Pool

__all__ = ["MPIBackend", "register", "take_over"]


def register() -> None:
    """Make the backend "mpi" known to joblib."""
    register_parallel_backend("mpi", MPIBackend)


def take_over() -> None:
    """Register it under the names of joblib's own process backends as well, of which "loky" is the default."""
    register()
    for name in ("loky", "multiprocessing"):
        register_parallel_backend(name, _StandIn)


class MPIBackend(AutoBatchingMixin, ParallelBackendBase):  # type: ignore[misc]  # joblib is not typed
    """Batches of joblib's tasks, run by a pool on other ranks."""

    supports_retrieve_callback = True
    supports_inner_max_num_threads = True
    default_n_jobs = -1

    _pool: Pool | None = None
    _lender: Lender | None = None
    _submitted = 0

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """How many workers `n_jobs` stands for.

        Raises:
            ValueError: it is 0.
        """
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        if n_jobs is None or n_jobs == 1 or not self._may_start():
            return 1
        ranks = max(job().runtime.size - 1, 1)
        return max(ranks + 1 + n_jobs, 1) if n_jobs < 0 else min(n_jobs, ranks)

    def _may_start(self) -> bool:
        """Whether this process may have workers: a daemon may not, nor may a thread below another `Parallel`."""
        return not current_process().daemon and (self.in_main_thread() or not self.nesting_level)

    def configure(self, n_jobs: int = 1, parallel: Any = None, **options: Any) -> int:
        """Start the workers.

        Args:
            n_jobs: how many.
            parallel: the call they are for.
            options: of which `max_nbytes` and `mmap_mode` say which arrays are lent.

        Returns:
            How many there are.

        Raises:
            FallbackToBackend: one is enough, or no rank is free: joblib goes on in this process.
        """
        self.parallel = parallel
        n_jobs = self.effective_n_jobs(n_jobs)
        here = FallbackToBackend(SequentialBackend(nesting_level=self.nesting_level))
        if n_jobs == 1:
            raise here
        limit = options.get("max_nbytes") if options.get("mmap_mode", "r") is not None else None
        self._lender = Lender(limit)
        self._pool = Pool(n_jobs, may_borrow, (self._lender.requests,))
        if all(worker.rank is None for worker in self._pool._pool):
            self._end(Pool.terminate)
            warnings.warn(
                "no rank is free for the workers of joblib's backend 'mpi': its tasks run in the program itself; a pool "
                "gives its ranks back when it is closed and joined",
                stacklevel=2,
            )
            raise here
        return self._pool._processes

    def start_call(self) -> None:
        """A call of `Parallel` begins: what was lent to an earlier one may have changed since."""
        if self._lender is not None:
            self._lender.renew()
        self._submitted = 0
        # In a `with Parallel(...)` block, joblib leaves batches of a call that failed for the next one to run.
        self.parallel._ready_batches = queue.Queue()

    def submit(self, func: Any, callback: Callable[[Any], object] | None = None) -> Any:
        """Have a batch run.

        Args:
            func: joblib's `BatchedCalls`.
            callback: called with the list of its results, or with what it raised.
        """
        assert self._pool is not None and self._lender is not None
        func.items = [self._lender.pack(task) for task in func.items]
        first, self._submitted = self._submitted, self._submitted + len(func.items)
        batch = first, self.inner_max_num_threads, func
        return self._pool.apply_async(run_batch, batch, callback=callback, error_callback=callback)

    def retrieve_result_callback(self, out: Any) -> Any:
        """The results of a batch, in the form in which its callback got them.

        Raises:
            BaseException: what the batch raised.
        """
        if isinstance(out, BaseException):
            raise out
        return out

    def terminate(self) -> None:
        """Give the ranks back."""
        self._end(Pool.close)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Stop the workers, whatever they do.

        Args:
            ensure_ready: whether others are to take their places.
        """
        self._end(Pool.terminate)
        if ensure_ready:
            options = self.parallel._backend_kwargs
            self.configure(n_jobs=self.parallel.n_jobs, parallel=self.parallel, **options)

    def _end(self, how: Callable[[Pool], None]) -> None:
        pool, self._pool = self._pool, None
        lender, self._lender = self._lender, None
        if pool is not None:
            how(pool)
            pool.join()
        if lender is not None:
            lender.close()
        self.reset_batch_stats()

    def __reduce__(self) -> Any:
        return type(self), ()  # a task that holds its backend gets one without a pool


class _StandIn(MPIBackend):
    """The same under a name of joblib's own, where nothing said means one job."""

    default_n_jobs = 1


register()
if is_followed("joblib.parallel"):
    take_over()
