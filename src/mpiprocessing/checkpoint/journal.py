"""The checkpoint of one call: which items have results in the file, and that they are results of the same call.

    file     CALL  what was called: the function's name and fingerprints, map or starmap, the seed
             RUN   who writes: host, process, job; one for each run
             DONE  results of items in a row: the first one's place, their inputs' fingerprints, the pickle of all results
             SAME  with resume="force": from now on these fingerprints are those of the items' inputs

The results of a task are written as they came from its worker, without being read: its pickle and the large blocks beside it.
They are keyed by the items' places, so tasks may be cut otherwise in the next run. Of what stands there twice, the last counts.

A result is written as soon as it comes, by the process that owns the pool; a thread has it on the disk within `SYNC` seconds,
and the end of the call waits for that. So a killed job loses what had not come, a crashed machine `SYNC` seconds more.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import socket
import struct
import threading
import time
from array import array
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import Any, NamedTuple

from mpiprocessing.checkpoint.fingerprint import SIZE, NoFingerprint, of_function, of_value
from mpiprocessing.checkpoint.logfile import Busy, LogFile, NotOurs, Record
from mpiprocessing.core import payload
from mpiprocessing.core.errors import CheckpointError
from mpiprocessing.core.messages import Buffer, Payload

__all__ = ["FORCE", "SYNC", "Journal", "check"]

FORCE = "force"
"""The value of `resume` with which results are taken although function or inputs have changed."""

SYNC = 5.0
"""Seconds after which what was written is on the disk."""

_CALL, _RUN, _DONE, _SAME = 1, 2, 3, 4
_HEAD = struct.Struct("<QIIQ")  # the first item, how many, how many blocks, bytes of the pickle
_LENGTH = struct.Struct("<Q")
_UNKNOWN = -1
_JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID")

_OVER = (
    "delete or rename it to begin again, give this call a file of its own, or take its results all the same with "
    "resume='force'"
)


class _Done(NamedTuple):
    """Where the results of items in a row lie."""

    record: Record
    first: int
    length: int


def check(checkpoint: Any, resume: Any) -> None:
    """See whether these two arguments make sense.

    Raises:
        ValueError: `resume` is unknown, or there is no checkpoint that it could mean.
    """
    if resume not in (None, FORCE):
        raise ValueError(f"resume must be None or {FORCE!r}, not {resume!r}")
    if resume is not None and checkpoint is None:
        raise ValueError(f"resume={resume!r} needs checkpoint=PATH, the file to go on from")


class Journal:
    """The checkpoint of one call, open.

    Args:
        path: the file.
        how: "map" or "starmap".
        function: what is called.
        seed: of the call; None without one.
        force: take what is there, whatever it was made with.

    Attributes:
        path: the file.
        saved: how many items have results in it, of those that were asked for so far.

    Raises:
        CheckpointError: the file belongs to another call, or somebody uses it.
        OSError: it cannot be opened or written.
    """

    def __init__(
        self, path: str | os.PathLike[str], how: str, function: Callable[..., Any], seed: Any, force: bool
    ) -> None:
        self.path = os.path.abspath(os.fspath(path))
        self.saved = 0
        self._force = force
        self._inputs = bytearray()  # the fingerprint of each item
        self._where = array("q")  # item → in which of `_done` its result is
        self._done: list[_Done] = []
        self._read: tuple[int, Any] = (_UNKNOWN, None)  # the last one that was read, and its values
        self._lock = threading.Lock()
        call = _call(self.path, how, function, seed)
        self._log = _opened(self.path)
        try:
            self._take_in(call)
            self._log.append(_RUN, [json.dumps(_run()).encode()])
        except BaseException:
            self._log.close()
            raise
        self._syncer = _Syncer(self._log)
        # Should the process end in the middle of the call.
        Finalize(self, self._syncer.finish, exitpriority=12)

    def _take_in(self, call: dict[str, Any]) -> None:
        before = None
        for record in self._log.records:
            if record.kind == _CALL:
                before = json.loads(bytes(self._log.read(record.offset, record.length)))
            elif record.kind in (_DONE, _SAME):
                self._take_in_items(record)
        self._log.records.clear()
        if before is not None and not self._force:
            changes = _changes(before, call)
            if changes:
                raise CheckpointError(
                    f"the checkpoint {self.path} holds results of another call, and none was used: {changes}; {_OVER}"
                )
        if before != call:
            self._log.append(_CALL, [json.dumps(call).encode()])

    def _take_in_items(self, record: Record) -> None:
        first, count, _, _ = _HEAD.unpack(self._log.read(record.offset, _HEAD.size))
        self._grow(first + count)
        self._inputs[first * SIZE : (first + count) * SIZE] = self._log.read(
            record.offset + _HEAD.size, count * SIZE
        )
        if record.kind == _DONE:
            self._mark(_Done(record, first, count))

    def _mark(self, done: _Done) -> None:
        number = len(self._done)
        self._done.append(done)
        for item in range(done.first, done.first + done.length):
            self._where[item] = number

    def _grow(self, length: int) -> None:
        missing = length - len(self._where)
        if missing > 0:
            self._inputs.extend(bytes(missing * SIZE))
            self._where.extend([_UNKNOWN] * missing)

    # ---- items ----

    def has(self, place: int, item: Any) -> bool:
        """Whether there is a result for an item of the call; to be asked once for each, before its result is added.

        Raises:
            CheckpointError: there is one, of another input; or the item has no fingerprint.
        """
        try:
            found = of_value(item)
        except NoFingerprint as error:
            raise CheckpointError(
                f"item {place} cannot go with the checkpoint {self.path}, as nobody could tell whether it is the same "
                f"in the next run: {error}"
            ) from error
        with self._lock:
            self._grow(place + 1)
            here = slice(place * SIZE, (place + 1) * SIZE)
            known = self._where[place] != _UNKNOWN
            if known and self._inputs[here] != found:
                if not self._force:
                    raise CheckpointError(
                        f"the checkpoint {self.path} holds a result of another input: item {place} has changed, and is now "
                        f"{_shown(item)}. Items may be added at the end only; {_OVER}"
                    )
                self._log.append(_SAME, [_HEAD.pack(place, 1, 0, 0), found])
            self._inputs[here] = found
            self.saved += known
        return known

    def add(self, first: int, count: int, values: Payload) -> None:
        """Results have come: write them.

        Args:
            first: the place of the first item.
            count: how many there are.
            values: the list of them.

        Raises:
            CheckpointError: shared objects are in it, which are nothing in another job; or it could not be written.
        """
        what = (
            f"the result of item {first}"
            if count == 1
            else f"one of the results of items {first} to {first + count - 1}"
        )
        if values.refs:
            raise CheckpointError(
                f"{what} holds a shared object (a queue, a lock, a proxy), which lives no longer than this job: "
                f"it cannot be kept in the checkpoint {self.path}"
            )
        with self._lock:
            if self._syncer.over:
                return  # the call was given up
            inputs = memoryview(self._inputs)[first * SIZE : (first + count) * SIZE].tobytes()
            views = [buffer.view for buffer in values.buffers]
            head = _HEAD.pack(first, count, len(views), len(values.body))
            lengths = b"".join(_LENGTH.pack(view.nbytes) for view in views)
            try:
                record = self._log.append(_DONE, [head, inputs, lengths, values.body, *views])
            except OSError as error:
                raise CheckpointError(
                    f"{what} could not be written to the checkpoint {self.path}: {error.strerror}. The results before it "
                    "are safe there: make room, and run the program again"
                ) from error
            self._mark(_Done(record, first, count))
            self.saved += count
        self._syncer.note()

    def value(self, place: int) -> Any:
        """The result of an item that has one; those of neighbours are read together.

        Raises:
            CheckpointError: it cannot be unpickled any more.
        """
        number = self._where[place]
        done = self._done[number]
        if self._read[0] != number:
            self._read = (_UNKNOWN, None)  # before the next ones come
            try:
                self._read = number, payload.loads(self._payload(done))
            except Exception as error:
                raise CheckpointError(
                    f"the result of item {place} in the checkpoint {self.path} cannot be read: {error!r}"
                ) from error
        return self._read[1][place - done.first]

    def _payload(self, done: _Done) -> Payload:
        place = done.record.offset
        _, _, blocks, size = _HEAD.unpack(self._log.read(place, _HEAD.size))
        place += _HEAD.size + done.length * SIZE
        lengths = [n for (n,) in _LENGTH.iter_unpack(bytes(self._log.read(place, blocks * _LENGTH.size)))]
        place += blocks * _LENGTH.size
        body = bytes(self._log.read(place, size))
        place += size
        buffers = []
        for length in lengths:
            buffers.append(Buffer(self._log.read(place, length)))
            place += length
        return Payload(body, tuple(buffers))

    # ---- the end ----

    def finish(self) -> None:
        """Nothing more will be added; from any thread, also one that must not wait."""
        self._syncer.end()

    def wait(self) -> None:
        """The same, and wait until all is on the disk and others may use the file."""
        self._syncer.finish()
        self._read = (_UNKNOWN, None)


class _Syncer:
    """The thread that has what was written on the disk, and lets go of the file in the end."""

    def __init__(self, log: LogFile) -> None:
        self._log = log
        self._written = threading.Event()
        self._ended = threading.Event()
        self.over = False
        self._thread = threading.Thread(target=self._work, name="mpiprocessing-checkpoint", daemon=True)
        self._thread.mpiprocessing_resting = True  # type: ignore[attr-defined]  # nobody waits for what it does
        self._thread.start()

    def note(self) -> None:
        """Something was written."""
        self._written.set()

    def end(self) -> None:
        """Nothing more will be."""
        self.over = True
        self._ended.set()

    def finish(self) -> None:
        """The same, and wait for the disk."""
        self.end()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        while not self._ended.wait(SYNC):
            if self._written.is_set():
                self._written.clear()
                self._sync()
        self._sync()
        self._log.unlock()

    def _sync(self) -> None:
        with contextlib.suppress(OSError):  # the next write says more
            self._log.sync()


def _opened(path: str) -> LogFile:
    try:
        return LogFile(path)
    except Busy as error:
        raise CheckpointError(
            f"the checkpoint {path} is in use{_by_whom(path)}. One call at a time can write to it: wait for that one, "
            "or give this call a file of its own"
        ) from error
    except NotOurs as error:
        raise CheckpointError(
            f"{path} is not a checkpoint: it begins with {error}, and was left as it is; give checkpoint= another name"
        ) from error


def _by_whom(path: str) -> str:
    try:
        log = LogFile(path, writing=False)
        runs = [record for record in log.records if record.kind == _RUN]
        run = json.loads(bytes(log.read(runs[-1].offset, runs[-1].length)))
        job = f", job {run['job']}" if run["job"] else ""
        return f" by process {run['pid']} on {run['host']}{job}, since {run['since']}"
    except Exception:  # it has just begun
        return ""


def _run() -> dict[str, Any]:
    job = next((os.environ[name] for name in _JOBS if name in os.environ), None)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    return {"host": socket.gethostname(), "pid": os.getpid(), "job": job, "since": since}


def _call(path: str, how: str, function: Callable[..., Any], seed: Any) -> dict[str, Any]:
    try:
        name, parts = of_function(function)
    except NoFingerprint as error:
        raise CheckpointError(
            f"this function cannot go with the checkpoint {path}, as nobody could tell whether it is the same in the next "
            f"run: {error}"
        ) from error
    python = ".".join(platform.python_version_tuple()[:2])
    return {"name": name, "how": how, "parts": parts, "seed": repr(seed), "python": python}


def _changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What is another than it was, in words; "" where nothing is."""
    if before["name"] != now["name"]:
        return f"they are of the function {before['name']}, not of {now['name']}"
    changes = []
    if before["how"] != now["how"]:
        changes.append(f"it was {before['how']}, and is {now['how']}")
    if before["seed"] != now["seed"]:
        changes.append(f"the seed was {before['seed']}, and is {now['seed']}")
    old, new = before["parts"], now["parts"]
    parts = [label for label in {**old, **new} if old.get(label) != new.get(label)]
    if parts:
        more = f" and {len(parts) - 4} more" if len(parts) > 4 else ""
        text = f"the function {now['name']} has changed ({', '.join(parts[:4])}{more})"
        if before["python"] != now["python"]:
            text += f" or only looks so: that was Python {before['python']}, this is {now['python']}"
        changes.append(text)
    return "; ".join(changes)


def _shown(item: Any) -> str:
    try:
        text = repr(item)
    except Exception:
        text = f"an object of {type(item).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
